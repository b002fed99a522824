/* The failure of a name that is none: it lists the known names and suggests the nearest. */
#ifndef PC_BASE_UNKNOWN_H
#define PC_BASE_UNKNOWN_H

#include "base/status.h"
#include "base/text.h"

/* Begins as {.name = ...}. */
struct pc_unknown {
    const char *name;    /* what was asked for */
    const char *nearest; /* of the known ones; NULL while there is none */
    int distance;
    struct pc_text known; /* as many as a message holds */
    int unlisted;         /* the others */
};

/* Adds a known name, which outlives the struct. */
void pc_unknown_add(struct pc_unknown *unknown, const char *known);

/* Fails with "unknown NOUN 'NAME', did you mean ...; known: ..." and frees what was gathered. */
pcil_status pc_unknown_fail(struct pc_unknown *unknown, struct pc_error *own, const char *noun);

#endif
