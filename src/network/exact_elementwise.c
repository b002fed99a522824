/* Activations in double precision: f and its slope. */
#include "network/exact.h"

#include <math.h>

static double parameter_of(const struct pc_operation *operation) {
    return (double)pc_operation_parameter(operation);
}

static double identity_value(double x, double parameter) {
    (void)parameter;
    return x;
}

static double identity_slope(double x, double parameter) {
    (void)x, (void)parameter;
    return 1;
}

static double relu_value(double x, double parameter) {
    (void)parameter;
    return x > 0 ? x : 0;
}

static double relu_slope(double x, double parameter) {
    (void)parameter;
    return x > 0 ? 1 : 0;
}

static double leaky_relu_value(double x, double parameter) {
    return x > 0 ? x : parameter * x;
}

static double leaky_relu_slope(double x, double parameter) {
    return x > 0 ? 1 : parameter;
}

static double tanh_value(double x, double parameter) {
    (void)parameter;
    return tanh(x);
}

static double tanh_slope(double x, double parameter) {
    (void)parameter;
    return 1 - tanh(x) * tanh(x);
}

static double sigmoid_value(double x, double parameter) {
    (void)parameter;
    return 1 / (1 + exp(-x));
}

static double sigmoid_slope(double x, double parameter) {
    return sigmoid_value(x, parameter) * sigmoid_value(-x, parameter);
}

static double gelu_value(double x, double parameter) {
    (void)parameter;
    return x / 2 * erfc(-x / sqrt(2));
}

static double gelu_slope(double x, double parameter) {
    (void)parameter;
    return erfc(-x / sqrt(2)) / 2 + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
}

#define EXACT(name)                                                                                                    \
    static void name##_forward(const struct pc_operation *operation, int64_t batch, const double *parameters,          \
                               const double *x, double *y) {                                                           \
        (void)parameters;                                                                                              \
        for (int64_t i = 0; i < batch * operation->in_size; i++) y[i] = name##_value(x[i], parameter_of(operation));   \
    }                                                                                                                  \
    static void name##_back(const struct pc_operation *operation, int64_t batch, const double *parameters,             \
                            const double *x, const double *gy, double *gx) {                                           \
        (void)parameters;                                                                                              \
        for (int64_t i = 0; i < batch * operation->in_size; i++)                                                       \
            gx[i] = name##_slope(x[i], parameter_of(operation)) * gy[i];                                               \
    }                                                                                                                  \
    const struct pc_exact_operation pc_exact_##name = {name##_forward, name##_back, NULL}

EXACT(identity);
EXACT(relu);
EXACT(leaky_relu);
EXACT(tanh);
EXACT(sigmoid);
EXACT(gelu);
