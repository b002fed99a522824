/*
 * sequential (SeqIL; Alonso, Krichmar & Neftci 2024): within one iteration nodes move one after the other from the last
 * hidden one down; each uses the error above as the node above has just left it, so that one iteration reaches every
 * node.
 */
#include "inference/inference.h"

static void iterate(pcil_inference *inference, double step) {
    for (int32_t node = inference->state.nodes - 2; node >= 1; node--) {
        if (pc_inference_moves(inference, inference->state.zero, node)) pc_node_step(inference, node, step);
    }
}

const struct pc_schedule pc_sequential = {
    .kind = {"sequential", "nodes move from the last to the first, each after the one above (SeqIL)",
             PC_MOVING_OPTIONS},
    .moves = true,
    .iterate = iterate,
};
