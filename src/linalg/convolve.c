/*
 * own's convolutions: no patches are made. Pieces for a team are some images, or some rows of the kernel; how many
 * depends on shapes alone, and no sum crosses pieces.
 */
#include "linalg/convolve.h"

#include "base/team.h"
#include "linalg/backend.h"
#include "linalg/own.h"
#include "linalg/passes.h"

#include <string.h>

/* A piece's images are about a second cache's; its rows of a kernel have numbers enough to repay packing errors. */
enum { PIECE_FLOATS = 1 << 18, PIECE_NUMBERS = 128, FEW_PRODUCTS = 1 << 20 };

struct product {
    const struct pc_windows *windows;
    int64_t images; /* of the batch */
    float factor, keep;
    const float *left, *packed;
    float *out;
    bool back;
    int64_t some; /* images of a piece */
};

static int64_t pieces(int64_t count, int64_t some) {
    return (count + some - 1) / some;
}

static int64_t piece_size(int64_t count, int64_t some, int64_t index) {
    return count - index * some < some ? count - index * some : some;
}

/* The team, if the product is worth waking it. */
static struct pc_team *worth(struct pc_team *team, const struct pc_windows *w, int64_t images) {
    return (double)(images * pc_windows_out(w)) * (double)pc_windows_inputs(w) < FEW_PRODUCTS ? NULL : team;
}

static void convolve_piece(void *task, int64_t index) {
    const struct product *p = task;
    const struct pc_windows *w = p->windows;
    int64_t first = index * p->some;
    int64_t left = first * (p->back ? pc_windows_out(w) : pc_windows_in(w));
    int64_t out = first * (p->back ? pc_windows_in(w) : pc_windows_out(w));
    PC_VECTOR_PICK(pc_own_convolve)
    (w, p->back, piece_size(p->images, p->some, index), p->factor, p->left + left, p->packed, p->keep, p->out + out);
}

static void run(struct pc_team *team, struct product *p) {
    int64_t fit = PIECE_FLOATS / (pc_windows_in(p->windows) + pc_windows_out(p->windows));
    p->some = fit < 1 ? 1 : fit;
    pc_team_run(worth(team, p->windows, p->images), pieces(p->images, p->some), convolve_piece, p);
}

static void pack(const struct pc_windows *windows, bool back, const float *weights, float *packed) {
    PC_VECTOR_PICK(pc_own_pack)(windows, back, weights, packed);
}

static void forward(struct pc_team *team, const struct pc_windows *windows, int64_t images, float alpha, const float *x,
                    const float *packed, float beta, float *out) {
    run(team, &(struct product){windows, images, alpha, beta, x, packed, out, false, 0});
}

static void back(struct pc_team *team, const struct pc_windows *windows, int64_t images, const float *e,
                 const float *packed, float *out) {
    run(team, &(struct product){windows, images, 1, 0, e, packed, out, true, 0});
}

struct gradient {
    const struct pc_windows *windows;
    int64_t images, rows; /* rows of the kernel in a piece */
    float factor;
    const float *x, *e;
    float *out;
};

static void gradient_piece(void *task, int64_t index) {
    const struct gradient *g = task;
    int64_t first = index * g->rows, rows = piece_size(g->windows->kernel_height, g->rows, index);
    PC_VECTOR_PICK(pc_own_convolve_outer)
    (g->windows, (int32_t)first, (int32_t)rows, g->images, g->factor, g->x, g->e, g->out);
}

/* The kernels add one handful of windows after the other: to 0, so that parts too small to change `out` one by one
 * count together. */
static void gradient(float *room, struct pc_team *team, const struct pc_windows *windows, int64_t images, float alpha,
                     const float *x, const float *e, float beta, float *out) {
    int64_t numbers = (int64_t)windows->kernel_width * windows->channels;
    int64_t count = pc_windows_inputs(windows) * windows->outputs;
    int64_t rows = team ? pieces(PIECE_NUMBERS, numbers) : windows->kernel_height;
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    struct gradient task = {windows, images, rows, alpha, x, e, beta == 0 ? out : room};
    memset(task.out, 0, (size_t)count * sizeof *out);
    pc_team_run(worth(team, windows, images), pieces(windows->kernel_height, rows), gradient_piece, &task);
    if (beta != 0 && beta != 1) passes->scale(count, beta, out);
    if (beta != 0) passes->add(count, room, out);
}

static int64_t room(const struct pc_windows *windows) {
    int64_t of_forward = PC_VECTOR_PICK(pc_own_packed)(windows, false);
    int64_t of_back = PC_VECTOR_PICK(pc_own_packed)(windows, true);
    return of_forward > of_back ? of_forward : of_back;
}

const struct pc_convolution pc_own_convolution = {room, pack, forward, back, gradient};
