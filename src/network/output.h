/*
 * Output kinds: what the last node's prediction p means (section "output node" of the mathematics): the predicted
 * output pi, the local output energy, the loss. They stand beside the network, which names one, and know nothing but
 * arrays [batch][units].
 */
#ifndef PC_NETWORK_OUTPUT_H
#define PC_NETWORK_OUTPUT_H

#include "base/kinds.h"

struct pc_output_kind {
    struct pc_kind kind;

    /* pi from p. For kinds whose pi is p itself this is NULL, and no room is kept for pi. */
    void (*predict)(int64_t batch, int64_t units, const float *p, float *pi);

    /* E_out(activity, p), summed over the batch; with the target as activity it is the loss of the prediction. */
    double (*energy)(int64_t batch, int64_t units, const float *activity, const float *p);

    /* loss(y, activity), summed over the batch. */
    double (*loss)(int64_t batch, int64_t units, const float *target, const float *activity);

    /* The loss of the prediction against the target, summed over the batch, and gp, its gradient to p: in double
     * precision. */
    double (*exact)(int64_t batch, int64_t units, const float *target, const double *p, double *gp);

    /* The first target that makes no sense, -1 if all do; `expected` then says what would. */
    int64_t (*check)(int64_t batch, int64_t units, const float *target, const char **expected);
};

extern const struct pc_output_kind pc_linear, pc_softmax, pc_logistic;
extern const struct pc_family pc_output_family;

#endif
