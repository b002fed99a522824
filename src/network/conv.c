/*
 * conv: y = x * W + b, channels last, W [kernel height][kernel width][input channels][channels], as products of patches
 * (im2col) of a few images at a time. How many depends on shapes alone: as fit into CHUNK_BYTES, so that a chunk stays
 * in a cache from its making to its product; another number changes results by rounding only. Patches are made again
 * for the gradient rather than kept.
 */
#include "base/text.h"
#include "linalg/blas.h"
#include "linalg/passes.h"
#include "network/operation.h"
#include "network/window.h"

#include <string.h>

enum { CHUNK_BYTES = 1 << 21, CHUNK_FLOATS = CHUNK_BYTES / sizeof(float) };

/* The chunk of images from `first` on. */
struct chunk {
    int64_t first, images, positions; /* positions: rows of its patch matrix */
};

static int64_t images_per_chunk(const struct pc_operation *operation) {
    int64_t positions = (int64_t)operation->out.height * operation->out.width;
    int64_t floats = positions * (operation->rows - 1);
    return floats < CHUNK_FLOATS ? CHUNK_FLOATS / floats : 1;
}

static struct chunk chunk_at(const struct pc_operation *operation, int64_t batch, int64_t first) {
    int64_t most = images_per_chunk(operation);
    int64_t images = batch - first < most ? batch - first : most;
    return (struct chunk){first, images, images * operation->out.height * operation->out.width};
}

static bool conv_read(struct pc_operation *operation, int32_t place, const char *word, size_t length) {
    if (place == 0) return pc_read_size(word, length, &operation->sizes[PC_CHANNELS]);
    return place == 1 && pc_window_read(operation, word, length, 1);
}

static void conv_print(const struct pc_operation *operation, struct pc_text *text) {
    pc_text_append(text, " %d", operation->sizes[PC_CHANNELS]);
    pc_window_print(operation, text, 1);
}

static pcil_status conv_shape(struct pc_operation *operation, struct pc_error *own) {
    int32_t channels = operation->sizes[PC_CHANNELS];
    if (channels < 1 || operation->sizes[PC_WINDOW_HEIGHT] < 1)
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "conv needs channels and a kernel: conv CHANNELS HEIGHTxWIDTH[/STRIDE]");
    pcil_status status = pc_window_shape(operation, own);
    if (status != PCIL_OK) return status;
    int32_t area, patch;
    bool fits = !__builtin_mul_overflow(operation->sizes[PC_WINDOW_HEIGHT], operation->sizes[PC_WINDOW_WIDTH], &area) &&
                !__builtin_mul_overflow(area, operation->in.channels, &patch) && patch < INT32_MAX;
    if (!fits) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a conv kernel sees more than 2^31-2 numbers");
    operation->out.channels = channels;
    operation->weight_rank = 4;
    operation->weight_shape[0] = operation->sizes[PC_WINDOW_HEIGHT];
    operation->weight_shape[1] = operation->sizes[PC_WINDOW_WIDTH];
    operation->weight_shape[2] = operation->in.channels;
    operation->weight_shape[3] = channels;
    operation->rows = (int64_t)patch + 1;
    operation->columns = channels;
    return PCIL_OK;
}

static int64_t conv_workspace(const struct pc_operation *operation, int64_t batch) {
    return chunk_at(operation, batch, 0).positions * (operation->rows - 1);
}

/* One row of one patch: `width` pixels from (y, x) of an image on; what lies outside is 0. */
static void copy_row(const struct pc_operation *operation, const float *image, int32_t y, int32_t x, int32_t width,
                     float *out) {
    int32_t channels = operation->in.channels;
    int32_t begin = x < 0 ? -x : 0;
    int32_t end = x + width > operation->in.width ? operation->in.width - x : width;
    if (y < 0 || y >= operation->in.height || begin >= end) {
        memset(out, 0, (size_t)width * (size_t)channels * sizeof *out);
        return;
    }
    const float *row = image + ((int64_t)y * operation->in.width + x) * channels;
    if (begin > 0) memset(out, 0, (size_t)begin * (size_t)channels * sizeof *out);
    memcpy(out + (int64_t)begin * channels, row + (int64_t)begin * channels,
           (size_t)(end - begin) * (size_t)channels * sizeof *out);
    if (end < width) memset(out + (int64_t)end * channels, 0, (size_t)(width - end) * (size_t)channels * sizeof *out);
}

/* Adds one row of a patch back to where copy_row took it from. */
static void add_row(const struct pc_operation *operation, float *image, int32_t y, int32_t x, int32_t width,
                    const float *in) {
    int32_t channels = operation->in.channels;
    int32_t begin = x < 0 ? -x : 0;
    int32_t end = x + width > operation->in.width ? operation->in.width - x : width;
    if (y < 0 || y >= operation->in.height || begin >= end) return;
    int64_t at = ((int64_t)y * operation->in.width + x + begin) * channels;
    PC_VECTOR_PICK(pc_passes)->add((int64_t)(end - begin) * channels, in + (int64_t)begin * channels, image + at);
}

