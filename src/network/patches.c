#include "network/patches.h"

#include "linalg/passes.h"
#include "network/pieces.h"
#include "network/window.h"

#include <string.h>

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
    int64_t at = ((int64_t)y * operation->in.width + x + begin) * channels;
    if (begin > 0) memset(out, 0, (size_t)begin * (size_t)channels * sizeof *out);
    memcpy(out + (int64_t)begin * channels, image + at, (size_t)(end - begin) * (size_t)channels * sizeof *out);
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

/* One patch of an image, from row y and column x on. */
struct patch {
    int32_t y, x, height, width;
    int64_t row;   /* floats of one of its rows */
    int64_t pitch; /* floats of one of the image's */
    int64_t first; /* where it begins in the image, if it is inside */
    bool inside;
};

static struct patch patch_at(const struct pc_operation *operation, int32_t y, int32_t x) {
    struct patch patch = {
        .y = pc_window_top(operation, y),
        .x = pc_window_left(operation, x),
        .height = operation->sizes[PC_WINDOW_HEIGHT],
        .width = operation->sizes[PC_WINDOW_WIDTH],
        .pitch = (int64_t)operation->in.width * operation->in.channels,
    };
    patch.row = (int64_t)patch.width * operation->in.channels;
    patch.first = patch.y * patch.pitch + (int64_t)patch.x * operation->in.channels;
    patch.inside = patch.y >= 0 && patch.x >= 0 && patch.y + patch.height <= operation->in.height &&
                   patch.x + patch.width <= operation->in.width;
    return patch;
}

static void gather_image(const struct pc_operation *operation, const float *image, float *patches) {
    const struct pc_patch_passes *passes = PC_VECTOR_PICK(pc_patch_passes);
    for (int32_t y = 0; y < operation->out.height; y++)
        for (int32_t x = 0; x < operation->out.width; x++, patches += operation->rows - 1) {
            struct patch p = patch_at(operation, y, x);
            if (p.inside)
                passes->copy(p.height, p.row, p.pitch, image + p.first, patches);
            else
                for (int32_t k = 0; k < p.height; k++)
                    copy_row(operation, image, p.y + k, p.x, p.width, patches + k * p.row);
        }
}

/* An image is cleared just before its patches are added, so that it is in cache by then. */
static void scatter_image(const struct pc_operation *operation, const float *patches, float *image) {
    const struct pc_patch_passes *passes = PC_VECTOR_PICK(pc_patch_passes);
    memset(image, 0, (size_t)operation->in_size * sizeof *image);
    for (int32_t y = 0; y < operation->out.height; y++)
        for (int32_t x = 0; x < operation->out.width; x++, patches += operation->rows - 1) {
            struct patch p = patch_at(operation, y, x);
            if (p.inside)
                passes->add(p.height, p.row, p.pitch, patches, image + p.first);
            else
                for (int32_t k = 0; k < p.height; k++)
                    add_row(operation, image, p.y + k, p.x, p.width, patches + k * p.row);
        }
}

static int64_t patches_of_image(const struct pc_operation *operation) {
    return (int64_t)operation->out.height * operation->out.width * (operation->rows - 1);
}

/* The images of a chunk, a piece each. */
struct images {
    const struct pc_operation *operation;
    const float *from;
    float *to;
};

static void gather_piece(void *task, int64_t image) {
    const struct images *images = task;
    const struct pc_operation *operation = images->operation;
    gather_image(operation, images->from + image * operation->in_size,
                 images->to + image * patches_of_image(operation));
}

static void scatter_piece(void *task, int64_t image) {
    const struct images *images = task;
    const struct pc_operation *operation = images->operation;
    scatter_image(operation, images->from + image * patches_of_image(operation),
                  images->to + image * operation->in_size);
}

void pc_patches_gather(const struct pc_operation *operation, struct pc_team *team, int64_t count, const float *x,
                       float *patches) {
    struct images images = {operation, x, patches};
    pc_team_run(pc_worth(team, count * patches_of_image(operation)), count, gather_piece, &images);
}

void pc_patches_scatter(const struct pc_operation *operation, struct pc_team *team, int64_t count, const float *patches,
                        float *x) {
    struct images images = {operation, patches, x};
    pc_team_run(pc_worth(team, count * patches_of_image(operation)), count, scatter_piece, &images);
}

/* The images of a chunk on their way through a node's move, a piece each. */
struct steps {
    const struct pc_operation *operation;
    const struct pc_images_move *move;
    int64_t first, apart; /* floats from one image's room to the next */
    float *patches;
};

static void step_piece(void *task, int64_t image) {
    const struct steps *steps = task;
    const struct pc_images_move *move = steps->move;
    float *patches = steps->patches + image * patches_of_image(steps->operation);
    float *gx = move->gx + image * steps->apart, *dx = move->dx + image * steps->apart;
    scatter_image(steps->operation, patches, gx);
    move->move(move->user, steps->first + image, gx, dx);
    gather_image(steps->operation, dx, patches);
}

/* One thread uses the same room for all images, which thus stays in its cache. */
void pc_patches_step(const struct pc_operation *operation, struct pc_team *team, int64_t first, int64_t images,
                     float *patches, const struct pc_images_move *move) {
    struct pc_team *worth = pc_worth(team, images * patches_of_image(operation));
    struct steps steps = {operation, move, first, worth ? operation->in_size : 0, patches};
    pc_team_run(worth, images, step_piece, &steps);
}
