/* The checks of a safetensors header: nothing in it is believed before all of it is. */
#include "base/memory.h"
#include "file/safetensors.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values: a tensor costs about eight; this bounds what jansson builds of 4 MiB of "{},". */
static const struct pc_json_limits header_limits = {.depth = 3, .values = 400000};

static pcil_status wrong(const struct pc_safetensors *archive, struct pc_error *own, const char *tensor,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

static pcil_status wrong(const struct pc_safetensors *archive, struct pc_error *own, const char *tensor,
                         const char *format, ...) {
    struct pc_quote quote;
    char what[sizeof quote.text + 120];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: tensor '%s': %s", archive->path.text,
                   pc_quote(&quote, tensor), what);
}

/* Outside of texts a header needs brackets, digits and separators alone: no sign, point, exponent or literal. */
static pcil_status check_bytes(const struct pc_safetensors *archive, struct pc_error *own, const char *text,
                               size_t size) {
    bool inside = false;
    if (text[0] != '{')
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: begins with byte 0x%02x, expected '{'",
                       archive->path.text, (unsigned char)text[0]);
    for (size_t at = 0; at < size; at++) {
        if (text[at] == '"') inside = !inside;
        if (inside && text[at] == '\\') at++;
        if (inside || (text[at] && strchr("{}[]:,\"0123456789 \t\r\n", text[at]))) continue;
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: byte %zu is 0x%02x, expected plain integers and texts",
                       archive->path.text, at, (unsigned char)text[at]);
    }
    return PCIL_OK;
}

/* Fails unless only spaces stand behind the last brace. */
static pcil_status check_end(const struct pc_safetensors *archive, struct pc_error *own, const char *text,
                             size_t size) {
    while (size > 1 && text[size - 1] == ' ') size--;
    if (text[size - 1] == '}') return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: ends with byte 0x%02x, expected '}' and spaces",
                   archive->path.text, (unsigned char)text[size - 1]);
}

static pcil_status check_metadata(const struct pc_safetensors *archive, struct pc_error *own, json_t *metadata) {
    const char *key;
    json_t *value;
    struct pc_quote quote;
    if (!json_is_object(metadata))
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: __metadata__ is not an object", archive->path.text);
    json_object_foreach (metadata, key, value)
        if (!json_is_string(value))
            return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': header: __metadata__: '%s' is not a text", archive->path.text,
                           pc_quote(&quote, key));
    return PCIL_OK;
}

static pcil_status check_dtype(const struct pc_safetensors *archive, struct pc_error *own, const char *name,
                               json_t *entry) {
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype) return wrong(archive, own, name, "dtype is missing or not a text");
    struct pc_quote quote;
    if (strcmp(dtype, "F32") == 0) return PCIL_OK;
    return wrong(archive, own, name, "dtype is '%s', expected 'F32'", pc_quote(&quote, dtype));
}

/* Also multiplies: `size` receives the tensor's bytes. */
static pcil_status check_shape(const struct pc_safetensors *archive, struct pc_error *own, const char *name,
                               json_t *entry, struct pc_stored_tensor *tensor, uint64_t *size) {
    json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape)) return wrong(archive, own, name, "shape is missing or not an array");
    if (json_array_size(shape) > PC_TENSOR_RANK)
        return wrong(archive, own, name, "shape has %zu dimensions, expected at most %d", json_array_size(shape),
                     PC_TENSOR_RANK);
    tensor->rank = (int32_t)json_array_size(shape);
    *size = sizeof(float);
    for (int32_t d = 0; d < tensor->rank; d++) {
        json_t *extent = json_array_get(shape, (size_t)d);
        json_int_t value = json_integer_value(extent);
        if (!json_is_integer(extent)) return wrong(archive, own, name, "shape[%d] is not an integer", d);
        if (value < 0 || value > INT32_MAX)
            return wrong(archive, own, name, "shape[%d] is %lld, expected 0 to 2147483647", d, (long long)value);
        tensor->shape[d] = value;
        if (__builtin_mul_overflow(*size, (uint64_t)value, size))
            return wrong(archive, own, name, "shape: more bytes than 64 bits count");
    }
    return PCIL_OK;
}

