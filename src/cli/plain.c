#include "plain.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes a character has that begins so; 0: none begins so. */
static size_t length_of(unsigned char first) {
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Whether the second byte is one that may follow the first: no longer form of a shorter character, no half of a pair,
 * no control character of U+0080 to U+009F. */
static bool may_follow(unsigned char first, unsigned char second) {
    unsigned char least = first == 0xc2 || first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most;
}

/* The bytes of a text's first character; 0 if it is to be shown as a number. */
static size_t harmless(const char *text) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (bytes[0] < 0x80) return bytes[0] >= 32 && bytes[0] != 127;
    size_t length = length_of(bytes[0]);
    if (length == 0 || !may_follow(bytes[0], bytes[1])) return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf) return 0;
    return length;
}

size_t cli_plain_next(const char *text, char shown[5]) {
    size_t length = harmless(text);
    if (length == 0) {
        snprintf(shown, 5, "\\x%02x", (unsigned char)*text);
        return 1;
    }
    memcpy(shown, text, length);
    shown[length] = '\0';
    return length;
}

/* Shows the next character within `most` bytes, or "..." and then nothing. */
static bool step(const char *text, size_t *at, size_t most, char shown[5]) {
    if (*at > most || !text[*at]) return false;
    *at += cli_plain_next(text + *at, shown);
    if (*at > most) strcpy(shown, "...");
    return true;
}

const char *cli_plain(struct cli_plain *plain, const char *text) {
    char *out = plain->text;
    size_t at = 0;
    *out = '\0';
    while (step(text, &at, CLI_PLAIN_MOST, out)) out += strlen(out);
    return plain->text;
}

void cli_put_plain(FILE *stream, const char *text, size_t most) {
    char shown[5];
    for (size_t at = 0; step(text, &at, most, shown);) fputs(shown, stream);
}

void cli_put_line(FILE *stream, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    cli_put_plain(stream, text, SIZE_MAX);
    fputc('\n', stream);
    free(text);
}

char *cli_plain_copy(const char *text) {
    char *copy = malloc(4 * strlen(text) + 1), *out = copy;
    if (!copy) return NULL;
    for (*out = '\0'; *text; out += strlen(out)) text += cli_plain_next(text, out);
    return copy;
}
