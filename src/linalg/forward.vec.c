/*
 * out = beta out + alpha x W. A tile's rows are samples, its columns outputs: neither matrix is turned. The first
 * samples copy a block of W on the way to where it stays in the first cache for the others, unless a batch has but FEW;
 * one that ends within a register is copied before. While a block is used, the next one is brought nearer.
 */
#include "linalg/own.h"

#define FETCHES FETCHES_LINES
#define COPIES  1
#include "linalg/tile.h"

enum { FEW = 12 };

/* All samples times one block, which the first of them copy to `room` unless that is NULL. */
static void run_block(struct tile *tile, int64_t batch, int64_t columns, const float *next, int64_t outputs,
                      float *room) {
    int64_t lines = (columns + LINE_FLOATS - 1) / LINE_FLOATS, line = 0;
    tile->copy = room;
    for (int64_t b = 0; b < batch; b += ROWS, line++) {
        bool fetches = line < lines;
        tile->ahead = (const char *)(fetches ? next + line * LINE_FLOATS : NULL);
        tile->ahead_by = outputs * (int64_t)sizeof *next;
        make_tile(least(batch - b, ROWS), columns, tile);
        tile->left += ROWS * tile->left_row;
        tile->out += ROWS * tile->out_row;
        if (!tile->copy) continue;
        tile->copy = NULL;
        tile->right = room;
        tile->right_term = COLUMNS;
    }
}

/* The block that comes after the one at (row, column) of W; where there is none, any that there is. */
static const float *next_block(const float *weights, int64_t inputs, int64_t outputs, int64_t row, int64_t column) {
    if (column + COLUMNS < outputs) return weights + row * outputs + column + COLUMNS;
    return weights + (row + PC_OWN_BLOCK < inputs ? row + PC_OWN_BLOCK : 0) * outputs;
}

void PC_VECTOR_NAME(pc_own_forward)(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha,
                                    const float *x, const float *weights, float beta, float *out) {
    for (int64_t row = 0; row < inputs; row += PC_OWN_BLOCK)
        for (int64_t column = 0; column < outputs; column += COLUMNS) {
            int64_t terms = least(inputs - row, PC_OWN_BLOCK), columns = least(outputs - column, COLUMNS);
            struct tile tile = {.terms = terms,
                                .left = x + row,
                                .left_row = inputs,
                                .left_term = 1,
                                .right = weights + row * outputs + column,
                                .right_term = outputs,
                                .out = out + column,
                                .out_row = outputs,
                                .factor = alpha,
                                .keep = row == 0 ? beta : 1};
            bool whole = columns % LANES == 0;
            if (!whole) {
                pack_strip(terms, columns, tile.right, outputs, room, COLUMNS);
                tile.right = room;
                tile.right_term = COLUMNS;
            }
            run_block(&tile, batch, columns, next_block(weights, inputs, outputs, row, column), outputs,
                      whole && batch > FEW ? room : NULL);
        }
}
