#include "training/guard.h"

#include "network/network.h"

#include <math.h>
#include <string.h>

/* The loss of an output of zeros: what a network that knows nothing loses, however well this one does already. */
static double loss_of_zeros(const pcil_inference *inference, float *outputs) {
    const struct pc_state *state = &inference->state;
    int64_t units = pc_state_node_size(state, state->nodes - 1), batch = state->call.batch;
    memset(outputs, 0, (size_t)(batch * units) * sizeof *outputs);
    return inference->network->output->energy(batch, units, state->target, outputs) / (double)batch;
}

/* A block that trained badly shows by its weights. */
struct largest_weight {
    int32_t block;
    double size;
};

static struct largest_weight find_largest_weight(const pcil_network *network) {
    struct largest_weight largest = {0, 0};
    for (int32_t b = 0; b < network->block_count; b++) {
        int64_t count;
        const float *weights = pc_network_block_parameters(network, b, &count);
        for (int64_t i = 0; i < count; i++) {
            double size = fabs((double)weights[i]);
            if (size > largest.size) largest = (struct largest_weight){b, size};
        }
    }
    return largest;
}

pcil_status pc_guard_loss(struct pc_guard *guard, const pcil_inference *inference, double loss, float *outputs) {
    int32_t node = inference->state.nodes - 1, block = pc_state_block_to(&inference->state, node);
    if (!isfinite(loss))
        return pc_fail(NULL, PCIL_ERROR_DIVERGED,
                       "the loss (node %d, block %d) is not finite; a smaller learning_rate may help", node, block);
    if (guard->batches == 0) guard->largest = fmax(loss, loss_of_zeros(inference, outputs));
    if (guard->largest > 0) guard->batches = 1;
    if (guard->limit == 0 || loss <= guard->limit * guard->largest) return PCIL_OK;
    struct largest_weight largest = find_largest_weight(inference->network);
    return pc_fail(NULL, PCIL_ERROR_DIVERGED,
                   "the loss (node %d, block %d) has grown to %.4g, more than %g times that before the first update "
                   "(%.4g); the largest weight is one of block %d, of size %.3g; a smaller learning_rate or clip_norm "
                   "may help (the option divergence sets the limit)",
                   node, block, loss, guard->limit, guard->largest, largest.block, largest.size);
}

/* gamma_l 1/2 |e_l|^2, averaged over the batch. */
static double node_energy(const pcil_inference *inference, int32_t node) {
    return pc_inference_weight(inference, node) / 2 * inference->squares[node] / (double)inference->state.call.batch;
}

/*
 * Inference descends the energy, which begins with loss + gamma_L E_out: hidden errors that hold more than that were
 * not found by descent, but by steps that overshoot.
 */
pcil_status pc_guard_energy(const struct pc_guard *guard, const pcil_inference *inference) {
    int32_t last = inference->state.nodes - 1;
    double most = guard->limit * guard->largest * (1 + pc_inference_weight(inference, last));
    if (guard->limit == 0 || guard->largest == 0 || !inference->schedule->moves) return PCIL_OK;
    for (int32_t n = 1; n < last; n++) {
        double energy = node_energy(inference, n);
        if (energy <= most) continue;
        return pc_fail(NULL, PCIL_ERROR_DIVERGED,
                       "the energy of node %d (block %d) has grown to %.4g after %d inference iterations, more than %g "
                       "times the loss "
                       "before the first update (%.4g); a smaller learning_rate or step_size may help (the option "
                       "divergence sets the limit)",
                       n, pc_state_block_to(&inference->state, n), energy, inference->iterations, guard->limit,
                       guard->largest);
    }
    return PCIL_OK;
}
