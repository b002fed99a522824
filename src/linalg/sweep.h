/*
 * A sweep: which numbers meet in a convolution. Both its product forward and the one back are
 *
 *   out[place] = sum over the taps of the place: left[where the tap leads] * right[tap]
 *
 * with places the windows and left the image, or places the pixels and left the windows' errors. Along one axis, the
 * taps of a window are all numbers of the kernel that fall into the image and lead to one pixel after the other; the
 * taps of a pixel are every stride-th number, and lead to one window before the other. Places with the same taps are a
 * run, those of a run down and a run along a group: for a group the product is a plain one, of matrices whose rows
 * begin anywhere. Nothing is padded, no zero is multiplied.
 */
#ifndef PC_LINALG_SWEEP_H
#define PC_LINALG_SWEEP_H

#include "linalg/windows.h"

#include <stdbool.h>

struct axis {
    int32_t places, left_places, kernel, stride, padding;
    bool back;
};

/* `count` taps, the first of them number `first`, which leads to `near`. */
struct taps {
    int32_t first, count, near;
};

/* Places `step` apart with the same taps; from one to the next these lead `near_step` further. */
struct run {
    int32_t first, step, count, near_step;
    struct taps taps;
};

struct sweep {
    struct axis down, along;
    int32_t terms, columns;        /* numbers of a place of left and out */
    int64_t left_image, out_image; /* floats of an image */
    int32_t tap_step, near_step;   /* from tap to tap: in the kernel, and where they lead */
};

static inline int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static inline struct taps taps_of_window(const struct axis *axis, int32_t place) {
    int32_t begin = place * axis->stride - axis->padding, first = begin < 0 ? -begin : 0;
    return (struct taps){first, smaller(axis->kernel, axis->left_places - begin) - first, begin + first};
}

/* Its windows begin from `reach` - kernel + 1 to `reach`, counted from the padding's edge. */
static inline struct taps taps_of_pixel(const struct axis *axis, int32_t place) {
    int32_t reach = place + axis->padding, last = smaller(reach / axis->stride, axis->left_places - 1);
    int32_t first = reach < axis->kernel ? 0 : (reach - axis->kernel) / axis->stride + 1;
    if (first > last) return (struct taps){0};
    return (struct taps){reach - last * axis->stride, last - first + 1, last};
}

static inline struct taps taps_at(const struct axis *axis, int32_t place) {
    return axis->back ? taps_of_pixel(axis, place) : taps_of_window(axis, place);
}

static inline bool has_taps(const struct axis *axis, int32_t place, struct taps taps) {
    struct taps found = taps_at(axis, place);
    return found.first == taps.first && found.count == taps.count;
}

/* The run that begins at a place; false if none does. */
static inline bool run_from(const struct axis *axis, int32_t place, struct run *run) {
    int32_t step = axis->back ? axis->stride : 1, count = 1;
    struct taps taps = taps_at(axis, place);
    if (place >= step && has_taps(axis, place - step, taps)) return false;
    while (count <= (axis->places - 1 - place) / step && has_taps(axis, place + count * step, taps)) count++;
    *run = (struct run){place, step, count, axis->back ? 1 : axis->stride, taps};
    return true;
}

/* A walk through the places of a group, image by image. */
struct walk {
    int32_t down, along;
    int64_t image;
};

static inline void walk_on(const struct run *down, const struct run *along, struct walk *at) {
    if (++at->along < along->count) return;
    at->along = 0;
    if (++at->down < down->count) return;
    at->down = 0;
    at->image++;
}

/* Where the first tap of a place leads, and where its result stands. */
static inline int64_t left_of(const struct sweep *s, const struct run *down, const struct run *along,
                              const struct walk *at) {
    int64_t y = down->taps.near + (int64_t)at->down * down->near_step;
    int64_t x = along->taps.near + (int64_t)at->along * along->near_step;
    return at->image * s->left_image + (y * s->along.left_places + x) * s->terms;
}

static inline int64_t out_of(const struct sweep *s, const struct run *down, const struct run *along,
                             const struct walk *at) {
    int64_t y = down->first + (int64_t)at->down * down->step;
    int64_t x = along->first + (int64_t)at->along * along->step;
    return at->image * s->out_image + (y * s->along.places + x) * s->columns;
}

static inline struct sweep sweep_forward(const struct pc_windows *w) {
    return (struct sweep){
        .down = {w->out_height, w->height, w->kernel_height, w->stride, w->padding, false},
        .along = {w->out_width, w->width, w->kernel_width, w->stride, w->padding, false},
        .terms = w->channels,
        .columns = w->outputs,
        .left_image = pc_windows_in(w),
        .out_image = pc_windows_out(w),
        .tap_step = 1,
        .near_step = 1,
    };
}

static inline struct sweep sweep_back(const struct pc_windows *w) {
    return (struct sweep){
        .down = {w->height, w->out_height, w->kernel_height, w->stride, w->padding, true},
        .along = {w->width, w->out_width, w->kernel_width, w->stride, w->padding, true},
        .terms = w->outputs,
        .columns = w->channels,
        .left_image = pc_windows_out(w),
        .out_image = pc_windows_in(w),
        .tap_step = w->stride,
        .near_step = -1,
    };
}

#endif
