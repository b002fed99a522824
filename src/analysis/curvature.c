#include "analysis/curvature.h"

#include "analysis/analysis.h"
#include "base/memory.h"
#include "base/random.h"
#include "linalg/inner.h"

#include <math.h>
#include <string.h>

static double length_of(const double *a, int64_t count) {
    return sqrt(pc_inner(a, a, count));
}

/* a += factor b */
static void add(double *a, double factor, const double *b, int64_t count) {
    for (int64_t i = 0; i < count; i++) a[i] += factor * b[i];
}

static void scale(double *a, double factor, int64_t count) {
    for (int64_t i = 0; i < count; i++) a[i] *= factor;
}

static bool reserve(struct pc_curvature *curvature) {
    size_t count = (size_t)curvature->count;
    curvature->gradient = pc_allocate(count, sizeof(double));
    curvature->plus = pc_allocate(count, sizeof(double));
    curvature->minus = pc_allocate(count, sizeof(double));
    return curvature->gradient && curvature->plus && curvature->minus;
}

pcil_status pc_curvature_create(struct pc_curvature *curvature, const pcil_network *network, const float *inputs,
                                const float *targets, int32_t batch, const void *result, int64_t count) {
    struct pc_exact exact;
    pcil_status status = pc_exact_create(&exact, network, inputs, targets, batch);
    if (status != PCIL_OK) return status;
    *curvature = (struct pc_curvature){.exact = exact, .count = exact.count};
    status = pc_update_check(NULL, network, result, count);
    if (status == PCIL_OK && !reserve(curvature)) status = pc_fail_memory(NULL, "the curvature of a loss");
    if (status == PCIL_OK) {
        double loss = pc_exact_gradient(&curvature->exact, NULL, 0, curvature->gradient);
        curvature->size = length_of(curvature->exact.start, count);
        if (!isfinite(loss) || !isfinite(length_of(curvature->gradient, count)))
            status =
                pc_fail(NULL, PCIL_ERROR_DIVERGED, "the loss or its gradient is not finite: weights are too large");
    }
    if (status != PCIL_OK) pc_curvature_free(curvature);
    return status;
}

void pc_curvature_free(struct pc_curvature *curvature) {
    pc_release(curvature->gradient);
    pc_release(curvature->plus);
    pc_release(curvature->minus);
    pc_exact_free(&curvature->exact);
}

/*
 * A step of 1e-5 of the weights' length: beside the curvature, what it leaves of the third derivative and of rounding
 * are both some 1e-10.
 */
void pc_curvature_product(struct pc_curvature *curvature, const double *vector, double *product) {
    double length = length_of(vector, curvature->count);
    double step = length > 0 ? 1e-5 * (1 + curvature->size) / length : 1;
    pc_exact_gradient(&curvature->exact, vector, step, curvature->plus);
    pc_exact_gradient(&curvature->exact, vector, -step, curvature->minus);
    for (int64_t i = 0; i < curvature->count; i++) product[i] = (curvature->plus[i] - curvature->minus[i]) / (2 * step);
}

/* |H v| / |v| grows towards the norm whatever the signs of the eigenvalues. */
pcil_status pc_curvature_norm(struct pc_curvature *curvature, double tolerance, int32_t most, double *norm) {
    int64_t count = curvature->count;
    double *vector = pc_allocate((size_t)count, sizeof *vector), *product = pc_allocate((size_t)count, sizeof *product);
    pcil_status status = vector && product ? PCIL_OK : pc_fail_memory(NULL, "a power iteration");
    struct pc_random random;
    double before = 0, now = 0;
    pc_random_seed(&random, 0, "power iteration", 0);
    for (int64_t i = 0; status == PCIL_OK && i < count; i++) vector[i] = pc_random_uniform(&random) - .5;
    for (int32_t i = 0; status == PCIL_OK && i < most; i++) {
        scale(vector, 1 / length_of(vector, count), count);
        pc_curvature_product(curvature, vector, product);
        now = length_of(product, count);
        if (now == 0 || fabs(now - before) <= tolerance * now) break;
        before = now;
        memcpy(vector, product, (size_t)count * sizeof *vector);
    }
    pc_release(vector);
    pc_release(product);
    if (status == PCIL_OK && !isfinite(now))
        status = pc_fail(NULL, PCIL_ERROR_DIVERGED, "the Hessian's norm is not finite: weights are too large");
    if (status == PCIL_OK) *norm = now;
    return status;
}

