/* SVHN's MATLAB files of level 5 (the layout is in matrix.c and svhn.c), each matrix compressed as in the official
 * ones.
 */
#include "base/memory.h"
#include "dataset/write.h"

#ifdef PCIL_WITH_ZLIB
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { SIDE = 32, PLANE = SIDE * SIDE, PIXELS = 3 * PLANE, HEADER = 128, MOST_IMAGES = 1 << 20 };
enum { UINT8 = 2, INT32 = 5, UINT32 = 6, MATRIX = 14, COMPRESSED = 15, UINT8_CLASS = 9, FEW = 4 };

/* Bytes that grow where `at` stands; the room is reserved before. */
struct output {
    uint8_t *bytes;
    size_t at;
};

static void put(struct output *output, uint32_t value) {
    for (int i = 0; i < 4; i++) output->bytes[output->at++] = (uint8_t)(value >> 8 * i);
}

/* A matrix up to the tag of its numbers. */
static void put_head(struct output *output, char name, const uint32_t *sizes, uint32_t rank, uint32_t numbers) {
    bool small = numbers <= FEW;
    uint32_t data = small ? 8 : 8 + (numbers + 7) / 8 * 8;
    put(output, MATRIX);
    put(output, 16 + 8 + 4 * rank + 8 + data);
    put(output, UINT32);
    put(output, 8);
    put(output, UINT8_CLASS);
    put(output, 0);
    put(output, INT32);
    put(output, 4 * rank);
    for (uint32_t i = 0; i < rank; i++) put(output, sizes[i]);
    put(output, 1u << 16 | 1);
    put(output, (uint8_t)name);
    put(output, small ? numbers << 16 | UINT8 : UINT8);
    if (!small) put(output, numbers);
}

static void put_columns(struct output *output, const uint8_t *pixels) {
    uint8_t *to = output->bytes + output->at;
    for (int32_t row = 0; row < SIDE; row++)
        for (int32_t column = 0; column < SIDE; column++)
            for (int32_t c = 0; c < 3; c++) to[c * PLANE + column * SIDE + row] = *pixels++;
    output->at += PIXELS;
}

static pcil_status put_images(const struct pcil_dataset *set, struct output *output) {
    uint8_t pixels[PIXELS];
    uint32_t sizes[] = {SIDE, SIDE, 3, (uint32_t)set->count};
    put_head(output, 'X', sizes, 4, (uint32_t)set->count * PIXELS);
    pcil_status status = PCIL_OK;
    for (int64_t i = 0; i < set->count && status == PCIL_OK; i++) {
        status = pc_write_collect(set, i, 1, pixels);
        put_columns(output, pixels);
    }
    return status;
}

static void put_labels(const struct pcil_dataset *set, struct output *output) {
    uint32_t sizes[] = {(uint32_t)set->count, 1};
    put_head(output, 'y', sizes, 2, (uint32_t)set->count);
    for (int64_t i = 0; i < set->count; i++) {
        int32_t label = pc_dataset_label(set, i);
        output->bytes[output->at++] = (uint8_t)(label ? label : 10);
    }
    while (output->at % 8) output->bytes[output->at++] = 0;
}

/* Appends the matrix as one compressed element, which has no padding. */
static pcil_status put_compressed(const struct output *matrix, struct output *file) {
    uLongf size = compressBound(matrix->at);
    if (compress2(file->bytes + file->at + 8, &size, matrix->bytes, matrix->at, 6) != Z_OK)
        return pc_fail_memory(NULL, "compressing");
    put(file, COMPRESSED);
    put(file, (uint32_t)size);
    file->at += size;
    return PCIL_OK;
}

static void put_header(struct output *file) {
    static const char text[] = "MATLAB 5.0 MAT-file, written by libpcil";
    memset(file->bytes, ' ', 116);
    memcpy(file->bytes, text, sizeof text - 1);
    memset(file->bytes + 116, 0, 8);
    memcpy(file->bytes + 124, "\0\1IM", 4);
    file->at = HEADER;
}

static pcil_status write_part(const struct pcil_dataset *set, const char *folder, const char *name) {
    size_t whole = (size_t)set->count * PIXELS + 256;
    struct output matrix = {.bytes = pc_allocate(whole, 1)};
    struct output file = {
        .bytes = pc_allocate(HEADER + 16 + compressBound(whole) + compressBound((size_t)set->count + 256), 1)};
    pcil_status status = matrix.bytes && file.bytes ? PCIL_OK : pc_fail_memory(NULL, "a data set's images");
    if (status == PCIL_OK) {
        put_header(&file);
        status = put_images(set, &matrix);
    }
    if (status == PCIL_OK) status = put_compressed(&matrix, &file);
    if (status == PCIL_OK) {
        matrix.at = 0;
        put_labels(set, &matrix);
        status = put_compressed(&matrix, &file);
    }
    if (status == PCIL_OK) status = pc_write_file(folder, name, file.bytes, file.at);
    pc_release(matrix.bytes);
    pc_release(file.bytes);
    return status;
}

pcil_status pc_write_svhn(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    static const struct pc_limits limits = {3, SIDE, SIDE, 10, 1, MOST_IMAGES};
    pcil_status status = pc_write_check(parts[PC_TRAIN], &limits, "svhn");
    if (status == PCIL_OK) status = pc_write_check(parts[PC_TEST], &limits, "svhn");
    if (status == PCIL_OK) status = pc_file_make_folder(NULL, folder);
    if (status == PCIL_OK) status = write_part(parts[PC_TRAIN], folder, "train_32x32.mat");
    return status == PCIL_OK ? write_part(parts[PC_TEST], folder, "test_32x32.mat") : status;
}
#else
pcil_status pc_write_svhn(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    (void)parts, (void)folder;
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "this build cannot compress SVHN's files: it was made with the option PCIL_ZLIB off");
}
#endif
