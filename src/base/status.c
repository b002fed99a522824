#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct pc_error last_error;

/* printf gives NaN the sign of its bit, which means nothing: the processor's own has it set. */
static void take_sign_off_nan(char *text) {
    for (char *at = strstr(text, "-nan"); at; at = strstr(at, "-nan")) {
        bool number = (at == text || strchr(" (=", at[-1])) && (!at[4] || strchr(" ),;:", at[4]));
        if (number) memmove(at, at + 1, strlen(at));
        at += 3;
    }
}

pcil_status pc_fail(struct pc_error *own, pcil_status status, const char *format, ...) {
    struct pc_error fresh;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fresh.text, sizeof fresh.text, format, arguments);
    va_end(arguments);
    take_sign_off_nan(fresh.text);
    last_error = fresh;
    return pc_fail_again(own, status);
}

pcil_status pc_fail_again(struct pc_error *own, pcil_status status) {
    if (own) *own = last_error;
    return status;
}

pcil_status pc_fail_memory(struct pc_error *own, const char *what) {
    return pc_fail(own, PCIL_ERROR_MEMORY, "no memory for %s", what);
}

const char *pcil_last_error(void) {
    return last_error.text;
}

const char *pcil_status_name(pcil_status status) {
    switch (status) {
    case PCIL_OK:
        return "PCIL_OK";
    case PCIL_ERROR_ARGUMENT:
        return "PCIL_ERROR_ARGUMENT";
    case PCIL_ERROR_MEMORY:
        return "PCIL_ERROR_MEMORY";
    case PCIL_ERROR_STATE:
        return "PCIL_ERROR_STATE";
    case PCIL_ERROR_IO:
        return "PCIL_ERROR_IO";
    case PCIL_ERROR_FORMAT:
        return "PCIL_ERROR_FORMAT";
    case PCIL_ERROR_UNSUPPORTED:
        return "PCIL_ERROR_UNSUPPORTED";
    case PCIL_ERROR_DIVERGED:
        return "PCIL_ERROR_DIVERGED";
    case PCIL_ERROR_INTERRUPTED:
        return "PCIL_ERROR_INTERRUPTED";
    }
    return "unknown status";
}
