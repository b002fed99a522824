/*
 * max_pool, avg_pool: the largest, or the mean, of each window, channel by channel; the text is HEIGHTxWIDTH[/STRIDE],
 * the stride by default the window's height.
 *
 * max_pool: of equal largest numbers the first in reading order is the one that counts; it alone gets the gradient.
 * Padding is never the largest. avg_pool: the mean is over the window's pixels inside the image, so that padding does
 * not dilute it.
 *
 * Carrying an error through the maximum: the new largest minus the old one is, where the same pixel stays the largest,
 * exactly its change; where another takes over, the two differ and their difference is taken at face value.
 */
#include "base/text.h"
#include "linalg/passes.h"
#include "network/operation.h"
#include "network/window.h"

#include <string.h>

/* The part of a window that lies inside the image. */
struct window {
    int32_t top, bottom, left, right;
};

static int32_t within(int64_t place, int32_t side) {
    return place < 0 ? 0 : place > side ? side : (int32_t)place;
}

static struct window window_at(const struct pc_operation *operation, int64_t position) {
    int32_t y = (int32_t)(position / operation->out.width), x = (int32_t)(position % operation->out.width);
    int64_t top = pc_window_top(operation, y), left = pc_window_left(operation, x);
    return (struct window){
        within(top, operation->in.height), within(top + operation->sizes[PC_WINDOW_HEIGHT], operation->in.height),
        within(left, operation->in.width), within(left + operation->sizes[PC_WINDOW_WIDTH], operation->in.width)};
}

static int64_t positions(const struct pc_operation *operation) {
    return (int64_t)operation->out.height * operation->out.width;
}

static int64_t pixel_at(const struct pc_operation *operation, int32_t y, int32_t x) {
    return ((int64_t)y * operation->in.width + x) * operation->in.channels;
}

static int64_t area(struct window window) {
    return (int64_t)(window.bottom - window.top) * (window.right - window.left);
}

static bool pool_read(struct pc_operation *operation, int32_t place, const char *word, size_t length) {
    if (place > 0 || !pc_window_read(operation, word, length, 0)) return false;
    if (operation->sizes[PC_WINDOW_STRIDE] == 0)
        operation->sizes[PC_WINDOW_STRIDE] = operation->sizes[PC_WINDOW_HEIGHT];
    return true;
}

static void pool_print(const struct pc_operation *operation, struct pc_text *text) {
    pc_window_print(operation, text, operation->sizes[PC_WINDOW_HEIGHT]);
}

static pcil_status pool_shape(struct pc_operation *operation, struct pc_error *own) {
    if (operation->sizes[PC_WINDOW_HEIGHT] < 1)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "%s needs a window: %s HEIGHTxWIDTH[/STRIDE]",
                       operation->kind->kind.name, operation->kind->kind.name);
    operation->rows = operation->columns = operation->weight_rank = 0;
    return pc_window_shape(operation, own);
}

/* What one kind makes of one window of one image: `x` and `dx` are images, `out` the position's channels. */
typedef void (*visit)(const struct pc_operation *operation, struct window window, const float *x, const float *other,
                      float *out);

/* Visits every window of the batch with its channels of an output-shaped array. */
static void visit_windows(const struct pc_operation *operation, int64_t batch, const float *x, const float *other,
                          float *out, visit each) {
    int64_t count = positions(operation), channels = operation->in.channels;
    for (int64_t image = 0; image < batch; image++)
        for (int64_t p = 0; p < count; p++) {
            int64_t at = image * operation->in_size;
            each(operation, window_at(operation, p), x ? x + at : NULL, other ? other + at : NULL,
                 out + image * operation->out_size + p * channels);
        }
}

static void add_change(int64_t count, float alpha, float beta, const float *change, float *out) {
    for (int64_t i = 0; i < count; i++) out[i] = (beta == 0 ? 0 : out[i]) + alpha * change[i];
}

/* max_pool */

/* Where the window's first largest number of one channel is; `dx`, if any, is added to the image. */
static int64_t find_largest(const struct pc_operation *operation, struct window window, const float *x, const float *dx,
                            int64_t channel) {
    int64_t best = -1;
    float most = 0;
    for (int32_t y = window.top; y < window.bottom; y++)
        for (int32_t place = window.left; place < window.right; place++) {
            int64_t at = pixel_at(operation, y, place) + channel;
            float value = dx ? x[at] + dx[at] : x[at];
            if (best >= 0 && !(value > most)) continue;
            best = at;
            most = value;
        }
    return best;
}

