/* Which products a training step makes, told beforehand: the schedules' own rule, followed on flags alone. */
#include "inference/inference.h"

#include <string.h>

/* Follows one iteration: which nodes it moves, and what that costs one block. */
static void follow(const pcil_inference *inference, bool *zero, int32_t block, int64_t *forward, int64_t *backward) {
    bool old[PC_MOST_BLOCKS + 1];
    const struct pc_state *state = &inference->state;
    memcpy(old, zero, (size_t)state->nodes * sizeof *old);
    const bool *seen = inference->schedule->at_once ? old : zero;
    for (int32_t node = state->nodes - 2; node >= 1; node--) {
        if (!pc_inference_moves(inference, seen, node)) continue;
        if (inference->network->blocks[block].from == node) {
            ++*forward;
            *backward += !seen[inference->network->blocks[block].to];
        }
        zero[node] = false;
        for (int32_t i = state->first_outgoing[node]; i < state->first_outgoing[node + 1]; i++)
            zero[inference->network->blocks[state->outgoing[i]].to] = false;
    }
}

/* How often a step runs the block forward and backward, and whether its gradient is not exactly 0. */
static void count_runs(const pcil_inference *inference, int32_t block, int64_t *forward, int64_t *backward,
                       bool *learns) {
    int32_t nodes = inference->state.nodes;
    *forward = 1;
    *backward = inference->network->blocks[block].from > 0;
    *learns = true;
    if (!inference->schedule->moves) return;
    bool zero[PC_MOST_BLOCKS + 1];
    for (int32_t n = 0; n < nodes; n++) zero[n] = n + 1 < nodes;
    *backward = 0;
    int32_t iterations = pc_inference_planned(inference);
    for (int32_t t = 0; t < iterations; t++) follow(inference, zero, block, forward, backward);
    *learns = !zero[inference->network->blocks[block].to];
}

pcil_status pcil_inference_plan(const pcil_inference *inference, int32_t block, int64_t *forward, int64_t *backward,
                                int64_t *gradient) {
    if (!inference || block < 0 || block >= inference->network->block_count)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no block %d; blocks are 0 ... %d", block,
                       inference ? inference->network->block_count - 1 : -1);
    int64_t forward_runs, backward_runs, in_forward, in_backward, in_gradient;
    bool learns;
    count_runs(inference, block, &forward_runs, &backward_runs, &learns);
    pc_block_products(inference->network, block, &in_forward, &in_backward, &in_gradient);
    if (forward) *forward = forward_runs * in_forward;
    if (backward) *backward = backward_runs * in_backward;
    if (gradient) *gradient = learns ? in_gradient : 0;
    return PCIL_OK;
}
