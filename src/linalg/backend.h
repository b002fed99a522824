/*
 * Backends: who makes the matrix products. Matrices are row-major; a batch is a matrix of one sample a row; weights are
 * [inputs][outputs]. Every size is 1 ... 2^31-1. `room` is the memory that pc_backend_room asks for; it carries nothing
 * from call to call.
 */
#ifndef PC_LINALG_BACKEND_H
#define PC_LINALG_BACKEND_H

#include "base/kinds.h"
#include "linalg/windows.h"

struct pc_team;

/* A convolution's products read from images as they stand; the pieces of each may be shared with a team. */
struct pc_convolution {
    /* Floats of packed weights, and of room for `gradient`. */
    int64_t (*room)(const struct pc_windows *windows);

    /* Puts weights into the order in which a product, forward or back, reads them. */
    void (*pack)(const struct pc_windows *windows, bool back, const float *weights, float *packed);

    /* out = beta out + alpha x * W, by weights that were packed. */
    void (*forward)(struct pc_team *team, const struct pc_windows *windows, int64_t images, float alpha, const float *x,
                    const float *packed, float beta, float *out);

    /* out = J^T e, J the derivative of x * W by x, by weights that were packed for it. */
    void (*back)(struct pc_team *team, const struct pc_windows *windows, int64_t images, const float *e,
                 const float *packed, float *out);

    /* out = beta out + alpha times the sum over the images of the derivative of x * W by W, transposed, times e. */
    void (*gradient)(float *room, struct pc_team *team, const struct pc_windows *windows, int64_t images, float alpha,
                     const float *x, const float *e, float beta, float *out);
};

struct pc_backend {
    struct pc_kind kind;

    /* Why this build cannot use it, for a message; NULL: it can. */
    const char *absent;

    /* out = beta out + alpha x W. x [batch][inputs], out [batch][outputs]. */
    void (*forward)(float *room, int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                    const float *weights, float beta, float *out);

    /* out = e W^T. e [batch][outputs], out [batch][inputs]. */
    void (*backward)(float *room, int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                     float *out);

    /* out[i] = (e W^T)[i] of one sample, for the `count` rows i of W that are listed, in rising order. */
    void (*backward_of)(int64_t count, const int32_t *rows, int64_t outputs, const float *e, const float *weights,
                        float *out);

    /* out = beta out + alpha x^T e for `rows` columns of x from `first` on. x [batch][inputs], e [batch][outputs], out
     * [rows][outputs]. */
    void (*outer)(float *room, int64_t batch, int64_t inputs, int64_t first, int64_t rows, int64_t outputs, float alpha,
                  const float *x, const float *e, float beta, float *out);

    /*
     * weights = keep weights + factor x^T e, each number of them read and written once; the sum of |x^T e| is added to
     * *magnitudes. False: not for such a batch, nothing was done. NULL: the backend has no such product.
     */
    bool (*update)(float *room, int64_t batch, int64_t inputs, int64_t outputs, float factor, const float *x,
                   const float *e, float keep, float *weights, double *magnitudes);

    /* weights += factor old_x^T old_e, then out += x W, each weight read and written once; of one sample. The bits are
     * those of update and then forward. NULL: the backend has no such product. */
    void (*update_forward)(int64_t inputs, int64_t outputs, float factor, const float *old_x, const float *old_e,
                           float *weights, const float *x, float *out);

    /* Its convolutions for such a shape; NULL, and where it returns NULL: they are made as products of patches. */
    const struct pc_convolution *(*convolution)(const struct pc_windows *windows, int64_t images);

    /* Floats of room that its products with a matrix need for batches of up to `batch`; NULL: none. */
    int64_t (*room)(int64_t batch, int64_t inputs, int64_t outputs);
};

extern const struct pc_family pc_backend_family;
extern const struct pc_backend pc_backend_auto, pc_backend_blas, pc_backend_own;

/* The names in the registry's order, for the option that chooses one. */
#define PC_BACKEND_NAMES "auto blas own"

/*
 * The backend of that place in the registry. For auto, the environment variable PCIL_BACKEND may name another, so that
 * everything can be tried with each; where it would take nothing but the BLAS, it is blas. PCIL_ERROR_ARGUMENT: there
 * is none of that name; PCIL_ERROR_UNSUPPORTED: this build has it not.
 */
pcil_status pc_backend_choose(struct pc_error *own, int32_t place, const struct pc_backend **backend);

/* Floats of room that any backend's products with a matrix need. */
int64_t pc_backend_room(int64_t batch, int64_t inputs, int64_t outputs);

/* Floats of room, and of packed weights, that any backend's convolutions need. */
int64_t pc_backend_convolution_room(const struct pc_windows *windows);

/* The backend's convolutions for such a shape; NULL: it has none. */
const struct pc_convolution *pc_backend_convolution(const struct pc_backend *backend, const struct pc_windows *windows,
                                                    int64_t images);

#endif
