/*
 * IDX files (LeCun, Cortes & Burges 1998: MNIST and its relatives), plain or gzipped: a big-endian magic number, the
 * dimensions, then bytes. http://yann.lecun.com/exdb/mnist/
 */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"
#include "dataset/write.h"
#include "file/stream.h"

#include <string.h>

enum {
    IMAGES_MAGIC = 0x00000803,
    LABELS_MAGIC = 0x00000801,
    MOST_IMAGES = 1 << 24,
    MOST_SIDE = 4096,
    MOST_LABEL = 255
};

static const char *const image_files[PC_PARTS] = {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"};
static const char *const label_files[PC_PARTS] = {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"};

/* One open file, its header read. */
struct idx {
    char *path;
    struct pc_file file;
    struct pc_stream *stream;
    uint32_t sizes[3];
};

static void close_idx(struct idx *idx) {
    pc_stream_close(idx->stream);
    if (idx->file.descriptor >= 0) pc_file_close(&idx->file);
    pc_release(idx->path);
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static pcil_status read_header(struct idx *idx, uint32_t magic) {
    uint8_t bytes[16];
    struct pc_quote quote;
    int sizes = (int)(magic & 0xff);
    pcil_status status = pc_stream_read(idx->stream, bytes, 4 + 4 * (uint64_t)sizes);
    if (status != PCIL_OK) return status;
    if (big_endian(bytes) != magic)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' begins with 0x%08x, expected 0x%08x", pc_quote(&quote, idx->path),
                       (unsigned)big_endian(bytes), (unsigned)magic);
    for (int i = 0; i < sizes; i++) idx->sizes[i] = big_endian(bytes + 4 + 4 * i);
    return PCIL_OK;
}

/* The product of the sizes must be what the file can hold, before anything is reserved. */
static pcil_status check_sizes(const struct idx *idx, uint32_t magic) {
    struct pc_quote quote;
    bool images = magic == IMAGES_MAGIC;
    uint64_t pixels = images ? (uint64_t)idx->sizes[1] * idx->sizes[2] : 1;
    bool sides = !images ||
                 (idx->sizes[1] >= 1 && idx->sizes[1] <= MOST_SIDE && idx->sizes[2] >= 1 && idx->sizes[2] <= MOST_SIDE);
    if (!sides || idx->sizes[0] < 1 || idx->sizes[0] > MOST_IMAGES)
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' claims %u images of %u x %u; expected 1 ... %d of 1 ... %d a side",
                       pc_quote(&quote, idx->path), idx->sizes[0], images ? idx->sizes[1] : 1,
                       images ? idx->sizes[2] : 1, MOST_IMAGES, MOST_SIDE);
    if (idx->sizes[0] * pixels > pc_stream_bound(idx->stream))
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' claims %llu bytes behind its header, more than its %llu bytes in all can hold",
                       pc_quote(&quote, idx->path), (unsigned long long)(idx->sizes[0] * pixels),
                       (unsigned long long)idx->file.size);
    return PCIL_OK;
}

static pcil_status open_stream(struct idx *idx, uint32_t magic) {
    pcil_status status = pc_file_open(&idx->file, NULL, idx->path);
    if (status != PCIL_OK) return status;
    size_t length = strlen(idx->path);
    bool packed = length > 3 && strcmp(idx->path + length - 3, ".gz") == 0;
    status = pc_stream_open(&idx->stream, &idx->file, idx->path, 0, idx->file.size, packed ? PC_GZIP : PC_PLAIN);
    if (status == PCIL_OK) status = read_header(idx, magic);
    return status == PCIL_OK ? check_sizes(idx, magic) : status;
}

/* Opens "name", or "name.gz" where that is all there is. After a failure there is nothing to close. */
static pcil_status open_idx(struct idx *idx, const char *folder, const char *name, uint32_t magic) {
    *idx = (struct idx){.file.descriptor = -1};
    idx->path = pc_file_join(folder, name);
    pcil_status status = idx->path ? PCIL_OK : pc_fail_memory(NULL, "a path");
    if (status == PCIL_OK && !pc_file_exists(idx->path)) {
        struct pc_text packed = {0};
        pc_text_append(&packed, "%s.gz", idx->path);
        pc_release(idx->path);
        idx->path = packed.bytes;
        if (packed.failed || !packed.bytes) status = pc_fail_memory(NULL, "a path");
    }
    if (status == PCIL_OK) status = open_stream(idx, magic);
    if (status != PCIL_OK) close_idx(idx);
    return status;
}

