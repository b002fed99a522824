/* Weights from and to other programs' formats: names, shapes and numbers are checked here, bytes in each format's file.
 */
#include "file/formats.h"

#include "base/finite.h"
#include "base/memory.h"
#include "file/json.h"
#include "network/network.h"

#include <string.h>

enum { NAMES_MOST = 1 << 20 };

static const struct pc_kind *const kinds[] = {&pc_npz.kind, &pc_plain_safetensors.kind, &pc_torch.kind};
const struct pc_family pc_format_family = {
    "format", "format", kinds, (int32_t)(sizeof kinds / sizeof kinds[0]), {NULL, 0}};

static void print_shape(struct pc_text *text, int32_t rank, const int64_t *shape) {
    pc_text_append(text, "[");
    for (int32_t d = 0; d < rank; d++) pc_text_append(text, "%s%lld", d ? ", " : "", (long long)shape[d]);
    pc_text_append(text, "]");
}

/* The network's tensors, for who wonders what a name should have been; a message ends where its room does. */
static pcil_status fail_unknown(const struct pc_foreigners *tensors, const char *name, int32_t rank,
                                const int64_t *shape) {
    enum { SHOWN = 12 };
    struct pc_text text = {0};
    struct pc_quote path, quote;
    print_shape(&text, rank, shape);
    pc_text_append(&text, ", which the network has not; it has ");
    for (int32_t i = 0; i < tensors->count && i < SHOWN; i++) {
        pc_text_append(&text, "%s'%s' ", i ? ", " : "", pc_quote(&quote, tensors->list[i].name));
        print_shape(&text, tensors->list[i].layout.rank, tensors->list[i].layout.shape);
    }
    pcil_status status =
        pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds '%s' %s%s", pc_quote(&path, tensors->path), pc_quote(&quote, name),
                text.bytes ? text.bytes : "", tensors->count > SHOWN ? ", ..." : "");
    pc_text_free(&text);
    return status;
}

static pcil_status fail_shape(const struct pc_foreigners *tensors, const struct pc_foreign *tensor, int32_t rank,
                              const int64_t *shape) {
    struct pc_text text = {0};
    struct pc_quote path, name;
    print_shape(&text, rank, shape);
    pc_text_append(&text, ", expected ");
    print_shape(&text, tensor->layout.rank, tensor->layout.shape);
    pcil_status status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': '%s' is %s", pc_quote(&path, tensors->path),
                                 pc_quote(&name, tensor->name), text.bytes ? text.bytes : "of another shape");
    pc_text_free(&text);
    return status;
}

pcil_status pc_foreign_claim(struct pc_foreigners *tensors, const char *name, int32_t rank, const int64_t *shape,
                             struct pc_foreign **claimed) {
    struct pc_foreign *found = NULL;
    struct pc_quote path, quote;
    for (int32_t i = 0; i < tensors->count && !found; i++)
        if (strcmp(tensors->list[i].name, name) == 0) found = &tensors->list[i];
    if (!found) return fail_unknown(tensors, name, rank, shape);
    if (found->found)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds '%s' twice", pc_quote(&path, tensors->path),
                       pc_quote(&quote, name));
    if (found->layout.rank != rank || memcmp(found->layout.shape, shape, (size_t)rank * sizeof *shape) != 0)
        return fail_shape(tensors, found, rank, shape);
    found->found = true;
    *claimed = found;
    return PCIL_OK;
}

pcil_status pc_foreign_take(const struct pc_foreigners *tensors, const struct pc_foreign *tensor,
                            const struct pc_layout *layout, const float *values) {
    int64_t bad = pc_first_not_finite(values, layout->count);
    struct pc_quote path, name;
    if (bad >= 0)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s': '%s': number %lld is %g, expected finite ones",
                       pc_quote(&path, tensors->path), pc_quote(&name, tensor->name), (long long)bad,
                       (double)values[bad]);
    pc_layout_take(layout, values, tensor->values);
    return PCIL_OK;
}

