/* relu: f(x) = max(x, 0), slope 0 at 0. A NaN stays one, so that it shows. */
#define PASSES pc_relu_passes

static inline float value(float x, float parameter) {
    (void)parameter;
    return x <= 0 ? 0 : x;
}

static inline float slope(float x, float parameter) {
    (void)parameter;
    return x > 0 ? 1 : 0;
}

/* A unit that stays active changes by exactly d; one that crosses 0 by the part above 0. */
static inline float difference(float x, float d, float parameter) {
    (void)parameter;
    float moved = x + d;
    float crossing = (moved > 0 ? moved : 0) - (x > 0 ? x : 0);
    float stays = x > 0 ? moved : -1;
    return stays > 0 ? d : crossing;
}

#include "network/activation_passes.h"
