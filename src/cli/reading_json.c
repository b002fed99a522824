/* JSON that the command itself reads: its size in memory is bounded before anything is built of it; doubled names are
 * refused. jansson bounds its depth. */
#include "output.h"
#include "plain.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

/* Numbers that a file may hold. An object or list costs memory as several of them do. */
enum { TEXT_VALUES = 100000, TABLE_VALUES = 4000000, CONTAINER = 4 };

/* The end of a text in quotes that begins at `at`, its last quote or the end of all. */
static const char *skip_text(const char *at) {
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1]) at++;
    return at;
}

static int check_values(const char *path, const char *text, long most) {
    long values = 0;
    for (const char *at = text; *at && values <= most; at++) {
        if (*at == '"') at = skip_text(at);
        if (!*at) break;
        if (*at == ',') values++;
        if (*at == '{' || *at == '[') values += CONTAINER;
    }
    if (values <= most) return CLI_DONE;
    return cli_failed("'%s' holds more than %ld values, an object or list counted as %d", path, most, CONTAINER);
}

/* A place in a file's text. */
struct place {
    const char *path, *at, *end;
    int line;
};

static void skip_space(struct place *place) {
    for (; *place->at && strchr(" \t\r\n", *place->at); place->at++) place->line += *place->at == '\n';
}

static void step(struct place *place, size_t length) {
    for (; length > 0; length--) place->line += *place->at++ == '\n';
}

/* Parses an object and steps behind it: to the line's end, or to the object's own. */
static int take(struct place *place, bool lines, json_t *objects) {
    json_error_t error = {0};
    struct cli_plain plain;
    size_t length = lines ? strcspn(place->at, "\n") : (size_t)(place->end - place->at);
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (lines ? 0 : JSON_DISABLE_EOF_CHECK);
    json_t *object = json_loadb(place->at, length, flags, &error);
    if (!object)
        return cli_failed("'%s', line %d, column %d: %s", place->path, place->line + error.line - 1, error.column,
                          cli_plain(&plain, error.text));
    if (!json_is_object(object)) {
        json_decref(object);
        return cli_failed("'%s', line %d: expected a JSON object in braces", place->path, place->line);
    }
    cli_json_append(objects, object);
    step(place, lines ? length : (size_t)error.position);
    return CLI_DONE;
}

static int parse(const char *path, const char *text, bool lines, long values, json_t *objects) {
    struct place place = {.path = path, .at = text, .end = text + strlen(text), .line = 1};
    int code = check_values(path, text, values);
    for (skip_space(&place); code == CLI_DONE && *place.at; skip_space(&place)) code = take(&place, lines, objects);
    return code;
}

/* The objects of a file, in an array that is the caller's even if only some could be read. */
static int read_objects(const char *path, size_t most, long values, bool lines, json_t **objects) {
    char *text;
    int code = cli_read_file(path, most, &text);
    *objects = cli_json_array();
    if (code == CLI_DONE) code = parse(path, text, lines, values, *objects);
    free(text);
    return code;
}

int cli_read_lines(const char *path, json_t **objects) {
    return read_objects(path, CLI_TABLE_MOST, TABLE_VALUES, true, objects);
}

int cli_read_sequence(const char *path, json_t **objects) {
    return read_objects(path, CLI_TABLE_MOST, TABLE_VALUES, false, objects);
}

int cli_read_object(const char *path, json_t **object) {
    json_t *objects;
    int code = read_objects(path, CLI_TEXT_MOST, TEXT_VALUES, false, &objects);
    if (code == CLI_DONE && json_array_size(objects) != 1)
        code = cli_failed("'%s' holds %zu JSON objects, expected one", path, json_array_size(objects));
    *object = code == CLI_DONE ? json_incref(json_array_get(objects, 0)) : NULL;
    json_decref(objects);
    return code;
}
