/* The loops of pooling: all channels of one window at once, a strip of them at a time. */
#ifndef PC_NETWORK_POOL_PASSES_H
#define PC_NETWORK_POOL_PASSES_H

#include "base/vector.h"

#include <stdint.h>

/* The part of a window inside its image; arrays of pixels begin at its first one. */
struct pc_pool_window {
    int32_t rows, columns;
    int64_t channels;
    int64_t pitch; /* floats from one row of the image to the next */
};

struct pc_pool_passes {
    /* out = the largest. */
    void (*largest)(const struct pc_pool_window *window, const float *restrict x, float *restrict out);
    /* out = beta out + alpha (largest of x+dx - largest of x), beta 0 or 1. */
    void (*largest_change)(const struct pc_pool_window *window, const float *restrict x, const float *restrict dx,
                           float alpha, float beta, float *restrict out);
    /* gx of the first largest += gy. */
    void (*largest_back)(const struct pc_pool_window *window, const float *restrict x, const float *restrict gy,
                         float *restrict gx);
    /* out = beta out + alpha mean, beta 0 or 1. */
    void (*mean)(const struct pc_pool_window *window, const float *restrict x, float alpha, float beta,
                 float *restrict out);
    /* gx of every pixel += its share of gy. */
    void (*mean_back)(const struct pc_pool_window *window, const float *restrict gy, float *restrict gx);
};

PC_VECTOR_DECLARE(const struct pc_pool_passes, pc_pool_passes);

#endif
