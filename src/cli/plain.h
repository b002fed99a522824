/* Text of files, made fit for a terminal. */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stddef.h>
#include <stdio.h>

/* Shows a text's first character: as it is or, if it could steer a terminal or is not UTF-8, its first byte as \xNN.
 * Returns how many bytes of the text are shown. */
size_t cli_plain_next(const char *text, char shown[5]);

/* At most CLI_PLAIN_MOST bytes of a text, "..." where it goes on. */
enum { CLI_PLAIN_MOST = 100 };
struct cli_plain {
    char text[4 * CLI_PLAIN_MOST + 8];
};
const char *cli_plain(struct cli_plain *plain, const char *text);

/* Writes at most `most` bytes of a text, likewise. */
void cli_put_plain(FILE *stream, const char *text, size_t most);

/* Prints a line, whose end is not in the format, as printf does; what names bring into it is shown likewise. */
void cli_put_line(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole of a text, likewise; to be freed; NULL if there is no memory. */
char *cli_plain_copy(const char *text);

#endif
