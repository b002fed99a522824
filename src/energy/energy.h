/* The free energy of a batch, term by term (eq. 1), and the clamp of its output node (eq. 3). */
#ifndef PC_ENERGY_ENERGY_H
#define PC_ENERGY_ENERGY_H

#include "base/vector.h"
#include "network/state.h"

/* The terms without their weights, summed over `count` samples from `first` on. */
double pc_sum_prediction(const struct pc_state *state, int32_t node, int64_t first, int64_t count);
double pc_sum_decay(const struct pc_state *state, int32_t node, int64_t first, int64_t count);
double pc_sum_loss(const struct pc_state *state, int64_t first, int64_t count);

/* gamma_l 1/2 |e_l|^2 of a hidden node, gamma_L E_out of the output node, averaged over the batch. */
double pc_energy_prediction(const struct pc_state *state, int32_t node, double weight);

/* gamma^decay_l 1/2 |f(activity_l)|^2 of a hidden node, averaged over the batch. */
double pc_energy_decay(const struct pc_state *state, int32_t node, double decay);

/* loss(y, activity_L), averaged over the batch. */
double pc_energy_loss(const struct pc_state *state);

/* The loss of the prediction against the target, averaged over the batch. */
double pc_prediction_loss(const struct pc_state *state);

/*
 * From the output node's fresh prediction: pi, the activity m pi + (1 - m) y, and the error activity - pi, written (1 -
 * m) (y - pi) so that nothing cancels. m = 0 is the hard clamp.
 */
void pc_clamp_output(struct pc_state *state, double m);

struct pc_clamp_passes {
    void (*clamp)(int64_t count, float m, const float *restrict target, const float *restrict output,
                  float *restrict activity, float *restrict error);
};

PC_VECTOR_DECLARE(const struct pc_clamp_passes, pc_clamp_passes);

#endif