static pcil_status check_offsets(const struct pc_safetensors *archive, struct pc_error *own, const char *name,
                                 json_t *entry, struct pc_stored_tensor *tensor, uint64_t size) {
    json_t *offsets = json_object_get(entry, "data_offsets");
    json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return wrong(archive, own, name, "data_offsets is not an array of two integers");
    tensor->begin = (uint64_t)json_integer_value(begin);
    tensor->end = (uint64_t)json_integer_value(end);
    if (tensor->end < tensor->begin || tensor->end - tensor->begin != size)
        return wrong(archive, own, name,
                     "data_offsets are [%llu, %llu], expected to span the %llu bytes of shape and dtype",
                     (unsigned long long)tensor->begin, (unsigned long long)tensor->end, (unsigned long long)size);
    return PCIL_OK;
}

static pcil_status check_entry(const struct pc_safetensors *archive, struct pc_error *own, const char *name,
                               json_t *entry, struct pc_stored_tensor *tensor) {
    uint64_t size = 0;
    tensor->name = name;
    if (!json_is_object(entry)) return wrong(archive, own, name, "is not an object");
    if (json_object_size(entry) != 3)
        return wrong(archive, own, name, "has %zu keys, expected exactly dtype, shape, data_offsets",
                     json_object_size(entry));
    pcil_status status = check_dtype(archive, own, name, entry);
    if (status == PCIL_OK) status = check_shape(archive, own, name, entry, tensor, &size);
    if (status == PCIL_OK) status = check_offsets(archive, own, name, entry, tensor, size);
    return status;
}

static pcil_status list_tensors(struct pc_safetensors *archive, struct pc_error *own) {
    const char *key;
    json_t *value;
    archive->tensors = pc_allocate(json_object_size(archive->header), sizeof *archive->tensors);
    if (!archive->tensors) return pc_fail_memory(own, "a model's list of tensors");
    json_object_foreach (archive->header, key, value) {
        bool metadata = strcmp(key, PC_METADATA) == 0;
        pcil_status status = metadata ? check_metadata(archive, own, value)
                                      : check_entry(archive, own, key, value, &archive->tensors[archive->count]);
        if (status != PCIL_OK) return status;
        if (!metadata) archive->count++;
    }
    return PCIL_OK;
}

static int by_begin(const void *left, const void *right) {
    const struct pc_stored_tensor *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

static pcil_status check_layout(struct pc_safetensors *archive, struct pc_error *own) {
    uint64_t at = 0, size = archive->file.size - archive->data;
    qsort(archive->tensors, (size_t)archive->count, sizeof *archive->tensors, by_begin);
    for (int32_t i = 0; i < archive->count; i++) {
        if (archive->tensors[i].begin != at)
            return wrong(archive, own, archive->tensors[i].name,
                         "its data begin at byte %llu, expected %llu, where those before end: a hole or an overlap",
                         (unsigned long long)archive->tensors[i].begin, (unsigned long long)at);
        at = archive->tensors[i].end;
    }
    if (at == size) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': the header describes %llu bytes of data, the file holds %llu",
                   archive->path.text, (unsigned long long)at, (unsigned long long)size);
}

static int by_name(const void *left, const void *right) {
    const struct pc_stored_tensor *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static pcil_status sort_names(struct pc_safetensors *archive, struct pc_error *own) {
    archive->named = pc_allocate((size_t)archive->count, sizeof(struct pc_stored_tensor *));
    if (!archive->named) return pc_fail_memory(own, "a model's list of tensors");
    for (int32_t i = 0; i < archive->count; i++) archive->named[i] = &archive->tensors[i];
    qsort(archive->named, (size_t)archive->count, sizeof(struct pc_stored_tensor *), by_name);
    return PCIL_OK;
}

const struct pc_stored_tensor *pc_safetensors_find(const struct pc_safetensors *archive, const char *name) {
    const struct pc_stored_tensor key = {.name = name}, *wanted = &key;
    const struct pc_stored_tensor *const *found =
        bsearch(&wanted, archive->named, (size_t)archive->count, sizeof(struct pc_stored_tensor *), by_name);
    return found ? *found : NULL;
}

pcil_status pc_safetensors_check(struct pc_safetensors *archive, struct pc_error *own, const char *text, size_t size) {
    char what[sizeof archive->path.text + 16];
    snprintf(what, sizeof what, "'%s': header", archive->path.text);
    pcil_status status = check_bytes(archive, own, text, size);
    if (status == PCIL_OK) status = check_end(archive, own, text, size);
    if (status == PCIL_OK) status = pc_json_parse(own, what, text, size, header_limits, &archive->header);
    if (status == PCIL_OK) status = list_tensors(archive, own);
    if (status == PCIL_OK) status = check_layout(archive, own);
    if (status == PCIL_OK) status = sort_names(archive, own);
    return status;
}
