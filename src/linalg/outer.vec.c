/*
 * out = beta out + alpha x^T e, and the sum of |x^T e|. A tile's rows are inputs, its columns outputs, its terms
 * samples; each number of `out` is read and written once. x is packed by tiles, a panel of inputs at a time; e by
 * strips of a tile's columns.
 */
#include "linalg/own.h"

#define FETCHES FETCHES_TILE
#define COPIES  0
#include "linalg/tile.h"

enum { EIGHT = 8 };

static int64_t padded(int64_t columns) {
    return (columns + LANES - 1) / LANES * LANES;
}

static void pack_e(int64_t batch, int64_t outputs, const float *e, float *packed) {
    for (int64_t column = 0; column < outputs; column += COLUMNS, packed += batch * COLUMNS)
        pack_strip(batch, least(outputs - column, COLUMNS), e + column, outputs, packed, COLUMNS);
}

/* [tiles][batch][ROWS]; what is beyond the last row is not read. x is read along its rows: down its columns, where they
 * are a power of two apart, each number would push another's line out of the first cache. */
static void pack_x(int64_t batch, int64_t inputs, int64_t rows, const float *x, float *packed) {
    int64_t whole = rows / ROWS * ROWS;
    for (int64_t b = 0; b < batch; b++) {
        const float *row = x + b * inputs;
        float *to = packed + b * ROWS;
        for (int64_t i = 0; i < whole; i += ROWS, to += batch * ROWS) memcpy(to, row + i, ROWS * sizeof *to);
        memcpy(to, row + whole, (size_t)(rows - whole) * sizeof *to);
    }
}

static void fetch(int64_t rows, int64_t columns, const float *out, int64_t out_row) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c += LINE_FLOATS) __builtin_prefetch(out + r * out_row + c, 1);
}

/* One strip of a panel, `next` the one after it, NULL if there is none as wide; its columns' sums are added to eight
 * totals, so that no set's order differs. Whole tiles are brought near by the one before, others just before their
 * turn. */
static void run_strip(struct tile tile, int64_t rows, int64_t columns, const float *next, double totals[EIGHT]) {
    float sums[COLUMNS] = {0};
    bool in_turn = columns == COLUMNS && rows >= ROWS && tile.terms >= LINES_OF_TILE;
    tile.sums = sums;
    tile.ahead_by = tile.out_row * (int64_t)sizeof *tile.out;
    for (int64_t i = 0; i < rows; i += ROWS) {
        int64_t some = least(rows - i, ROWS);
        if (!in_turn || some < ROWS) fetch(some, columns, tile.out, tile.out_row);
        if (in_turn) tile.ahead = (const char *)(rows - i >= 2 * ROWS ? tile.out + ROWS * tile.out_row : next);
        make_tile(some, columns, &tile);
        tile.left += tile.terms * ROWS;
        tile.out += ROWS * tile.out_row;
    }
    for (int64_t c = 0; c < padded(columns); c++) totals[c % EIGHT] += (double)sums[c];
}

double PC_VECTOR_NAME(pc_own_outer)(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows,
                                    int64_t outputs, float alpha, const float *x, const float *e, float beta,
                                    float *out) {
    double totals[EIGHT] = {0}, total = 0;
    float *packed_x = room, *packed_e = room + batch * PC_OWN_PANEL;
    pack_e(batch, outputs, e, packed_e);
    for (int64_t i = 0; i < rows; i += PC_OWN_PANEL) {
        int64_t some = least(rows - i, PC_OWN_PANEL);
        pack_x(batch, inputs, some, x + first + i, packed_x);
        for (int64_t column = 0; column < outputs; column += COLUMNS) {
            struct tile tile = {.terms = batch,
                                .left = packed_x,
                                .left_row = 1,
                                .left_term = ROWS,
                                .right = packed_e + batch * column,
                                .right_term = COLUMNS,
                                .out = out + i * outputs + column,
                                .out_row = outputs,
                                .factor = alpha,
                                .keep = beta};
            run_strip(tile, some, least(outputs - column, COLUMNS),
                      outputs - column >= 2 * COLUMNS ? tile.out + COLUMNS : NULL, totals);
        }
    }
    for (int k = 0; k < EIGHT; k++) total += totals[k];
    return total;
}
