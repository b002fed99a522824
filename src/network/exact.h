/*
 * Operations in double precision, for quantities that float's rounding would drown: differences of gradients, second
 * derivatives. Plain loops over a batch; training never comes here.
 */
#ifndef PC_NETWORK_EXACT_H
#define PC_NETWORK_EXACT_H

#include "network/operation.h"

struct pc_exact_operation {
    /* y = B(x). */
    void (*forward)(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                    double *y);
    /* gx = J(x)^T gy. */
    void (*back)(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                 const double *gy, double *gx);
    /* gradient += sum over the batch of dB/dparameters^T gy, as the parameters lie; NULL for kinds without any. */
    void (*gradient)(const struct pc_operation *operation, int64_t batch, const double *x, const double *gy,
                     double *gradient);
};

extern const struct pc_exact_operation pc_exact_dense, pc_exact_conv, pc_exact_max_pool, pc_exact_avg_pool;
extern const struct pc_exact_operation pc_exact_identity, pc_exact_relu, pc_exact_leaky_relu, pc_exact_tanh,
    pc_exact_sigmoid, pc_exact_gelu;

#endif
