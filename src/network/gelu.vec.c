/* gelu: f(x) = x P(x), P the standard normal distribution function (Hendrycks & Gimpel 2016), not its tanh
 * approximation. */
#include <math.h>

#define PASSES pc_gelu_passes

static inline float distribution(float x) {
    return .5f * erfcf(-.70710678f * x);
}

static inline float density(float x) {
    return .39894228f * expf(-.5f * x * x);
}

static inline float value(float x, float parameter) {
    (void)parameter;
    return x * distribution(x);
}

static inline float slope(float x, float parameter) {
    (void)parameter;
    return distribution(x) + x * density(x);
}

/* P(x+d) - P(x): for small d the Taylor series of the density about the middle, which does not cancel. */
static inline float distribution_difference(float x, float d) {
    if (fabsf(d) > .25f) return distribution(x + d) - distribution(x);
    float m = x + .5f * d, mm = m * m, dd = d * d;
    return d * density(m) * (1 + dd / 24 * (mm - 1) + dd * dd / 1920 * (mm * mm - 6 * mm + 3));
}

static inline float difference(float x, float d, float parameter) {
    (void)parameter;
    return d * distribution(x + d) + x * distribution_difference(x, d);
}

#include "network/activation_passes.h"
