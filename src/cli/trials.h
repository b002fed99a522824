/* The table of a search: a CSV file with a row per finished trial, from which a later search goes on. */
#ifndef CLI_TRIALS_H
#define CLI_TRIALS_H

#include "vary.h"

struct cli_trial {
    int point, epochs;
    int64_t seed;
    bool diverged;
    double accuracy, loss; /* of the best epoch, on the validation part; NaN if not scored */
    int epoch;             /* the best */
    int line;              /* of the table that it was read from */
};

struct cli_trials {
    char *path;
    int lock; /* held while the table is open */
    const struct cli_grid *grid;
    struct cli_trial *rows; /* those that the file had, in the order of cli_trials_find */
    int count, capacity;
};

/* Takes the table for this process alone, and reads it or begins it. `search` is a line that says which search it
 * belongs to; another's is refused. */
int cli_trials_open(struct cli_trials *trials, const char *path, const struct cli_grid *grid, const char *search);
void cli_trials_close(struct cli_trials *trials);

/* The trial of a point that the file had when it was opened, or NULL. */
const struct cli_trial *cli_trials_find(const struct cli_trials *trials, int point, int epochs, int64_t seed);

/* Complains about a table that no row can be added to: before it is worked for. */
int cli_trials_check(const struct cli_trials *trials);

/* Adds a row to the file. */
int cli_trials_add(struct cli_trials *trials, const struct cli_trial *trial);

#endif
