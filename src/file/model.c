/*
 * Networks as safetensors files: the weights under the network's own names, [inputs][units], and in the metadata the
 * network's description, so that one file is a whole model.
 */
#include "base/memory.h"
#include "file/checksum.h"
#include "file/safetensors.h"
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

enum { METADATA_MOST = 1 << 20 };

/* The metadata's keys that are the library's. */
static const char description_key[] = "description", format_key[] = "pcil_format", version_key[] = "pcil_version",
                  checksum_key[] = "data_crc32";
static const char format_version[] = "1";

struct checksum_text {
    char text[9];
};

static const char *checksum_text(struct checksum_text *text, uint32_t sum) {
    snprintf(text->text, sizeof text->text, "%08x", (unsigned)sum);
    return text->text;
}

static bool is_reserved(const char *key) {
    return strcmp(key, description_key) == 0 || strcmp(key, format_key) == 0 || strcmp(key, version_key) == 0 ||
           strcmp(key, checksum_key) == 0;
}

/* The caller's metadata as an object of texts; an empty one for NULL. */
static pcil_status parse_metadata(const char *text, json_t **metadata) {
    const struct pc_json_limits limits = {.depth = 1, .values = 10000};
    const char *key;
    json_t *value;
    struct pc_quote quote;
    if (!text) text = "{}";
    if (strlen(text) > METADATA_MOST)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "metadata: longer than %d bytes", METADATA_MOST);
    pcil_status status = pc_json_parse(NULL, "metadata", text, strlen(text), limits, metadata);
    if (status != PCIL_OK) return status == PCIL_ERROR_FORMAT ? PCIL_ERROR_ARGUMENT : status;
    json_object_foreach (*metadata, key, value) {
        const char *problem = is_reserved(key) ? "is written by the library" : "is not a text";
        if (json_is_string(value) && !is_reserved(key)) continue;
        status = pc_fail(NULL, PCIL_ERROR_ARGUMENT, "metadata: '%s' %s", pc_quote(&quote, key), problem);
        json_decref(*metadata);
        return status;
    }
    return PCIL_OK;
}

/* Lists the network's tensors one after the other as they will lie in the file. */
static pcil_status lay_out(const pcil_network *network, struct pc_stored_tensor *tensors, int32_t count) {
    uint64_t at = 0;
    for (int32_t i = 0; i < count; i++) {
        struct pc_stored_tensor *tensor = &tensors[i];
        tensor->name = pcil_network_tensor_name(network, i);
        pcil_status status = pcil_network_tensor_shape(network, tensor->name, &tensor->rank, tensor->shape);
        if (status != PCIL_OK) return status;
        uint64_t size = sizeof(float);
        for (int32_t d = 0; d < tensor->rank; d++) size *= (uint64_t)tensor->shape[d];
        tensor->begin = at;
        at = tensor->end = at + size;
    }
    return PCIL_OK;
}

/* Points to the weights where they are; returns their checksum. */
static uint32_t point_out(const pcil_network *network, int32_t count, const void **data) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        int64_t numbers;
        data[i] = pc_network_tensor_numbers(network, i, &numbers);
        sum = pc_checksum(sum, data[i], (size_t)numbers * sizeof(float));
    }
    return sum;
}

/* A model that could not be loaded is not saved either. */
static pcil_status check_weights(const pcil_network *network) {
    struct pc_bad_weight bad;
    for (int32_t b = 0; b < pcil_network_blocks(network); b++)
        if (pc_network_bad_weight(network, b, &bad))
            return pc_fail(NULL, PCIL_ERROR_DIVERGED,
                           "weights of block %d are not finite: number %lld of '%s' is %g; such a model is not saved",
                           b, (long long)bad.place, bad.tensor, bad.value);
    return PCIL_OK;
}

