/* The step of one node (section "inference schedules" of the mathematics), which all schedules share. */
#include "inference/inference.h"
#include "linalg/passes.h"

#include <string.h>

bool pc_inference_moves(const pcil_inference *inference, const bool *zero, int32_t node) {
    return !zero[node] || !zero[node + 1] || pc_inference_decay(inference, node) > 0;
}

void pc_node_drive(pcil_inference *inference, int32_t node) {
    struct pc_state *state = &inference->state;
    if (state->zero[node + 1])
        memset(state->drive[node], 0, (size_t)pc_state_node_count(state, node) * sizeof *state->drive[node]);
    else
        pc_state_back(state, node);
}

/* error = activity - prediction: what programs do that do not carry the error. */
static void recompute(struct pc_state *state, int32_t node) {
    PC_VECTOR_PICK(pc_passes)->subtract(pc_state_node_count(state, node), state->activity[node],
                                        state->prediction[node], state->error[node]);
}

/* What the node's move changes above it: the prediction, and with it the error. */
static void change_above(pcil_inference *inference, int32_t node) {
    struct pc_state *state = &inference->state;
    bool output_above = node + 2 == state->nodes;
    if (pc_inference_recomputes(inference)) {
        recompute(state, node);
        pc_state_forward(state, node, state->prediction[node + 1]);
        if (!output_above) recompute(state, node + 1);
    } else if (output_above) {
        pc_state_change(state, node, 1, state->prediction[node + 1]);
    } else {
        pc_state_change(state, node, -1, state->error[node + 1]);
    }
}

void pc_node_move(pcil_inference *inference, int32_t node, double step) {
    struct pc_state *state = &inference->state;
    pc_state_move(state, node, (float)(step * pc_inference_weight(inference, node + 1)),
                  (float)(step * pc_inference_weight(inference, node)),
                  (float)(step * pc_inference_decay(inference, node)));
    change_above(inference, node);
    state->zero[node] = state->zero[node + 1] = false;
}
