/* linear (Gaussian): pi = p, energy and loss half the squared distance. */
#include "network/output.h"

#include <math.h>

static double half_squares(int64_t batch, int64_t units, const float *a, const float *b) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++) {
        double difference = (double)a[i] - (double)b[i];
        total += difference * difference;
    }
    return total / 2;
}

static double exact(int64_t batch, int64_t units, const float *target, const double *p, double *gp) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++) {
        gp[i] = p[i] - (double)target[i];
        total += gp[i] * gp[i] / 2;
    }
    return total;
}

static int64_t check(int64_t batch, int64_t units, const float *target, const char **expected) {
    *expected = "a finite number";
    for (int64_t i = 0; i < batch * units; i++)
        if (!isfinite(target[i])) return i;
    return -1;
}

const struct pc_output_kind pc_linear = {
    .kind = {"linear", "values; loss: half the squared distance", {NULL, 0}},
    .energy = half_squares,
    .loss = half_squares,
    .exact = exact,
    .check = check,
};
