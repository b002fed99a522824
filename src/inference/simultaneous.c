/*
 * simultaneous (SimIL; Whittington & Bogacz 2017): all nodes move at once, by errors of the old activities. The error
 * thus climbs down one node per iteration; nodes that it has not reached are left alone.
 */
#include "inference/inference.h"

static void iterate(pcil_inference *inference, double step) {
    int32_t last_hidden = inference->state.nodes - 2;
    for (int32_t node = last_hidden; node >= 1; node--) {
        inference->moving[node] = pc_inference_moves(inference, inference->state.zero, node);
        if (inference->moving[node]) pc_node_drive(inference, node);
    }
    /* A move changes the errors of its node and of the one above, whose own move is over then: going down, each node
     * moves by its old error. */
    for (int32_t node = last_hidden; node >= 1; node--)
        if (inference->moving[node]) pc_node_move(inference, node, step);
}

const struct pc_schedule pc_simultaneous = {
    .kind = {"simultaneous", "all nodes move at once, by the old errors (SimIL, the standard schedule)",
             PC_MOVING_OPTIONS},
    .moves = true,
    .at_once = true,
    .iterate = iterate,
};
