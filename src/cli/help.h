/* Help texts, made from the tables of commands and the library's registries. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli.h"

/* `path` is the command with those above it, such as "data verify"; "" for pcil itself. */
void cli_help_command(FILE *stream, const struct cli_command *command, const char *path);

/* The options of a kind, one a line: name, type, range or words, default, help. */
void cli_help_options(FILE *stream, const char *family, const char *kind);

/* One of them. */
void cli_help_option(FILE *stream, const char *family, const char *kind, const char *option);

#endif
