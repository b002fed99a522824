/* Learning curves: the metrics of runs, drawn by gnuplot. */
#ifndef CLI_CURVES_H
#define CLI_CURVES_H

#include "cli.h"

enum { CLI_MOST_LINES = 64 }; /* of a panel: more nobody can tell apart */

struct cli_run {
    char *name;
    json_t *rows; /* the objects of metrics.jsonl */
};

/* Reads RUN/metrics.jsonl. */
int cli_run_read(struct cli_run *run, const char *folder);
void cli_run_free(struct cli_run *run);

/* gnuplot's program that draws the runs as PNG to its standard output. */
void cli_curves_script(FILE *script, const struct cli_run *runs, int count);

/* The same for one run's traces, and whether it has any. */
void cli_traces_script(FILE *script, const struct cli_run *run);
bool cli_traces_has(const struct cli_run *run);
int cli_traces_draw(const struct cli_run *run, const char *path, bool *missing);

/* Draws into a file, as a whole or not at all. `missing` receives whether gnuplot is not installed. */
int cli_curves_draw(const struct cli_run *runs, int count, const char *path, bool *missing);

/* The gnuplot in PATH, to be freed; NULL if there is none. */
char *cli_find_gnuplot(void);

/* Runs gnuplot on a program written into a temporary file, likewise. */
int cli_gnuplot(FILE *program, const char *path, bool *missing);

#endif
