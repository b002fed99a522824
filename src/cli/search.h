/* pcil search, in parts: its arguments (cmd_search.c), its rounds, one trial. */
#ifndef CLI_SEARCH_H
#define CLI_SEARCH_H

#include "trials.h"

struct cli_search {
    const struct cli_arguments *arguments;
    char *line; /* what the results depend on */
    struct cli_grid grid;
    struct cli_trials trials;
    pcil_dataset *data; /* opened once, lent to every trial */
    const char *validation;
    int epochs, seeds;
    bool halving;
};

/* A trainer with a trial's settings and the search's data, if these are open. */
int cli_search_trainer(const struct cli_search *search, const struct cli_trial *trial, pcil_trainer **trainer);

/* Complains if the file of settings says something else than when the search began. */
int cli_search_check(const struct cli_search *search);

/* Runs a trial and adds it to the table, or takes it from there. */
int cli_search_trial(struct cli_search *search, struct cli_trial *trial);

/* Runs all rounds and tells the best point. */
int cli_search_run(struct cli_search *search);

#endif
