/* pcil analyze: what its subcommands share. A subject is a network with its inference, optimizer and samples; a table
 * is what was measured of it, and becomes text, JSON, CSV or a picture. */
#ifndef CLI_ANALYZE_H
#define CLI_ANALYZE_H

#include "progress.h"
#include "samples.h"

struct an_subject {
    pcil_trainer *trainer;
    pcil_dataset *drawn; /* the built-in example's digits; NULL for others */
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    int32_t blocks, nodes;
    struct cli_samples samples;
    struct cli_progress progress;
};

/* What a subcommand takes where the arguments do not say: of the built-in example its network, settings (as --set, with
 * blanks between) and training steps. */
struct an_defaults {
    const char *network, *settings;
    int32_t train, samples;
};

/* Makes the subject that the arguments ask for, trains it if asked, reads its samples. Always close it. */
int an_open(struct an_subject *subject, const struct cli_arguments *arguments, const struct an_defaults *defaults);
void an_close(struct an_subject *subject);

/* Times one gradient in double precision, and warns if some `gradients` of the kind take long. */
int an_warn_of_size(const struct an_subject *subject, int64_t gradients);

enum { AN_MOST_COLUMNS = 64 };

/* How a table is drawn. */
enum an_view {
    AN_LINES,   /* all columns over the first */
    AN_PANELS,  /* each in a panel of its own, as its change since the first row in per cent */
    AN_CHANGES, /* all over the first, and beside them their changes since the first row */
    AN_BARS
};

struct an_table {
    const char *title, *x, *y;
    enum an_view view;
    bool log_x, log_y;
    bool x_counts;                /* x is 0, 1, 2, ... */
    char *names[AN_MOST_COLUMNS]; /* the first column is x */
    bool hidden[AN_MOST_COLUMNS]; /* not in the picture */
    int columns, rows, room;
    double *values;       /* [rows][columns], with room for more */
    const char *last_row; /* what the last row's x is called, in pictures; NULL: its number */
};

/* What is followed over inference iterations t = 0 ... T: a row for each. */
struct an_course {
    struct an_table table; /* title, axes, view */
    struct an_defaults defaults;

    /* Adds the columns behind the first; returns how many numbers `measure` writes for each t, in their order and
     * perhaps more of them than a table has columns. */
    int32_t (*name)(const struct an_subject *subject, struct an_table *table, const void *user);

    /* Their means over the samples from `first` on: [T + 1][numbers]. */
    int (*measure)(const struct an_subject *subject, int32_t first, int32_t batch, int32_t iterations, double *rows,
                   const void *user);
};

/* A whole subcommand: opens the subject, measures batch by batch, reports. */
int an_follow(const struct an_course *course, const struct cli_arguments *arguments, const void *user);

/* Adds a column by its name; all of them before the first row. */
void an_column(struct an_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a row of zeros and returns it. */
double *an_row(struct an_table *table);
void an_table_free(struct an_table *table);

/* Whether --out is a picture's name and may be written, and its CSV file, to be asked before anything is measured. */
int an_check_out(const struct cli_arguments *arguments);

/* gnuplot's picture of a table. */
int an_draw(const struct an_table *table, const char *path);

/* Numbers above 0 of an option, separated by commas; `otherwise` if it was not given. To be freed. */
int an_numbers(const struct cli_arguments *arguments, const char *option, const char *otherwise, double **values,
               int32_t *count);

/* Pictures in rows: grey or colour in [0,1], [count][height][width][channels]. */
struct an_sheet {
    int32_t count, channels, height, width, columns;
    float *pixels;
    char **captions;
    const char *title;
};
int an_draw_sheet(const struct an_sheet *sheet, const char *path);
void an_sheet_free(struct an_sheet *sheet);

/* Prints the table, as JSON with --json, with `more` (given up; may be NULL) above it; with --out a CSV file and the
 * table's picture, or the sheet's. */
int an_report(const struct cli_arguments *arguments, const struct an_table *table, json_t *more);
int an_print_json(const struct an_table *table, json_t *more);
int an_report_sheet(const struct cli_arguments *arguments, const struct an_table *table, const struct an_sheet *sheet);

#define AN_SETTINGS                                                                                                    \
    {"recipe", "NAME", "settings by name (as the config.json beside the model says)", 0, 0},                           \
        {"config", "FILE.json", "settings from a file, over the recipe's", 0, 0},                                      \
        {"set", "KEY=VALUE", "one setting, over those; may be repeated", 0, 0},                                        \
        {"data", "DIR", "the data set's folder, or the folder that holds it", 0, 0},                                   \
        {"inference", "KIND", "kind of inference schedule", 0, 0},                                                     \
        {"iterations", "T", "iterations of inference; auto: as many as a batch takes", 0, 0},                          \
        {"optimizer", "KIND", "kind of optimizer", 0, 0}, {"seed", "N", "of weights and order", 0, 0}, {               \
        "train", "N", "training steps before the analysis (0; of the built-in example perhaps some)", 0,               \
            INT64_C(1000000000)                                                                                        \
    }
#define AN_PART                                                                                                        \
    { "part", "PART", "samples of train or test (test)", 0, 0 }
#define AN_SAMPLES                                                                                                     \
    { "samples", "N", "samples that are looked at", 1, 1000000 }
#define AN_REPORT                                                                                                      \
    {"out", "FILE.png", "the picture; numbers go to FILE.csv", 0, 0}, {                                                \
        "json", NULL, "print as JSON", 0, 0                                                                            \
    }
#define AN_OPTIONS AN_SETTINGS, AN_PART, AN_SAMPLES, AN_REPORT

#define AN_USAGE "[MODEL] [--data DIR] [--out FILE.png] [OPTION]..."

extern const struct cli_command an_proximal, an_theorem1, an_theorem2, an_magnitudes, an_delay, an_energy, an_compare,
    an_weights, an_activities;

#endif
