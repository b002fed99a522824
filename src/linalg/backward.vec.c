/*
 * out = e W^T. A tile's rows are inputs, its columns samples: W is read as it stands, a number at a time, along its
 * rows; e is turned first, and the result back. PC_OWN_SAMPLES samples at once, filled up with zeros to whole
 * registers.
 */
#include "linalg/own.h"

#define FETCHES FETCHES_NOTHING
#define COPIES  0
#include "linalg/tile.h"
#include "linalg/transpose.h"

static void zero_rest(int64_t rows, int64_t columns, int64_t width, float *matrix) {
    for (int64_t r = 0; r < rows && columns < width; r++)
        memset(matrix + r * width + columns, 0, (size_t)(width - columns) * sizeof *matrix);
}

/* A panel's rows of W times the turned e, to `turned_out`, [rows][width]. */
static void run_panel(int64_t rows, int64_t outputs, int64_t width, const float *weights, const float *turned_e,
                      float *turned_out) {
    for (int64_t sample = 0; sample < width; sample += COLUMNS)
        for (int64_t i = 0; i < rows; i += ROWS) {
            struct tile tile = {.terms = outputs,
                                .left = weights + i * outputs,
                                .left_row = outputs,
                                .left_term = 1,
                                .right = turned_e + sample,
                                .right_term = width,
                                .out = turned_out + i * width + sample,
                                .out_row = width,
                                .factor = 1};
            make_tile(least(rows - i, ROWS), least(width - sample, COLUMNS), &tile);
        }
}

static void run_samples(float *room, int64_t samples, int64_t inputs, int64_t outputs, const float *e,
                        const float *weights, float *out) {
    int64_t width = (samples + LANES - 1) / LANES * LANES;
    float *turned_e = room, *turned_out = room + outputs * width;
    transpose(samples, outputs, e, outputs, turned_e, width);
    zero_rest(outputs, samples, width, turned_e);
    for (int64_t first = 0; first < inputs; first += PC_OWN_PANEL) {
        int64_t rows = least(inputs - first, PC_OWN_PANEL);
        run_panel(rows, outputs, width, weights + first * outputs, turned_e, turned_out);
        transpose(rows, samples, turned_out, width, out + first, inputs);
    }
}

void PC_VECTOR_NAME(pc_own_backward)(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e,
                                     const float *weights, float *out) {
    for (int64_t b = 0; b < batch; b += PC_OWN_SAMPLES)
        run_samples(room, least(batch - b, PC_OWN_SAMPLES), inputs, outputs, e + b * outputs, weights,
                    out + b * inputs);
}
