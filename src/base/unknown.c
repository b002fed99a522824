#include "base/unknown.h"

#include <stdio.h>
#include <string.h>

/* Leaves room in a message for the rest of it. */
enum { LONGEST_LIST = 1500 };

void pc_unknown_add(struct pc_unknown *unknown, const char *known) {
    int distance = pc_distance(unknown->name, known);
    if (unknown->known.length + strlen(known) > LONGEST_LIST)
        unknown->unlisted++;
    else
        pc_text_append(&unknown->known, "%s%s", unknown->known.length ? ", " : "", known);
    if (unknown->nearest && distance >= unknown->distance) return;
    unknown->nearest = known;
    unknown->distance = distance;
}

pcil_status pc_unknown_fail(struct pc_unknown *unknown, struct pc_error *own, const char *noun) {
    const char *nearest = unknown->nearest, *known = unknown->known.failed ? NULL : unknown->known.bytes;
    bool near = nearest && pc_is_near(unknown->name, nearest, unknown->distance);
    struct pc_quote quote;
    char more[32] = "";
    if (unknown->unlisted > 0) snprintf(more, sizeof more, " and %d more", unknown->unlisted);
    pcil_status status =
        pc_fail(own, PCIL_ERROR_ARGUMENT, "unknown %s '%s'%s%s%s; known: %s%s", noun, pc_quote(&quote, unknown->name),
                near ? ", did you mean '" : "", near ? nearest : "", near ? "'?" : "", known ? known : "(none)", more);
    pc_text_free(&unknown->known);
    return status;
}
