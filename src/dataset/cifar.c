/*
 * CIFAR-10 and CIFAR-100 (Krizhevsky 2009), binary versions: records of one or two label bytes and 3,072 pixel bytes,
 * the red plane first. https://www.cs.toronto.edu/~kriz/cifar.html
 */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"
#include "dataset/list.h"
#include "dataset/write.h"

enum { SIDE = 32, PLANE = SIDE * SIDE, PIXELS = 3 * PLANE, MOST_RECORDS = 1 << 20, MOST_FILES = 5, PIECE = 64 };

struct layout {
    const char *files[PC_PARTS][MOST_FILES + 1];
    const char *names; /* the file of class names */
    int32_t classes, label_bytes;
    int32_t coarse; /* classes of the first of two labels */
};

static const struct layout cifar10 = {
    .files = {{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
              {"test_batch.bin"}},
    .names = "batches.meta.txt",
    .classes = 10,
    .label_bytes = 1,
};

static const struct layout cifar100 = {
    .files = {{"train.bin"}, {"test.bin"}},
    .names = "fine_label_names.txt",
    .classes = 100,
    .label_bytes = 2,
    .coarse = 20,
};

/* One part while it is read. */
struct reading {
    const struct layout *layout;
    struct pcil_dataset *set;
    char *paths[MOST_FILES];
    struct pc_file files[MOST_FILES];
    int64_t records[MOST_FILES];
    int32_t count; /* files */
};

static int64_t record_size(const struct layout *layout) {
    return layout->label_bytes + PIXELS;
}

static pcil_status open_file(struct reading *reading, int32_t i) {
    struct pc_quote quote;
    pcil_status status = pc_file_open(&reading->files[i], NULL, reading->paths[i]);
    if (status != PCIL_OK) return status;
    uint64_t size = reading->files[i].size, record = (uint64_t)record_size(reading->layout);
    if (size == 0 || size % record != 0 || size / record > MOST_RECORDS)
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' holds %llu bytes, expected records of %llu bytes, at least one and at most %d",
                       pc_quote(&quote, reading->paths[i]), (unsigned long long)size, (unsigned long long)record,
                       MOST_RECORDS);
    reading->records[i] = (int64_t)(size / record);
    return PCIL_OK;
}

/* All files are opened and measured before anything is reserved. */
static pcil_status open_files(struct reading *reading, const char *folder, enum pc_part part) {
    const char *const *names = reading->layout->files[part];
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < MOST_FILES && names[i] && status == PCIL_OK; i++) {
        reading->count = i + 1;
        reading->files[i].descriptor = -1;
        reading->paths[i] = pc_file_join(folder, names[i]);
        status = reading->paths[i] ? open_file(reading, i) : pc_fail_memory(NULL, "a path");
    }
    return status;
}

static void close_files(struct reading *reading) {
    for (int32_t i = 0; i < reading->count; i++) {
        if (reading->files[i].descriptor >= 0) pc_file_close(&reading->files[i]);
        pc_release(reading->paths[i]);
    }
}

static void interleave(const uint8_t *planes, uint8_t *pixels) {
    for (int32_t i = 0; i < PLANE; i++)
        for (int32_t c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * PLANE + i];
}

static pcil_status take_record(const struct reading *reading, int32_t file, int64_t record, const uint8_t *bytes,
                               int64_t image) {
    const struct layout *layout = reading->layout;
    struct pc_quote quote;
    int32_t limits[] = {layout->label_bytes == 2 ? layout->coarse : layout->classes, layout->classes};
    for (int32_t i = 0; i < layout->label_bytes; i++)
        if (bytes[i] >= limits[i])
            return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s', byte %lld: label %d of record %lld, expected 0 ... %d",
                           pc_quote(&quote, reading->paths[file]), (long long)(record * record_size(layout) + i),
                           bytes[i], (long long)record, limits[i] - 1);
    reading->set->own_labels[image] = bytes[layout->label_bytes - 1];
    interleave(bytes + layout->label_bytes, reading->set->bytes + image * PIXELS);
    return PCIL_OK;
}

