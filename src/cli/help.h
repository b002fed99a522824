/* Help texts, made from the tables of commands and the library's registries. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli.h"

/* `path` is the command with those above it, such as "data verify"; "" for pcil itself. */
void cli_help_command(FILE *stream, const struct cli_command *command, const char *path);

/* The codes that every command ends with; the last row has no code. */
struct cli_exit {
    const char *code, *meaning;
};
extern const struct cli_exit cli_exits[];

/* The page of a command for man(1). */
void cli_man(FILE *stream, const struct cli_command *command, const char *path);

/* Prints what may stand in place of the last word, a candidate a line. */
void cli_complete(const struct cli_command *command, int count, char *const *words);

/* A text, broken between words where the screen of the stream ends; into files and pipes it is one line. */
void cli_put_text(FILE *stream, const char *text);

/* The same behind `lead` and a name, from column `indent` on. */
void cli_put_row(FILE *stream, int indent, const char *lead, const char *name, const char *text);

/* The options of a kind, one a line: name, type, range or words, default, help. */
void cli_help_options(FILE *stream, const char *family, const char *kind);

/* One of them. */
void cli_help_option(FILE *stream, const char *family, const char *kind, const char *option);

#endif
