/*
 * The heart of the own products: a tile of up to ROWS x COLUMNS sums held in registers, each term of which is a few
 * numbers of one matrix, told to all lanes, times a row of the other.
 *
 *   sum[r][c] = sum over k < terms of left[r * left_row + k * left_term] * right[k * right_term + c]
 *   out[r][c] = keep out[r][c] + factor sum[r][c];  not read where keep is 0
 *
 * The including file has defined FETCHES, one of the following, and COPIES: whether tiles can copy what they read.
 */
#ifndef PC_LINALG_TILE_H
#define PC_LINALG_TILE_H

#include "linalg/lanes.h"

#include <stdbool.h>

/* What is brought into a cache while a tile is multiplied: nothing; a line to read with each term; the lines of another
 * tile's `out`, to be read and written. */
#define FETCHES_NOTHING 0
#define FETCHES_LINES   1
#define FETCHES_TILE    2

enum {
    LINE = 64,
    LINE_FLOATS = LINE / (int)sizeof(float),
    LINES_OF_ROW = (COLUMNS * (int)sizeof(float) + LINE - 1) / LINE,
    LINES_OF_TILE = ROWS * LINES_OF_ROW
};

/*
 * Short loops over a tile's sums are to be written out, or compilers keep the sums in memory. Not for sanitizers, whose
 * checks of every access would then take compilers minutes.
 */
#ifdef __has_feature
#define PC_SANITIZED (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#elif defined(__SANITIZE_ADDRESS__)
#define PC_SANITIZED 1
#else
#define PC_SANITIZED 0
#endif
#if PC_SANITIZED
#define PC_UNROLL
#elif defined(__clang__)
#define PC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PC_UNROLL _Pragma("GCC unroll 8")
#endif

struct tile {
    int64_t terms;
    const float *left;
    int64_t left_row, left_term;
    const float *right; /* rows of whole registers */
    int64_t right_term;
    float *out;
    int64_t out_row;
    float factor, keep;
    float *sums;       /* [COLUMNS], of the sums' magnitudes; NULL: not wanted */
    const char *ahead; /* what to bring into a cache meanwhile; NULL: nothing that is not there */
    int64_t ahead_by;  /* bytes from one of its lines, or a tile's rows, to the next */
    float *copy;       /* room for the right's rows, COLUMNS from one to the next, if COPIES; NULL: not wanted */
};

/* What is kept of the numbers there. */
enum keeping { NOTHING, ALL, PART };

static inline __attribute__((always_inline)) void fetch_ahead(const char *ahead, int64_t by, int64_t k) {
    if (FETCHES == FETCHES_LINES) __builtin_prefetch(ahead + k * by, 0, 2);
    if (FETCHES == FETCHES_TILE && k < LINES_OF_TILE)
        __builtin_prefetch(ahead + k / LINES_OF_ROW * by + k % LINES_OF_ROW * LINE, 1, 3);
}

static inline __attribute__((always_inline)) void copy_row(int vectors, const lanes_t row[VECTORS], float *to) {
    PC_UNROLL
    for (int v = 0; v < vectors; v++) store(to + v * LANES, row[v]);
}

/* Constant arguments make each size a loop of its own, its sums in registers. What the loop asks `tile` for could be
 * kept in registers, too, but gcc 12 then moves others to memory: 1.5 % more time a step. */
static inline __attribute__((always_inline)) void multiply(int rows, int vectors, const struct tile *tile,
                                                           lanes_t sum[ROWS][VECTORS]) {
    const float *left = tile->left, *right = tile->right;
    const char *ahead = tile->ahead ? tile->ahead : (const char *)right;
    const int64_t by = tile->ahead ? tile->ahead_by : 0;
    const int64_t left_row = tile->left_row, left_term = tile->left_term, right_term = tile->right_term;
    for (int64_t k = 0; k < tile->terms; k++) {
        lanes_t row[VECTORS];
        PC_UNROLL
        for (int v = 0; v < vectors; v++) row[v] = load(right + v * LANES);
        fetch_ahead(ahead, by, k);
        if (COPIES && tile->copy) copy_row(vectors, row, tile->copy + k * COLUMNS);
        PC_UNROLL
        for (int r = 0; r < rows; r++) {
            lanes_t factor = all(left[r * left_row]);
            PC_UNROLL
            for (int v = 0; v < vectors; v++) sum[r][v] = fused(factor, row[v], sum[r][v]);
        }
        left += left_term;
        right += right_term;
    }
}

static inline __attribute__((always_inline)) void put_row(int vectors, enum keeping keeping, const struct tile *tile,
                                                          float *out, const lanes_t sum[VECTORS]) {
    const lanes_t factor = all(tile->factor), keep = all(tile->keep);
    PC_UNROLL
    for (int v = 0; v < vectors; v++, out += LANES) {
        if (keeping == NOTHING)
            store(out, factor * sum[v]);
        else
            store(out, fused(factor, sum[v], keeping == ALL ? load(out) : keep * load(out)));
    }
}

