/* Text: building, quoting and comparing it, and numbers in it, none of which looks at the locale. */
#ifndef PC_BASE_TEXT_H
#define PC_BASE_TEXT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A growing text. Starts as {0}; after a failed request `failed` is set and appending does nothing. */
struct pc_text {
    char *bytes; /* terminated once anything was appended; NULL before */
    size_t length, capacity;
    bool failed;
};

void pc_text_append(struct pc_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pc_text_free(struct pc_text *text);

/* Writes a source text by the text convention of pcil.h. */
pcil_status pc_text_give(struct pc_error *own, const char *source, char *text, int64_t capacity, int64_t *length);

/* Gives `built` by the same convention and frees it; reports a failed one as no memory. */
pcil_status pc_text_give_built(struct pc_error *own, struct pc_text *built, char *text, int64_t capacity,
                               int64_t *length);

/* At most 100 bytes of hostile text, control bytes and bytes over 126 as \xNN, for messages. */
struct pc_quote {
    char text[420];
};
const char *pc_quote(struct pc_quote *quote, const char *text);
const char *pc_quote_bytes(struct pc_quote *quote, const char *bytes, size_t length);

/* The whole text as a finite number in decimal, '.' as its point; false if it is none. */
bool pc_parse_number(const char *text, double *number);

/* The shortest decimal that reads back as the same double. */
struct pc_number {
    char text[40];
};
const char *pc_format_number(struct pc_number *number, double value);

/* How many letters must be changed, added, dropped or swapped to make one word the other; words over 63 letters are far
 * apart. */
int pc_distance(const char *a, const char *b);

/* Whether a name is near enough to a known one to suggest it. */
bool pc_is_near(const char *name, const char *known, int distance);

#endif
