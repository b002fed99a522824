#include "linalg/inner.h"

/* In lanes, which need not wait for each other: a sum in one order takes longer than all that is done beside it. */
double pc_inner(const double *a, const double *b, int64_t count) {
    enum { LANES = 16 };
    double lanes[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) lanes[k] += a[i + k] * b[i + k];
    for (; i < count; i++) lanes[0] += a[i] * b[i];
    for (int k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}