static inline __attribute__((always_inline)) void put(int rows, int vectors, enum keeping keeping,
                                                      const struct tile *tile, lanes_t sum[ROWS][VECTORS]) {
    float *const out = tile->out;
    const int64_t out_row = tile->out_row;
    PC_UNROLL
    for (int r = 0; r < rows; r++) put_row(vectors, keeping, tile, out + r * out_row, sum[r]);
}

static inline __attribute__((always_inline)) void sum_magnitudes(int rows, int vectors, float *sums,
                                                                 lanes_t sum[ROWS][VECTORS]) {
    PC_UNROLL
    for (int v = 0; v < vectors; v++) {
        lanes_t total = load(sums + v * LANES);
        PC_UNROLL
        for (int r = 0; r < rows; r++) total += magnitudes(sum[r][v]);
        store(sums + v * LANES, total);
    }
}

static inline __attribute__((always_inline)) void make(int rows, int vectors, const struct tile *tile) {
    lanes_t sum[ROWS][VECTORS] = {{{0}}};
    multiply(rows, vectors, tile, sum);
    if (tile->keep == 0)
        put(rows, vectors, NOTHING, tile, sum);
    else if (tile->keep == 1)
        put(rows, vectors, ALL, tile, sum);
    else
        put(rows, vectors, PART, tile, sum);
    if (tile->sums) sum_magnitudes(rows, vectors, tile->sums, sum);
}

/* Calls make(rows, vectors, ...) with sizes that are constants. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define PC_WITH_VECTORS(make, rows, vectors, ...)                                                                      \
    switch (vectors) {                                                                                                 \
    case 1:                                                                                                            \
        make(rows, 1, __VA_ARGS__);                                                                                    \
        break;                                                                                                         \
    case 2:                                                                                                            \
        make(rows, 2, __VA_ARGS__);                                                                                    \
        break;                                                                                                         \
    case 3:                                                                                                            \
        make(rows, 3, __VA_ARGS__);                                                                                    \
        break;                                                                                                         \
    default:                                                                                                           \
        make(rows, VECTORS, __VA_ARGS__);                                                                              \
        break;                                                                                                         \
    }
#else
#define PC_WITH_VECTORS(make, rows, vectors, ...)                                                                      \
    switch (vectors) {                                                                                                 \
    case 1:                                                                                                            \
        make(rows, 1, __VA_ARGS__);                                                                                    \
        break;                                                                                                         \
    default:                                                                                                           \
        make(rows, VECTORS, __VA_ARGS__);                                                                              \
        break;                                                                                                         \
    }
#endif
#define PC_WITH_SIZES(make, rows, vectors, ...)                                                                        \
    switch (rows) {                                                                                                    \
    case 1:                                                                                                            \
        PC_WITH_VECTORS(make, 1, vectors, __VA_ARGS__) break;                                                          \
    case 2:                                                                                                            \
        PC_WITH_VECTORS(make, 2, vectors, __VA_ARGS__) break;                                                          \
    case 3:                                                                                                            \
        PC_WITH_VECTORS(make, 3, vectors, __VA_ARGS__) break;                                                          \
    case 4:                                                                                                            \
        PC_WITH_VECTORS(make, 4, vectors, __VA_ARGS__) break;                                                          \
    case 5:                                                                                                            \
        PC_WITH_VECTORS(make, 5, vectors, __VA_ARGS__) break;                                                          \
    default:                                                                                                           \
        PC_WITH_VECTORS(make, ROWS, vectors, __VA_ARGS__) break;                                                       \
    }

static void make_whole(int rows, int vectors, const struct tile *tile) {
    PC_WITH_SIZES(make, rows, vectors, tile)
}

/* A tile of `columns` that are no whole registers goes through a copy. */
static void make_part(int rows, int64_t columns, const struct tile *tile) {
    float copy[ROWS * COLUMNS] = {0};
    struct tile part = *tile;
    part.out = copy;
    part.out_row = COLUMNS;
    for (int r = 0; r < rows; r++)
        memcpy(copy + r * COLUMNS, tile->out + r * tile->out_row, (size_t)columns * sizeof *copy);
    make_whole(rows, (int)((columns + LANES - 1) / LANES), &part);
    for (int r = 0; r < rows; r++)
        memcpy(tile->out + r * tile->out_row, copy + r * COLUMNS, (size_t)columns * sizeof *copy);
}

static inline void make_tile(int64_t rows, int64_t columns, const struct tile *tile) {
    if (columns % LANES == 0)
        make_whole((int)rows, (int)(columns / LANES), tile);
    else
        make_part((int)rows, columns, tile);
}

/* Copies `columns` <= COLUMNS numbers of each of some rows to rows of whole registers, filled up with 0. */
static inline void pack_strip(int64_t rows, int64_t columns, const float *from, int64_t from_row, float *to,
                              int64_t to_row) {
    for (int64_t r = 0; r < rows; r++, from += from_row, to += to_row) {
        int64_t c = 0;
        for (; c + LANES <= columns; c += LANES) store(to + c, load(from + c));
        if (c == columns) continue;
        lanes_t last = all(0);
        memcpy(&last, from + c, (size_t)(columns - c) * sizeof *from);
        store(to + c, last);
    }
}

#endif
