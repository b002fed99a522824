/* Turning matrices, four by four in registers; for *.vec.c files. */
#ifndef PC_LINALG_TRANSPOSE_H
#define PC_LINALG_TRANSPOSE_H

#include "linalg/lanes.h"

enum { TURNED = 4, LINE_COLUMNS = 16 };

static inline void turn_four(const float *from, int64_t from_row, float *to, int64_t to_row) {
    four_t r[TURNED], pair[TURNED], column[TURNED];
    for (int i = 0; i < TURNED; i++) memcpy(&r[i], from + i * from_row, sizeof r[i]);
    pair[0] = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
    pair[1] = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    pair[2] = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    pair[3] = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    column[0] = __builtin_shufflevector(pair[0], pair[2], 0, 1, 4, 5);
    column[1] = __builtin_shufflevector(pair[0], pair[2], 2, 3, 6, 7);
    column[2] = __builtin_shufflevector(pair[1], pair[3], 0, 1, 4, 5);
    column[3] = __builtin_shufflevector(pair[1], pair[3], 2, 3, 6, 7);
    for (int i = 0; i < TURNED; i++) memcpy(to + i * to_row, &column[i], sizeof column[i]);
}

static inline void turn_plainly(int64_t rows, int64_t columns, const float *from, int64_t from_row, float *to,
                                int64_t to_row) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) to[c * to_row + r] = from[r * from_row + c];
}

/* Four rows of up to a cache line's columns. */
static inline void turn_line(int64_t columns, const float *from, int64_t from_row, float *to, int64_t to_row) {
    int64_t c = 0;
    for (; c + TURNED <= columns; c += TURNED) turn_four(from + c, from_row, to + c * to_row, to_row);
    turn_plainly(TURNED, columns - c, from + c, from_row, to + c * to_row, to_row);
}

/* to[c][r] = from[r][c]; every cache line of `from` is read once. */
static inline void transpose(int64_t rows, int64_t columns, const float *from, int64_t from_row, float *to,
                             int64_t to_row) {
    for (int64_t c = 0; c < columns; c += LINE_COLUMNS) {
        int64_t width = columns - c < LINE_COLUMNS ? columns - c : LINE_COLUMNS, r = 0;
        for (; r + TURNED <= rows; r += TURNED)
            turn_line(width, from + r * from_row + c, from_row, to + c * to_row + r, to_row);
        turn_plainly(rows - r, width, from + r * from_row + c, from_row, to + c * to_row + r, to_row);
    }
}

#endif
