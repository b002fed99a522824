/* The gradient and the Hessian of a batch's loss, for callers. */
#include "analysis/analysis.h"
#include "analysis/curvature.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static int64_t first_not_finite(const double *numbers, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(numbers[i])) return i;
    return -1;
}

static pcil_status check_given(const double *numbers, int64_t count, const char *what) {
    int64_t bad = first_not_finite(numbers, count);
    if (bad < 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "number %lld of the %s is %g; expected a finite number", (long long)bad,
                   what, numbers[bad]);
}

static pcil_status check_found(const double *numbers, int64_t count, const char *what) {
    if (first_not_finite(numbers, count) < 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_DIVERGED, "the %s is not finite: weights are too large, or what was given is",
                   what);
}

pcil_status pcil_loss_gradient(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               const double *change, double *gradient, int64_t count, double *loss) {
    struct pc_exact exact;
    pcil_status status = pc_exact_create(&exact, network, inputs, targets, batch);
    if (status != PCIL_OK) return status;
    status = pc_update_check(NULL, network, gradient, count);
    if (status == PCIL_OK && change) status = check_given(change, count, "change");
    double *fresh = status == PCIL_OK ? pc_allocate((size_t)count, sizeof *fresh) : NULL;
    if (status == PCIL_OK && !fresh) status = pc_fail_memory(NULL, "a gradient");
    if (status == PCIL_OK) {
        double value = pc_exact_gradient(&exact, change, 1, fresh);
        status = isfinite(value) ? check_found(fresh, count, "gradient") : check_found(&value, 1, "loss");
        if (status == PCIL_OK) memcpy(gradient, fresh, (size_t)count * sizeof *fresh);
        if (status == PCIL_OK && loss) *loss = value;
    }
    pc_release(fresh);
    pc_exact_free(&exact);
    return status;
}

/* The product of a vector whose squares may be more, or less, than a number holds. */
static pcil_status multiply(struct pc_curvature *curvature, const double *vector, double *product) {
    int64_t count = curvature->count;
    double largest = 0, *scaled = pc_allocate((size_t)count, sizeof *scaled);
    if (!scaled) return pc_fail_memory(NULL, "a Hessian's product");
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs(vector[i]));
    for (int64_t i = 0; i < count; i++) scaled[i] = largest > 0 ? vector[i] / largest : 0;
    pc_curvature_product(curvature, scaled, product);
    for (int64_t i = 0; i < count; i++) product[i] *= largest;
    pc_release(scaled);
    return check_found(product, count, "product");
}

pcil_status pcil_hessian_product(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                                 const double *vector, double *product, int64_t count) {
    struct pc_curvature curvature;
    if (!vector) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the vector is NULL");
    pcil_status status = pc_curvature_create(&curvature, network, inputs, targets, batch, product, count);
    if (status != PCIL_OK) return status;
    status = check_given(vector, count, "vector");
    if (status == PCIL_OK) status = multiply(&curvature, vector, product);
    pc_curvature_free(&curvature);
    return status;
}

/* Column by column; differences leave it not quite symmetric, so the two halves are averaged. */
static void fill(struct pc_curvature *curvature, double *unit, double *hessian) {
    int64_t count = curvature->count;
    for (int64_t i = 0; i < count; i++) {
        unit[i] = 1;
        pc_curvature_product(curvature, unit, hessian + i * count);
        unit[i] = 0;
    }
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < i; j++)
            hessian[i * count + j] = hessian[j * count + i] = (hessian[i * count + j] + hessian[j * count + i]) / 2;
}

pcil_status pcil_hessian(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                         double *hessian, int64_t count) {
    struct pc_curvature curvature;
    pcil_status status = pc_curvature_create(&curvature, network, inputs, targets, batch, hessian, count);
    if (status != PCIL_OK) return status;
    double *unit = pc_allocate((size_t)count, sizeof *unit);
    if (!unit) status = pc_fail_memory(NULL, "a Hessian");
    if (unit) fill(&curvature, unit, hessian);
    if (unit) status = check_found(hessian, count * count, "Hessian");
    pc_release(unit);
    pc_curvature_free(&curvature);
    return status;
}

pcil_status pcil_hessian_norm(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                              double tolerance, int32_t most, double *norm) {
    struct pc_curvature curvature;
    if (!(tolerance > 0) || most < 1)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                       "a tolerance of %g and at most %d products; expected a number above 0 and 1 or more", tolerance,
                       most);
    if (!norm) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the norm is NULL");
    pcil_status status =
        pc_curvature_create(&curvature, network, inputs, targets, batch, norm, pcil_network_parameters(network));
    if (status != PCIL_OK) return status;
    status = pc_curvature_norm(&curvature, tolerance, most, norm);
    pc_curvature_free(&curvature);
    return status;
}

/* The two steps are found alike: the assumption is checked first, the caller's array written last. */
typedef pcil_status (*find_by)(struct pc_curvature *curvature, double beta, double *step);

static pcil_status find_step(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                             double beta, double *step, int64_t count, find_by find) {
    struct pc_curvature curvature;
    double norm;
    pcil_status status = pc_curvature_create(&curvature, network, inputs, targets, batch, step, count);
    if (status != PCIL_OK) return status;
    double *fresh = pc_allocate((size_t)count, sizeof *fresh);
    if (!fresh) status = pc_fail_memory(NULL, "a step");
    if (status == PCIL_OK) status = pc_curvature_norm(&curvature, 1e-4, 1000, &norm);
    if (status == PCIL_OK) status = pc_curvature_check_beta(beta, norm);
    if (status == PCIL_OK) status = find(&curvature, beta, fresh);
    if (status == PCIL_OK) memcpy(step, fresh, (size_t)count * sizeof *step);
    pc_release(fresh);
    pc_curvature_free(&curvature);
    return status;
}

pcil_status pcil_second_order_step(const pcil_network *network, const float *inputs, const float *targets,
                                   int32_t batch, double beta, double *step, int64_t count) {
    return find_step(network, inputs, targets, batch, beta, step, count, pc_curvature_second_order);
}

pcil_status pcil_implicit_step(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               double beta, double *step, int64_t count) {
    return find_step(network, inputs, targets, batch, beta, step, count, pc_curvature_implicit);
}
