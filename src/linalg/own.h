/* The products' own kernels, one of each for every instruction set (see backend.h for what they compute). */
#ifndef PC_LINALG_OWN_H
#define PC_LINALG_OWN_H

#include "base/vector.h"

#include <stdint.h>

typedef void pc_own_forward_t(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                              const float *weights, float beta, float *out);
typedef void pc_own_backward_t(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e,
                               const float *weights, float *out);
/* `batch` <= PC_OWN_TERMS. Returns the sum of |x^T e|. */
typedef double pc_own_outer_t(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs,
                              float alpha, const float *x, const float *e, float beta, float *out);

/* For one sample, rank-one products and rows that are left out; for up to PC_OWN_FEW, a row of W at a time. */
typedef void pc_own_add_rows_t(int64_t inputs, int64_t outputs, float alpha, const float *x, const float *weights,
                               float *out);
typedef void pc_own_add_rows_to_few_t(int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                                      const float *weights, float *out);
typedef void pc_own_dots_t(int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                           float *out);
/* Of the rows that are listed, to their places in out. */
typedef void pc_own_dots_of_t(int64_t count, const int32_t *rows, int64_t outputs, const float *e, const float *weights,
                              float *out);
typedef void pc_own_rank_one_t(int64_t inputs, int64_t outputs, float alpha, const float *x, const float *e, float beta,
                               float *out);
/* For 2 ... PC_OWN_BY_ROWS samples; the first column of x is that of the first row. Returns the sum of |x^T e|. */
typedef double pc_own_outer_by_rows_t(int64_t batch, int64_t inputs, int64_t rows, int64_t outputs, float alpha,
                                      const float *x, const float *e, float beta, float *out);
typedef void pc_own_update_forward_t(int64_t inputs, int64_t outputs, float factor, const float *old_x,
                                     const float *old_e, float *weights, const float *x, float *out);

PC_VECTOR_DECLARE(pc_own_add_rows_t, pc_own_add_rows);
PC_VECTOR_DECLARE(pc_own_add_rows_to_few_t, pc_own_add_rows_to_few);
PC_VECTOR_DECLARE(pc_own_dots_t, pc_own_dots);
PC_VECTOR_DECLARE(pc_own_dots_of_t, pc_own_dots_of);
PC_VECTOR_DECLARE(pc_own_rank_one_t, pc_own_rank_one);
PC_VECTOR_DECLARE(pc_own_outer_by_rows_t, pc_own_outer_by_rows);
PC_VECTOR_DECLARE(pc_own_update_forward_t, pc_own_update_forward);
PC_VECTOR_DECLARE(pc_own_forward_t, pc_own_forward);
PC_VECTOR_DECLARE(pc_own_backward_t, pc_own_backward);
PC_VECTOR_DECLARE(pc_own_outer_t, pc_own_outer);

/* PC_OWN_FEW: a batch whose products are bound by reading W. PC_OWN_BY_ROWS: one whose sums are added to a row of W at
 * a time. PC_OWN_SAMPLES: of a batch that a backward product takes at once. PC_OWN_PANEL: rows of weights that it, or
 * an outer product, takes at once. */
enum {
    PC_OWN_FEW = 8,
    PC_OWN_BY_ROWS = 4,
    PC_OWN_TERMS = 256,
    PC_OWN_SAMPLES = 64,
    PC_OWN_PANEL = 96,
    PC_OWN_BLOCK = 128
};

extern const struct pc_convolution pc_own_convolution;

#endif
