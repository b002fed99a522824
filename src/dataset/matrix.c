/*
 * MAT-File level 5 (MathWorks, "MAT-File Format"), little-endian: a header of 128 bytes, then elements, each a tag of
 * type and size and its data, compressed ones holding one matrix each. A matrix is flags, sizes, name, numbers.
 */
#include "dataset/matrix.h"

#include "base/text.h"

#include <string.h>

enum { HEADER = 128, VERSION = 0x0100 };
enum { INT8 = 1, INT32 = 5, UINT32 = 6, MATRIX = 14, COMPRESSED = 15 };

static uint32_t little_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static pcil_status fail(const struct pc_matrix *matrix, const char *what, uint64_t value, const char *expected) {
    struct pc_quote path, name;
    bool named = matrix->name[0];
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s'%s%s: %s is %llu, expected %s", pc_quote(&path, matrix->path),
                   named ? ", matrix " : "", named ? pc_quote(&name, matrix->name) : "", what,
                   (unsigned long long)value, expected);
}

pcil_status pc_matrix_begin(struct pc_matrix *matrix, const struct pc_file *file, const char *path) {
    uint8_t header[HEADER];
    *matrix = (struct pc_matrix){.file = file, .path = path, .next = HEADER};
    pcil_status status = pc_file_read_at(file, NULL, path, 0, header, sizeof header);
    if (status != PCIL_OK) return status;
    if (header[126] == 'M' && header[127] == 'I')
        return fail(matrix, "the byte order", 1, "little-endian ('IM' at byte 126)");
    uint32_t version = header[124] | (uint32_t)header[125] << 8;
    if (header[126] != 'I' || header[127] != 'M' || version != VERSION)
        return fail(matrix, "the version at byte 124", version, "256 (MATLAB 5) followed by 'IM'");
    return PCIL_OK;
}

/* A tag inside a matrix; a small one holds up to four bytes of data in its second half. */
struct tag {
    uint32_t type, size;
    bool small;
    uint8_t data[4];
};

static pcil_status read_tag(struct pc_matrix *matrix, struct tag *tag) {
    uint8_t bytes[8];
    pcil_status status = pc_stream_read(matrix->stream, bytes, sizeof bytes);
    if (status != PCIL_OK) return status;
    uint32_t first = little_endian(bytes);
    *tag = (struct tag){.type = first & 0xffff, .size = first >> 16, .small = first >> 16 != 0};
    memcpy(tag->data, bytes + 4, 4);
    if (!tag->small) tag->size = little_endian(bytes + 4);
    if (tag->small && tag->size > 4) return fail(matrix, "a small element's size", tag->size, "at most 4");
    return PCIL_OK;
}

static uint64_t padded(uint64_t size) {
    return (size + 7) / 8 * 8;
}

/* A whole sub-element of at most `most` bytes, a multiple of 8, with its padding. */
static pcil_status read_small_part(struct pc_matrix *matrix, uint32_t type, uint32_t most, uint8_t *bytes,
                                   uint32_t *size) {
    struct tag tag;
    pcil_status status = read_tag(matrix, &tag);
    if (status != PCIL_OK) return status;
    if (tag.type != type)
        return fail(matrix, "an element's type", tag.type,
                    type == INT8    ? "1, a name"
                    : type == INT32 ? "5, sizes"
                                    : "6, flags");
    if (tag.size > most) return fail(matrix, "an element's size", tag.size, "less");
    *size = tag.size;
    if (!tag.small) return pc_stream_read(matrix->stream, bytes, padded(tag.size));
    memcpy(bytes, tag.data, 4);
    return PCIL_OK;
}

static pcil_status read_flags(struct pc_matrix *matrix) {
    uint8_t bytes[8];
    uint32_t size;
    pcil_status status = read_small_part(matrix, UINT32, sizeof bytes, bytes, &size);
    if (status != PCIL_OK) return status;
    if (size != 8) return fail(matrix, "the flags' size", size, "8");
    uint32_t flags = little_endian(bytes), class = flags & 0xff;
    if (class != PC_CLASS_DOUBLE && class != PC_CLASS_UINT8)
        return fail(matrix, "the class", class, "6 (double) or 9 (uint8)");
    if (flags >> 8) return fail(matrix, "the flags", flags >> 8, "0: not complex, global or logical");
    matrix->class = class == PC_CLASS_UINT8 ? PC_CLASS_UINT8 : PC_CLASS_DOUBLE;
    return PCIL_OK;
}

static pcil_status read_sizes(struct pc_matrix *matrix) {
    uint8_t bytes[4 * PC_MATRIX_SIZES];
    uint32_t size;
    pcil_status status = read_small_part(matrix, INT32, sizeof bytes, bytes, &size);
    if (status != PCIL_OK) return status;
    if (size < 8 || size % 4) return fail(matrix, "the sizes' size", size, "8, 12 or 16");
    matrix->rank = (int32_t)(size / 4);
    matrix->count = 1;
    for (int32_t i = 0; i < matrix->rank; i++) {
        uint32_t one = little_endian(bytes + 4 * i);
        if (one < 1 || one > INT32_MAX) return fail(matrix, "a size", one, "1 ... 2147483647");
        if (__builtin_mul_overflow(matrix->count, (uint64_t)one, &matrix->count))
            return fail(matrix, "a size", one, "a product below 2^64");
        matrix->sizes[i] = (int32_t)one;
    }
    return PCIL_OK;
}