static char *describe(const pcil_network *network) {
    int64_t length = 0;
    if (pcil_network_describe(network, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = pc_allocate((size_t)length + 1, 1);
    if (!text || pcil_network_describe(network, text, length + 1, &length) == PCIL_OK) return text;
    pc_release(text);
    return NULL;
}

/* Adds the library's keys to the metadata. */
static pcil_status complete_metadata(const pcil_network *network, json_t *metadata, uint32_t sum) {
    struct checksum_text checksum;
    char *description = describe(network);
    bool good = description && json_object_set_new(metadata, description_key, json_string(description)) == 0 &&
                json_object_set_new(metadata, format_key, json_string(format_version)) == 0 &&
                json_object_set_new(metadata, version_key, json_string(pcil_version())) == 0 &&
                json_object_set_new(metadata, checksum_key, json_string(checksum_text(&checksum, sum))) == 0;
    pc_release(description);
    return good ? PCIL_OK : pc_fail_memory(NULL, "a model's metadata");
}

static pcil_status save_with(const pcil_network *network, const char *path, json_t *metadata) {
    int32_t count = pcil_network_tensors(network);
    struct pc_stored_tensor *tensors = pc_allocate((size_t)count, sizeof *tensors);
    pcil_status status = tensors ? lay_out(network, tensors, count) : pc_fail_memory(NULL, "a model's tensors");
    const void **data = pc_allocate((size_t)count, sizeof *data);
    if (status == PCIL_OK && !data) status = pc_fail_memory(NULL, "a model's tensors");
    if (status == PCIL_OK) status = complete_metadata(network, metadata, point_out(network, count, data));
    if (status == PCIL_OK) status = pc_safetensors_write(NULL, path, metadata, tensors, count, data, false);
    pc_release(data);
    pc_release(tensors);
    return status;
}

pcil_status pcil_network_save(const pcil_network *network, const char *path, const char *metadata) {
    json_t *object;
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (!pc_network_is_finished(network)) return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished");
    pcil_status status = check_weights(network);
    if (status == PCIL_OK) status = parse_metadata(metadata, &object);
    if (status != PCIL_OK) return status;
    status = save_with(network, path, object);
    json_decref(object);
    return status;
}

/* A model's file holds the library's keys in a version that is known here. */
static pcil_status check_keys(const struct pc_safetensors *archive) {
    const char *format = pc_safetensors_metadata(archive, format_key);
    struct pc_quote quote;
    if (!format || !pc_safetensors_metadata(archive, description_key))
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': metadata: '%s' is missing: not a model of libpcil",
                       archive->path.text, format ? description_key : format_key);
    if (strcmp(format, format_version) == 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': metadata: %s is '%s', this library reads '%s'", archive->path.text,
                   format_key, pc_quote(&quote, format), format_version);
}

struct shape_text {
    char text[PC_TENSOR_RANK * 24];
};

static const char *shape_text(struct shape_text *text, int32_t rank, const int64_t *shape) {
    size_t length = (size_t)snprintf(text->text, sizeof text->text, "[");
    for (int32_t d = 0; d < rank && length < sizeof text->text; d++)
        length += (size_t)snprintf(text->text + length, sizeof text->text - length, "%s%lld", d ? ", " : "",
                                   (long long)shape[d]);
    if (length < sizeof text->text) snprintf(text->text + length, sizeof text->text - length, "]");
    return text->text;
}

static pcil_status check_tensor(const struct pc_safetensors *archive, const pcil_network *network, const char *name) {
    const struct pc_stored_tensor *stored = pc_safetensors_find(archive, name);
    int32_t rank = 0;
    int64_t shape[4] = {0};
    if (!stored) return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': tensor '%s' is missing", archive->path.text, name);
    pcil_status status = pcil_network_tensor_shape(network, name, &rank, shape);
    if (status != PCIL_OK) return status;
    if (rank == stored->rank && memcmp(shape, stored->shape, (size_t)rank * sizeof *shape) == 0) return PCIL_OK;
    struct shape_text found, expected;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': tensor '%s' is %s, expected %s by the description",
                   archive->path.text, name, shape_text(&found, stored->rank, stored->shape),
                   shape_text(&expected, rank, shape));
}

