/* sigmoid (reconstruction): pi = sigmoid(p), energy and loss binary cross-entropy. */
#include "network/logistic.h"
#include "network/output.h"

#include <float.h>
#include <math.h>

static void predict(int64_t batch, int64_t units, const float *p, float *pi) {
    PC_VECTOR_PICK(pc_logistic_pass)(batch * units, p, pi);
}

/* -a log s(p) - (1-a) log(1-s(p)) = log(1 + exp p) - a p, written so that exp never overflows. */
static double energy(int64_t batch, int64_t units, const float *activity, const float *p) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++) {
        double x = (double)p[i];
        total += fmax(x, 0) + log1p(exp(-fabs(x))) - (double)activity[i] * x;
    }
    return total;
}

static double safe_log(double x) {
    return log(fmax(x, (double)FLT_MIN));
}

static double loss(int64_t batch, int64_t units, const float *target, const float *activity) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++) {
        double y = (double)target[i], a = (double)activity[i];
        if (y > 0) total -= y * safe_log(a);
        if (y < 1) total -= (1 - y) * safe_log(1 - a);
    }
    return total;
}

static double exact(int64_t batch, int64_t units, const float *target, const double *p, double *gp) {
    double total = 0;
    for (int64_t i = 0; i < batch * units; i++) {
        double y = (double)target[i];
        gp[i] = 1 / (1 + exp(-p[i])) - y;
        total += fmax(p[i], 0) + log1p(exp(-fabs(p[i]))) - y * p[i];
    }
    return total;
}

static int64_t check(int64_t batch, int64_t units, const float *target, const char **expected) {
    *expected = "a number from 0 to 1";
    for (int64_t i = 0; i < batch * units; i++)
        if (!(target[i] >= 0 && target[i] <= 1)) return i;
    return -1;
}

const struct pc_output_kind pc_logistic = {
    .kind = {"sigmoid", "values from 0 to 1; loss: binary cross-entropy", {NULL, 0}},
    .predict = predict,
    .energy = energy,
    .loss = loss,
    .exact = exact,
    .check = check,
};
