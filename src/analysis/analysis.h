/* What the analyses share: samples on their way into an inference, and updates that are tried and taken back. */
#ifndef PC_ANALYSIS_ANALYSIS_H
#define PC_ANALYSIS_ANALYSIS_H

#include "learning/learning.h"

/* The caller's samples, with targets or labels. */
struct pc_samples {
    const float *inputs;
    const float *targets;
    const int32_t *labels; /* NULL where there are targets */
    int32_t count;
};

/* The arguments that all analyses have; `results` is where they go. */
pcil_status pc_samples_check(pcil_inference *inference, const struct pc_samples *samples, int32_t iterations,
                             const void *results);

/* Clamps `batch` samples from `first` on. */
pcil_status pc_samples_clamp(const struct pc_samples *samples, pcil_inference *inference, int32_t first, int32_t batch);

/* How many samples, at most the inference's largest batch, come after the first `done`. */
int32_t pc_samples_batch(const struct pc_samples *samples, const pcil_inference *inference, int32_t done);

/* Weights and optimizer as they were, to try updates on the network itself and take them back. */
struct pc_trial {
    const pcil_network *network;
    pcil_optimizer *optimizer;
    float *weights; /* of all blocks, one after the other */
    struct pc_optimizer_snapshot *snapshot;
};

pcil_status pc_trial_create(struct pc_trial *trial, struct pc_error *own, const pcil_network *network,
                            pcil_optimizer *optimizer);
void pc_trial_free(struct pc_trial *trial);

/* Takes the update back. */
void pc_trial_take_back(const struct pc_trial *trial);

/* |theta' - theta|^2 of the present weights. */
double pc_trial_square(const struct pc_trial *trial);

/*
 * The change of all weights that a step from the present batch would make, exact but for weight decay, where it is that
 * of the rounded weights; network and optimizer are left alone. [parameters]: blocks in order, [weights][bias] each.
 */
pcil_status pc_update_take(pcil_inference *inference, pcil_optimizer *optimizer, float *change);

/* A caller's array for such a change. */
pcil_status pc_update_check(struct pc_error *own, const pcil_network *network, const void *change, int64_t count);

/* Copies all weights out, in that order. */
void pc_weights_copy(const pcil_network *network, float *weights);

/* One row for t = 0 ... T of a proximal loss, summed over samples. */
struct pc_proximal_row {
    double loss, square;
};

/* Adds the samples' rows. */
pcil_status pc_proximal_by_trials(pcil_inference *inference, pcil_optimizer *optimizer,
                                  const struct pc_samples *samples, int32_t iterations, struct pc_proximal_row *rows);

/* The same where updates have rank one and are no more than a rate times the gradient. */
bool pc_proximal_has_rank_one(const pcil_network *network, const pcil_optimizer *optimizer);
pcil_status pc_proximal_by_rank_one(pcil_inference *inference, const pcil_optimizer *optimizer,
                                    const struct pc_samples *samples, int32_t iterations, struct pc_proximal_row *rows);

#endif
