/*
 * backprop: the activities stay, and one pass gives every node the loss gradient's error, J^T of the error above.
 * Learning then makes exactly the gradient of the loss of it (Rumelhart et al. 1986).
 */
#include "inference/inference.h"

static void iterate(pcil_inference *inference, double step) {
    (void)step;
    struct pc_state *state = &inference->state;
    for (int32_t node = state->nodes - 2; node >= 1; node--) {
        pc_node_drive(inference, node);
        pc_state_slope(state, node, state->drive[node], state->error[node]);
        state->zero[node] = false;
    }
}

const struct pc_schedule pc_backprop = {
    .kind = {"backprop", "no inference: errors are the loss gradient's (backpropagation)", {NULL, 0}},
    .iterate = iterate,
};
