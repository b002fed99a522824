/*
 * auto: for each product the backend that is fastest for its shape on this processor. The rule looks at nothing else
 * but how many threads the BLAS has, so that the same run gives the same bits; docs/performance.md has the figures
 * behind it.
 *
 * Own kernels take batches of up to MOST_SAMPLES. Beyond that a BLAS's packing of the weights has paid. A convolution's
 * samples are its places: beyond as many, own convolutions pack too, and need no patches. A BLAS of several threads is
 * faster than one thread of ours, but for the few samples whose time is that of reading weights. Where the instruction
 * set has no fused multiply-adds, all is the BLAS's: see pc_backend_choose.
 */
#include "linalg/backend.h"
#include "linalg/blas.h"

enum { FEW_SAMPLES = 8, MOST_SAMPLES = 128 };

static bool shares_products(void) {
    return pc_blas_threads() > 1;
}

static const struct pc_backend *choose(int64_t batch) {
    bool own = batch <= FEW_SAMPLES || (batch <= MOST_SAMPLES && !shares_products());
    return own ? &pc_backend_own : &pc_backend_blas;
}

static void forward(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                    const float *weights, float beta, float *out) {
    choose(batch)->forward(room, batch, inputs, outputs, alpha, x, weights, beta, out);
}

static void backward(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                     float *out) {
    choose(batch)->backward(room, batch, inputs, outputs, e, weights, out);
}

static void backward_of(int64_t count, const int32_t *rows, int64_t outputs, const float *e, const float *weights,
                        float *out) {
    choose(1)->backward_of(count, rows, outputs, e, weights, out);
}

static void outer(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                  const float *x, const float *e, float beta, float *out) {
    choose(batch)->outer(room, batch, inputs, first, rows, outputs, alpha, x, e, beta, out);
}

static bool update(float *room, int64_t batch, int64_t inputs, int64_t outputs, float factor, const float *x,
                   const float *e, float keep, float *weights, double *magnitudes) {
    const struct pc_backend *backend = choose(batch);
    return backend->update && backend->update(room, batch, inputs, outputs, factor, x, e, keep, weights, magnitudes);
}

static void update_forward(int64_t inputs, int64_t outputs, float factor, const float *old_x, const float *old_e,
                           float *weights, const float *x, float *out) {
    choose(1)->update_forward(inputs, outputs, factor, old_x, old_e, weights, x, out);
}

static const struct pc_convolution *convolution(const struct pc_windows *windows, int64_t images) {
    int64_t places = images * windows->out_height * windows->out_width;
    return places > MOST_SAMPLES && !shares_products() ? pc_backend_own.convolution(windows, images) : NULL;
}

const struct pc_backend pc_backend_auto = {
    .kind = {"auto", "the fastest of the others for each product's shape", {NULL, 0}},
    .forward = forward,
    .backward = backward,
    .backward_of = backward_of,
    .outer = outer,
    .update = update,
    .update_forward = update_forward,
    .convolution = convolution,
};
