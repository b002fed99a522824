/* own: kernels of this library, made for batches that are small beside the weights. */
#include "linalg/own.h"

#include "linalg/backend.h"
#include "linalg/passes.h"

#include <string.h>

/* out times beta, for what only adds. */
static void scale(int64_t count, float beta, float *out) {
    if (beta == 0)
        memset(out, 0, (size_t)count * sizeof *out);
    else if (beta != 1)
        PC_VECTOR_PICK(pc_passes)->scale(count, beta, out);
}

static void forward(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                    const float *weights, float beta, float *out) {
    if (batch == 1) {
        scale(outputs, beta, out);
        PC_VECTOR_PICK(pc_own_add_rows)(inputs, outputs, alpha, x, weights, out);
    } else if (batch <= PC_OWN_BY_ROWS) {
        scale(batch * outputs, beta, out);
        PC_VECTOR_PICK(pc_own_add_rows_to_few)(batch, inputs, outputs, alpha, x, weights, out);
    } else {
        PC_VECTOR_PICK(pc_own_forward)(room, batch, inputs, outputs, alpha, x, weights, beta, out);
    }
}

static void backward(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                     float *out) {
    if (batch <= PC_OWN_FEW)
        PC_VECTOR_PICK(pc_own_dots)(batch, inputs, outputs, e, weights, out);
    else
        PC_VECTOR_PICK(pc_own_backward)(room, batch, inputs, outputs, e, weights, out);
}

static void backward_of(int64_t count, const int32_t *rows, int64_t outputs, const float *e, const float *weights,
                        float *out) {
    PC_VECTOR_PICK(pc_own_dots_of)(count, rows, outputs, e, weights, out);
}

/* At most PC_OWN_TERMS samples; returns the sum of |x^T e|: of one sample that of |x| times that of |e|. */
static double add_outer(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs,
                        float alpha, const float *x, const float *e, float beta, float *out) {
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    if (batch == 1) {
        PC_VECTOR_PICK(pc_own_rank_one)(rows, outputs, alpha, x + first, e, beta, out);
        return passes->sum_magnitudes(rows, x + first) * passes->sum_magnitudes(outputs, e);
    }
    if (batch <= PC_OWN_BY_ROWS)
        return PC_VECTOR_PICK(pc_own_outer_by_rows)(batch, inputs, rows, outputs, alpha, x + first, e, beta, out);
    return PC_VECTOR_PICK(pc_own_outer)(room, batch, inputs, first, rows, outputs, alpha, x, e, beta, out);
}

static void outer(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                  const float *x, const float *e, float beta, float *out) {
    for (int64_t b = 0; b < batch; b += PC_OWN_TERMS) {
        int64_t terms = batch - b < PC_OWN_TERMS ? batch - b : PC_OWN_TERMS;
        add_outer(room, terms, inputs, first, rows, outputs, alpha, x + b * inputs, e + b * outputs, b == 0 ? beta : 1,
                  out);
    }
}

static bool update(float *room, int64_t batch, int64_t inputs, int64_t outputs, float factor, const float *x,
                   const float *e, float keep, float *weights, double *magnitudes) {
    if (batch > PC_OWN_TERMS) return false;
    *magnitudes += add_outer(room, batch, inputs, 0, inputs, outputs, factor, x, e, keep, weights);
    return true;
}

static void update_forward(int64_t inputs, int64_t outputs, float factor, const float *old_x, const float *old_e,
                           float *weights, const float *x, float *out) {
    PC_VECTOR_PICK(pc_own_update_forward)(inputs, outputs, factor, old_x, old_e, weights, x, out);
}

enum { MOST_COLUMNS = 64 };

static int64_t padded(int64_t count) {
    return (count + MOST_COLUMNS - 1) / MOST_COLUMNS * MOST_COLUMNS;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t room(int64_t batch, int64_t inputs, int64_t outputs) {
    int64_t terms = batch < PC_OWN_TERMS ? batch : PC_OWN_TERMS;
    int64_t samples = padded(batch < PC_OWN_SAMPLES ? batch : PC_OWN_SAMPLES);
    (void)inputs;
    int64_t of_forward = PC_OWN_BLOCK * MOST_COLUMNS;
    int64_t of_backward = (outputs + PC_OWN_PANEL) * samples;
    int64_t of_outer = terms * (PC_OWN_PANEL + padded(outputs));
    return larger(of_forward, larger(of_backward, of_outer));
}

static const struct pc_convolution *convolution(const struct pc_windows *windows, int64_t images) {
    (void)windows, (void)images;
    return &pc_own_convolution;
}

const struct pc_backend pc_backend_own = {
    .kind = {"own", "kernels of this library, for batches small beside the weights", {NULL, 0}},
    .forward = forward,
    .backward = backward,
    .backward_of = backward_of,
    .outer = outer,
    .update = update,
    .update_forward = update_forward,
    .convolution = convolution,
    .room = room,
};
