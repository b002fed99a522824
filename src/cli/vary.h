/* The options that a search varies: NAME=FROM:TO:COUNT (a logarithmic grid) or NAME=VALUE,VALUE,... */
#ifndef CLI_VARY_H
#define CLI_VARY_H

#include "cli.h"

enum { VARY_MOST_OPTIONS = 8, VARY_MOST_VALUES = 1000, VARY_MOST_POINTS = 100000 };

struct cli_vary {
    char *name;
    char **values; /* texts as the trainer takes them */
    int count;
};

struct cli_grid {
    struct cli_vary options[VARY_MOST_OPTIONS];
    int count;
    int points; /* the product of the options' counts */
};

/* Adds one option; complains and returns CLI_WRONG_USE if the text is none. */
int cli_grid_add(struct cli_grid *grid, const char *text);
void cli_grid_free(struct cli_grid *grid);

/* Whether the point is the first with one of its values: all options but one have their first. */
bool cli_grid_introduces(const struct cli_grid *grid, int point);

/* The value of an option at a point; the last option changes fastest. */
const char *cli_grid_value(const struct cli_grid *grid, int point, int option);

#endif
