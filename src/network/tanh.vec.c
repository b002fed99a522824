/* tanh: f(x) = tanh x. */
#include <math.h>

#define PASSES pc_tanh_passes

static inline float value(float x, float parameter) {
    (void)parameter;
    return tanhf(x);
}

static inline float slope(float x, float parameter) {
    (void)parameter;
    float f = tanhf(x);
    return 1 - f * f;
}

/* tanh a - tanh b = tanh(a - b) (1 - tanh a tanh b). */
static inline float difference(float x, float d, float parameter) {
    (void)parameter;
    return tanhf(d) * (1 - tanhf(x + d) * tanhf(x));
}

#include "network/activation_passes.h"
