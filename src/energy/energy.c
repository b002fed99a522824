#include "energy/energy.h"

#include "linalg/passes.h"

static int32_t output_node(const struct pc_state *state) {
    return state->nodes - 1;
}

double pc_energy_prediction(const struct pc_state *state, int32_t node, double weight) {
    double batch = (double)state->call.batch;
    if (node == output_node(state))
        return weight / batch *
               state->network->output->energy(state->call.batch, pc_state_node_size(state, node), state->activity[node],
                                              state->prediction[node]);
    if (state->zero[node]) return 0;
    return weight / 2 / batch *
           PC_VECTOR_PICK(pc_passes)->sum_squares(pc_state_node_count(state, node), state->error[node]);
}

double pc_energy_decay(const struct pc_state *state, int32_t node, double decay) {
    if (decay == 0 || node == output_node(state)) return 0;
    return decay / 2 / (double)state->call.batch *
           PC_VECTOR_PICK(pc_passes)->sum_squares(pc_state_node_count(state, node), pc_state_function(state, node));
}

double pc_energy_loss(const struct pc_state *state) {
    int32_t node = output_node(state);
    return state->network->output->loss(state->call.batch, pc_state_node_size(state, node), state->target,
                                        state->activity[node]) /
           (double)state->call.batch;
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
