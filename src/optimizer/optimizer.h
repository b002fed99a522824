/*
 * What learning asks of an optimizer: one block at a time, panel by panel, so that a gradient need never be whole.
 * The order of calls for one training iteration is
 *
 *   pc_optimizer_begin; for each block: pc_optimizer_begin_block, pc_optimizer_apply for its panels,
 * pc_optimizer_end_block.
 */
#ifndef PC_OPTIMIZER_OPTIMIZER_H
#define PC_OPTIMIZER_OPTIMIZER_H

#include "base/kinds.h"

#include <stdbool.h>

extern const struct pc_family pc_optimizer_family;

const pcil_network *pc_optimizer_network(const pcil_optimizer *optimizer);

/* Counts the training iteration and works out the rate decay. */
void pc_optimizer_begin(pcil_optimizer *optimizer);

/* Works out the numbers of this block's step; PCIL_ERROR_DIVERGED if its rate is not finite. `mean_square` is the
 * batch's mean |f|^2 of the block's input (nlms); pc_optimizer_needs_mean_square tells whether it is looked at. */
pcil_status pc_optimizer_begin_block(pcil_optimizer *optimizer, int32_t block, double mean_square);
bool pc_optimizer_needs_mean_square(const pcil_optimizer *optimizer);

/*
 * Whether the block's step is W = keep W - rate G and no more is wanted of G than, where `magnitudes`, the sum of its
 * numbers' magnitudes (no clipping, no array of state): then learning may add the product straight to the weights
 * instead of calling pc_optimizer_apply, and tell the sum. Ask after pc_optimizer_begin_block. Where steps are
 * measured, it shows the gradient of what it stepped so, part by part, when the weights have moved.
 */
struct pc_direct_step {
    float rate, keep;
    bool magnitudes;
};
bool pc_optimizer_is_direct(const pcil_optimizer *optimizer, int32_t block, struct pc_direct_step *step);
void pc_optimizer_add_magnitudes(pcil_optimizer *optimizer, double sum);
bool pc_optimizer_measures(const pcil_optimizer *optimizer);
void pc_optimizer_measure_direct(pcil_optimizer *optimizer, int32_t block, int64_t offset, int64_t count,
                                 const float *gradient);

/*
 * Where G must be whole (clip_norm): memory for the largest block's, reserved when the option is set. Then
 * pc_optimizer_apply is called once, with offset 0 and all of the block's numbers. NULL: panels will do.
 */
float *pc_optimizer_whole(const pcil_optimizer *optimizer);

/*
 * Steps `count` parameters of the block, from `offset` on in its [weights][bias], by their gradient; NULL: the gradient
 * is exactly 0. The gradient's memory may be overwritten.
 */
void pc_optimizer_apply(pcil_optimizer *optimizer, int32_t block, int64_t offset, int64_t count, float *gradient);

/*
 * Ends the block's step: refreshes v, the measured magnitude. PCIL_ERROR_DIVERGED if the gradient or the step was not
 * finite: v and magnitude are as they were, and so are the block's weights where G was whole; without clip_norm its
 * panels have moved already.
 */
pcil_status pc_optimizer_end_block(pcil_optimizer *optimizer, int32_t block);

/* Whether steps are a rate times the gradient and nothing else: no momentum, no decay of weights, no clipping; and the
 * rate of the block's next step then. Changes nothing. */
bool pc_optimizer_is_rate(const pcil_optimizer *optimizer);
double pc_optimizer_next_rate(const pcil_optimizer *optimizer, int32_t block, double mean_square);

/* The state as named arrays, for checkpoints: with the iterations it is all that a later step depends on beside
 * options. */
struct pc_optimizer_array {
    const char *name;
    void *data; /* floats or doubles, in the order of the blocks, [weights][bias] each */
    int64_t count;
    int32_t bytes; /* of one number: 4 or 8 */
};
int32_t pc_optimizer_arrays(const pcil_optimizer *optimizer);
struct pc_optimizer_array pc_optimizer_array(pcil_optimizer *optimizer, int32_t index);
void pc_optimizer_resume(pcil_optimizer *optimizer, int64_t iterations);

/* A copy of all that steps and pcil_optimizer_measure change, and the way back to it. Options must not be set between.
 */
struct pc_optimizer_snapshot;
pcil_status pc_optimizer_snapshot_create(struct pc_optimizer_snapshot **snapshot, struct pc_error *own,
                                         const pcil_optimizer *optimizer);
void pc_optimizer_snapshot_free(struct pc_optimizer_snapshot *snapshot);
void pc_optimizer_restore(pcil_optimizer *optimizer, const struct pc_optimizer_snapshot *snapshot);

/*
 * Until it is restored, steps move these weights (of all blocks, one after the other) instead of the network's; all go
 * through pc_optimizer_apply. Whether a step depends on the weights that it moves: if not, they may start at 0, and are
 * then the step itself.
 */
void pc_optimizer_redirect(pcil_optimizer *optimizer, float *weights);
bool pc_optimizer_reads_weights(const pcil_optimizer *optimizer);

#endif
