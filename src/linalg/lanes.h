/*
 * Registers of floats for the products' kernels, in a *.vec.c file. Products add by fused multiply-adds where the
 * instruction set has them: then a sum's bits depend on the order of its terms alone, which is the same for every set.
 * The x86 baseline has none; its sums differ by rounding.
 */
#ifndef PC_LINALG_LANES_H
#define PC_LINALG_LANES_H

#include <stdint.h>
#include <string.h>

/* LANES: floats of a register. VECTORS: registers of a tile's row, so that ROWS rows of sums and a row of factors fit.
 */
#if defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 16, VECTORS = 4 };
#define PC_FUSED _mm512_fmadd_ps
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { LANES = 8, VECTORS = 2 };
#define PC_FUSED _mm256_fmadd_ps
#elif defined(__aarch64__)
#include <arm_neon.h>
enum { LANES = 4, VECTORS = 4 };
#define PC_FUSED(a, b, c) vfmaq_f32(c, a, b)
#else
enum { LANES = 4, VECTORS = 2 };
#define PC_FUSED(a, b, c) ((a) * (b) + (c))
#endif

enum { ROWS = 6, COLUMNS = LANES * VECTORS };

typedef float lanes_t __attribute__((vector_size(LANES * sizeof(float))));
typedef float four_t __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t bits_t __attribute__((vector_size(LANES * sizeof(float))));

static inline lanes_t load(const float *from) {
    lanes_t lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

static inline int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The first `count` of a register's floats, or all; the others are 0, and what lies behind them is not read. */
static inline lanes_t load_some(const float *from, int64_t count) {
    if (count >= LANES) return load(from);
#if defined(__AVX512F__)
    return (lanes_t)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(__AVX2__) && defined(__FMA__)
    const __m256i place = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (lanes_t)_mm256_maskload_ps(from, _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)count), place));
#else
    lanes_t lanes = {0};
    for (int64_t i = 0; i < count; i++) lanes[i] = from[i];
    return lanes;
#endif
}

static inline void store(float *to, lanes_t lanes) {
    memcpy(to, &lanes, sizeof lanes);
}

/* Minus 0 is no operation; plus 0 would be one, for -0. */
static inline lanes_t all(float value) {
    return value - (lanes_t){0};
}

static inline lanes_t fused(lanes_t a, lanes_t b, lanes_t c) {
    return (lanes_t)PC_FUSED(a, b, c);
}

static inline lanes_t magnitudes(lanes_t lanes) {
    return (lanes_t)((bits_t)lanes & 0x7fffffff);
}

#endif
