/* What an autoencoder makes of some images: a contact sheet of pairs, input and reconstruction, per evaluation. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/batches.h"
#include "image/image.h"
#include "training/trainer.h"

#include <math.h>

enum { PICTURE_SIDE = 96, LARGEST_SCALE = 16 };

/* Fails where this build writes no PNG. */
static pcil_status check_writing(struct pc_error *own) {
    const uint8_t pixel = 0;
    struct pc_bytes content = {0};
    pcil_status status = pc_png_encode(&pixel, 1, 1, 1, &content);
    if (status != PCIL_OK) return pc_fail_again(own, status);
    pc_bytes_free(&content);
    return PCIL_OK;
}

static pcil_status check(pcil_trainer *trainer, const struct pc_parts *parts, const pcil_dataset *set, int32_t count) {
    if (parts->feed.target != PC_TARGET_INPUT)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "reconstructions=%d needs an autoencoder: set target=input, or reconstructions=0", count);
    if (set->channels != 1 && set->channels != 3)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "reconstructions=%d: the images have %d channels, pictures 1 or 3; set reconstructions=0", count,
                       set->channels);
    if (count > pcil_dataset_count(set))
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "reconstructions=%d is more than the %lld images that are scored", count,
                       (long long)pcil_dataset_count(set));
    return check_writing(&trainer->error);
}

/* Scale and shift of a channel; every pixel of a row has the same. */
static float scale_of(const pcil_batches *batches, int32_t channel) {
    return batches->normalised ? batches->scale[channel] : 1;
}

static float shift_of(const pcil_batches *batches, int32_t channel) {
    return batches->normalised ? batches->shift[channel] : 0;
}

/* Reads images spread evenly over the set, as the network sees them. */
static pcil_status read_inputs(struct pc_parts *parts, const pcil_dataset *set, float *inputs) {
    struct pc_reconstructions *shown = &parts->reconstructions;
    int64_t size = shown->size, total = pcil_dataset_count(set);
    for (int64_t i = 0; i < shown->count; i++) {
        int64_t index = i * total / shown->count;
        pcil_status status = pcil_dataset_read(set, &index, 1, inputs + i * size, NULL, NULL);
        if (status != PCIL_OK) return status;
    }
    for (int64_t i = 0; i < shown->count * size; i++) {
        int32_t channel = (int32_t)(i % set->channels);
        inputs[i] = inputs[i] * scale_of(parts->train_batches, channel) + shift_of(parts->train_batches, channel);
    }
    return PCIL_OK;
}

pcil_status pc_reconstructions_make(pcil_trainer *trainer, struct pc_parts *parts) {
    struct pc_reconstructions *shown = &parts->reconstructions;
    const pcil_dataset *set = parts->test ? parts->test : parts->train;
    int32_t count = (int32_t)pc_choice_number(&trainer->choices, "reconstructions");
    if (count == 0) return PCIL_OK;
    pcil_status status = check(trainer, parts, set, count);
    if (status != PCIL_OK) return status;
    *shown = (struct pc_reconstructions){.count = count, .size = parts->feed.outputs};
    pcil_dataset_shape(set, &shown->channels, &shown->height, &shown->width);
    shown->inputs = pc_allocate_floats(count, shown->size);
    shown->outputs = pc_allocate_floats(count, shown->size);
    shown->pixels = pc_allocate((size_t)count * 2, (size_t)shown->size);
    if (!shown->inputs || !shown->outputs || !shown->pixels) return pc_fail_memory(&trainer->error, "reconstructions");
    status = read_inputs(parts, set, shown->inputs);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}

void pc_reconstructions_free(struct pc_reconstructions *shown) {
    pc_release(shown->inputs);
    pc_release(shown->outputs);
    pc_release(shown->pixels);
    *shown = (struct pc_reconstructions){.count = 0};
}

/* Back from what the network sees to a picture. */
static void paint(const struct pc_parts *parts, const float *values, uint8_t *pixels) {
    const struct pc_reconstructions *shown = &parts->reconstructions;
    for (int64_t i = 0; i < shown->size; i++) {
        int32_t channel = (int32_t)(i % shown->channels);
        float value = (values[i] - shift_of(parts->train_batches, channel)) / scale_of(parts->train_batches, channel);
        pixels[i] = (uint8_t)lrintf(fminf(fmaxf(value, 0), 1) * 255);
    }
}

static pcil_status draw(const struct pc_parts *parts, const char *path, double epoch) {
    const struct pc_reconstructions *shown = &parts->reconstructions;
    struct pc_number number;
    struct pc_text title = {0};
    int32_t longer = shown->height > shown->width ? shown->height : shown->width;
    int32_t scale = longer > PICTURE_SIDE ? 1 : PICTURE_SIDE / longer;
    for (int64_t i = 0; i < shown->count; i++) {
        paint(parts, shown->inputs + i * shown->size, shown->pixels + 2 * i * shown->size);
        paint(parts, shown->outputs + i * shown->size, shown->pixels + (2 * i + 1) * shown->size);
    }
    pc_text_append(&title, "input, reconstruction: epoch %s", pc_format_number(&number, epoch));
    pcil_status status = pcil_image_sheet(path, shown->pixels, NULL, 2 * shown->count, shown->channels, shown->height,
                                          shown->width, 2 * (int32_t)ceil(sqrt((double)shown->count)),
                                          scale < LARGEST_SCALE ? scale : LARGEST_SCALE, title.bytes);
    pc_text_free(&title);
    return status;
}

pcil_status pc_reconstructions_write(pcil_trainer *trainer) {
    struct pc_parts *parts = &trainer->parts;
    struct pc_reconstructions *shown = &parts->reconstructions;
    double epoch = floor(pc_epochs_done(&parts->counts) * 1000 + .5) / 1000;
    struct pc_text name = {0};
    struct pc_number number;
    if (shown->count == 0) return PCIL_OK;
    pcil_status status = pcil_predict(parts->inference, shown->inputs, shown->count, shown->outputs);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    pc_text_append(&name, "reconstructions-%s.png", pc_format_number(&number, epoch));
    char *path = name.failed ? NULL : pc_file_join(trainer->folder.path, name.bytes);
    status = path ? draw(parts, path, epoch) : pc_fail_memory(NULL, "a path");
    pc_text_free(&name);
    pc_release(path);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}
