/* Text of files, made fit for a terminal. */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stddef.h>

enum { CLI_PLAIN_MOST = 100 };

/* The bytes of a text's first character; 0 if it could steer a terminal, or is not UTF-8: its first byte is to be shown
 * as \xNN. */
size_t cli_plain_length(const char *text);

/* At most CLI_PLAIN_MOST bytes of a text, "..." where it goes on. */
struct cli_plain {
    char text[4 * CLI_PLAIN_MOST + 4];
};
const char *cli_plain(struct cli_plain *plain, const char *text);

#endif
