/* Files that are written where the user says: there is nothing yet or a regular file, and none that is read. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli.h"

/* Whether a file may be written, to be asked before the work. What is read are the arguments beside the options. */
int cli_check_target(const struct cli_arguments *arguments, const char *path);

/* The same of the picture that an option names, which ends in .png; CLI_DONE where the option was not given. */
int cli_check_picture(const struct cli_arguments *arguments, const char *option);

/* What is to be written in a file's place: the end of its links, as in the library; to be freed. */
char *cli_target(const char *path);

#endif
