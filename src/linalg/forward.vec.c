/*
 * out = beta out + alpha x W. A tile's rows are samples, its columns outputs: neither matrix is turned. A block of W is
 * copied to where it stays in the first cache for all samples, unless these are FEW; while it is used, the next one is
 * brought nearer.
 */
#include "linalg/own.h"

enum { FETCHES = 1 };
#include "linalg/tile.h"

enum { FEW = 12, LINE = 64, LINE_FLOATS = LINE / sizeof(float) };

static void pack(struct tile *tile, int64_t columns, float *room) {
    pack_strip(tile->terms, columns, tile->right, tile->right_term, room, COLUMNS);
    tile->right = room;
    tile->right_term = COLUMNS;
}

/* All samples times one block. */
static void run_block(struct tile *tile, int64_t batch, int64_t columns, const float *next, int64_t outputs) {
    int64_t lines = (columns + LINE_FLOATS - 1) / LINE_FLOATS, line = 0;
    for (int64_t b = 0; b < batch; b += ROWS, line++) {
        bool fetches = line < lines;
        tile->ahead = (const char *)(fetches ? next + line * LINE_FLOATS : tile->right);
        tile->ahead_term = fetches ? outputs * (int64_t)sizeof *next : 0;
        make_tile(least(batch - b, ROWS), columns, tile);
        tile->left += ROWS * tile->left_row;
        tile->out += ROWS * tile->out_row;
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
            if (batch > FEW || columns % LANES != 0) pack(&tile, columns, room);
            run_block(&tile, batch, columns, next_block(weights, inputs, outputs, row, column), outputs);
        }
}
