/*
 * conv: y = x * W + b, channels last, W [kernel height][kernel width][input channels][channels], as products of patches
 * (im2col) of a few images at a time. How many depends on shapes alone: as fit into CHUNK_BYTES, so that a chunk stays
 * in a cache from its making to its product; another number changes results by rounding only. Patches are made again
 * for the gradient rather than kept.
 */
#include "base/text.h"
#include "linalg/passes.h"
#include "network/exact.h"
#include "network/patches.h"
#include "network/window.h"

enum { CHUNK_BYTES = 1 << 21, CHUNK_FLOATS = CHUNK_BYTES / sizeof(float), BLAS_ROWS = 4, IMAGES_TO_SHARE = 8 };

struct chunk {
    int64_t images, positions; /* positions: rows of its patch matrix */
};

/* As many as fit, but rather a few less than that a chunk's rows are no multiple of a BLAS's tile. */
static int64_t images_per_chunk(const struct pc_operation *operation) {
    int64_t positions = (int64_t)operation->out.height * operation->out.width;
    int64_t floats = positions * (operation->rows - 1);
    int64_t images = floats < CHUNK_FLOATS ? CHUNK_FLOATS / floats : 1;
    int64_t step = positions % BLAS_ROWS == 0 ? 1 : positions % 2 == 0 ? BLAS_ROWS / 2 : BLAS_ROWS;
    return images > step ? images / step * step : images;
}