static pcil_status check_tensors(const struct pc_safetensors *archive, const pcil_network *network) {
    int32_t count = pcil_network_tensors(network);
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < count && status == PCIL_OK; i++)
        status = check_tensor(archive, network, pcil_network_tensor_name(network, i));
    if (status != PCIL_OK || count == archive->count) return status;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': holds %d tensors, its description has %d", archive->path.text,
                   archive->count, count);
}

static pcil_status read_tensor(const struct pc_safetensors *archive, const struct pc_stored_tensor *tensor,
                               pcil_network *network, uint32_t *sum) {
    uint64_t size = tensor->end - tensor->begin;
    float *values = pc_allocate((size_t)size, 1);
    if (!values) return pc_fail_memory(NULL, "a model's tensor");
    pcil_status status = pc_safetensors_read(archive, NULL, tensor, values);
    if (status == PCIL_OK) {
        *sum = pc_checksum(*sum, values, (size_t)size);
        status = pcil_network_set(network, tensor->name, values, (int64_t)(size / sizeof(float)));
        if (status == PCIL_ERROR_ARGUMENT)
            status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': %s", archive->path.text, pcil_last_error());
    }
    pc_release(values);
    return status;
}

/* The checksum may be missing, so that other programs can write models; a wrong one is damage. */
static pcil_status read_tensors(const struct pc_safetensors *archive, pcil_network *network) {
    const char *expected = pc_safetensors_metadata(archive, checksum_key);
    struct checksum_text found;
    struct pc_quote quote;
    uint32_t sum = 0;
    for (int32_t i = 0; i < archive->count; i++) {
        pcil_status status = read_tensor(archive, &archive->tensors[i], network, &sum);
        if (status != PCIL_OK) return status;
    }
    if (!expected || strcmp(expected, checksum_text(&found, sum)) == 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': the data's CRC-32 is %s, expected %s: the file is damaged",
                   archive->path.text, found.text, pc_quote(&quote, expected));
}

static pcil_status make_network(const struct pc_safetensors *archive, pcil_network **network) {
    int64_t numbers = (int64_t)((archive->file.size - archive->data) / sizeof(float));
    pcil_status status = check_keys(archive);
    if (status != PCIL_OK) return status;
    status = pc_network_parse_bounded(network, pc_safetensors_metadata(archive, description_key), numbers);
    if (status == PCIL_OK || status == PCIL_ERROR_MEMORY) return status;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': metadata: description: %s", archive->path.text, pcil_last_error());
}

pcil_status pcil_network_load(pcil_network **network, const char *path) {
    struct pc_safetensors archive;
    pcil_network *made = NULL;
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the network is NULL");
    pcil_status status = pc_safetensors_open(&archive, NULL, path);
    if (status != PCIL_OK) return status;
    status = make_network(&archive, &made);
    if (status == PCIL_OK) status = check_tensors(&archive, made);
    if (status == PCIL_OK) status = read_tensors(&archive, made);
    pc_safetensors_close(&archive);
    if (status == PCIL_OK)
        *network = made;
    else
        pcil_network_free(made);
    return status;
}

pcil_status pcil_network_metadata(const char *path, char *text, int64_t capacity, int64_t *length) {
    struct pc_safetensors archive;
    pcil_status status = pc_safetensors_open(&archive, NULL, path);
    if (status != PCIL_OK) return status;
    json_t *metadata = json_object_get(archive.header, PC_METADATA);
    char *dump = metadata ? pc_json_dump(metadata, JSON_COMPACT) : strdup("{}");
    status = dump ? pc_text_give(NULL, dump, text, capacity, length) : pc_fail_memory(NULL, "a model's metadata");
    free(dump);
    pc_safetensors_close(&archive);
    return status;
}