/* Labels go through a piece, so that a file of them costs no memory; `labels` may be NULL. */
static pcil_status take_labels(struct idx *idx, int32_t *labels, int32_t *greatest) {
    uint8_t piece[4096];
    for (uint64_t first = 0, count = idx->sizes[0]; first < count; first += sizeof piece) {
        uint64_t taken = count - first < sizeof piece ? count - first : sizeof piece;
        pcil_status status = pc_stream_read(idx->stream, piece, taken);
        if (status != PCIL_OK) return status;
        for (uint64_t i = 0; i < taken; i++) {
            if (piece[i] > *greatest) *greatest = piece[i];
            if (labels) labels[first + i] = piece[i];
        }
    }
    return pc_stream_finish(idx->stream);
}

static pcil_status read_labels(struct pcil_dataset *set, const char *folder, enum pc_part part, int32_t *greatest) {
    struct idx idx;
    struct pc_quote quote;
    pcil_status status = open_idx(&idx, folder, label_files[part], LABELS_MAGIC);
    if (status != PCIL_OK) return status;
    if (idx.sizes[0] != (uint64_t)set->count)
        status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds %u labels, but there are %lld images",
                         pc_quote(&quote, idx.path), idx.sizes[0], (long long)set->count);
    if (status == PCIL_OK) status = take_labels(&idx, set->own_labels, greatest);
    close_idx(&idx);
    return status;
}

static pcil_status read_images(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    struct idx idx;
    pcil_status status = open_idx(&idx, folder, image_files[part], IMAGES_MAGIC);
    if (status != PCIL_OK) return status;
    int32_t shape[] = {1, (int32_t)idx.sizes[1], (int32_t)idx.sizes[2]};
    status = pc_dataset_reserve(set, idx.sizes[0], shape, 0, true);
    if (status == PCIL_OK)
        status = pc_stream_read(idx.stream, set->bytes, (uint64_t)(set->count * pc_dataset_image_size(set)));
    if (status == PCIL_OK) status = pc_stream_finish(idx.stream);
    close_idx(&idx);
    return status;
}

/* 1 if the part has labels, or may, 0 if not, -1 if there is no memory. */
static int has_labels(const char *folder, enum pc_part part) {
    struct pc_text path = {0};
    pc_text_append(&path, "%s/%s", folder, label_files[part]);
    int found = path.failed ? -1 : pc_file_exists(path.bytes);
    if (found == 0) {
        pc_text_append(&path, ".gz");
        found = path.failed ? -1 : pc_file_exists(path.bytes);
    }
    pc_text_free(&path);
    return found;
}

/* The format does not tell the number of classes: it is that of the greatest label of both parts. */
static pcil_status count_classes(struct pcil_dataset *set, const char *folder, enum pc_part other, int32_t greatest) {
    int there = has_labels(folder, other);
    if (there < 0) return pc_fail_memory(NULL, "a path");
    if (there) {
        struct idx idx;
        pcil_status status = open_idx(&idx, folder, label_files[other], LABELS_MAGIC);
        if (status != PCIL_OK) return status;
        status = take_labels(&idx, NULL, &greatest);
        close_idx(&idx);
        if (status != PCIL_OK) return status;
    }
    set->classes = greatest + 1;
    return PCIL_OK;
}

static pcil_status open_part(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    char *found = NULL;
    int32_t greatest = 0;
    char packed[64];
    /* a message about the plain name, if neither is there */
    strcat(strcpy(packed, image_files[part]), ".gz");
    pcil_status status = pc_find_folder(set->reader, folder, packed, &found);
    if (status == PCIL_ERROR_IO) status = pc_find_folder(set->reader, folder, image_files[part], &found);
    if (status == PCIL_OK) status = read_images(set, found, part);
    if (status == PCIL_OK) status = read_labels(set, found, part, &greatest);
    if (status == PCIL_OK) status = count_classes(set, found, part == PC_TRAIN ? PC_TEST : PC_TRAIN, greatest);
    pc_release(found);
    return status;
}

static const char *const files[] = {
    "train-images-idx3-ubyte",   "train-labels-idx1-ubyte",    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",  NULL};
static const struct pc_archive archives[] = {{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
                                             {"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
                                             {"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
                                             {"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"},
                                             {0}};

const struct pc_reader pc_idx = {
    .kind = {.name = "idx", .help = "IDX files, plain or gzipped: MNIST and its relatives"},
    .fetch = "mnist",
    .files = files,
    .archives = archives,
    .open = open_part,
    .read = pc_read_memory,
    .write = pc_write_idx,
};