static void max_forward_window(const struct pc_operation *operation, struct window window, const float *x,
                               const float *other, float *out) {
    (void)other;
    int64_t channels = operation->in.channels;
    memcpy(out, x + pixel_at(operation, window.top, window.left), (size_t)channels * sizeof *out);
    for (int32_t y = window.top; y < window.bottom; y++)
        for (int32_t place = window.left; place < window.right; place++) {
            const float *pixel = x + pixel_at(operation, y, place);
            for (int64_t c = 0; c < channels; c++) out[c] = pixel[c] > out[c] ? pixel[c] : out[c];
        }
}

static void max_change_window(const struct pc_operation *operation, struct window window, const float *x,
                              const float *dx, float *out) {
    for (int64_t c = 0; c < operation->in.channels; c++) {
        int64_t before = find_largest(operation, window, x, NULL, c);
        int64_t after = find_largest(operation, window, x, dx, c);
        out[c] = before == after ? dx[after] : x[after] - x[before] + dx[after];
    }
}

static void max_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                        const float *x, float *y) {
    (void)parameters;
    visit_windows(operation, call->batch, x, NULL, y, max_forward_window);
}

static void max_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                       const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)parameters;
    int64_t count = call->batch * operation->out_size;
    visit_windows(operation, call->batch, x, dx, call->workspace, max_change_window);
    add_change(count, alpha, beta, call->workspace, out);
}

static void max_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                     const float *x, const float *gy, float *gx) {
    (void)parameters;
    int64_t count = positions(operation), channels = operation->in.channels;
    memset(gx, 0, (size_t)(call->batch * operation->in_size) * sizeof *gx);
    for (int64_t image = 0; image < call->batch; image++)
        for (int64_t p = 0; p < count; p++)
            for (int64_t c = 0; c < channels; c++) {
                const float *from = x + image * operation->in_size;
                int64_t at = find_largest(operation, window_at(operation, p), from, NULL, c);
                gx[image * operation->in_size + at] += gy[image * operation->out_size + p * channels + c];
            }
}

/* avg_pool */

static void avg_window(const struct pc_operation *operation, struct window window, const float *x, const float *other,
                       float *out) {
    (void)other;
    int64_t channels = operation->in.channels;
    memset(out, 0, (size_t)channels * sizeof *out);
    for (int32_t y = window.top; y < window.bottom; y++)
        for (int32_t place = window.left; place < window.right; place++)
            PC_VECTOR_PICK(pc_passes)->add(channels, x + pixel_at(operation, y, place), out);
    PC_VECTOR_PICK(pc_passes)->scale(channels, 1 / (float)area(window), out);
}

static void avg_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                        const float *x, float *y) {
    (void)parameters;
    visit_windows(operation, call->batch, x, NULL, y, avg_window);
}

static void avg_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                       const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)x;
    avg_forward(operation, call, parameters, dx, call->workspace);
    add_change(call->batch * operation->out_size, alpha, beta, call->workspace, out);
}

static void avg_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                     const float *x, const float *gy, float *gx) {
    (void)parameters, (void)x;
    int64_t count = positions(operation), channels = operation->in.channels;
    memset(gx, 0, (size_t)(call->batch * operation->in_size) * sizeof *gx);
    for (int64_t image = 0; image < call->batch; image++)
        for (int64_t p = 0; p < count; p++) {
            struct window window = window_at(operation, p);
            const float *from = gy + image * operation->out_size + p * channels;
            float share = 1 / (float)area(window);
            for (int32_t y = window.top; y < window.bottom; y++)
                for (int32_t place = window.left; place < window.right; place++) {
                    float *to = gx + image * operation->in_size + pixel_at(operation, y, place);
                    for (int64_t c = 0; c < channels; c++) to[c] += share * from[c];
                }
        }
}

static int64_t pool_workspace(const struct pc_operation *operation, int64_t batch) {
    return batch * operation->out_size;
}

static const struct pc_option options[] = {
    {.name = "padding", .type = PC_INTEGER, .initial = 0, .least = 0, .most = 4096, .help = "pixels around the image"},
};

const struct pc_operation_kind pc_max_pool = {
    .kind = {"max_pool", "the largest of each window", PC_TABLE(options)},
    .usage = "HEIGHTxWIDTH[/STRIDE]",
    .read = pool_read,
    .print = pool_print,
    .shape = pool_shape,
    .reads_input = true,
    .forward = max_forward,
    .change = max_change,
    .back = max_back,
    .workspace = pool_workspace,
    .parameter = -1,
};

const struct pc_operation_kind pc_avg_pool = {
    .kind = {"avg_pool", "the mean of each window", PC_TABLE(options)},
    .usage = "HEIGHTxWIDTH[/STRIDE]",
    .read = pool_read,
    .print = pool_print,
    .shape = pool_shape,
    .forward = avg_forward,
    .change = avg_change,
    .back = avg_back,
    .workspace = pool_workspace,
    .parameter = -1,
};
