/* Files written as a whole or not at all, most of them texts, and folders. */
#ifndef CLI_TEXTFILE_H
#define CLI_TEXTFILE_H

#include "cli.h"

/* A text in the making: fprintf into `stream`, then write or drop it. */
struct cli_text {
    FILE *stream;
    char *bytes;
    size_t length;
};

void cli_text_begin(struct cli_text *text);

/* Ends the text and writes it to a temporary file that is then renamed, over a link too. Complains if it cannot. */
int cli_text_write(struct cli_text *text, const char *path);

/* The same for a short text, and for any bytes. */
int cli_write_file(const char *path, const char *bytes);
int cli_write_bytes(const char *path, const char *bytes, size_t length);

/* Whether a file's name is that of a temporary file which a kill left of writing the file `of`, by this command or the
 * library. */
bool cli_is_temporary(const char *name, const char *of);

/* A number by a format of its own; "-" where there is none. */
void cli_put_number(FILE *stream, const char *format, double value) __attribute__((format(printf, 2, 0)));

/* Makes a folder that may be there already. */
int cli_make_folder(const char *path);

/* Whether something of that name is seen; whether it is, or cannot be looked at. Before anything is removed or
 * replaced for not being there the second is to be asked. */
bool cli_exists(const char *path);
bool cli_may_exist(const char *path);

/* Whether an errno says that there is nothing of a name. */
bool cli_is_absent(int error);

#endif
