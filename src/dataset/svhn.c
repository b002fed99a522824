/*
 * SVHN (Netzer et al. 2011), cropped digits: MATLAB files with X, uint8 32 x 32 x 3 x N, first index fastest, and y,
 * N x 1, the labels 1 ... 10, where 10 is the digit 0. http://ufldl.stanford.edu/housenumbers/
 */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"
#include "dataset/matrix.h"
#include "dataset/write.h"

#include <string.h>

enum { SIDE = 32, PLANE = SIDE * SIDE, PIXELS = 3 * PLANE, CLASSES = 10, MOST_IMAGES = 1 << 21 };

static pcil_status fail(const struct pc_matrix *matrix, const char *expected) {
    struct pc_quote path, name;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': matrix '%s' of %d sizes (%d x %d ...), class %d; expected %s",
                   pc_quote(&path, matrix->path), pc_quote(&name, matrix->name), matrix->rank, matrix->sizes[0],
                   matrix->sizes[1], (int)matrix->class, expected);
}

/* MATLAB's first index is the row. */
static void turn(const uint8_t *columns, uint8_t *pixels) {
    for (int32_t row = 0; row < SIDE; row++)
        for (int32_t column = 0; column < SIDE; column++)
            for (int32_t c = 0; c < 3; c++) *pixels++ = columns[c * PLANE + column * SIDE + row];
}

static pcil_status read_images(struct pcil_dataset *set, struct pc_matrix *matrix) {
    uint8_t columns[PIXELS];
    const int32_t *sizes = matrix->sizes;
    bool single = matrix->rank == 3; /* MATLAB drops a last size of 1 */
    int64_t count = single ? 1 : sizes[3];
    if (set->bytes) return fail(matrix, "one matrix X");
    if (matrix->class != PC_CLASS_UINT8 || matrix->rank < 3 || sizes[0] != SIDE || sizes[1] != SIDE || sizes[2] != 3)
        return fail(matrix, "uint8 32 x 32 x 3 x N");
    if (count > MOST_IMAGES || matrix->count > pc_stream_bound(matrix->stream))
        return fail(matrix, "no more images than the file can hold");
    set->bytes = pc_allocate_unset((size_t)count, PIXELS);
    if (!set->bytes) return pc_fail_memory(NULL, "a data set's images");
    set->count = count;
    pcil_status status = PCIL_OK;
    for (int64_t i = 0; i < count && status == PCIL_OK; i++) {
        status = pc_matrix_read(matrix, columns, PIXELS);
        if (status == PCIL_OK) turn(columns, set->bytes + i * PIXELS);
    }
    return status;
}

static pcil_status take_label(const struct pc_matrix *matrix, int64_t index, double value, int32_t *label) {
    struct pc_quote quote;
    struct pc_number number;
    bool good = value >= 1 && value <= CLASSES && value == (double)(int32_t)value;
    if (!good)
        return pc_fail(
            NULL, PCIL_ERROR_FORMAT, "'%s': label %s of image %lld, expected 1 ... 10", pc_quote(&quote, matrix->path),
            value >= -1e300 && value <= 1e300 ? pc_format_number(&number, value) : "(not finite)", (long long)index);
    *label = (int32_t)value % CLASSES;
    return PCIL_OK;
}

static pcil_status read_label(struct pc_matrix *matrix, double *value) {
    uint8_t byte = 0;
    if (matrix->data == PC_DATA_DOUBLE) return pc_matrix_read(matrix, value, 1);
    pcil_status status = pc_matrix_read(matrix, &byte, 1);
    *value = byte;
    return status;
}

static pcil_status read_labels(struct pcil_dataset *set, struct pc_matrix *matrix, int64_t *count) {
    if (set->own_labels) return fail(matrix, "one matrix y");
    if (matrix->rank != 2 || matrix->sizes[1] != 1) return fail(matrix, "N x 1");
    if (matrix->sizes[0] > MOST_IMAGES || (!matrix->small && matrix->count > pc_stream_bound(matrix->stream)))
        return fail(matrix, "no more labels than the file can hold");
    *count = matrix->sizes[0];
    set->own_labels = pc_allocate((size_t)*count, sizeof(int32_t));
    if (!set->own_labels) return pc_fail_memory(NULL, "a data set's labels");
    pcil_status status = PCIL_OK;
    for (int64_t i = 0; i < *count && status == PCIL_OK; i++) {
        double value = 0;
        status = read_label(matrix, &value);
        if (status == PCIL_OK) status = take_label(matrix, i, value, &set->own_labels[i]);
    }
    return status;
}

static pcil_status read_matrix(struct pcil_dataset *set, struct pc_matrix *matrix, int64_t *labels) {
    pcil_status status;
    if (strcmp(matrix->name, "X") == 0)
        status = read_images(set, matrix);
    else if (strcmp(matrix->name, "y") == 0)
        status = read_labels(set, matrix, labels);
    else
        status = fail(matrix, "'X' or 'y'");
    return status == PCIL_OK ? pc_matrix_finish(matrix) : status;
}

static pcil_status check_whole(struct pcil_dataset *set, const char *path, int64_t labels) {
    struct pc_quote quote;
    if (!set->bytes || !set->own_labels)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' has no matrix '%s'", pc_quote(&quote, path),
                       set->bytes ? "y" : "X");
    if (set->count != labels)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds %lld images, but %lld labels", pc_quote(&quote, path),
                       (long long)set->count, (long long)labels);
    set->labels = set->own_labels;
    set->channels = 3;
    set->height = set->width = SIDE;
    set->classes = CLASSES;
    return pc_dataset_number_names(set);
}

static pcil_status read_file(struct pcil_dataset *set, const struct pc_file *file, const char *path) {
    struct pc_matrix matrix;
    bool more = true;
    int64_t labels = 0;
    pcil_status status = pc_matrix_begin(&matrix, file, path);
    while (status == PCIL_OK && more) {
        status = pc_matrix_next(&matrix, &more);
        if (status == PCIL_OK && more) status = read_matrix(set, &matrix, &labels);
    }
    pc_matrix_close(&matrix);
    return status == PCIL_OK ? check_whole(set, path, labels) : status;
}

static pcil_status open_svhn(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    const char *name = part == PC_TRAIN ? "train_32x32.mat" : "test_32x32.mat";
    char *found;
    struct pc_file file;
    pcil_status status = pc_find_folder(set->reader, folder, name, &found);
    if (status != PCIL_OK) return status;
    char *path = pc_file_join(found, name);
    pc_release(found);
    if (!path) return pc_fail_memory(NULL, "a path");
    status = pc_file_open(&file, NULL, path);
    if (status == PCIL_OK) {
        status = read_file(set, &file, path);
        pc_file_close(&file);
    }
    pc_release(path);
    return status;
}

static const char *const files[] = {"train_32x32.mat", "test_32x32.mat", NULL};
static const struct pc_archive archives[] = {{"train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"},
                                             {"test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"},
                                             {0}};

const struct pc_reader pc_svhn = {
    .kind = {.name = "svhn", .help = "SVHN, cropped digits: house numbers from the street, 32 x 32 in colour"},
    .fetch = "svhn",
    .files = files,
    .archives = archives,
    .open = open_svhn,
    .read = pc_read_memory,
    .write = pc_write_svhn,
};
