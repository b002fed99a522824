/* leaky_relu: f(x) = x above 0, slope * x below (Maas et al. 2013). */
#define PASSES pc_leaky_relu_passes

static inline float value(float x, float parameter) {
    return x > 0 ? x : parameter * x;
}

static inline float slope(float x, float parameter) {
    return x > 0 ? 1 : parameter;
}

/* On one side of 0 the change is slope times d; across 0 it is the difference of values of opposite sign: no
 * cancellation. */
static inline float difference(float x, float d, float parameter) {
    float moved = x + d;
    float crossing = (moved > 0 ? moved : parameter * moved) - (x > 0 ? x : parameter * x);
    float above = x > 0 ? moved : -1;
    float below = x > 0 ? 1 : moved;
    float inside = above > 0 ? d : crossing;
    return below <= 0 ? parameter * d : inside;
}

#include "network/activation_passes.h"
