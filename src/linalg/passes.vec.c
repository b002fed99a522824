#include "linalg/passes.h"

#include <math.h>
#include <string.h>

/*
 * Sums run over LANES lanes and go to double every CHUNK elements: the order of additions is the same for every
 * instruction set, so the sums are the same bits.
 */
enum { LANES = 16, CHUNK = 1024, STRIP = 256 };

static void add(int64_t count, const float *restrict x, float *restrict out) {
    for (int64_t i = 0; i < count; i++) out[i] += x[i];
}

static void scale(int64_t count, float factor, float *out) {
    for (int64_t i = 0; i < count; i++) out[i] *= factor;
}

static void subtract(int64_t count, const float *a, const float *b, float *restrict out) {
    for (int64_t i = 0; i < count; i++) out[i] = a[i] - b[i];
}

static void fill_rows(int64_t rows, int64_t columns, const float *restrict row, float *restrict out) {
    for (int64_t r = 0; r < rows; r++) memcpy(out + r * columns, row, (size_t)columns * sizeof *out);
}

/* Summed before it is added: parts too small to change `out` one by one count together. */
static void sum_rows(int64_t rows, int64_t columns, float alpha, const float *restrict x, float beta,
                     float *restrict out) {
    for (int64_t begin = 0; begin < columns; begin += STRIP) {
        int64_t width = columns - begin < STRIP ? columns - begin : STRIP;
        float sums[STRIP] = {0};
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < width; c++) sums[c] += x[r * columns + begin + c];
        for (int64_t c = 0; c < width; c++) out[begin + c] = (beta == 0 ? 0 : beta * out[begin + c]) + alpha * sums[c];
    }
}

static inline float magnitude(float x) {
    return fabsf(x);
}

static inline float square(float x) {
    return x * x;
}

static inline double sum_of(float (*term)(float), int64_t count, const float *x) {
    double total = 0;
    for (int64_t begin = 0; begin < count; begin += CHUNK) {
        int64_t end = count - begin < CHUNK ? count : begin + CHUNK;
        float lanes[LANES] = {0};
        int64_t i = begin;
        for (; i + LANES <= end; i += LANES)
            for (int k = 0; k < LANES; k++) lanes[k] += term(x[i + k]);
        for (int k = 0; i < end; i++, k++) lanes[k] += term(x[i]);
        for (int k = 0; k < LANES; k++) total += (double)lanes[k];
    }
    return total;
}

static double sum_magnitudes(int64_t count, const float *x) {
    return sum_of(magnitude, count, x);
}

static double sum_squares(int64_t count, const float *x) {
    return sum_of(square, count, x);
}

const struct pc_passes PC_VECTOR_NAME(pc_passes) = {add,      scale,          subtract,   fill_rows,
                                                    sum_rows, sum_magnitudes, sum_squares};
