/*
 * What runs measured of inference before and after training (pcil train --measure): the proximal loss of figure 1 and
 * the error-propagation delay. Tables for the report, and one row per number in measures.csv.
 */
#include "reproduce.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The first finished run's; all of a group have the same shape. */
static const json_t *first_measures(const struct rp_plan *plan, const struct rp_group *group) {
    for (int s = 0; s < plan->options.seeds; s++)
        if (group->results[s].measures) return group->results[s].measures;
    return NULL;
}

static const json_t *rows_of(const json_t *measures, const char *when) {
    return json_object_get(json_object_get(measures, when), "rows");
}

int rp_times(const struct rp_plan *plan, const struct rp_group *group) {
    return (int)json_array_size(rows_of(first_measures(plan, group), "after"));
}

int rp_columns(const struct rp_plan *plan, const struct rp_group *group) {
    return (int)json_array_size(json_array_get(rows_of(first_measures(plan, group), "after"), 0));
}

static double element(const json_t *array, int index) {
    const json_t *value = json_array_get(array, (size_t)index);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double rp_beta(const struct rp_plan *plan, const struct rp_group *group, int column) {
    return element(json_object_get(first_measures(plan, group), "betas"), column);
}

static double measured(const struct rp_result *result, const char *when, int t, int column) {
    return element(json_array_get(rows_of(result->measures, when), (size_t)t), column);
}

struct cli_sample rp_measured(const struct rp_plan *plan, const struct rp_group *group, const char *when, int t,
                              int column) {
    double *values = cli_allocate((size_t)plan->options.seeds, sizeof *values);
    for (int s = 0; s < plan->options.seeds; s++) values[s] = measured(&group->results[s], when, t, column);
    struct cli_sample sample = cli_sample_of(values, plan->options.seeds);
    free(values);
    return sample;
}

static double steps_of(const struct rp_plan *plan, const struct rp_group *group, const char *when) {
    return rp_value(json_object_get(first_measures(plan, group), when), "steps");
}

/* --- figure 1 --- */

/* Whether the mean never rises from one iteration to the next. */
static bool falls(const struct rp_plan *plan, const struct rp_group *group, int column) {
    for (int t = 1; t < rp_times(plan, group); t++)
        if (rp_measured(plan, group, "after", t, column).mean > rp_measured(plan, group, "after", t - 1, column).mean)
            return false;
    return true;
}

static void put_beta(FILE *file, const struct rp_plan *plan, const struct rp_group *group, int column) {
    int times = rp_times(plan, group);
    fprintf(file, "| %s | %s | %.0f | %g |", group->dataset, group->algorithm, steps_of(plan, group, "after"),
            rp_beta(plan, group, column));
    for (int part = 0; part < 4; part++) {
        struct cli_sample sample = rp_measured(plan, group, "after", (times - 1) * part / 3, column);
        putc(' ', file);
        cli_put_number(file, "%.6g", sample.mean);
        if (isfinite(sample.deviation)) fprintf(file, " ± %.2g", sample.deviation);
        fprintf(file, " (t = %d) |", (times - 1) * part / 3);
    }
    fputs(falls(plan, group, column) ? " falls |\n" : " does not |\n", file);
}

void rp_put_proximal(FILE *file, const struct rp_plan *plan) {
    fputs("\nThe proximal loss L(theta') + |theta' - theta|^2 / (2 beta) of the update that would be made after t "
          "iterations of inference (t = 0: of the output's block alone), for each image by itself, over 500 images of "
          "the training data or all it has, after so many training steps of batches. All t are in `measures.csv`. "
          "Last column: whether the mean falls at every t.\n\n| data set | algorithm | steps | beta | first | a third "
          "| two thirds | last | "
          "|\n|---|---|---|---|---|---|---|---|---|\n",
          file);
    for (int i = 0; i < plan->count; i++)
        for (int column = 0; (plan->groups[i].items & ITEM_FIG1) && column < rp_columns(plan, &plan->groups[i]);
             column++)
            put_beta(file, plan, &plan->groups[i], column);
}

/* --- error-propagation delay --- */

/* The first iteration that brings an error to the node; -1: none does. */
static int arrival(const struct rp_plan *plan, const struct rp_group *group, const char *when, int node) {
    for (int t = 0; t < rp_times(plan, group); t++)
        if (rp_measured(plan, group, when, t, node).mean > 0) return t;
    return -1;
}

static void put_nodes(FILE *file, const struct rp_plan *plan, const struct rp_group *group, const char *when) {
    int last = rp_times(plan, group) - 1;
    fprintf(file, "| %s | %s | %.0f |", group->dataset, group->algorithm, steps_of(plan, group, when));
    for (int node = 1; node < rp_columns(plan, group); node++)
        fprintf(file, "%s %d", node > 1 ? "," : "", arrival(plan, group, when, node));
    fputs(" |", file);
    for (int node = 1; node < rp_columns(plan, group); node++) {
        fputs(node > 1 ? ", " : " ", file);
        cli_put_number(file, "%.2e", rp_measured(plan, group, when, last, node).mean);
    }
    fputs(" |\n", file);
}

void rp_put_delay(FILE *file, const struct rp_plan *plan) {
    fputs("\nMean local error of each node after t iterations, T = 8, step size .02 without decay, over 500 images of "
          "the training data or all it has, before training and after so many steps with the same settings. Nodes from "
          "the first "
          "hidden one to the output. All t are in `measures.csv`.\n\n| data set | algorithm | steps | iteration that "
          "first brings an error | mean error after the last |\n|---|---|---|---|---|\n",
          file);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!(group->items & ITEM_DELAY) || !first_measures(plan, group)) continue;
        put_nodes(file, plan, group, "before");
        put_nodes(file, plan, group, "after");
    }
}

/* --- measures.csv --- */

static void put_numbers(FILE *file, const struct rp_plan *plan, const struct rp_group *group, int seed,
                        const char *when) {
    bool proximal = group->items & ITEM_FIG1;
    for (int t = 0; t < rp_times(plan, group); t++)
        for (int column = proximal ? 0 : 1; column < rp_columns(plan, group); column++) {
            double value = measured(&group->results[seed - 1], when, t, column);
            fprintf(file, "%s,%d,%.0f,%d,", group->name, seed, steps_of(plan, group, when), t);
            if (proximal)
                fprintf(file, "proximal loss,%g,%.10g\n", rp_beta(plan, group, column), value);
            else
                fprintf(file, "mean error,%d,%.10g\n", column, value);
        }
}

int rp_write_measures(const struct rp_plan *plan) {
    struct cli_text text;
    if (!(plan->options.items & (ITEM_FIG1 | ITEM_DELAY))) return CLI_DONE;
    char *path = cli_join(plan->options.out, "measures.csv");
    cli_text_begin(&text);
    fputs("group,seed,steps,t,quantity,beta_or_node,value\n", text.stream);
    for (int i = 0; i < plan->count; i++)
        for (int seed = 1; seed <= plan->options.seeds; seed++) {
            if (!plan->groups[i].results[seed - 1].measures) continue;
            put_numbers(text.stream, plan, &plan->groups[i], seed, "before");
            put_numbers(text.stream, plan, &plan->groups[i], seed, "after");
        }
    int code = cli_text_write(&text, path);
    free(path);
    return code;
}
