#include "file/safetensors.h"

#include "base/memory.h"

#include <string.h>

enum { LENGTH_BYTES = 8 };

static uint64_t little_endian(const unsigned char bytes[LENGTH_BYTES]) {
    uint64_t value = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) value = value << 8 | bytes[i];
    return value;
}

static pcil_status read_length(const struct pc_safetensors *archive, struct pc_error *own, const char *path,
                               uint64_t *length) {
    unsigned char bytes[LENGTH_BYTES];
    pcil_status status = pc_file_read_at(&archive->file, own, path, 0, bytes, sizeof bytes);
    if (status != PCIL_OK) return status;
    *length = little_endian(bytes);
    if (*length >= 2 && *length <= PC_HEADER_MOST && *length <= archive->file.size - LENGTH_BYTES) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_FORMAT,
                   "'%s': byte 0: the header's length is %llu, expected 2 to %d and at most the file's %llu: not a "
                   "safetensors file, or cut short",
                   archive->path.text, (unsigned long long)*length, PC_HEADER_MOST,
                   (unsigned long long)(archive->file.size - LENGTH_BYTES));
}

static pcil_status read_header(struct pc_safetensors *archive, struct pc_error *own, const char *path) {
    uint64_t length;
    pcil_status status = read_length(archive, own, path, &length);
    if (status != PCIL_OK) return status;
    char *text = pc_allocate((size_t)length, 1);
    if (!text) return pc_fail_memory(own, "a model's header");
    status = pc_file_read_at(&archive->file, own, path, LENGTH_BYTES, text, length);
    archive->data = LENGTH_BYTES + length;
    if (status == PCIL_OK) status = pc_safetensors_check(archive, own, text, (size_t)length);
    pc_release(text);
    return status;
}

pcil_status pc_safetensors_open(struct pc_safetensors *archive, struct pc_error *own, const char *path) {
    struct pc_safetensors opened = {.count = 0};
    pcil_status status = pc_file_open(&opened.file, own, path);
    if (status != PCIL_OK) return status;
    pc_quote(&opened.path, path);
    status = read_header(&opened, own, path);
    if (status == PCIL_OK)
        *archive = opened;
    else
        pc_safetensors_close(&opened);
    return status;
}

void pc_safetensors_close(struct pc_safetensors *archive) {
    pc_file_close(&archive->file);
    pc_release(archive->tensors);
    pc_release(archive->named);
    json_decref(archive->header);
    archive->tensors = NULL;
    archive->named = NULL;
    archive->header = NULL;
}

const char *pc_safetensors_metadata(const struct pc_safetensors *archive, const char *key) {
    return json_string_value(json_object_get(json_object_get(archive->header, PC_METADATA), key));
}

pcil_status pc_safetensors_read(const struct pc_safetensors *archive, struct pc_error *own,
                                const struct pc_stored_tensor *tensor, void *bytes) {
    return pc_file_read_at(&archive->file, own, archive->path.text, archive->data + tensor->begin, bytes,
                           tensor->end - tensor->begin);
}

static json_t *describe(const struct pc_stored_tensor *tensor) {
    json_t *shape = json_array();
    for (int32_t d = 0; d < tensor->rank; d++)
        if (json_array_append_new(shape, json_integer(tensor->shape[d])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", "F32", "shape", shape, "data_offsets", (json_int_t)tensor->begin,
                     (json_int_t)tensor->end);
}

static json_t *make_header(json_t *metadata, const struct pc_stored_tensor *tensors, int32_t count) {
    json_t *header = json_object();
    bool good = !metadata || json_object_set(header, PC_METADATA, metadata) == 0;
    for (int32_t i = 0; i < count && good; i++)
        good = json_object_set_new(header, tensors[i].name, describe(&tensors[i])) == 0;
    if (good) return header;
    json_decref(header);
    return NULL;
}

/* Length and header, padded by spaces so that the data begin at a multiple of eight. */
static unsigned char *write_header(const char *text, size_t *size) {
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    unsigned char *bytes = pc_allocate(LENGTH_BYTES + padded, 1);
    if (!bytes) return NULL;
    for (int i = 0; i < LENGTH_BYTES; i++) bytes[i] = (unsigned char)(padded >> 8 * i);
    memset(bytes + LENGTH_BYTES, ' ', padded);
    memcpy(bytes + LENGTH_BYTES, text, length); /* NOLINT(bugprone-not-null-terminated-result): the format has no end */
    *size = LENGTH_BYTES + padded;
    return bytes;
}

/* Header and tensors, each where it lies in memory. */
static pcil_status write_file(struct pc_error *own, const char *path, struct pc_file_part header,
                              const struct pc_stored_tensor *tensors, int32_t count, const void *const *data,
                              bool keep) {
    struct pc_file_part *parts = pc_allocate((size_t)count + 1, sizeof *parts);
    if (!parts) return pc_fail_memory(own, "a list of tensors");
    parts[0] = header;
    for (int32_t i = 0; i < count; i++)
        parts[i + 1] = (struct pc_file_part){data[i], tensors[i].end - tensors[i].begin};
    pcil_status status = pc_file_write_parts(own, path, parts, count + 1, keep);
    pc_release(parts);
    return status;
}

pcil_status pc_safetensors_write(struct pc_error *own, const char *path, json_t *metadata,
                                 const struct pc_stored_tensor *tensors, int32_t count, const void *const *data,
                                 bool keep) {
    size_t size = 0;
    json_t *header = make_header(metadata, tensors, count);
    char *text = header ? pc_json_dump(header, JSON_COMPACT) : NULL;
    unsigned char *bytes = text ? write_header(text, &size) : NULL;
    pcil_status status = PCIL_OK;
    if (!bytes)
        status = pc_fail_memory(own, "a model's header");
    else if (size - LENGTH_BYTES > PC_HEADER_MOST)
        status = pc_fail(own, PCIL_ERROR_ARGUMENT, "the model's description and metadata need %zu bytes, at most %d",
                         size - LENGTH_BYTES, PC_HEADER_MOST);
    if (status == PCIL_OK)
        status = write_file(own, path, (struct pc_file_part){bytes, size}, tensors, count, data, keep);
    pc_release(bytes);
    free(text);
    json_decref(header);
    return status;
}
