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

/* A way from one place to another: in left from where its first tap leads, in out from where its result stands. */
struct way {
    int64_t left, out;
};

/* The places of a run down and a run along. */
struct group {
    struct run down, along;
    struct way first, along_on, down_on, image_on; /* the latter two from the last place along, or of all */
};

/* A walk through a group's places, image by image. */
struct walk {
    int32_t down, along;
    struct way at;
};

static inline struct way place_of(const struct sweep *s, int64_t y, int64_t x, int64_t near_y, int64_t near_x) {
    return (struct way){(near_y * s->along.left_places + near_x) * s->terms, (y * s->along.places + x) * s->columns};
}

static inline struct group group_of(const struct sweep *s, const struct run *down, const struct run *along) {
    struct group group = {.down = *down, .along = *along};
    group.first = place_of(s, down->first, along->first, down->taps.near, along->taps.near);
    group.along_on = place_of(s, 0, along->step, 0, along->near_step);
    group.down_on = place_of(s, down->step, -(along->count - 1) * (int64_t)along->step, down->near_step,
                             -(along->count - 1) * (int64_t)along->near_step);
    group.image_on =
        place_of(s, -(down->count - 1) * (int64_t)down->step, -(along->count - 1) * (int64_t)along->step,
                 -(down->count - 1) * (int64_t)down->near_step, -(along->count - 1) * (int64_t)along->near_step);
    group.image_on.left += s->left_image;
    group.image_on.out += s->out_image;
    return group;
}

static inline int64_t group_size(const struct group *group, int64_t images) {
    return images * group->down.count * group->along.count;
}

static inline void walk_on(const struct group *group, struct walk *walk) {
    const struct way *way = &group->along_on;
    if (++walk->along == group->along.count) {
        walk->along = 0;
        way = &group->down_on;
        if (++walk->down == group->down.count) {
            walk->down = 0;
            way = &group->image_on;
        }
    }
    walk->at.left += way->left;
    walk->at.out += way->out;
}

/* Visits each group of a sweep. */
typedef void (*visit_group)(void *user, const struct group *group);

static inline void visit_groups(const struct sweep *sweep, visit_group visit, void *user) {
    struct run down, along;
    for (int32_t y = 0; y < sweep->down.places; y++)
        for (int32_t x = 0; run_from(&sweep->down, y, &down) && x < sweep->along.places; x++) {
            if (!run_from(&sweep->along, x, &along)) continue;
            struct group group = group_of(sweep, &down, &along);
            visit(user, &group);
        }
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
