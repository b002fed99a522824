#include "file/json.h"

#include "base/text.h"

/* The end of a text that begins at `at`, behind its quote. */
static size_t skip_text(const char *bytes, size_t size, size_t at) {
    for (at++; at < size && bytes[at] != '"'; at++)
        if (bytes[at] == '\\') at++;
    return at;
}

/* Counts brackets without believing that they match: jansson, which builds values on a stack, checks that later. */
static pcil_status check_limits(struct pc_error *own, const char *what, const char *bytes, size_t size,
                                struct pc_json_limits limits) {
    int depth = 0, values = 0;
    for (size_t at = 0; at < size; at++) {
        char byte = bytes[at];
        if (byte == '"') at = skip_text(bytes, size, at);
        if (byte == '{' || byte == '[') depth++;
        if (byte == '}' || byte == ']') depth--;
        if (byte == '{' || byte == '[' || byte == ',') values++;
        if (depth > limits.depth)
            return pc_fail(own, PCIL_ERROR_FORMAT, "%s: byte %zu: objects and arrays lie more than %d deep", what, at,
                           limits.depth);
        if (values > limits.values)
            return pc_fail(own, PCIL_ERROR_FORMAT, "%s: more than %d values", what, limits.values);
    }
    return PCIL_OK;
}

pcil_status pc_json_parse(struct pc_error *own, const char *what, const char *bytes, size_t size,
                          struct pc_json_limits limits, json_t **object) {
    pcil_status status = check_limits(own, what, bytes, size, limits);
    if (status != PCIL_OK) return status;
    json_error_t error;
    struct pc_quote quote;
    json_t *parsed = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!parsed && json_error_code(&error) == json_error_out_of_memory) return pc_fail_memory(own, what);
    if (!parsed)
        return pc_fail(own, PCIL_ERROR_FORMAT, "%s: line %d, column %d: %s", what, error.line, error.column,
                       pc_quote(&quote, error.text));
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        return pc_fail(own, PCIL_ERROR_FORMAT, "%s: expected an object in braces", what);
    }
    *object = parsed;
    return PCIL_OK;
}
