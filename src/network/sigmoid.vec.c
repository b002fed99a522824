/* sigmoid: f(x) = 1 / (1 + exp(-x)). */
#include <math.h>

#define PASSES pc_sigmoid_passes

static inline float value(float x, float parameter) {
    (void)parameter;
    return 1 / (1 + expf(-x));
}

static inline float slope(float x, float parameter) {
    return value(x, parameter) * value(-x, parameter);
}

/* s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)) for a > b; the larger of the two ends is a. */
static inline float difference(float x, float d, float parameter) {
    float moved = x + d;
    float upper = d > 0 ? moved : x;
    float lower = d > 0 ? x : moved;
    float change = value(upper, parameter) * value(-lower, parameter) * -expm1f(-fabsf(d));
    return d > 0 ? change : -change;
}

#include "network/activation_passes.h"
