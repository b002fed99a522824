/* The step of one node (section "inference schedules" of the mathematics), which all schedules share. */
#include "inference/inference.h"
#include "linalg/passes.h"

#include <string.h>

/* The blocks that leave a node: their number, and the first of their list. */
static int32_t blocks_above(const pcil_inference *inference, int32_t node, const int32_t **blocks) {
    const struct pc_state *state = &inference->state;
    *blocks = state->outgoing + state->first_outgoing[node];
    return state->first_outgoing[node + 1] - state->first_outgoing[node];
}

static int32_t node_above(const pcil_inference *inference, int32_t block) {
    return inference->network->blocks[block].to;
}

bool pc_inference_moves(const pcil_inference *inference, const bool *zero, int32_t node) {
    const int32_t *blocks;
    int32_t count = blocks_above(inference, node, &blocks);
    bool moves = !zero[node] || pc_inference_decay(inference, node) > 0;
    for (int32_t i = 0; i < count; i++) moves = moves || !zero[node_above(inference, blocks[i])];
    return moves;
}

/* Where one block leaves the node, the energy weight above is left to the move; the drives of several are weighted
 * here. */
void pc_node_drive(pcil_inference *inference, int32_t node) {
    struct pc_state *state = &inference->state;
    const int32_t *blocks;
    int32_t count = blocks_above(inference, node, &blocks);
    if (count == 1 && !state->zero[node_above(inference, blocks[0])]) {
        pc_state_back(state, blocks[0]);
        return;
    }
    memset(state->drive[node], 0, (size_t)pc_state_node_count(state, node) * sizeof *state->drive[node]);
    for (int32_t i = 0; i < count; i++) {
        int32_t above = node_above(inference, blocks[i]);
        if (!state->zero[above]) pc_state_add_back(state, blocks[i], (float)pc_inference_weight(inference, above));
    }
}

/* error = activity - prediction: what programs do that do not carry the error. */
static void recompute(struct pc_state *state, int32_t node) {
    PC_VECTOR_PICK(pc_passes)->subtract(pc_state_node_count(state, node), state->activity[node],
                                        state->prediction[node], state->error[node]);
}

static void predict_again(struct pc_state *state, int32_t node) {
    for (int32_t b = 0; b < state->network->block_count; b++)
        if (state->network->blocks[b].to == node) pc_state_forward(state, b, state->prediction[node]);
}

/* What the node's move changes above it through one block: the prediction, and with it the error. */
static void change_above(pcil_inference *inference, int32_t block) {
    struct pc_state *state = &inference->state;
    int32_t above = node_above(inference, block);
    bool output_above = above + 1 == state->nodes;
    if (pc_inference_recomputes(inference)) {
        predict_again(state, above);
        if (!output_above) recompute(state, above);
    } else if (output_above) {
        pc_state_change(state, block, 1, state->prediction[above]);
    } else {
        pc_state_change(state, block, -1, state->error[above]);
    }
    state->zero[above] = false;
}

struct pc_node_weights pc_node_weights(const pcil_inference *inference, int32_t node) {
    const int32_t *blocks;
    int32_t count = blocks_above(inference, node, &blocks);
    return (struct pc_node_weights){
        .drive = count == 1 ? pc_inference_weight(inference, node_above(inference, blocks[0])) : 1,
        .error = pc_inference_weight(inference, node),
        .decay = pc_inference_decay(inference, node),
    };
}

void pc_node_move(pcil_inference *inference, int32_t node, double step) {
    struct pc_state *state = &inference->state;
    const int32_t *blocks;
    int32_t count = blocks_above(inference, node, &blocks);
    struct pc_node_weights weights = pc_node_weights(inference, node);
    pc_state_move(state, node, (float)(step * weights.drive), (float)(step * weights.error),
                  (float)(step * weights.decay));
    if (pc_inference_recomputes(inference)) recompute(state, node);
    for (int32_t i = 0; i < count; i++) change_above(inference, blocks[i]);
    state->zero[node] = false;
}

static void drive_and_move(pcil_inference *inference, int32_t node, double step) {
    pc_node_drive(inference, node);
    pc_node_move(inference, node, step);
}

/* The same, some samples after the others. Its products count once. */
static void step_by_samples(pcil_inference *inference, int32_t node, double step, int64_t at_once) {
    struct pc_state *state = &inference->state;
    const int32_t *blocks;
    blocks_above(inference, node, &blocks);
    int64_t batch = state->call.batch, products = state->call.products, first = 0;
    state->call.part_of = batch;
    while (first < batch) {
        state->call.products = products;
        pc_state_shift(state, *blocks, 0, batch - first < at_once ? batch - first : at_once);
        drive_and_move(inference, node, step);
        first += state->call.batch;
        pc_state_shift(state, *blocks, state->call.batch, batch);
    }
    pc_state_shift(state, *blocks, -batch, batch);
    state->call.part_of = 0;
}

static struct pc_node_step step_of(const pcil_inference *inference, int32_t node, double step) {
    const struct pc_state *state = &inference->state;
    const int32_t *blocks;
    blocks_above(inference, node, &blocks);
    int32_t above = node_above(inference, blocks[0]);
    bool output_above = above + 1 == state->nodes;
    struct pc_node_weights weights = pc_node_weights(inference, node);
    return (struct pc_node_step){.drive = (float)(step * weights.drive),
                                 .error = (float)(step * weights.error),
                                 .decay = (float)(step * weights.decay),
                                 .change = output_above ? 1 : -1,
                                 .above = output_above ? state->prediction[above] : state->error[above]};
}

/* In one walk through what lies between the node and the one above, where there is such a way. */
static bool step_in_one_walk(pcil_inference *inference, int32_t node, double step) {
    struct pc_state *state = &inference->state;
    struct pc_node_step numbers = step_of(inference, node, step);
    if (pc_state_steps_by_units(state, node))
        pc_state_step_by_units(state, node, &numbers);
    else if (pc_state_steps_by_images(state, node))
        pc_state_step_by_images(state, node, &numbers);
    else
        return false;
    state->zero[node] = false;
    return true;
}

void pc_node_step(pcil_inference *inference, int32_t node, double step) {
    struct pc_state *state = &inference->state;
    const int32_t *blocks;
    blocks_above(inference, node, &blocks);
    int64_t batch = state->call.batch, at_once = batch;
    if (!pc_inference_recomputes(inference)) {
        if (step_in_one_walk(inference, node, step)) return;
        at_once = pc_state_samples_at_once(state, blocks[0]);
    }
    if (at_once < batch)
        step_by_samples(inference, node, step, at_once);
    else
        drive_and_move(inference, node, step);
}
