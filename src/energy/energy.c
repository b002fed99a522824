#include "energy/energy.h"

#include "linalg/passes.h"

static int32_t output_node(const struct pc_state *state) {
    return state->nodes - 1;
}

double pc_sum_prediction(const struct pc_state *state, int32_t node, int64_t first, int64_t count) {
    int64_t units = pc_state_node_size(state, node), at = first * units;
    if (node == output_node(state))
        return state->network->output->energy(count, units, state->activity[node] + at, state->prediction[node] + at);
    if (state->zero[node]) return 0;
    return PC_VECTOR_PICK(pc_passes)->sum_squares(count * units, state->error[node] + at) / 2;
}

double pc_sum_decay(const struct pc_state *state, int32_t node, int64_t first, int64_t count) {
    int64_t units = pc_state_node_size(state, node);
    if (node == output_node(state)) return 0;
    return PC_VECTOR_PICK(pc_passes)->sum_squares(count * units, pc_state_function(state, node) + first * units) / 2;
}

double pc_sum_loss(const struct pc_state *state, int64_t first, int64_t count) {
    int32_t node = output_node(state);
    int64_t units = pc_state_node_size(state, node), at = first * units;
    return state->network->output->loss(count, units, state->target + at, state->activity[node] + at);
}

double pc_energy_prediction(const struct pc_state *state, int32_t node, double weight) {
    return weight / (double)state->call.batch * pc_sum_prediction(state, node, 0, state->call.batch);
}

double pc_energy_decay(const struct pc_state *state, int32_t node, double decay) {
    if (decay == 0) return 0;
    return decay / (double)state->call.batch * pc_sum_decay(state, node, 0, state->call.batch);
}

double pc_energy_loss(const struct pc_state *state) {
    return pc_sum_loss(state, 0, state->call.batch) / (double)state->call.batch;
}

double pc_prediction_loss(const struct pc_state *state) {
    int32_t node = output_node(state);
    return state->network->output->energy(state->call.batch, pc_state_node_size(state, node), state->target,
                                          state->prediction[node]) /
           (double)state->call.batch;
}

void pc_clamp_output(struct pc_state *state, double m) {
    int32_t node = output_node(state);
    const struct pc_output_kind *kind = state->network->output;
    if (kind->predict)
        kind->predict(state->call.batch, pc_state_node_size(state, node), state->prediction[node], state->output);
    PC_VECTOR_PICK(pc_clamp_passes)
        ->clamp(pc_state_node_count(state, node), (float)m, state->target, state->output, state->activity[node],
                state->error[node]);
    state->zero[node] = false;
}
