/* Element-wise passes and sums that belong to no kind. */
#ifndef PC_LINALG_PASSES_H
#define PC_LINALG_PASSES_H

#include "base/vector.h"

#include <stdint.h>

struct pc_passes {
    void (*add)(int64_t count, const float *restrict x, float *restrict out);             /* out += x */
    void (*scale)(int64_t count, float factor, float *out);                               /* out *= factor */
    void (*subtract)(int64_t count, const float *a, const float *b, float *restrict out); /* out = a - b */
    void (*fill_rows)(int64_t rows, int64_t columns, const float *restrict row, float *restrict out);
    /* out = beta out + alpha * column sums of x. */
    void (*sum_rows)(int64_t rows, int64_t columns, float alpha, const float *restrict x, float beta,
                     float *restrict out);
    double (*sum_magnitudes)(int64_t count, const float *x);
    double (*sum_squares)(int64_t count, const float *x);
};

PC_VECTOR_DECLARE(const struct pc_passes, pc_passes);

#endif
