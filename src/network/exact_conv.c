/* conv in double precision, window by window. */
#include "linalg/inner.h"
#include "network/exact.h"
#include "network/window.h"

#include <string.h>

/* One pixel of one window: where it is in the image, where its kernel row begins, where the output is. */
struct tap {
    int64_t pixel, kernel, out;
};

typedef void (*visit)(void *user, const struct pc_operation *operation, struct tap tap);

/* Visits the pixels inside the image of the window at output position (y, x). */
static void visit_window(const struct pc_operation *operation, int64_t image, int32_t y, int32_t x, visit each,
                         void *user) {
    struct pc_shape in = operation->in, out = operation->out;
    int32_t height = operation->sizes[PC_WINDOW_HEIGHT], width = operation->sizes[PC_WINDOW_WIDTH];
    int64_t place = ((image * out.height + y) * out.width + x) * out.channels;
    for (int32_t k = 0; k < height * width; k++) {
        int32_t row = pc_window_top(operation, y) + k / width, column = pc_window_left(operation, x) + k % width;
        if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
        int64_t pixel = ((image * in.height + row) * in.width + column) * in.channels;
        each(user, operation, (struct tap){pixel, (int64_t)k * in.channels * out.channels, place});
    }
}

static void visit_all(const struct pc_operation *operation, int64_t batch, visit each, void *user) {
    for (int64_t image = 0; image < batch; image++)
        for (int32_t y = 0; y < operation->out.height; y++)
            for (int32_t x = 0; x < operation->out.width; x++) visit_window(operation, image, y, x, each, user);
}

struct arrays {
    const double *weights, *x, *gy;
    double *y, *gx, *gradient;
};

static void forward_tap(void *user, const struct pc_operation *operation, struct tap tap) {
    struct arrays *at = user;
    int32_t inputs = operation->in.channels, channels = operation->out.channels;
    for (int32_t i = 0; i < inputs; i++)
        for (int32_t c = 0; c < channels; c++)
            at->y[tap.out + c] += at->x[tap.pixel + i] * at->weights[tap.kernel + i * channels + c];
}

static void back_tap(void *user, const struct pc_operation *operation, struct tap tap) {
    struct arrays *at = user;
    int32_t inputs = operation->in.channels, channels = operation->out.channels;
    for (int32_t i = 0; i < inputs; i++)
        at->gx[tap.pixel + i] += pc_inner(at->gy + tap.out, at->weights + tap.kernel + i * channels, channels);
}

static void gradient_tap(void *user, const struct pc_operation *operation, struct tap tap) {
    struct arrays *at = user;
    int32_t inputs = operation->in.channels, channels = operation->out.channels;
    for (int32_t i = 0; i < inputs; i++)
        for (int32_t c = 0; c < channels; c++)
            at->gradient[tap.kernel + i * channels + c] += at->x[tap.pixel + i] * at->gy[tap.out + c];
}

static const double *bias_of(const struct pc_operation *operation, const double *parameters) {
    return parameters + (operation->rows - 1) * operation->columns;
}

static void forward(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                    double *y) {
    const double *bias = bias_of(operation, parameters);
    struct arrays arrays = {.weights = parameters, .x = x, .y = y};
    for (int64_t i = 0; i < batch * operation->out_size; i++) y[i] = bias[i % operation->columns];
    visit_all(operation, batch, forward_tap, &arrays);
}

static void back(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                 const double *gy, double *gx) {
    struct arrays arrays = {.weights = parameters, .gy = gy, .gx = gx};
    (void)x;
    memset(gx, 0, (size_t)(batch * operation->in_size) * sizeof *gx);
    visit_all(operation, batch, back_tap, &arrays);
}

static void gradient(const struct pc_operation *operation, int64_t batch, const double *x, const double *gy,
                     double *out) {
    double *bias = out + (operation->rows - 1) * operation->columns;
    struct arrays arrays = {.x = x, .gy = gy, .gradient = out};
    for (int64_t i = 0; i < batch * operation->out_size; i++) bias[i % operation->columns] += gy[i];
    visit_all(operation, batch, gradient_tap, &arrays);
}

const struct pc_exact_operation pc_exact_conv = {forward, back, gradient};
