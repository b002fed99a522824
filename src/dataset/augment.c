/* Making one batch: reading, mirroring, cutting, normalising. */
#include "base/random.h"
#include "dataset/batches.h"

#include <math.h>
#include <string.h>

/* How one image is moved: the part that is given begins at (top, left) of the image, which may lie outside. */
struct move {
    bool flip;
    int32_t top, left;
};

static struct move draw_move(struct pc_random *random, bool flip, int32_t crop) {
    struct move move = {0};
    uint64_t places = 2 * (uint64_t)crop + 1;
    if (flip) move.flip = pc_random_next(random) >> 63;
    if (crop) move.top = (int32_t)pc_random_below(random, places) - crop;
    if (crop) move.left = (int32_t)pc_random_below(random, places) - crop;
    return move;
}

/* Row by row; pixels from outside are black. The image is cut first, then mirrored. */
static void move_image(const struct pcil_dataset *set, const struct move *move, const float *from, float *to) {
    int32_t channels = set->channels, width = set->width;
    size_t pixel = (size_t)channels * sizeof(float);
    for (int32_t y = 0; y < set->height; y++) {
        int32_t row = y + move->top;
        for (int32_t x = 0; x < width; x++, to += channels) {
            int32_t column = (move->flip ? width - 1 - x : x) + move->left;
            bool inside = row >= 0 && row < set->height && column >= 0 && column < width;
            if (inside)
                memcpy(to, from + ((int64_t)row * width + column) * channels, pixel);
            else
                memset(to, 0, pixel);
        }
    }
}

static void normalise(const struct pcil_batches *batches, float *pixels) {
    int64_t row = (int64_t)batches->set->width * batches->set->channels;
    const float *restrict scale = batches->scale, *restrict shift = batches->shift;
    for (int32_t y = 0; y < batches->set->height; y++, pixels += row)
        for (int64_t i = 0; i < row; i++) pixels[i] = pixels[i] * scale[i] + shift[i];
}

static pcil_status make_image(const struct pcil_batches *batches, struct pc_random *random, int64_t index,
                              float *pixels) {
    bool flip = pc_setting(&batches->settings, PC_FLIP) != 0;
    int32_t crop = (int32_t)pc_setting(&batches->settings, PC_CROP);
    bool moves = flip || crop > 0;
    pcil_status status = pc_dataset_pixels(batches->set, index, moves ? batches->image : pixels);
    if (status != PCIL_OK) return status;
    if (moves) {
        struct move move = draw_move(random, flip, crop);
        move_image(batches->set, &move, batches->image, pixels);
    }
    if (batches->normalised) normalise(batches, pixels);
    return PCIL_OK;
}

/* Every batch has a stream of its own, so that a walk may begin anywhere. */
pcil_status pc_batch_make(const struct pcil_batches *batches, int64_t index, struct pc_batch *batch) {
    const struct pcil_dataset *set = batches->set;
    int64_t first = index * batches->batch, left = set->count - first, size = pc_dataset_image_size(set);
    batch->count = left < batches->batch ? (int32_t)left : batches->batch;
    struct pc_random random;
    pc_random_seed(&random, batches->seed, "augment", ((uint64_t)batches->epoch << 32) + (uint64_t)index);
    for (int32_t i = 0; i < batch->count; i++) {
        int64_t image = batches->order[first + i];
        pcil_status status = make_image(batches, &random, image, batch->inputs + i * size);
        if (status != PCIL_OK) return status;
        if (batch->labels && set->classes > 0) batch->labels[i] = pc_dataset_label(set, image);
        if (batch->targets && set->target_size > 0)
            memcpy(batch->targets + (int64_t)i * set->target_size, pc_dataset_target(set, image),
                   (size_t)set->target_size * sizeof(float));
    }
    return PCIL_OK;
}
