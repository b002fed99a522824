/* The curvature of a batch's mean loss at the network's weights, in double precision. */
#ifndef PC_ANALYSIS_CURVATURE_H
#define PC_ANALYSIS_CURVATURE_H

#include "analysis/exact.h"

struct pc_curvature {
    struct pc_exact exact;
    int64_t count;
    double size;      /* |theta| */
    double *gradient; /* dL/dtheta */
    double *plus, *minus;
};

/* `count` and `result` are the caller's array, checked with the rest; on failure nothing stays reserved. */
pcil_status pc_curvature_create(struct pc_curvature *curvature, const pcil_network *network, const float *inputs,
                                const float *targets, int32_t batch, const void *result, int64_t count);
void pc_curvature_free(struct pc_curvature *curvature);

/* product = H vector, by central differences of the gradient along the vector. */
void pc_curvature_product(struct pc_curvature *curvature, const double *vector, double *product);

/* The largest magnitude of an eigenvalue of H by power iteration, within a relative `tolerance` or after `most`
 * products. */
pcil_status pc_curvature_norm(struct pc_curvature *curvature, double tolerance, int32_t most, double *norm);

/* Whether beta times that is below 1: then implicit steps are one contraction, and I + beta H can be solved. */
pcil_status pc_curvature_check_beta(double beta, double norm);

/* step = -(I + beta H)^-1 beta dL/dtheta, by conjugate gradients. */
pcil_status pc_curvature_second_order(struct pc_curvature *curvature, double beta, double *step);

/* step = -beta dL/dtheta at theta + step. */
pcil_status pc_curvature_implicit(struct pc_curvature *curvature, double beta, double *step);

#endif
