/* JSON that may be hostile: bounded in depth and in number of values before anything is built of it. */
#ifndef PC_FILE_JSON_H
#define PC_FILE_JSON_H

#include "base/status.h"

#include <jansson.h>
#include <stddef.h>

struct pc_json_limits {
    int depth;  /* of objects and arrays in each other */
    int values; /* commas and brackets: each value costs memory many times its text's */
};

/*
 * Parses one JSON object, doubled names refused. `what` begins the messages, which name line and column. The result is
 * the caller's, to be released by json_decref; untouched on failure.
 */
pcil_status pc_json_parse(struct pc_error *own, const char *what, const char *bytes, size_t size,
                          struct pc_json_limits limits, json_t **object);

/* A value as text, released by free; NULL if there is no memory, for which jansson 2.14 leaves parts out silently. */
char *pc_json_dump(const json_t *value, size_t flags);

#endif
