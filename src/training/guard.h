/*
 * Growth without bound: a run whose batch loss, or whose energy of hidden errors, is `divergence` times the loss before
 * its first update has gone wrong, long before its numbers cease to be finite.
 */
#ifndef PC_TRAINING_GUARD_H
#define PC_TRAINING_GUARD_H

#include "base/status.h"
#include "inference/inference.h"

/* All that it keeps from batch to batch. */
struct pc_guard {
    double limit;    /* the option `divergence`; 0: none */
    double largest;  /* the loss before the first update, or what an output of zeros would lose */
    int64_t batches; /* that it is of; 0: there was no loss above 0 yet */
};

/* A clamped batch's loss, before it is learned. `outputs` is room for a batch of the output node. */
pcil_status pc_guard_loss(struct pc_guard *guard, const pcil_inference *inference, double loss, float *outputs);

/* Its hidden errors, when they have been inferred: no pass over them, inference has summed their squares. */
pcil_status pc_guard_energy(const struct pc_guard *guard, const pcil_inference *inference);

#endif
