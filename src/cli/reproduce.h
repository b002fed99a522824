/* pcil reproduce: what an item of the paper needs, as groups of runs that differ in their seed alone. */
#ifndef CLI_REPRODUCE_H
#define CLI_REPRODUCE_H

#include "children.h"
#include "welch.h"

/* The items that the command knows; a group may serve several. */
enum {
    ITEM_TABLE2 = 1,
    ITEM_FIG2 = 2,
    ITEM_FIG3 = 4,
    ITEM_FIG4 = 8,
    ITEM_FIG5 = 16,
    ITEM_TIME = 32,
    ITEM_FIG1 = 64,
    ITEM_DELAY = 128,
    ITEM_ALL = 255
};

struct rp_options {
    const char *item, *out, *data, *epochs, *limit_train, *limit_test;
    bool strict, dry;
    FILE *talk; /* where plan and progress are told: beside --json not on standard output */
    int seeds, jobs;
    unsigned items;
    const struct cli_arguments *arguments; /* --set among them */
    char *signature;                       /* what the results depend on: the mark of the folder */
};

/* One run that is done. What it did not measure is NaN and left out of means; if it diverged, that is all. */
struct rp_result {
    char *diverged;   /* its message, or NULL */
    json_t *rows;     /* metrics.jsonl */
    json_t *measures; /* measures.json; NULL if its group measures nothing */
    json_t *settings; /* config.json; NULL if it diverged before it saved one */
    double best, top5, loss, epoch, seconds;
    double *magnitudes; /* [blocks], of updates: means over the rows */
    int blocks;
    double test, test_top5, test_loss; /* strict: the held-out test set, scored once */
};

struct rp_group {
    char *name; /* of its folders: NAME-sSEED */
    char *recipe;
    const char *dataset, *network, *algorithm;
    char *settings;      /* NAME=VALUE over the recipe's, separated by spaces, or NULL */
    const char *measure; /* what the runs measure before and after training, or NULL */
    int iterations;      /* T of the sweeps, else 0 */
    int steps;           /* training steps, or 0: those of the epochs */
    unsigned items;
    bool available;            /* this version has the recipe */
    int finished;              /* runs that were done when the plan was shown */
    double seconds;            /* that the others may take */
    struct rp_result *results; /* [seeds] */
};

struct rp_plan {
    struct rp_options options;
    struct rp_group *groups;
    int count;
    json_t *drawn; /* an object of the files of figures that were drawn for this report */
};

/* --- plan --- */
int rp_items(const char *name, unsigned *items); /* complains about an unknown name */
void rp_plan_make(struct rp_plan *plan, const char *dataset);
void rp_plan_free(struct rp_plan *plan);
int rp_check_dataset(const char *dataset);

/* Shows the plan, with the time that it may take, which the groups keep. Complains and returns its code where nothing
 * could run. */
int rp_show_plan(struct rp_plan *plan);

/* --- runs --- */
char *rp_folder(const struct rp_plan *plan, const struct rp_group *group, int seed);

/* A --set for each of the group's settings, then for each of the command's. */
void rp_add_settings(struct cli_line *line, const struct rp_plan *plan, const struct rp_group *group);

/* Refuses an output folder that holds something else, or runs of other settings. Writes nothing. */
int rp_check_out(const struct rp_plan *plan);

int rp_open_folder(const struct rp_plan *plan, int *lock); /* takes the output folder for this process alone */
int rp_run(const struct rp_plan *plan);

/* --- results --- */
int rp_read(struct rp_plan *plan);
int rp_diverged(const struct rp_plan *plan, const struct rp_group *group); /* how many of its runs */
int rp_all_diverged(const struct rp_plan *plan);
double rp_value(const json_t *row, const char *key);

/* What of a run is looked at. */
enum rp_measure { RP_ACCURACY, RP_TOP5, RP_LOSS, RP_EPOCH };
struct cli_sample rp_sample(const struct rp_plan *plan, const struct rp_group *group, enum rp_measure measure);

/* Evaluations of a run, the longest of the group. */
size_t rp_evaluations(const struct rp_plan *plan, const struct rp_group *group);

/* Whether the group's output is scored by its loss: autoencoders. */
bool rp_by_loss(const struct rp_group *group);

/* --- report --- */
int rp_print_json(const struct rp_plan *plan); /* the plan and, if not dry, what came of it */
int rp_write_report(const struct rp_plan *plan);
int rp_write_results(const struct rp_plan *plan);
int rp_write_times(const struct rp_plan *plan); /* times.csv and times.md: all that differs from run to run */
int rp_write_measures(const struct rp_plan *plan);
int rp_draw_figures(struct rp_plan *plan); /* what fails is told; the others are drawn */
void rp_put_pictures(FILE *file, const struct rp_plan *plan, unsigned item);
void rp_put_epochs_to_target(FILE *file, const struct rp_plan *plan);
void rp_put_settings(FILE *file, const struct rp_plan *plan);
void rp_put_preset(FILE *file, const struct rp_plan *plan);

void rp_put_proximal(FILE *file, const struct rp_plan *plan);
void rp_put_delay(FILE *file, const struct rp_plan *plan);

/* What --measure gave after t = 0 ... rp_times - 1 iterations, `when` "before" or "after" training. */
int rp_times(const struct rp_plan *plan, const struct rp_group *group);
int rp_columns(const struct rp_plan *plan, const struct rp_group *group);
double rp_beta(const struct rp_plan *plan, const struct rp_group *group, int column);
struct cli_sample rp_measured(const struct rp_plan *plan, const struct rp_group *group, const char *when, int t,
                              int column);

/* Mean over the evaluations of a block's update magnitude, over seeds; the network's blocks. */
int rp_blocks(const struct rp_plan *plan, const struct rp_group *group);
struct cli_sample rp_magnitude(const struct rp_plan *plan, const struct rp_group *group, int block);

#endif
