/* What a training run shows while it works: a line that rewrites itself on a terminal, a line per evaluation. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

struct cli_progress {
    bool live;        /* stderr is a terminal */
    bool evaluations; /* print a line per evaluation on stdout */
    bool shown;       /* a live line stands on the terminal */
    double last;      /* when it was drawn */
};

void cli_progress_begin(struct cli_progress *progress, bool quiet);

/* For the watch callback. */
void cli_progress_event(struct cli_progress *progress, const pcil_trainer *trainer, pcil_event event);

/* What other long work is at: a live line on a terminal, nothing elsewhere. */
void cli_progress_phase(struct cli_progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the live line away. */
void cli_progress_end(struct cli_progress *progress);

/* Seconds of a clock that is never set. */
double cli_now(void);

/* A count or measurement of the run; NaN if there is none. */
double cli_trainer_value(const pcil_trainer *trainer, const char *name);

#endif