static pcil_status check_all_found(const struct pc_foreigners *tensors) {
    struct pc_quote path, name;
    for (int32_t i = 0; i < tensors->count; i++)
        if (!tensors->list[i].found)
            return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' lacks '%s'", pc_quote(&path, tensors->path),
                           pc_quote(&name, tensors->list[i].name));
    return PCIL_OK;
}

static pcil_status parse_names(const char *text, json_t **names) {
    const struct pc_json_limits limits = {.depth = 1, .values = 100000};
    *names = NULL;
    if (!text) return PCIL_OK;
    if (strlen(text) > NAMES_MOST)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the map of names is longer than %d bytes", NAMES_MOST);
    pcil_status status = pc_json_parse(NULL, "the map of names", text, strlen(text), limits, names);
    return status == PCIL_ERROR_FORMAT ? PCIL_ERROR_ARGUMENT : status;
}

static int32_t find_own(const pcil_network *network, const char *name) {
    for (int32_t i = 0; i < pcil_network_tensors(network); i++)
        if (strcmp(pcil_network_tensor_name(network, i), name) == 0) return i;
    return -1;
}

static pcil_status fail_not_ours(const pcil_network *network, const char *theirs, const char *ours) {
    enum { SHOWN = 12 };
    struct pc_text text = {0};
    struct pc_quote first, second;
    int32_t count = pcil_network_tensors(network);
    for (int32_t i = 0; i < count && i < SHOWN; i++)
        pc_text_append(&text, "%s'%s'", i ? ", " : "", pcil_network_tensor_name(network, i));
    pcil_status status = pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                                 "the map of names: '%s' stands for '%s', no tensor of the network, which has %s%s",
                                 pc_quote(&first, theirs), pc_quote(&second, ours), text.bytes ? text.bytes : "others",
                                 count > SHOWN ? ", ..." : "");
    pc_text_free(&text);
    return status;
}

/* `names` is theirs to ours, or NULL; their names belong to it. */
static pcil_status take_names(const pcil_network *network, json_t *names, struct pc_foreigners *tensors) {
    const char *theirs;
    json_t *ours;
    struct pc_quote quote;
    json_object_foreach (names, theirs, ours) {
        const char *name = json_string_value(ours);
        if (!name)
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                           "the map of names: '%s' does not stand for a text, expected the name of a tensor",
                           pc_quote(&quote, theirs));
        int32_t found = find_own(network, name);
        if (found < 0) return fail_not_ours(network, theirs, name);
        if (tensors->list[found].name != pcil_network_tensor_name(network, found))
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the map of names: two names stand for '%s'", name);
        tensors->list[found].name = theirs;
    }
    return PCIL_OK;
}

/* A name that the map gives must be one that the format's files can hold. */
static pcil_status check_name(const struct pc_format *format, const char *theirs, const char *ours) {
    struct pc_quote name, tensor;
    size_t length = strlen(theirs);
    if (length < 1 || length > format->name_most)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                       "the map of names: '%s' stands for '%s': it has %zu bytes, expected 1 to %zu in a file of "
                       "format '%s'",
                       pc_quote(&name, theirs), pc_quote(&tensor, ours), length, format->name_most, format->kind.name);
    if (!format->reserved || strcmp(theirs, format->reserved) != 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                   "the map of names: '%s' stands for '%s', but is no tensor's name in a file of format '%s': choose "
                   "another",
                   theirs, pc_quote(&tensor, ours), format->kind.name);
}

/* Keys of a map are distinct, and so are our names: only a name that the map gives away can be had twice. */
static pcil_status check_names(const pcil_network *network, const struct pc_format *format, const json_t *names,
                               const struct pc_foreigners *tensors) {
    struct pc_quote first, second;
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < tensors->count && status == PCIL_OK; i++) {
        const char *ours = pcil_network_tensor_name(network, i), *theirs = tensors->list[i].name;
        const char *other = theirs == ours ? json_string_value(json_object_get(names, ours)) : NULL;
        status = check_name(format, theirs, ours);
        if (other)
            status = pc_fail(
                NULL, PCIL_ERROR_ARGUMENT,
                "the map of names: '%s' stands for '%s', but is also another tensor's own name: rename that one, too",
                pc_quote(&first, ours), pc_quote(&second, other));
    }
    return status;
}

