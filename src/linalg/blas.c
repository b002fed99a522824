/* blas: the products by CBLAS; this is the one file that calls it. A batch of 1 is a matrix-vector or rank-one product.
 */
#include "linalg/blas.h"

#include "linalg/backend.h"

#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS's own functions, absent in other libraries. */
extern char *openblas_get_config(void) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int count) __attribute__((weak));

static void forward(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                    const float *weights, float beta, float *out) {
    (void)room;
    int m = (int)batch, k = (int)inputs, n = (int)outputs;
    if (batch == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, alpha, weights, n, x, 1, beta, out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, x, k, weights, n, beta, out, n);
}

static void backward(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                     float *out) {
    (void)room;
    int m = (int)batch, k = (int)inputs, n = (int)outputs;
    if (batch == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, k, n, 1, weights, n, e, 1, 0, out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, k, n, 1, e, n, weights, n, 0, out, k);
}

/* Rows that follow one another are a matrix. */
static void backward_of(int64_t count, const int32_t *rows, int64_t outputs, const float *e, const float *weights,
                        float *out) {
    for (int64_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && rows[end] == rows[end - 1] + 1;) end++;
        backward(NULL, 1, end - i, outputs, e, weights + rows[i] * outputs, out + rows[i]);
    }
}

/* sger only adds: what it adds to is made first. */
static void scale(int64_t count, float beta, float *out) {
    if (beta == 0)
        memset(out, 0, (size_t)count * sizeof *out);
    else if (beta != 1)
        for (int64_t i = 0; i < count; i++) out[i] *= beta;
}

static void outer(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                  const float *x, const float *e, float beta, float *out) {
    (void)room;
    int m = (int)rows, k = (int)batch, n = (int)outputs;
    if (batch == 1) {
        scale(rows * outputs, beta, out);
        cblas_sger(CblasRowMajor, m, n, alpha, x + first, 1, e, 1, out, n);
    } else {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, alpha, x + first, (int)inputs, e, n, beta, out,
                    n);
    }
}

const struct pc_backend pc_backend_blas = {
    .kind = {"blas", "every product by the BLAS that the library was linked with", {NULL, 0}},
    .forward = forward,
    .backward = backward,
    .backward_of = backward_of,
    .outer = outer,
};

/* The file that the products come from, with links followed, since its name often is one (update-alternatives). */
static const char *file_of_products(void) {
    static _Thread_local char path[PATH_MAX];
    void (*product)(void) = (void (*)(void))cblas_sgemm;
    void *address;
    Dl_info found;
    memcpy(&address, &product, sizeof address);
    return dladdr(address, &found) && realpath(found.dli_fname, path) ? path : "";
}

const char *pc_blas_info(void) {
    return openblas_get_config ? openblas_get_config() : file_of_products();
}

int pc_blas_threads(void) {
    return openblas_get_num_threads ? openblas_get_num_threads() : 0;
}

/* Global, because what it keeps track of is: runs side by side share the BLAS's count of threads. */
static struct {
    pthread_mutex_t mutex;
    int holders, before;
} one_thread = {.mutex = PTHREAD_MUTEX_INITIALIZER};

bool pc_blas_takes_threads(void) {
    return openblas_get_num_threads && openblas_set_num_threads;
}

void pc_blas_hold_one_thread(void) {
    pthread_mutex_lock(&one_thread.mutex);
    if (one_thread.holders++ == 0) {
        one_thread.before = openblas_get_num_threads();
        openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&one_thread.mutex);
}

void pc_blas_release_threads(void) {
    pthread_mutex_lock(&one_thread.mutex);
    if (--one_thread.holders == 0) openblas_set_num_threads(one_thread.before);
    pthread_mutex_unlock(&one_thread.mutex);
}
