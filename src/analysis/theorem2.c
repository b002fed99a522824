/*
 * Theorem 2: the implicit step -beta dL/dtheta(theta + step) beside its second-order prediction -(I + beta H)^-1 beta
 * dL/dtheta(theta), whose relative error shrinks as beta^2, and the explicit step, whose error shrinks as beta.
 */
#include "analysis/curvature.h"
#include "base/memory.h"
#include "linalg/inner.h"

#include <math.h>

struct steps {
    double *implicit, *predicted;
};

static double apart(const double *a, const double *b, double factor, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (a[i] - factor * b[i]) * (a[i] - factor * b[i]);
    return sqrt(sum);
}

static pcil_status measure(struct pc_curvature *curvature, const struct steps *steps, double beta, double *second,
                           double *first) {
    int64_t count = curvature->count;
    pcil_status status = pc_curvature_implicit(curvature, beta, steps->implicit);
    if (status == PCIL_OK) status = pc_curvature_second_order(curvature, beta, steps->predicted);
    if (status != PCIL_OK) return status;
    double length = sqrt(pc_inner(steps->implicit, steps->implicit, count));
    if (length == 0)
        return pc_fail(NULL, PCIL_ERROR_DIVERGED, "the loss has no gradient here: there is no step to predict");
    *second = apart(steps->implicit, steps->predicted, 1, count) / length;
    *first = apart(steps->implicit, curvature->gradient, -beta, count) / length;
    return PCIL_OK;
}

static pcil_status measure_all(struct pc_curvature *curvature, const double *betas, int32_t count, double *second_order,
                               double *first_order, double *norm) {
    struct steps steps = {pc_allocate((size_t)curvature->count, sizeof(double)),
                          pc_allocate((size_t)curvature->count, sizeof(double))};
    pcil_status status = steps.implicit && steps.predicted ? PCIL_OK : pc_fail_memory(NULL, "the steps of theorem 2");
    if (status == PCIL_OK) status = pc_curvature_norm(curvature, 1e-4, 1000, norm);
    for (int32_t i = 0; i < count && status == PCIL_OK; i++) status = pc_curvature_check_beta(betas[i], *norm);
    for (int32_t i = 0; i < count && status == PCIL_OK; i++)
        status = measure(curvature, &steps, betas[i], &second_order[i], &first_order[i]);
    pc_release(steps.implicit);
    pc_release(steps.predicted);
    return status;
}

pcil_status pcil_theorem2(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                          const double *betas, int32_t count, double *second_order, double *first_order, double *norm) {
    struct pc_curvature curvature;
    double largest = 0;
    if (!betas || count < 1 || !second_order || !first_order)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "theorem 2 needs one or more betas and two arrays for the errors");
    pcil_status status = pc_curvature_create(&curvature, network, inputs, targets, batch, betas,
                                             network ? pcil_network_parameters(network) : 0);
    if (status != PCIL_OK) return status;
    status = measure_all(&curvature, betas, count, second_order, first_order, &largest);
    if (norm && (status == PCIL_OK || status == PCIL_ERROR_DIVERGED)) *norm = largest;
    pc_curvature_free(&curvature);
    return status;
}

pcil_status pcil_log_slope(const double *x, const double *y, int32_t count, double *slope) {
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    if (!x || !y || !slope || count < 2)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a slope needs two or more points and a place for it");
    for (int32_t i = 0; i < count; i++) {
        if (!(x[i] > 0) || !(y[i] > 0) || !isfinite(x[i]) || !isfinite(y[i]))
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "point %d is (%g, %g); a log-log slope needs numbers above 0", i,
                           x[i], y[i]);
        mean_x += log(x[i]) / count;
        mean_y += log(y[i]) / count;
    }
    for (int32_t i = 0; i < count; i++) {
        xx += (log(x[i]) - mean_x) * (log(x[i]) - mean_x);
        xy += (log(x[i]) - mean_x) * (log(y[i]) - mean_y);
    }
    if (xx == 0) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "all points of a slope have the same x");
    *slope = xy / xx;
    return PCIL_OK;
}