pcil_status pc_curvature_check_beta(double beta, double norm) {
    if (!(beta > 0) || !isfinite(beta))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "beta is %g; expected a finite number above 0", beta);
    if (beta * norm < 1) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_DIVERGED,
                   "beta is %g, but theorem 2 speaks of small ones: here below 1/lambda_max = %g (lambda_max = %g, the "
                   "largest magnitude of an eigenvalue of the Hessian)",
                   beta, 1 / norm, norm);
}

/* product = vector + beta H vector */
static void shifted_product(struct pc_curvature *curvature, double beta, const double *vector, double *product) {
    pc_curvature_product(curvature, vector, product);
    for (int64_t i = 0; i < curvature->count; i++) product[i] = vector[i] + beta * product[i];
}

static const double settled = 1e-11; /* what central differences leave of a residual */

static bool descend(struct pc_curvature *curvature, double beta, double *step, double *residual, double *direction,
                    double *product) {
    int64_t count = curvature->count;
    double first = pc_inner(residual, residual, count), now = first;
    for (int i = 0; i < 1000 && now > settled * settled * first; i++) {
        shifted_product(curvature, beta, direction, product);
        double factor = now / pc_inner(direction, product, count);
        add(step, factor, direction, count);
        add(residual, -factor, product, count);
        double next = pc_inner(residual, residual, count);
        scale(direction, next / now, count);
        add(direction, 1, residual, count);
        now = next;
    }
    return now <= settled * settled * first;
}

pcil_status pc_curvature_second_order(struct pc_curvature *curvature, double beta, double *step) {
    size_t count = (size_t)curvature->count;
    double *residual = pc_allocate(count, sizeof *residual), *direction = pc_allocate(count, sizeof *direction);
    double *product = pc_allocate(count, sizeof *product);
    pcil_status status = PCIL_OK;
    if (!residual || !direction || !product) {
        status = pc_fail_memory(NULL, "conjugate gradients");
    } else {
        memset(step, 0, count * sizeof *step);
        for (size_t i = 0; i < count; i++) residual[i] = direction[i] = -beta * curvature->gradient[i];
        if (!descend(curvature, beta, step, residual, direction, product))
            status = pc_fail(NULL, PCIL_ERROR_DIVERGED,
                             "conjugate gradients did not settle at beta %g: the loss bends too sharply there", beta);
    }
    pc_release(residual);
    pc_release(direction);
    pc_release(product);
    return status;
}

/* step becomes -beta dL/dtheta(theta + step); returns how far that moved it. */
static double contract(struct pc_curvature *curvature, double beta, double *step) {
    int64_t count = curvature->count;
    double *next = curvature->plus, *change = curvature->minus;
    pc_exact_gradient(&curvature->exact, step, 1, next);
    for (int64_t i = 0; i < count; i++) {
        next[i] *= -beta;
        change[i] = next[i] - step[i];
    }
    memcpy(step, next, (size_t)count * sizeof *step);
    return length_of(change, count);
}

/*
 * The contraction step -> -beta dL/dtheta(theta + step), whose factor is beta times the Hessian's norm. Where a kink
 * lies on its way it jumps to and fro for ever, so it is given up when it has come no nearer for a while.
 */
pcil_status pc_curvature_implicit(struct pc_curvature *curvature, double beta, double *step) {
    enum { MOST = 10000, PATIENCE = 300 };
    double moved = INFINITY, nearest = INFINITY, length = 0;
    memset(step, 0, (size_t)curvature->count * sizeof *step);
    for (int i = 0, waited = 0; i < MOST && waited < PATIENCE && isfinite(length); i++, waited++) {
        moved = contract(curvature, beta, step);
        length = length_of(step, curvature->count);
        if (moved <= 1e-14 * length) return PCIL_OK;
        if (moved >= .99 * nearest) continue;
        nearest = moved;
        waited = 0;
    }
    if (moved <= 1e-12 * length) return PCIL_OK; /* rounding goes round in a circle */
    return pc_fail(
        NULL, PCIL_ERROR_DIVERGED,
        "the implicit step of beta %g was not found: beta is too large, or a kink (relu, max_pool) lies on its "
        "way",
        beta);
}
