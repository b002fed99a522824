/* Arguments of a command, read by getopt_long from a table that also makes the help. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_command;

struct cli_option {
    const char *name;     /* without the dashes */
    const char *argument; /* what the help calls its value; NULL: a switch */
    const char *help;
    int64_t least, most; /* of a whole number; both 0: a text */
};

struct cli_given {
    const struct cli_option *option;
    const char *value;
};

struct cli_arguments {
    struct cli_given *given; /* in the order of the command line */
    int givens;
    const char *const *rest; /* what is no option */
    int rests;
    bool help; /* --help was among them */
};

/* Reads argv[1] ...; complains and returns CLI_WRONG_USE, or returns CLI_DONE. */
int cli_arguments_read(struct cli_arguments *arguments, const struct cli_command *command, const char *path, int argc,
                       char **argv);
void cli_arguments_free(struct cli_arguments *arguments);

/* The last value of an option, or NULL; for a switch "" if it was given. */
const char *cli_get(const struct cli_arguments *arguments, const char *name);
bool cli_has(const struct cli_arguments *arguments, const char *name);
int64_t cli_get_integer(const struct cli_arguments *arguments, const char *name, int64_t otherwise);

/* The whole text as a decimal number within bounds. */
bool cli_parse_integer(const char *text, int64_t least, int64_t most, int64_t *value);

/* Complains unless there are `least` to `most` arguments beside the options. */
int cli_check_rest(const struct cli_arguments *arguments, const char *what, int least, int most);

#endif
