#include "base/finite.h"

#include <math.h>

int64_t pc_first_not_finite(const float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) return i;
    return -1;
}
