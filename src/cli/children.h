/* Runs of this very command as child processes, which end when their parent does. */
#ifndef CLI_CHILDREN_H
#define CLI_CHILDREN_H

#include "cli.h"

#include <sys/types.h>

enum { CHILD_MOST_ARGUMENTS = 64 };

/* Arguments behind "pcil"; each is a copy. */
struct cli_line {
    char *words[CHILD_MOST_ARGUMENTS + 2];
    int count;
};

void cli_line_add(struct cli_line *line, const char *word);
void cli_line_add_pair(struct cli_line *line, const char *option, const char *value); /* nothing if value is NULL */
void cli_line_free(struct cli_line *line);

/* A file in memory, for what a child prints: a full disk does not cut it short. */
struct cli_scratch {
    int file;
    char *path; /* for cli_child_start */
};

int cli_scratch_open(struct cli_scratch *scratch);
void cli_scratch_close(struct cli_scratch *scratch); /* a zeroed one is fine */

/* Starts a child whose output and messages go to files; "" goes nowhere, messages NULL stay
 * where they are. Complains if it cannot. */
int cli_child_start(pid_t *child, const struct cli_line *line, const char *output, const char *messages);

/* Runs a child to its end and takes the JSON that it prints, which is NULL if it failed. Returns its exit code,
 * silently; its messages go where those of cli_child_start do. */
int cli_child_json(const struct cli_line *line, const char *messages, json_t **value);

/* In the child: be killed when the parent ends, and leave a terminal's signals to it. Called once, at the start of the
 * command. */
void cli_child_follow(void);

#endif
