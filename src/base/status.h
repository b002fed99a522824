/* Failure: every failing function ends in `return pc_fail(...)`. */
#ifndef PC_BASE_STATUS_H
#define PC_BASE_STATUS_H

#include "base/api.h"

/* A handle's own latest message; handles hold one as a member. */
struct pc_error {
    char text[2048];
};

/*
 * Writes the thread's message, and the handle's if `own` is not NULL. Returns `status`, so that a failure is one line.
 * The arguments may point into the old message.
 */
pcil_status pc_fail(struct pc_error *own, pcil_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies the thread's latest message to a handle: for a failure that a lower function already described. Returns
 * `status`. */
pcil_status pc_fail_again(struct pc_error *own, pcil_status status);

/* The commonest failure. */
pcil_status pc_fail_memory(struct pc_error *own, const char *what);

#endif
