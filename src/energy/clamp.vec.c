#include "energy/energy.h"

static void clamp(int64_t count, float m, const float *restrict target, const float *restrict output,
                  float *restrict activity, float *restrict error) {
    for (int64_t i = 0; i < count; i++) {
        float e = (1 - m) * (target[i] - output[i]);
        error[i] = e;
        activity[i] = m * output[i] + (1 - m) * target[i];
    }
}

const struct pc_clamp_passes PC_VECTOR_NAME(pc_clamp_passes) = {clamp};
