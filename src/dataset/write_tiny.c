/* Tiny ImageNet's tree (the layout is in tiny.c). Smaller images are enlarged to 64 x 64 by repeating pixels. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/jpeg.h"
#include "dataset/tree.h"
#include "dataset/write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One part while it is written. */
struct writing {
    const struct pcil_dataset *set;
    const char *folder;
    void *encoder;
    uint8_t *pixels;
    struct pc_text path;
};

static void enlarge(const struct pcil_dataset *set, const uint8_t *from, uint8_t *to) {
    size_t channels = (size_t)set->channels;
    for (int32_t y = 0; y < PC_JPEG_SIDE; y++)
        for (int32_t x = 0; x < PC_JPEG_SIDE; x++, to += channels) {
            int32_t row = y * set->height / PC_JPEG_SIDE, column = x * set->width / PC_JPEG_SIDE;
            memcpy(to, from + (size_t)(row * set->width + column) * channels, channels);
        }
}

/* Pictures are not made durable one by one: the lists, which are written after them, are. */
static pcil_status write_new(const char *path, const struct pc_bytes *content) {
    struct pc_quote quote;
    int descriptor = pc_file_descriptor(path, O_WRONLY | O_CREAT | O_EXCL);
    bool good = descriptor >= 0;
    for (uint64_t done = 0; good && done < content->size;) {
        ssize_t some = write(descriptor, content->bytes + done, content->size - done);
        good = some > 0 || (some < 0 && errno == EINTR);
        if (some > 0) done += (uint64_t)some;
    }
    int error = good ? 0 : errno;
    if (descriptor >= 0 && close(descriptor) != 0 && errno != EINTR && !error) error = errno;
    if (!error) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_IO, "cannot write '%s': %s", pc_quote(&quote, path), strerror(error));
}

/* The path is already in writing->path. */
static pcil_status write_picture(struct writing *writing, int64_t index) {
    uint8_t large[PC_JPEG_BYTES];
    struct pc_bytes content;
    if (writing->path.failed) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_write_collect(writing->set, index, 1, writing->pixels);
    if (status != PCIL_OK) return status;
    enlarge(writing->set, writing->pixels, large);
    status = pc_jpeg_encode(writing->encoder, large, writing->set->channels, &content);
    if (status != PCIL_OK) return status;
    status = write_new(writing->path.bytes, &content);
    pc_jpeg_bytes_free(&content);
    return status;
}

static pcil_status make_class_folders(struct writing *writing) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < writing->set->classes && status == PCIL_OK; i++) {
        writing->path.length = 0;
        pc_text_append(&writing->path, "%s/train/n%08d/images", writing->folder, i);
        status = writing->path.failed ? pc_fail_memory(NULL, "a path") : pc_file_make_folder(NULL, writing->path.bytes);
    }
    return status;
}

static pcil_status write_train(struct writing *writing) {
    pcil_status status = make_class_folders(writing);
    for (int64_t i = 0; i < writing->set->count && status == PCIL_OK; i++) {
        int32_t label = pc_dataset_label(writing->set, i);
        writing->path.length = 0;
        pc_text_append(&writing->path, "%s/train/n%08d/images/n%08d_%07lld.JPEG", writing->folder, label, label,
                       (long long)i);
        status = write_picture(writing, i);
    }
    return status;
}

static pcil_status write_val(struct writing *writing) {
    struct pc_text list = {0};
    pc_text_append(&writing->path, "%s/val/images", writing->folder);
    pcil_status status =
        writing->path.failed ? pc_fail_memory(NULL, "a path") : pc_file_make_folder(NULL, writing->path.bytes);
    for (int64_t i = 0; i < writing->set->count && status == PCIL_OK; i++) {
        writing->path.length = 0;
        pc_text_append(&writing->path, "%s/val/images/val_%lld.JPEG", writing->folder, (long long)i);
        pc_text_append(&list, "val_%lld.JPEG\tn%08d\t0\t0\t63\t63\n", (long long)i, pc_dataset_label(writing->set, i));
        status = write_picture(writing, i);
    }
    if (status == PCIL_OK && list.failed) status = pc_fail_memory(NULL, "a list");
    if (status == PCIL_OK) status = pc_write_file(writing->folder, "val/val_annotations.txt", list.bytes, list.length);
    pc_text_free(&list);
    return status;
}

static pcil_status write_part(const struct pcil_dataset *set, const char *folder, enum pc_part part) {
    struct writing writing = {.set = set, .folder = folder};
    writing.pixels = pc_allocate((size_t)pc_dataset_image_size(set), 1);
    pcil_status status = writing.pixels ? pc_jpeg_encoder(&writing.encoder) : pc_fail_memory(NULL, "an image");
    if (status == PCIL_OK) status = part == PC_TRAIN ? write_train(&writing) : write_val(&writing);
    pc_jpeg_free(writing.encoder);
    pc_release(writing.pixels);
    pc_text_free(&writing.path);
    return status;
}

static pcil_status write_lists(const struct pcil_dataset *set, const char *folder) {
    struct pc_text wnids = {0}, words = {0};
    for (int32_t i = 0; i < set->classes; i++) {
        pc_text_append(&wnids, "n%08d\n", i);
        if (set->names) pc_text_append(&words, "n%08d\t%s\n", i, set->names[i]);
    }
    pcil_status status = wnids.failed || words.failed ? pc_fail_memory(NULL, "a list") : PCIL_OK;
    if (status == PCIL_OK && set->names) status = pc_write_file(folder, "words.txt", words.bytes, words.length);
    if (status == PCIL_OK) status = pc_write_file(folder, "wnids.txt", wnids.bytes, wnids.length);
    pc_text_free(&wnids);
    pc_text_free(&words);
    return status;
}

static pcil_status check(const struct pcil_dataset *set) {
    static const struct pc_limits limits = {0, 0, 0, PC_CLASSES_MOST, 1, PC_PICTURES_MOST};
    bool fits = set->channels == 1 || set->channels == 3;
    if (!fits || set->height > PC_JPEG_SIDE || set->width > PC_JPEG_SIDE)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                       "images of %d x %d x %d; format 'tiny-imagenet' is made of 1 or 3 channels of at most 64 x 64",
                       set->channels, set->height, set->width);
    return pc_write_check(set, &limits, "tiny-imagenet");
}

/* wnids.txt comes last: without it there is no set to be found. */
pcil_status pc_write_tiny(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    pcil_status status = check(parts[PC_TRAIN]);
    if (status == PCIL_OK) status = check(parts[PC_TEST]);
    if (status == PCIL_OK) status = write_part(parts[PC_TRAIN], folder, PC_TRAIN);
    if (status == PCIL_OK) status = write_part(parts[PC_TEST], folder, PC_TEST);
    return status == PCIL_OK ? write_lists(parts[PC_TRAIN], folder) : status;
}
