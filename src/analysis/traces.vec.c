#include "analysis/traces_passes.h"

#include <string.h>

enum { WIDE = 8 };

/* In double: squares of gradients leave the range of float easily. */
static void compare(int64_t count, const float *a, const float *b, struct pc_likeness *sums) {
    double aa[WIDE] = {0}, bb[WIDE] = {0}, ab[WIDE] = {0};
    for (int64_t i = 0; i < count; i += WIDE) {
        int64_t width = count - i < WIDE ? count - i : WIDE;
        for (int64_t j = 0; j < width; j++) {
            double x = (double)a[i + j], y = (double)b[i + j];
            aa[j] += x * x;
            bb[j] += y * y;
            ab[j] += x * y;
        }
    }
    for (int j = 0; j < WIDE; j++) {
        sums->aa += aa[j];
        sums->bb += bb[j];
        sums->ab += ab[j];
    }
}

/* The sign bit of number i: the highest bit of a mixed i (the finaliser of MurmurHash3, Appleby 2011). */
static inline uint32_t sign_of(uint32_t i) {
    i ^= i >> 16;
    i *= 0x85ebca6bU;
    i ^= i >> 13;
    i *= 0xc2b2ae35U;
    return i & 0x80000000U;
}

static void sketch(int64_t length, int64_t first, int64_t count, const float *values, double *sums) {
    for (int64_t i = 0; i < count;) {
        int64_t place = (first + i) % length, width = length - place < count - i ? length - place : count - i;
        uint32_t number = (uint32_t)(first + i);
        for (int64_t j = 0; j < width; j++) {
            uint32_t bits;
            float value;
            memcpy(&bits, values + i + j, sizeof bits);
            bits ^= sign_of(number + (uint32_t)j);
            memcpy(&value, &bits, sizeof value);
            sums[place + j] += (double)value;
        }
        i += width;
    }
}

const struct pc_traces_passes PC_VECTOR_NAME(pc_traces_passes) = {compare, sketch};
