#include "base/text.h"

#include "base/memory.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 63, QUOTED_BYTES = 100 };

static bool grow(struct pc_text *text, size_t needed) {
    if (needed < text->capacity) return true;
    size_t capacity = needed + needed / 2 + 64;
    char *bytes = pc_reallocate(text->bytes, text->length, capacity, 1);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void pc_text_append(struct pc_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int added = vsnprintf(NULL, 0, format, arguments);
    if (added < 0) text->failed = true;
    if (!text->failed && grow(text, text->length + (size_t)added)) {
        vsnprintf(text->bytes + text->length, (size_t)added + 1, format, again);
        text->length += (size_t)added;
    }
    va_end(again);
    va_end(arguments);
}

void pc_text_free(struct pc_text *text) {
    pc_release(text->bytes);
    *text = (struct pc_text){0};
}

pcil_status pc_text_give(struct pc_error *own, const char *source, char *text, int64_t capacity, int64_t *length) {
    int64_t needed = (int64_t)strlen(source);
    if (length) *length = needed;
    if (!text && capacity == 0) return PCIL_OK;
    if (!text || capacity <= needed)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "a text of %lld bytes does not fit into %lld", (long long)needed + 1,
                       (long long)(text ? capacity : 0));
    memcpy(text, source, (size_t)needed + 1);
    return PCIL_OK;
}

pcil_status pc_text_give_built(struct pc_error *own, struct pc_text *built, char *text, int64_t capacity,
                               int64_t *length) {
    pcil_status status = built->failed ? pc_fail_memory(own, "a text")
                                       : pc_text_give(own, built->bytes ? built->bytes : "", text, capacity, length);
    pc_text_free(built);
    return status;
}

const char *pc_quote(struct pc_quote *quote, const char *text) {
    return pc_quote_bytes(quote, text, strlen(text));
}

const char *pc_quote_bytes(struct pc_quote *quote, const char *bytes, size_t length) {
    char *out = quote->text;
    size_t shown = length < QUOTED_BYTES ? length : QUOTED_BYTES;
    for (size_t i = 0; i < shown; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 32 && byte < 127)
            *out++ = (char)byte;
        else
            out += snprintf(out, 5, "\\x%02x", byte);
    }
    memcpy(out, shown < length ? "..." : "", shown < length ? 4 : 1);
    return quote->text;
}

static bool is_decimal(const char *text) {
    size_t span = strspn(text, "+-.0123456789eE");
    return span > 0 && text[span] == '\0' && span <= LONGEST_WORD;
}

/* strtod reads the locale's decimal point, so the point is replaced by that first. */
bool pc_parse_number(const char *text, double *number) {
    if (!is_decimal(text)) return false;
    const char *local_point = localeconv()->decimal_point;
    char buffer[LONGEST_WORD + 16];
    const char *point = strchr(text, '.');
    if (point)
        snprintf(buffer, sizeof buffer, "%.*s%.8s%s", (int)(point - text), text, local_point, point + 1);
    else
        snprintf(buffer, sizeof buffer, "%s", text);
    char *end;
    double value = strtod(buffer, &end);
    if (*end != '\0' || end == buffer || !isfinite(value)) return false;
    *number = value;
    return true;
}

static void replace_local_point(char *text) {
    const char *local_point = localeconv()->decimal_point;
    char *point = strstr(text, local_point);
    if (!point || strcmp(local_point, ".") == 0) return;
    size_t width = strlen(local_point);
    *point = '.';
    memmove(point + 1, point + width, strlen(point + width) + 1);
}

const char *pc_format_number(struct pc_number *number, double value) {
    bool whole = value == floor(value) && fabs(value) < 1e15;
    if (whole) snprintf(number->text, sizeof number->text, "%.0f", value);
    for (int digits = 1; !whole && digits <= 17; digits++) {
        snprintf(number->text, sizeof number->text, "%.*g", digits, value);
        replace_local_point(number->text);
        double back;
        if (!pc_parse_number(number->text, &back) || back == value) break;
    }
    return number->text;
}

static int least(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* The optimal string alignment distance, three rows of its table at a time. */
int pc_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD) return LONGEST_WORD;
    int rows[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= m; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && twice[j - 2] + 1 < row[j]) row[j] = twice[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

bool pc_is_near(const char *name, const char *known, int distance) {
    return distance <= 1 + (int)(strlen(name) < strlen(known) ? strlen(name) : strlen(known)) / 4;
}