static pcil_status read_name(struct pc_matrix *matrix) {
    uint8_t bytes[PC_MATRIX_NAME + 1];
    uint32_t size;
    pcil_status status = read_small_part(matrix, INT8, PC_MATRIX_NAME, bytes, &size);
    if (status != PCIL_OK) return status;
    memcpy(matrix->name, bytes, size);
    matrix->name[size] = '\0';
    return strlen(matrix->name) == size ? PCIL_OK : fail(matrix, "a byte of the name", 0, "a letter");
}

static pcil_status check_data(struct pc_matrix *matrix, const struct tag *tag) {
    bool doubles = matrix->class == PC_CLASS_DOUBLE && tag->type == PC_DATA_DOUBLE;
    if (tag->type != PC_DATA_UINT8 && !doubles)
        return fail(matrix, "the numbers' type", tag->type,
                    matrix->class == PC_CLASS_UINT8 ? "2 (uint8)" : "2 (uint8) or 9 (double)");
    matrix->data = doubles ? PC_DATA_DOUBLE : PC_DATA_UINT8;
    uint64_t wanted = 0;
    if (__builtin_mul_overflow(matrix->count, doubles ? 8 : 1, &wanted) || wanted != tag->size)
        return fail(matrix, "the numbers' size", tag->size, "the product of the matrix's sizes");
    matrix->small = tag->small;
    uint64_t begin = pc_stream_position(matrix->stream) - (tag->small ? 4 : 0);
    uint64_t end = begin + (tag->small ? 4 : padded(wanted));
    if (end != matrix->end) return fail(matrix, "the matrix's end", matrix->end, "the end of its numbers");
    return PCIL_OK;
}

static pcil_status read_numbers_tag(struct pc_matrix *matrix) {
    struct tag tag;
    pcil_status status = read_tag(matrix, &tag);
    if (status == PCIL_OK) status = check_data(matrix, &tag);
    memcpy(matrix->few, tag.data, 4);
    matrix->taken = 0;
    return status;
}

static pcil_status read_matrix(struct pc_matrix *matrix) {
    uint8_t tag[8];
    pcil_status status = pc_stream_read(matrix->stream, tag, sizeof tag);
    if (status != PCIL_OK) return status;
    if (little_endian(tag) != MATRIX) return fail(matrix, "an element's type", little_endian(tag), "14, a matrix");
    matrix->end = pc_stream_position(matrix->stream) + little_endian(tag + 4);
    if (matrix->end > pc_stream_bound(matrix->stream) + pc_stream_position(matrix->stream))
        return fail(matrix, "the matrix's size", matrix->end, "no more than the file can hold");
    status = read_flags(matrix);
    if (status == PCIL_OK) status = read_sizes(matrix);
    if (status == PCIL_OK) status = read_name(matrix);
    return status == PCIL_OK ? read_numbers_tag(matrix) : status;
}

pcil_status pc_matrix_next(struct pc_matrix *matrix, bool *more) {
    uint8_t tag[8];
    matrix->name[0] = '\0';
    *more = matrix->next < matrix->file->size;
    if (!*more) return PCIL_OK;
    pcil_status status = pc_file_read_at(matrix->file, NULL, matrix->path, matrix->next, tag, sizeof tag);
    if (status != PCIL_OK) return status;
    uint32_t type = little_endian(tag), size = little_endian(tag + 4);
    if (type != COMPRESSED && type != MATRIX) return fail(matrix, "an element's type", type, "14 or 15, a matrix");
    if (size > matrix->file->size - matrix->next - 8)
        return fail(matrix, "an element's size", size, "no more than the rest of the file");
    bool packed = type == COMPRESSED;
    uint64_t begin = matrix->next + (packed ? 8 : 0), end = matrix->next + 8 + size;
    status = pc_stream_open(&matrix->stream, matrix->file, matrix->path, begin, end, packed ? PC_ZLIB : PC_PLAIN);
    if (status != PCIL_OK) return status;
    matrix->next = end;
    return read_matrix(matrix);
}

pcil_status pc_matrix_read(struct pc_matrix *matrix, void *numbers, uint64_t count) {
    uint64_t bytes = count * (matrix->data == PC_DATA_DOUBLE ? 8 : 1);
    if (!matrix->small) return pc_stream_read(matrix->stream, numbers, bytes);
    if (bytes > 4 - matrix->taken) return fail(matrix, "the numbers' size", 4, "more");
    memcpy(numbers, matrix->few + matrix->taken, bytes);
    matrix->taken += (uint32_t)bytes;
    return PCIL_OK;
}

pcil_status pc_matrix_finish(struct pc_matrix *matrix) {
    uint8_t padding[8];
    uint64_t left = matrix->end - pc_stream_position(matrix->stream);
    pcil_status status = left < 8 ? pc_stream_read(matrix->stream, padding, left)
                                  : fail(matrix, "the rest of the matrix", left, "padding of less than 8 bytes");
    if (status == PCIL_OK) status = pc_stream_finish(matrix->stream);
    pc_stream_close(matrix->stream);
    matrix->stream = NULL;
    return status;
}

void pc_matrix_close(struct pc_matrix *matrix) {
    pc_stream_close(matrix->stream);
    matrix->stream = NULL;
}
