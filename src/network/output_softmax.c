/* softmax (classification): pi = softmax(p), energy and loss cross-entropy. */
#include "network/output.h"

#include <float.h>
#include <math.h>

static float largest(int64_t units, const float *p) {
    float most = p[0];
    for (int64_t j = 1; j < units; j++) most = p[j] > most ? p[j] : most;
    return most;
}

static void predict(int64_t batch, int64_t units, const float *p, float *pi) {
    for (int64_t b = 0; b < batch; b++, p += units, pi += units) {
        float most = largest(units, p);
        double sum = 0;
        for (int64_t j = 0; j < units; j++) {
            pi[j] = expf(p[j] - most);
            sum += (double)pi[j];
        }
        float factor = (float)(1 / sum);
        for (int64_t j = 0; j < units; j++) pi[j] *= factor;
    }
}

/* -sum of activity log pi, with log pi = p - log sum exp p. */
static double energy(int64_t batch, int64_t units, const float *activity, const float *p) {
    double total = 0;
    for (int64_t b = 0; b < batch; b++, p += units, activity += units) {
        double most = (double)largest(units, p), sum = 0;
        for (int64_t j = 0; j < units; j++) sum += exp((double)p[j] - most);
        double log_sum = most + log(sum);
        for (int64_t j = 0; j < units; j++) total -= (double)activity[j] * ((double)p[j] - log_sum);
    }
    return total;
}

static double loss(int64_t batch, int64_t units, const float *target, const float *activity) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++)
        if (target[i] > 0) total -= (double)target[i] * log(fmax((double)activity[i], (double)FLT_MIN));
    return total;
}

static double log_sum(int64_t units, const double *p) {
    double most = p[0], sum = 0;
    for (int64_t j = 1; j < units; j++) most = fmax(most, p[j]);
    for (int64_t j = 0; j < units; j++) sum += exp(p[j] - most);
    return most + log(sum);
}

static double exact(int64_t batch, int64_t units, const float *target, const double *p, double *gp) {
    double total = 0;
    for (int64_t b = 0; b < batch; b++, p += units, gp += units, target += units) {
        double whole = log_sum(units, p);
        for (int64_t j = 0; j < units; j++) {
            gp[j] = exp(p[j] - whole) - (double)target[j];
            total -= (double)target[j] * (p[j] - whole);
        }
    }
    return total;
}

static int64_t check(int64_t batch, int64_t units, const float *target, const char **expected) {
    for (int64_t b = 0; b < batch; b++) {
        double sum = 0;
        *expected = "a number from 0 to 1";
        for (int64_t i = b * units; i < (b + 1) * units; i++) {
            if (!(target[i] >= 0 && target[i] <= 1)) return i;
            sum += (double)target[i];
        }
        *expected = "a row that sums to 1";
        if (fabs(sum - 1) > 1e-3) return b * units;
    }
    return -1;
}

const struct pc_output_kind pc_softmax = {
    .kind = {"softmax", "class probabilities; loss: cross-entropy", {NULL, 0}},
    .predict = predict,
    .energy = energy,
    .loss = loss,
    .exact = exact,
    .check = check,
};
