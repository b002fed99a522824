#include "file/json.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

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

/* NULL with the error; *lacks tells whether memory was lacking. */
static json_t *load(const char *bytes, size_t size, json_error_t *error, bool *lacks) {
    errno = 0;
    json_t *parsed = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, error);
    *lacks = errno == ENOMEM;
    return parsed;
}

/*
 * Without memory jansson 2.14 blames the text, or drops a byte of it and tells nothing. So the text is read twice, and
 * what is not the same both times was not read for want of memory.
 */
static json_t *load_twice(const char *bytes, size_t size, json_error_t *error, bool *lacks) {
    bool lacks_first, lacks_second;
    json_t *first = load(bytes, size, error, &lacks_first), *second = load(bytes, size, error, &lacks_second);
    *lacks = lacks_first || lacks_second || !first != !second || (first && !json_equal(first, second));
    json_decref(second);
    return first;
}

pcil_status pc_json_parse(struct pc_error *own, const char *what, const char *bytes, size_t size,
                          struct pc_json_limits limits, json_t **object) {
    pcil_status status = check_limits(own, what, bytes, size, limits);
    if (status != PCIL_OK) return status;
    json_error_t error;
    struct pc_quote quote;
    bool lacks;
    json_t *parsed = load_twice(bytes, size, &error, &lacks);
    if (lacks)
        status = pc_fail_memory(own, what);
    else if (!parsed)
        status = pc_fail(own, PCIL_ERROR_FORMAT, "%s: line %d, column %d: %s", what, error.line, error.column,
                         pc_quote(&quote, error.text));
    else if (!json_is_object(parsed))
        status = pc_fail(own, PCIL_ERROR_FORMAT, "%s: expected an object in braces", what);
    if (status == PCIL_OK)
        *object = parsed;
    else
        json_decref(parsed);
    return status;
}

char *pc_json_dump(const json_t *value, size_t flags) {
    errno = 0;
    char *text = json_dumps(value, flags);
    if (text && errno != ENOMEM) return text;
    free(text);
    return NULL;
}
