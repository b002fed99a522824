#include "plain.h"

#include <stdbool.h>
#include <stdio.h>
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

size_t cli_plain_length(const char *text) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (bytes[0] < 0x80) return bytes[0] >= 32 && bytes[0] != 127;
    size_t length = length_of(bytes[0]);
    if (length == 0 || !may_follow(bytes[0], bytes[1])) return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf) return 0;
    return length;
}

const char *cli_plain(struct cli_plain *plain, const char *text) {
    char *out = plain->text;
    for (size_t at = 0; text[at];) {
        size_t length = cli_plain_length(text + at), read = length ? length : 1;
        if (at + read > CLI_PLAIN_MOST) {
            memcpy(out, "...", 4);
            return plain->text;
        }
        if (length)
            memcpy(out, text + at, length);
        else
            snprintf(out, 5, "\\x%02x", (unsigned char)text[at]);
        out += length ? length : 4;
        at += read;
    }
    *out = '\0';
    return plain->text;
}
