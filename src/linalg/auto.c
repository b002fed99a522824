/* auto: the backend that is fastest for a product's shape, by rules that docs/performance.md has the figures for. */
#include "linalg/backend.h"

static void forward(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                    const float *weights, float beta, float *out) {
    pc_backend_blas.forward(room, batch, inputs, outputs, alpha, x, weights, beta, out);
}

static void backward(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                     float *out) {
    pc_backend_blas.backward(room, batch, inputs, outputs, e, weights, out);
}

static void outer(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                  const float *x, const float *e, float beta, float *out) {
    pc_backend_blas.outer(room, batch, inputs, first, rows, outputs, alpha, x, e, beta, out);
}

const struct pc_backend pc_backend_auto = {
    .kind = {"auto", "the fastest of the others for each product", {NULL, 0}},
    .forward = forward,
    .backward = backward,
    .outer = outer,
};