/* Tensors under their names, in their layouts, with room for their values, which is one piece at list[0].values. */
static pcil_status make(const pcil_network *network, const struct pc_format *format, json_t *names,
                        struct pc_foreigners *tensors) {
    tensors->count = pcil_network_tensors(network);
    tensors->list = pc_allocate((size_t)tensors->count + 1, sizeof *tensors->list);
    float *values = pc_allocate_floats(pcil_network_parameters(network), 1);
    if (tensors->list) tensors->list[0].values = values;
    if (!tensors->list) pc_release(values);
    if (!tensors->list || !values) return pc_fail_memory(NULL, "a copy of the weights");
    for (int32_t i = 0; i < tensors->count; i++) {
        struct pc_foreign *tensor = &tensors->list[i];
        tensor->name = pcil_network_tensor_name(network, i);
        format->layout(network, i, &tensor->layout);
        tensor->values = values;
        values += tensor->layout.count;
    }
    pcil_status status = take_names(network, names, tensors);
    return status == PCIL_OK ? check_names(network, format, names, tensors) : status;
}

static void release(struct pc_foreigners *tensors) {
    if (tensors->list) pc_release(tensors->list[0].values);
    pc_release(tensors->list);
}

static pcil_status copy_out(const pcil_network *network, const struct pc_format *format,
                            struct pc_foreigners *tensors) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < tensors->count && status == PCIL_OK; i++)
        status = pcil_network_get(network, pcil_network_tensor_name(network, i), tensors->list[i].values,
                                  tensors->list[i].layout.count);
    return status == PCIL_OK ? format->write(tensors) : status;
}

/* Nothing of the network changes before all was checked. */
static pcil_status copy_in(pcil_network *network, const struct pc_format *format, struct pc_foreigners *tensors) {
    pcil_status status = format->read(tensors);
    if (status == PCIL_OK) status = check_all_found(tensors);
    for (int32_t i = 0; i < tensors->count && status == PCIL_OK; i++)
        status = pcil_network_set(network, pcil_network_tensor_name(network, i), tensors->list[i].values,
                                  tensors->list[i].layout.count);
    return status;
}

/* Checks what both functions take, and prepares what both need. */
static pcil_status begin(const pcil_network *network, const char *path, const char *kind, const char *map,
                         const struct pc_format **format, json_t **names, struct pc_foreigners *tensors) {
    const struct pc_kind *found;
    if (!network || !path)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s is NULL", network ? "file's path" : "network");
    if (!pc_network_is_finished(network)) return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished");
    pcil_status status = pc_family_choose(&pc_format_family, NULL, kind, &found);
    if (status == PCIL_OK) status = parse_names(map, names);
    if (status != PCIL_OK) return status;
    *format = (const struct pc_format *)found;
    return make(network, *format, *names, tensors);
}

pcil_status pcil_network_save_arrays(const pcil_network *network, const char *path, const char *format,
                                     const char *names) {
    struct pc_foreigners tensors = {.path = path};
    const struct pc_format *found = NULL;
    json_t *map = NULL;
    pcil_status status = begin(network, path, format, names, &found, &map, &tensors);
    if (status == PCIL_OK) status = copy_out(network, found, &tensors);
    release(&tensors);
    json_decref(map);
    return status;
}

pcil_status pcil_network_load_arrays(pcil_network *network, const char *path, const char *format, const char *names) {
    struct pc_foreigners tensors = {.path = path};
    const struct pc_format *found = NULL;
    json_t *map = NULL;
    pcil_status status = begin(network, path, format, names, &found, &map, &tensors);
    if (status == PCIL_OK) status = copy_in(network, found, &tensors);
    release(&tensors);
    json_decref(map);
    return status;
}
