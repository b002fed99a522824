/* max_pool and avg_pool in double precision; which pixel counts among equals is pool.c's rule. */
#include "network/exact.h"
#include "network/window.h"

#include <string.h>

/* The part of a window inside the image, for one channel. */
struct window {
    int32_t top, bottom, left, right, channel;
    int64_t image;
};

static int32_t within(int32_t place, int32_t side) {
    return place < 0 ? 0 : place > side ? side : place;
}

/* The window that output number `place` looks at. */
static struct window window_at(const struct pc_operation *operation, int64_t place) {
    struct pc_shape in = operation->in, out = operation->out;
    int32_t x = (int32_t)(place / out.channels % out.width);
    int32_t y = (int32_t)(place / out.channels / out.width % out.height);
    int32_t top = pc_window_top(operation, y), left = pc_window_left(operation, x);
    return (struct window){.top = within(top, in.height),
                           .bottom = within(top + operation->sizes[PC_WINDOW_HEIGHT], in.height),
                           .left = within(left, in.width),
                           .right = within(left + operation->sizes[PC_WINDOW_WIDTH], in.width),
                           .channel = (int32_t)(place % out.channels),
                           .image = place / operation->out_size};
}

static int64_t pixel_at(const struct pc_operation *operation, const struct window *window, int32_t y, int32_t x) {
    struct pc_shape in = operation->in;
    return ((window->image * in.height + y) * in.width + x) * in.channels + window->channel;
}

static int64_t largest(const struct pc_operation *operation, const struct window *window, const double *x) {
    int64_t best = pixel_at(operation, window, window->top, window->left);
    for (int32_t row = window->top; row < window->bottom; row++)
        for (int32_t column = window->left; column < window->right; column++) {
            int64_t pixel = pixel_at(operation, window, row, column);
            if (x[pixel] > x[best]) best = pixel;
        }
    return best;
}

static void max_forward(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                        double *y) {
    (void)parameters;
    for (int64_t i = 0; i < batch * operation->out_size; i++) {
        struct window window = window_at(operation, i);
        y[i] = x[largest(operation, &window, x)];
    }
}

static void max_back(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                     const double *gy, double *gx) {
    (void)parameters;
    memset(gx, 0, (size_t)(batch * operation->in_size) * sizeof *gx);
    for (int64_t i = 0; i < batch * operation->out_size; i++) {
        struct window window = window_at(operation, i);
        gx[largest(operation, &window, x)] += gy[i];
    }
}

static int32_t area(const struct window *window) {
    return (window->bottom - window->top) * (window->right - window->left);
}

static void avg_forward(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                        double *y) {
    (void)parameters;
    for (int64_t i = 0; i < batch * operation->out_size; i++) {
        struct window window = window_at(operation, i);
        y[i] = 0;
        for (int32_t row = window.top; row < window.bottom; row++)
            for (int32_t column = window.left; column < window.right; column++)
                y[i] += x[pixel_at(operation, &window, row, column)] / area(&window);
    }
}

static void avg_back(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                     const double *gy, double *gx) {
    (void)parameters, (void)x;
    memset(gx, 0, (size_t)(batch * operation->in_size) * sizeof *gx);
    for (int64_t i = 0; i < batch * operation->out_size; i++) {
        struct window window = window_at(operation, i);
        for (int32_t row = window.top; row < window.bottom; row++)
            for (int32_t column = window.left; column < window.right; column++)
                gx[pixel_at(operation, &window, row, column)] += gy[i] / area(&window);
    }
}

const struct pc_exact_operation pc_exact_max_pool = {max_forward, max_back, NULL};
const struct pc_exact_operation pc_exact_avg_pool = {avg_forward, avg_back, NULL};
