/*
 * The loops of pooling. Choices are written as selections (?:) over arrays of one element size, so that compilers turn
 * them into vector code; which pixel is the largest is kept as its number in reading order, not as an address.
 */
#include "network/pool_passes.h"

#include <string.h>

enum { STRIP = 64 };

static inline int64_t strip_width(const struct pc_pool_window *window, int64_t begin) {
    return window->channels - begin < STRIP ? window->channels - begin : STRIP;
}

/* Where the pixel of number k of the window begins. */
static inline int64_t pixel_at(const struct pc_pool_window *window, int32_t k) {
    return k / window->columns * window->pitch + k % window->columns * window->channels;
}

static inline int32_t area(const struct pc_pool_window *window) {
    return window->rows * window->columns;
}

static inline void find_largest(const struct pc_pool_window *window, int64_t width, const float *restrict x,
                                float *restrict most) {
    memcpy(most, x, (size_t)width * sizeof *most);
    for (int32_t k = 1; k < area(window); k++) {
        const float *restrict pixel = x + pixel_at(window, k);
        for (int64_t c = 0; c < width; c++) most[c] = pixel[c] > most[c] ? pixel[c] : most[c];
    }
}

static void largest(const struct pc_pool_window *window, const float *restrict x, float *restrict out) {
    find_largest(window, window->channels, x, out);
}

/* The number of the pixel that is the first largest. */
static inline void find_place(const struct pc_pool_window *window, int64_t width, const float *restrict x,
                              int32_t *restrict place) {
    float most[STRIP];
    memcpy(most, x, (size_t)width * sizeof *most);
    memset(place, 0, (size_t)width * sizeof *place);
    for (int32_t k = 1; k < area(window); k++) {
        const float *restrict pixel = x + pixel_at(window, k);
        for (int64_t c = 0; c < width; c++) {
            place[c] = pixel[c] > most[c] ? k : place[c];
            most[c] = pixel[c] > most[c] ? pixel[c] : most[c];
        }
    }
}

/* The x and dx of the pixel that is the first largest of x+dx. */
static inline void find_moved(const struct pc_pool_window *window, int64_t width, const float *restrict x,
                              const float *restrict dx, float *restrict moved_x, float *restrict moved_dx) {
    float most[STRIP];
    for (int64_t c = 0; c < width; c++) most[c] = x[c] + dx[c];
    memcpy(moved_x, x, (size_t)width * sizeof *x);
    memcpy(moved_dx, dx, (size_t)width * sizeof *dx);
    for (int32_t k = 1; k < area(window); k++) {
        int64_t at = pixel_at(window, k);
        for (int64_t c = 0; c < width; c++) {
            float value = x[at + c], change = dx[at + c], sum = value + change;
            moved_x[c] = sum > most[c] ? value : moved_x[c];
            moved_dx[c] = sum > most[c] ? change : moved_dx[c];
            most[c] = sum > most[c] ? sum : most[c];
        }
    }
}

/* out = beta out + alpha x, beta 0 or 1. */
static inline void store(int64_t width, float alpha, const float *restrict x, float beta, float *restrict out) {
    if (beta == 0)
        for (int64_t c = 0; c < width; c++) out[c] = alpha * x[c];
    else
        for (int64_t c = 0; c < width; c++) out[c] += alpha * x[c];
}

/* Where the same pixel stays the largest, the difference of x is exactly 0. */
static void largest_change(const struct pc_pool_window *window, const float *restrict x, const float *restrict dx,
                           float alpha, float beta, float *restrict out) {
    float before[STRIP], after[STRIP], change[STRIP];
    for (int64_t begin = 0; begin < window->channels; begin += STRIP) {
        int64_t width = strip_width(window, begin);
        find_largest(window, width, x + begin, before);
        find_moved(window, width, x + begin, dx + begin, after, change);
        for (int64_t c = 0; c < width; c++) change[c] += after[c] - before[c];
        store(width, alpha, change, beta, out + begin);
    }
}

static void largest_back(const struct pc_pool_window *window, const float *restrict x, const float *restrict gy,
                         float *restrict gx) {
    int32_t place[STRIP];
    for (int64_t begin = 0; begin < window->channels; begin += STRIP) {
        int64_t width = strip_width(window, begin);
        find_place(window, width, x + begin, place);
        for (int32_t k = 0; k < area(window); k++) {
            float *restrict pixel = gx + begin + pixel_at(window, k);
            for (int64_t c = 0; c < width; c++) pixel[c] += place[c] == k ? gy[begin + c] : 0;
        }
    }
}

static void mean(const struct pc_pool_window *window, const float *restrict x, float alpha, float beta,
                 float *restrict out) {
    float share = 1 / (float)area(window);
    for (int64_t begin = 0; begin < window->channels; begin += STRIP) {
        int64_t width = strip_width(window, begin);
        float sums[STRIP] = {0};
        for (int32_t k = 0; k < area(window); k++) {
            const float *restrict pixel = x + begin + pixel_at(window, k);
            for (int64_t c = 0; c < width; c++) sums[c] += pixel[c];
        }
        for (int64_t c = 0; c < width; c++) sums[c] *= share;
        store(width, alpha, sums, beta, out + begin);
    }
}

static void mean_back(const struct pc_pool_window *window, const float *restrict gy, float *restrict gx) {
    float share = 1 / (float)area(window);
    for (int32_t k = 0; k < area(window); k++) {
        float *restrict pixel = gx + pixel_at(window, k);
        for (int64_t c = 0; c < window->channels; c++) pixel[c] += share * gy[c];
    }
}

const struct pc_pool_passes PC_VECTOR_NAME(pc_pool_passes) = {largest, largest_change, largest_back, mean, mean_back};
