/*
 * Kinds and their options. A kind's structure begins with a `struct pc_kind`; a family is a table of them. Everything
 * that can be chosen by name reads such tables: descriptions, options, help, run settings.
 */
#ifndef PC_BASE_KINDS_H
#define PC_BASE_KINDS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum pc_option_type { PC_NUMBER, PC_INTEGER, PC_FLAG, PC_WORD, PC_TEXT };

struct pc_option {
    const char *name;
    enum pc_option_type type;
    bool each;          /* may be set per block or node as name.index */
    double initial;     /* a word's place among `words` */
    double least, most; /* of numbers and integers */
    const char *words;  /* of a word: the choices, separated by spaces; of a text: its default; of an integer: a word
                           that may stand in its place, and is -1 then; else NULL */
    const char *help;
    const char *refused, *why; /* a word that some will look for, and why it is no choice; else NULL */
};

struct pc_option_table {
    const struct pc_option *options;
    int32_t count;
};

#define PC_TABLE(array)                                                                                                \
    { (array), (int32_t)(sizeof(array) / sizeof((array)[0])) }

struct pc_kind {
    const char *name;
    const char *help;
    struct pc_option_table own; /* its options beside the family's */
};

struct pc_family {
    const char *name;
    const char *noun; /* for messages: "optimizer" */
    const struct pc_kind *const *kinds;
    int32_t count;
    struct pc_option_table common; /* options of every kind of the family */
};

/* Chooses by name; an unknown name fails with the known ones and the nearest. */
pcil_status pc_family_choose(const struct pc_family *family, struct pc_error *own, const char *name,
                             const struct pc_kind **kind);

/* The kind of that name, or NULL. */
const struct pc_kind *pc_family_find(const struct pc_family *family, const char *name);

/* The option of that name in a table, or NULL. */
const struct pc_option *pc_option_find(struct pc_option_table table, const char *name);

/* "number", "integer", "flag", "word" or "text". */
const char *pc_option_type_name(enum pc_option_type type);

/* Checks a number against an option's type and range. */
pcil_status pc_option_check(const struct pc_option *option, struct pc_error *own, double value);

/* Reads an option's value (not of type PC_TEXT) from text and checks it. */
pcil_status pc_option_parse(const struct pc_option *option, struct pc_error *own, const char *text, double *value);

/* An option's value as text: a word, or the shortest number. */
struct pc_option_text {
    char text[64];
};
const char *pc_option_format(const struct pc_option *option, double value, struct pc_option_text *text);

/* Appends the names of a table to a message, separated by ", ". */
struct pc_text;
void pc_option_list(struct pc_option_table table, struct pc_text *names);

#endif