/* Visits every row of every patch of a chunk: gathers patches from images, or adds them back. */
static void gather(const struct pc_operation *operation, struct chunk chunk, const float *x, float *patches) {
    int32_t height = operation->sizes[PC_WINDOW_HEIGHT], width = operation->sizes[PC_WINDOW_WIDTH];
    int64_t row = (int64_t)width * operation->in.channels;
    for (int64_t image = 0; image < chunk.images; image++) {
        const float *from = x + (chunk.first + image) * operation->in_size;
        for (int32_t y = 0; y < operation->out.height; y++)
            for (int32_t place = 0; place < operation->out.width; place++)
                for (int32_t k = 0; k < height; k++, patches += row)
                    copy_row(operation, from, pc_window_top(operation, y) + k, pc_window_left(operation, place), width,
                             patches);
    }
}

static void scatter(const struct pc_operation *operation, struct chunk chunk, const float *patches, float *x) {
    int32_t height = operation->sizes[PC_WINDOW_HEIGHT], width = operation->sizes[PC_WINDOW_WIDTH];
    int64_t row = (int64_t)width * operation->in.channels;
    memset(x + chunk.first * operation->in_size, 0, (size_t)(chunk.images * operation->in_size) * sizeof *x);
    for (int64_t image = 0; image < chunk.images; image++) {
        float *to = x + (chunk.first + image) * operation->in_size;
        for (int32_t y = 0; y < operation->out.height; y++)
            for (int32_t place = 0; place < operation->out.width; place++)
                for (int32_t k = 0; k < height; k++, patches += row)
                    add_row(operation, to, pc_window_top(operation, y) + k, pc_window_left(operation, place), width,
                            patches);
    }
}

/* out = beta out + alpha x * W, chunk by chunk. */
static void convolve(const struct pc_operation *operation, struct pc_call *call, const float *weights, const float *x,
                     float alpha, float beta, float *out) {
    for (int64_t first = 0; first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        gather(operation, chunk, x, call->workspace);
        pc_product_forward(chunk.positions, operation->rows - 1, operation->columns, alpha, call->workspace, weights,
                           beta, out + first * operation->out_size);
    }
    call->products++;
}

static void conv_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                         const float *x, float *y) {
    int64_t positions = call->batch * operation->out.height * operation->out.width;
    PC_VECTOR_PICK(pc_passes)->fill_rows(positions, operation->columns,
                                         parameters + (operation->rows - 1) * operation->columns, y);
    convolve(operation, call, parameters, x, 1, 1, y);
}

static void conv_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                        const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)x;
    convolve(operation, call, parameters, dx, alpha, beta, out);
}

static void conv_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                      const float *x, const float *gy, float *gx) {
    (void)x;
    for (int64_t first = 0; first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        pc_product_backward(chunk.positions, operation->rows - 1, operation->columns, gy + first * operation->out_size,
                            parameters, call->workspace);
        scatter(operation, chunk, call->workspace, gx);
    }
    call->products++;
}

/* Always the whole matrix (see whole_gradient): patches are then made once. */
static void conv_gradient(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                          float alpha, float beta, int64_t first_row, int64_t rows, float *out) {
    int64_t weights = operation->rows - 1;
    int64_t of_weights = first_row + rows <= weights ? rows : weights - first_row;
    for (int64_t first = 0; of_weights > 0 && first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        gather(operation, chunk, x, call->workspace);
        pc_product_outer(chunk.positions, weights, first_row, of_weights, operation->columns, alpha, call->workspace,
                         gy + first * operation->out_size, first == 0 ? beta : 1, out);
    }
    if (first_row + rows > weights)
        PC_VECTOR_PICK(pc_passes)->sum_rows(call->batch * operation->out.height * operation->out.width,
                                            operation->columns, alpha, gy, beta, out + of_weights * operation->columns);
}

static const struct pc_option options[] = {
    {.name = "padding", .type = PC_INTEGER, .initial = 0, .least = 0, .most = 4096, .help = "zeros around the image"},
};

const struct pc_operation_kind pc_conv = {
    .kind = {"conv", "y = x * W + b over the image, channels last", PC_TABLE(options)},
    .usage = "CHANNELS HEIGHTxWIDTH[/STRIDE]",
    .read = conv_read,
    .print = conv_print,
    .shape = conv_shape,
    .products = 1,
    .forward = conv_forward,
    .change = conv_change,
    .back = conv_back,
    .gradient = conv_gradient,
    .whole_gradient = true,
    .workspace = conv_workspace,
    .parameter = -1,
};