static pcil_status read_file(const struct reading *reading, int32_t file, uint8_t *piece, int64_t image) {
    int64_t size = record_size(reading->layout), count = reading->records[file];
    for (int64_t first = 0; first < count; first += PIECE) {
        int64_t taken = count - first < PIECE ? count - first : PIECE;
        pcil_status status = pc_file_read_at(&reading->files[file], NULL, reading->paths[file],
                                             (uint64_t)(first * size), piece, (uint64_t)(taken * size));
        for (int64_t i = 0; i < taken && status == PCIL_OK; i++)
            status = take_record(reading, file, first + i, piece + i * size, image + first + i);
        if (status != PCIL_OK) return status;
    }
    return PCIL_OK;
}

static pcil_status read_files(const struct reading *reading) {
    static const int32_t shape[] = {3, SIDE, SIDE};
    int64_t count = 0, image = 0;
    for (int32_t i = 0; i < reading->count; i++) count += reading->records[i];
    pcil_status status = pc_dataset_reserve(reading->set, count, shape, reading->layout->classes, true);
    if (status != PCIL_OK) return status;
    uint8_t *piece = pc_allocate(PIECE, (size_t)record_size(reading->layout));
    if (!piece) return pc_fail_memory(NULL, "a file's piece");
    for (int32_t i = 0; i < reading->count && status == PCIL_OK; i++) {
        status = read_file(reading, i, piece, image);
        image += reading->records[i];
    }
    pc_release(piece);
    return status;
}

static pcil_status read_names(struct pcil_dataset *set, const struct layout *layout, const char *folder) {
    char *path = pc_file_join(folder, layout->names);
    if (!path) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_file_exists(path) ? pc_list_names(path, layout->classes, &set->names) : PCIL_OK;
    pc_release(path);
    return status;
}

static pcil_status open_part(struct pcil_dataset *set, const struct layout *layout, const char *folder,
                             enum pc_part part) {
    char *found;
    pcil_status status = pc_find_folder(set->reader, folder, layout->files[part][0], &found);
    if (status != PCIL_OK) return status;
    struct reading reading = {.layout = layout, .set = set};
    status = open_files(&reading, found, part);
    if (status == PCIL_OK) status = read_files(&reading);
    close_files(&reading);
    if (status == PCIL_OK) status = read_names(set, layout, found);
    pc_release(found);
    return status;
}

static pcil_status open_cifar10(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    return open_part(set, &cifar10, folder, part);
}

static pcil_status open_cifar100(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    return open_part(set, &cifar100, folder, part);
}

static const char *const files10[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                      "data_batch_5.bin", "test_batch.bin",   "batches.meta.txt", NULL};
static const struct pc_archive archives10[] = {{"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"}, {0}};

const struct pc_reader pc_cifar10 = {
    .kind = {.name = "cifar10", .help = "CIFAR-10, binary version: 10 classes of 32 x 32 colour photographs"},
    .official = "cifar-10-batches-bin",
    .fetch = "cifar10",
    .files = files10,
    .archives = archives10,
    .open = open_cifar10,
    .read = pc_read_memory,
    .write = pc_write_cifar10,
};

static const char *const files100[] = {"train.bin", "test.bin", "fine_label_names.txt", NULL};
static const struct pc_archive archives100[] = {{"cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"}, {0}};

const struct pc_reader pc_cifar100 = {
    .kind = {.name = "cifar100", .help = "CIFAR-100, binary version: 100 classes of 32 x 32 colour photographs"},
    .official = "cifar-100-binary",
    .fetch = "cifar100",
    .files = files100,
    .archives = archives100,
    .open = open_cifar100,
    .read = pc_read_memory,
    .write = pc_write_cifar100,
};