/* The chunk of images from `first` on. */
static struct chunk chunk_at(const struct pc_operation *operation, int64_t batch, int64_t first) {
    int64_t most = images_per_chunk(operation);
    int64_t images = batch - first < most ? batch - first : most;
    return (struct chunk){images, images * operation->out.height * operation->out.width};
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

static struct pc_windows windows_of(const struct pc_operation *operation) {
    return (struct pc_windows){
        .height = operation->in.height,
        .width = operation->in.width,
        .channels = operation->in.channels,
        .kernel_height = operation->sizes[PC_WINDOW_HEIGHT],
        .kernel_width = operation->sizes[PC_WINDOW_WIDTH],
        .stride = operation->sizes[PC_WINDOW_STRIDE],
        .padding = (int32_t)operation->options[PC_PADDING],
        .out_height = operation->out.height,
        .out_width = operation->out.width,
        .outputs = operation->out.channels,
    };
}

static int64_t conv_workspace(const struct pc_operation *operation, int64_t batch) {
    struct pc_windows windows = windows_of(operation);
    int64_t patches = chunk_at(operation, batch, 0).positions * (operation->rows - 1);
    int64_t room = pc_backend_convolution_room(&windows);
    return patches > room ? patches : room;
}

static int64_t conv_packed(const struct pc_operation *operation) {
    struct pc_windows windows = windows_of(operation);
    return pc_backend_convolution_room(&windows);
}

static const struct pc_convolution *direct_of(const struct pc_operation *operation, const struct pc_call *call) {
    struct pc_windows windows = windows_of(operation);
    return pc_backend_convolution(call->backend, &windows, call->part_of > 0 ? call->part_of : call->batch);
}

static bool conv_splits(const struct pc_operation *operation, const struct pc_call *call) {
    return direct_of(operation, call) != NULL;
}

static struct pc_kept *kept_of(const struct pc_operation *operation, const struct pc_call *call) {
    for (int32_t i = 0; call->keeps && i < call->kept_count; i++)
        if (call->kept[i].operation == operation) return &call->kept[i];
    return NULL;
}

/* The weights as a product reads them; packed anew but where they are kept. */
static const float *packed_weights(const struct pc_operation *operation, struct pc_call *call,
                                   const struct pc_convolution *direct, bool back, const float *weights) {
    struct pc_windows windows = windows_of(operation);
    struct pc_kept *kept = kept_of(operation, call);
    float *packed = kept ? kept->packed[back] : call->workspace;
    if (!kept || !kept->made[back]) direct->pack(&windows, back, weights, packed);
    if (kept) kept->made[back] = true;
    return packed;
}

/* out = beta out + alpha x * W, chunk by chunk. */
static void convolve_patches(const struct pc_operation *operation, struct pc_call *call, const float *weights,
                             const float *x, float alpha, float beta, float *out) {
    for (int64_t first = 0; first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        pc_patches_gather(operation, call->team, chunk.images, x + first * operation->in_size, call->workspace);
        call->backend->forward(call->room, chunk.positions, operation->rows - 1, operation->columns, alpha,
                               call->workspace, weights, beta, out + first * operation->out_size);
    }
}

static void convolve(const struct pc_operation *operation, struct pc_call *call, const float *weights, const float *x,
                     float alpha, float beta, float *out) {
    struct pc_windows windows = windows_of(operation);
    const struct pc_convolution *direct = direct_of(operation, call);
    if (direct)
        direct->forward(call->team, &windows, call->batch, alpha, x,
                        packed_weights(operation, call, direct, false, weights), beta, out);
    else
        convolve_patches(operation, call, weights, x, alpha, beta, out);
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

static void back_by_patches(const struct pc_operation *operation, struct pc_call *call, const float *weights,
                            const float *gy, float *gx) {
    for (int64_t first = 0; first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        call->backend->backward(call->room, chunk.positions, operation->rows - 1, operation->columns,
                                gy + first * operation->out_size, weights, call->workspace);
        pc_patches_scatter(operation, call->team, chunk.images, call->workspace, gx + first * operation->in_size);
    }
}

static void conv_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                      const float *x, const float *gy, float *gx) {
    (void)x;
    struct pc_windows windows = windows_of(operation);
    const struct pc_convolution *direct = direct_of(operation, call);
    if (direct)
        direct->back(call->team, &windows, call->batch, gy, packed_weights(operation, call, direct, true, parameters),
                     gx);
    else
        back_by_patches(operation, call, parameters, gy, gx);
    call->products++;
}

/* Threads share a chunk's images: of few, most would wait. */
static int64_t conv_steps(const struct pc_operation *operation, const struct pc_call *call) {
    int64_t images = images_per_chunk(operation);
    bool shared = !call->team || images >= IMAGES_TO_SHARE;
    return shared && direct_of(operation, call) == NULL ? images : 0;
}

/* Patches of what an image's move changes take the place of those that its gradient came from, while it is in cache. */
static void conv_step(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                      const float *gy, const struct pc_images_move *move, float alpha, float beta, float *out) {
    const struct pc_backend *backend = call->backend;
    int64_t inputs = operation->rows - 1, outputs = operation->columns;
    for (int64_t first = 0; first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        backend->backward(call->room, chunk.positions, inputs, outputs, gy + first * operation->out_size, parameters,
                          call->workspace);
        pc_patches_step(operation, call->team, first, chunk.images, call->workspace, move);
        backend->forward(call->room, chunk.positions, inputs, outputs, alpha, call->workspace, parameters, beta,
                         out + first * operation->out_size);
    }
    call->products += 2;
}

/* `rows` rows of the weights from `first_row` on. */
static void gradient_of_patches(const struct pc_operation *operation, struct pc_call *call, const float *x,
                                const float *gy, float alpha, float beta, int64_t first_row, int64_t rows, float *out) {
    for (int64_t first = 0; rows > 0 && first < call->batch; first += images_per_chunk(operation)) {
        struct chunk chunk = chunk_at(operation, call->batch, first);
        pc_patches_gather(operation, call->team, chunk.images, x + first * operation->in_size, call->workspace);
        call->backend->outer(call->room, chunk.positions, operation->rows - 1, first_row, rows, operation->columns,
                             alpha, call->workspace, gy + first * operation->out_size, first == 0 ? beta : 1, out);
    }
}

/* The whole matrix unless somebody looks at parts (see whole_gradient): patches, if any, are then made once. */
static void conv_gradient(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                          float alpha, float beta, int64_t first_row, int64_t rows, float *out) {
    int64_t weights = operation->rows - 1;
    int64_t of_weights = first_row + rows <= weights ? rows : weights - first_row;
    struct pc_windows windows = windows_of(operation);
    const struct pc_convolution *direct = direct_of(operation, call);
    if (direct && of_weights == weights)
        direct->gradient(call->workspace, call->team, &windows, call->batch, alpha, x, gy, beta, out);
    else
        gradient_of_patches(operation, call, x, gy, alpha, beta, first_row, of_weights, out);
    if (first_row + rows > weights)
        PC_VECTOR_PICK(pc_passes)->sum_rows(call->batch * operation->out.height * operation->out.width,
                                            operation->columns, alpha, gy, beta, out + of_weights * operation->columns);
}

/* Few places only, whose patches are made at once and whose backend has such a product; the bias, one row, is left. */
static int64_t conv_update(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                           float factor, float keep, float *parameters, double *magnitudes) {
    const struct pc_backend *backend = call->backend;
    struct chunk chunk = chunk_at(operation, call->batch, 0);
    int64_t weights = operation->rows - 1;
    if (direct_of(operation, call) || !backend->update || chunk.images < call->batch) return 0;
    pc_patches_gather(operation, call->team, chunk.images, x, call->workspace);
    bool done = backend->update(call->room, chunk.positions, weights, operation->columns, factor, call->workspace, gy,
                                keep, parameters, magnitudes);
    return done ? weights : 0;
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
    .update = conv_update,
    .steps = conv_steps,
    .step = conv_step,
    .whole_gradient = true,
    .workspace = conv_workspace,
    .packed = conv_packed,
    .splits = conv_splits,
    .parameter = -1,
    .exact = &pc_exact_conv,
};
