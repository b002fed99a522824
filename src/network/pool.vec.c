/*
 * The loops of pooling, a register of channels at a time. Choices are made by masks, and which pixel is the largest is
 * kept as its number in reading order: written as plain loops over channels, compilers left branches in them, whose
 * outcome nobody can foretell.
 */
#include "linalg/lanes.h"
#include "network/pool_passes.h"

#include <stdbool.h>

/* `count` <= LANES channels. */
static inline lanes_t take(const float *from, int64_t count) {
    if (count == LANES) return load(from);
    lanes_t lanes = all(0);
    memcpy(&lanes, from, (size_t)count * sizeof *from);
    return lanes;
}

static inline void give(float *to, int64_t count, lanes_t lanes) {
    if (count == LANES)
        store(to, lanes);
    else
        memcpy(to, &lanes, (size_t)count * sizeof *to);
}

static inline lanes_t choose(bits_t mask, lanes_t yes, lanes_t no) {
    return (lanes_t)((mask & (bits_t)yes) | (~mask & (bits_t)no));
}

/* out = beta out + alpha x, beta 0 or 1. */
static inline void put(float *out, int64_t count, float alpha, lanes_t x, float beta) {
    give(out, count, beta == 0 ? alpha * x : take(out, count) + alpha * x);
}

static inline int64_t channels_from(const struct pc_pool_window *window, int64_t begin) {
    return window->channels - begin < LANES ? window->channels - begin : LANES;
}

/* Visits the pixels of a window in reading order: where each begins, and its number. */
struct pixel {
    int64_t at;
    int32_t column, number;
};

static inline bool is_inside(const struct pc_pool_window *window, const struct pixel *pixel) {
    return pixel->number < window->rows * window->columns;
}

static inline void go_on(const struct pc_pool_window *window, struct pixel *pixel) {
    pixel->number++;
    pixel->at += window->channels;
    if (++pixel->column < window->columns) return;
    pixel->column = 0;
    pixel->at += window->pitch - window->columns * window->channels;
}

static inline lanes_t find_largest(const struct pc_pool_window *window, int64_t count, const float *x) {
    lanes_t most = take(x, count);
    for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p)) {
        lanes_t pixel = take(x + p.at, count);
        most = choose(pixel > most, pixel, most);
    }
    return most;
}

static void largest(const struct pc_pool_window *window, const float *restrict x, float *restrict out) {
    for (int64_t c = 0; c < window->channels; c += LANES) {
        int64_t count = channels_from(window, c);
        give(out + c, count, find_largest(window, count, x + c));
    }
}

/* The number of the pixel that is the first largest. */
static inline bits_t find_place(const struct pc_pool_window *window, int64_t count, const float *x) {
    lanes_t most = take(x, count);
    bits_t place = {0};
    for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p)) {
        lanes_t pixel = take(x + p.at, count);
        bits_t larger = pixel > most;
        place = (larger & p.number) | (~larger & place);
        most = choose(larger, pixel, most);
    }
    return place;
}

/* The x and dx of the pixel that is the first largest of x+dx. */
static inline void find_moved(const struct pc_pool_window *window, int64_t count, const float *x, const float *dx,
                              lanes_t *moved_x, lanes_t *moved_dx) {
    *moved_x = take(x, count);
    *moved_dx = take(dx, count);
    lanes_t most = *moved_x + *moved_dx;
    for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p)) {
        lanes_t value = take(x + p.at, count), change = take(dx + p.at, count), sum = value + change;
        bits_t larger = sum > most;
        *moved_x = choose(larger, value, *moved_x);
        *moved_dx = choose(larger, change, *moved_dx);
        most = choose(larger, sum, most);
    }
}

/* Where the same pixel stays the largest, the difference of x is exactly 0. */
static void largest_change(const struct pc_pool_window *window, const float *restrict x, const float *restrict dx,
                           float alpha, float beta, float *restrict out) {
    for (int64_t c = 0; c < window->channels; c += LANES) {
        int64_t count = channels_from(window, c);
        lanes_t before = find_largest(window, count, x + c), after, change;
        find_moved(window, count, x + c, dx + c, &after, &change);
        put(out + c, count, alpha, change + (after - before), beta);
    }
}

static void largest_back(const struct pc_pool_window *window, const float *restrict x, const float *restrict gy,
                         float *restrict gx) {
    for (int64_t c = 0; c < window->channels; c += LANES) {
        int64_t count = channels_from(window, c);
        bits_t place = find_place(window, count, x + c), g = (bits_t)take(gy + c, count);
        for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p)) {
            float *pixel = gx + c + p.at;
            give(pixel, count, take(pixel, count) + (lanes_t)((place == p.number) & g));
        }
    }
}

static void mean(const struct pc_pool_window *window, const float *restrict x, float alpha, float beta,
                 float *restrict out) {
    float share = 1 / (float)(window->rows * window->columns);
    for (int64_t c = 0; c < window->channels; c += LANES) {
        int64_t count = channels_from(window, c);
        lanes_t sum = all(0);
        for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p)) sum += take(x + c + p.at, count);
        put(out + c, count, alpha, sum * share, beta);
    }
}

static void mean_back(const struct pc_pool_window *window, const float *restrict gy, float *restrict gx) {
    float share = 1 / (float)(window->rows * window->columns);
    for (int64_t c = 0; c < window->channels; c += LANES) {
        int64_t count = channels_from(window, c);
        lanes_t g = share * take(gy + c, count);
        for (struct pixel p = {0}; is_inside(window, &p); go_on(window, &p))
            give(gx + c + p.at, count, take(gx + c + p.at, count) + g);
    }
}

const struct pc_pool_passes PC_VECTOR_NAME(pc_pool_passes) = {largest, largest_change, largest_back, mean, mean_back};
