/* IDX files, plain (the layout is in idx.c). */
#include "base/memory.h"
#include "dataset/write.h"

#include <math.h>

enum { IMAGES_MAGIC = 0x00000803, LABELS_MAGIC = 0x00000801, MOST_IMAGES = 1 << 24, CLASSES = 256 };

static uint8_t *put(uint8_t *bytes, int64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *bytes++ = (uint8_t)(value >> shift);
    return bytes;
}

/* Brightness by the weights of ITU-R BT.601. */
static void put_grey(const uint8_t *pixels, int64_t count, int32_t channels, uint8_t *grey) {
    for (int64_t i = 0; i < count; i++, pixels += channels)
        grey[i] = channels == 1 ? *pixels : (uint8_t)lrint(0.299 * pixels[0] + 0.587 * pixels[1] + 0.114 * pixels[2]);
}

static pcil_status write_images(const struct pcil_dataset *set, const char *folder, const char *name) {
    int64_t plane = (int64_t)set->height * set->width, size = pc_dataset_image_size(set);
    uint8_t *file = pc_allocate((size_t)(set->count * plane) + 16, 1), *pixels = pc_allocate((size_t)size, 1);
    pcil_status status = file && pixels ? PCIL_OK : pc_fail_memory(NULL, "a data set's images");
    if (status == PCIL_OK) put(put(put(put(file, IMAGES_MAGIC), set->count), set->height), set->width);
    for (int64_t i = 0; i < set->count && status == PCIL_OK; i++) {
        status = pc_write_collect(set, i, 1, pixels);
        if (status == PCIL_OK) put_grey(pixels, plane, set->channels, file + 16 + i * plane);
    }
    if (status == PCIL_OK) status = pc_write_file(folder, name, file, (uint64_t)(set->count * plane) + 16);
    pc_release(file);
    pc_release(pixels);
    return status;
}

static pcil_status write_labels(const struct pcil_dataset *set, const char *folder, const char *name) {
    uint8_t *file = pc_allocate((size_t)set->count + 8, 1);
    if (!file) return pc_fail_memory(NULL, "a data set's labels");
    uint8_t *at = put(put(file, LABELS_MAGIC), set->count);
    for (int64_t i = 0; i < set->count; i++) at[i] = (uint8_t)pc_dataset_label(set, i);
    pcil_status status = pc_write_file(folder, name, file, (uint64_t)set->count + 8);
    pc_release(file);
    return status;
}

static pcil_status check(const struct pcil_dataset *set) {
    static const struct pc_limits limits = {0, 0, 0, CLASSES, 1, MOST_IMAGES};
    if (set->channels != 1 && set->channels != 3)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "images of %d channels; format 'idx' is made of 1 or 3",
                       set->channels);
    return pc_write_check(set, &limits, "idx");
}

pcil_status pc_write_idx(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    const struct pcil_dataset *train = parts[PC_TRAIN], *test = parts[PC_TEST];
    pcil_status status = check(train);
    if (status == PCIL_OK) status = check(test);
    if (status == PCIL_OK) status = pc_file_make_folder(NULL, folder);
    if (status == PCIL_OK) status = write_images(train, folder, "train-images-idx3-ubyte");
    if (status == PCIL_OK) status = write_labels(train, folder, "train-labels-idx1-ubyte");
    if (status == PCIL_OK) status = write_images(test, folder, "t10k-images-idx3-ubyte");
    return status == PCIL_OK ? write_labels(test, folder, "t10k-labels-idx1-ubyte") : status;
}
