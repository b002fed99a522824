/*
 * The matrix products. blas.c is the one file that calls BLAS. Matrices are row-major; a batch is a matrix of one
 * sample a row; weights are [inputs][outputs]. A batch of 1 is a matrix-vector or rank-one product. Every size is 1 ...
 * 2^31-1.
 */
#ifndef PC_LINALG_BLAS_H
#define PC_LINALG_BLAS_H

#include <stdbool.h>
#include <stdint.h>

/* out = beta out + alpha x W. x [batch][inputs], out [batch][outputs]. */
void pc_product_forward(int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                        const float *weights, float beta, float *out);

/* out = e W^T. e [batch][outputs], out [batch][inputs]. */
void pc_product_backward(int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                         float *out);

/* out = beta out + alpha x^T e for `rows` columns of x from `first` on. x [batch][inputs], out [rows][outputs]. */
void pc_product_outer(int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                      const float *x, const float *e, float beta, float *out);

/* The BLAS's description of itself, "" where it gives none; its thread count, 0 where it tells none. */
const char *pc_blas_info(void);
int pc_blas_threads(void);

/*
 * One thread for all products of the process until as many releases; then the count that it had. Only on a user's word:
 * the count is the process's. Whether this BLAS lets itself be told.
 */
bool pc_blas_takes_threads(void);
void pc_blas_hold_one_thread(void);
void pc_blas_release_threads(void);

#endif
