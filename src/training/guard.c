#include "training/guard.h"

#include <math.h>

/* Batches whose losses tell what is usual. */
enum { FIRST = 10 };

pcil_status pc_guard_loss(struct pc_guard *guard, double loss) {
    if (!isfinite(loss))
        return pc_fail(NULL, PCIL_ERROR_DIVERGED, "the loss is not finite; a smaller learning_rate may help");
    if (guard->batches < FIRST) {
        guard->largest = fmax(guard->largest, loss);
        guard->batches++;
        return PCIL_OK;
    }
    if (guard->limit == 0 || loss <= guard->limit * guard->largest) return PCIL_OK;
    return pc_fail(
        NULL, PCIL_ERROR_DIVERGED,
        "the loss has grown to %.4g, more than %g times the largest of the first %d batches (%.4g); a smaller "
        "learning_rate or clip_norm may help (the option divergence sets the limit)",
        loss, guard->limit, FIRST, guard->largest);
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
    if (guard->limit == 0 || !inference->schedule->moves) return PCIL_OK;
    for (int32_t n = 1; n < last; n++) {
        double energy = node_energy(inference, n);
        if (energy <= most) continue;
        return pc_fail(
            NULL, PCIL_ERROR_DIVERGED,
            "the energy of node %d (block %d) has grown to %.4g after %d inference iterations, more than %g times the "
            "largest loss of the first batches (%.4g); a smaller learning_rate or step_size may help (the option "
            "divergence sets the limit)",
            n, pc_state_block_to(&inference->state, n), energy, inference->iterations, guard->limit, guard->largest);
    }
    return PCIL_OK;
}
