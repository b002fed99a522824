/* What the commands share: their table, their exit codes, messages, memory. They speak to the library through pcil.h
 * alone. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "arguments.h"

#include <jansson.h>
#include <pcil.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG_USE = 2, CLI_DIVERGED = 3 };

struct cli_command {
    const char *name;
    const char *help;                 /* one line */
    const char *usage;                /* what follows the name; lines separated by \n are alternatives */
    const struct cli_option *options; /* ends with a row without a name; NULL: none */
    void (*more)(FILE *stream);       /* prints what the registries add to the help; NULL: nothing */
    int (*run)(const struct cli_arguments *arguments);
    const struct cli_command *const *commands; /* a command of commands: ends with NULL; `run` is NULL then */
};

/* The option that all commands share which do long work; main gives it to the library. */
#define CLI_THREADS                                                                                                    \
    { "threads", "N", "threads for the library's own work; products have those of the BLAS", 1, 256 }

extern const struct cli_command cli_train, cli_eval, cli_predict, cli_info, cli_data, cli_kinds, cli_recipes, cli_plot,
    cli_bench, cli_search, cli_reproduce, cli_analyze, cli_convert, cli_doctor;

/* Prints "pcil: ..." on stderr; bytes that could steer a terminal are shown as \xNN. */
void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and returns CLI_WRONG_USE. */
int cli_wrong_use(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and returns CLI_FAILED. */
int cli_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the library's latest message and returns the exit code that its status asks for; CLI_DONE for PCIL_OK,
 * silently. */
int cli_status(pcil_status status);

/* What became of standard output, after a write to it failed: a reader that has left is no reason for a message.
 * Returns the exit code, for a reader that left that of a process which SIGPIPE ended. */
int cli_output_lost(void);

/* Says that there is no such name, suggests the nearest and lists the `known`, which end with NULL. Returns
 * CLI_WRONG_USE. */
int cli_unknown(const char *noun, const char *name, const char *const *known);

/* Whether control sequences may be sent to a stream: a terminal that knows them, and NO_COLOR is not set. */
bool cli_colours(FILE *stream);

/* Zeroed memory, or the process ends with CLI_FAILED; the command holds nothing that must be saved. */
void *cli_allocate(size_t count, size_t size);
char *cli_copy(const char *text);
char *cli_join(const char *folder, const char *name);

/* Builds a text as printf does; to be freed. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A check that the kind exists: CLI_DONE, or what cli_unknown returns. */
int cli_check_kind(const char *family, const char *noun, const char *kind);

#endif
