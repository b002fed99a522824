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
#include "network/exact.h"
#include "network/pieces.h"
#include "network/pool_passes.h"
#include "network/window.h"

#include <string.h>

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

static int32_t within(int64_t place, int32_t side) {
    return place < 0 ? 0 : place > side ? side : (int32_t)place;
}

/* The part of the window at output position (y, x) that lies inside the image; *first is where its first pixel is. */
static struct pc_pool_window window_at(const struct pc_operation *operation, int32_t y, int32_t x, int64_t *first) {
    struct pc_shape in = operation->in;
    int64_t top = pc_window_top(operation, y), left = pc_window_left(operation, x);
    int32_t begin_row = within(top, in.height), begin_column = within(left, in.width);
    *first = ((int64_t)begin_row * in.width + begin_column) * in.channels;
    return (struct pc_pool_window){
        .rows = within(top + operation->sizes[PC_WINDOW_HEIGHT], in.height) - begin_row,
        .columns = within(left + operation->sizes[PC_WINDOW_WIDTH], in.width) - begin_column,
        .channels = in.channels,
        .pitch = (int64_t)in.width * in.channels,
    };
}

/* Arrays of a batch's images and outputs, moved from window to window; what a visit does not need is NULL. */
struct arrays {
    const float *x, *dx, *gy;
    float *gx, *y;
    float alpha, beta;
};

typedef void (*visit)(const struct pc_pool_window *window, const struct arrays *at);

/* A visit of all windows, an image a piece. */
struct visiting {
    const struct pc_operation *operation;
    struct arrays arrays;
    visit each;
};

static void visit_image(void *task, int64_t image) {
    const struct visiting *visiting = task;
    const struct pc_operation *operation = visiting->operation;
    const struct arrays *arrays = &visiting->arrays;
    int64_t out = image * operation->out_size;
    for (int32_t y = 0; y < operation->out.height; y++)
        for (int32_t x = 0; x < operation->out.width; x++, out += operation->in.channels) {
            int64_t first;
            struct pc_pool_window window = window_at(operation, y, x, &first);
            struct arrays at = *arrays;
            first += image * operation->in_size;
            at.x = arrays->x ? arrays->x + first : NULL;
            at.dx = arrays->dx ? arrays->dx + first : NULL;
            at.gx = arrays->gx ? arrays->gx + first : NULL;
            at.gy = arrays->gy ? arrays->gy + out : NULL;
            at.y = arrays->y ? arrays->y + out : NULL;
            visiting->each(&window, &at);
        }
}

static void visit_windows(const struct pc_operation *operation, const struct pc_call *call, struct arrays arrays,
                          visit each) {
    struct visiting visiting = {operation, arrays, each};
    pc_team_run(pc_worth(call->team, call->batch * operation->in_size), call->batch, visit_image, &visiting);
}

static void clear_inputs(const struct pc_operation *operation, int64_t batch, float *gx) {
    memset(gx, 0, (size_t)(batch * operation->in_size) * sizeof *gx);
}

/* max_pool */

static void max_window(const struct pc_pool_window *window, const struct arrays *at) {
    PC_VECTOR_PICK(pc_pool_passes)->largest(window, at->x, at->y);
}

static void max_change_window(const struct pc_pool_window *window, const struct arrays *at) {
    PC_VECTOR_PICK(pc_pool_passes)->largest_change(window, at->x, at->dx, at->alpha, at->beta, at->y);
}

static void max_back_window(const struct pc_pool_window *window, const struct arrays *at) {
    PC_VECTOR_PICK(pc_pool_passes)->largest_back(window, at->x, at->gy, at->gx);
}

static void max_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                        const float *x, float *y) {
    (void)parameters;
    visit_windows(operation, call, (struct arrays){.x = x, .y = y}, max_window);
}

static void max_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                       const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)parameters;
    visit_windows(operation, call, (struct arrays){.x = x, .dx = dx, .y = out, .alpha = alpha, .beta = beta},
                  max_change_window);
}

static void max_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                     const float *x, const float *gy, float *gx) {
    (void)parameters;
    clear_inputs(operation, call->batch, gx);
    visit_windows(operation, call, (struct arrays){.x = x, .gy = gy, .gx = gx}, max_back_window);
}

/* avg_pool */

static void avg_window(const struct pc_pool_window *window, const struct arrays *at) {
    PC_VECTOR_PICK(pc_pool_passes)->mean(window, at->x, at->alpha, at->beta, at->y);
}

static void avg_back_window(const struct pc_pool_window *window, const struct arrays *at) {
    PC_VECTOR_PICK(pc_pool_passes)->mean_back(window, at->gy, at->gx);
}

static void avg_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                        const float *x, float *y) {
    (void)parameters;
    visit_windows(operation, call, (struct arrays){.x = x, .y = y, .alpha = 1}, avg_window);
}

static void avg_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                       const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)parameters, (void)x;
    visit_windows(operation, call, (struct arrays){.x = dx, .y = out, .alpha = alpha, .beta = beta}, avg_window);
}

static void avg_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                     const float *x, const float *gy, float *gx) {
    (void)parameters, (void)x;
    clear_inputs(operation, call->batch, gx);
    visit_windows(operation, call, (struct arrays){.gy = gy, .gx = gx}, avg_back_window);
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
    .parameter = -1,
    .exact = &pc_exact_max_pool,
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
    .parameter = -1,
    .exact = &pc_exact_avg_pool,
};
