/*
 * Times: epochs and seconds until a target accuracy. The target is what every run reached: the lowest of the runs' best
 * accuracies on that data set. Seconds are of training without scoring, and stand in files of their own, since they are
 * all that differs when the same is run again.
 */
#include "reproduce.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_timed(const struct rp_group *group, const char *dataset) {
    return (group->items & ITEM_TIME) && group->available && strcmp(group->dataset, dataset) == 0;
}

static double target_of(const struct rp_plan *plan, const char *dataset) {
    double target = NAN;
    for (int i = 0; i < plan->count; i++)
        for (int s = 0; s < plan->options.seeds && is_timed(&plan->groups[i], dataset); s++)
            target = fmin(target, plan->groups[i].results[s].best); /* of a number and NaN the number */
    return target;
}

/* `key` of the first evaluation that reaches the target. */
static double reached(const struct rp_result *result, double target, const char *key) {
    size_t index;
    json_t *row;
    json_array_foreach (result->rows, index, row) {
        if (rp_value(row, "test_accuracy") >= target) return rp_value(row, key);
    }
    return NAN;
}

static struct cli_sample sample_reached(const struct rp_plan *plan, const struct rp_group *group, const char *key) {
    double target = target_of(plan, group->dataset);
    double *values = cli_allocate((size_t)plan->options.seeds, sizeof *values);
    for (int s = 0; s < plan->options.seeds; s++) values[s] = reached(&group->results[s], target, key);
    struct cli_sample sample = cli_sample_of(values, plan->options.seeds);
    free(values);
    return sample;
}

static void put_target(FILE *file, const struct rp_plan *plan, const char *key, const char *title) {
    fprintf(file,
            "\n| data set | algorithm | T | target accuracy, per cent | %s, mean | deviation "
            "|\n|---|---|---|---|---|---|\n",
            title);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!is_timed(group, group->dataset)) continue;
        struct cli_sample sample = sample_reached(plan, group, key);
        char *t = group->iterations ? cli_format("%d", group->iterations) : cli_copy("of the recipe");
        fprintf(file, "| %s | %s | %s | %.2f | ", group->dataset, group->algorithm, t,
                100 * target_of(plan, group->dataset));
        cli_put_number(file, "%.2f", sample.mean);
        fputs(" | ", file);
        cli_put_number(file, "%.2f", sample.deviation);
        fputs(" |\n", file);
        free(t);
    }
}

void rp_put_epochs_to_target(FILE *file, const struct rp_plan *plan) {
    if (!(plan->options.items & ITEM_TIME)) return;
    fputs("\n## Time to a given test error\n\nThe target is the accuracy that every run reached. Seconds are in "
          "`times.md`.\n",
          file);
    put_target(file, plan, "epoch", "epochs");
}

static int write_table(const struct rp_plan *plan) {
    struct cli_text text;
    char *path = cli_join(plan->options.out, "times.csv");
    cli_text_begin(&text);
    fputs("group,seed,seconds\n", text.stream);
    for (int i = 0; i < plan->count; i++)
        for (int s = 0; s < plan->options.seeds && plan->groups[i].available; s++)
            fprintf(text.stream, "%s,%d,%.6f\n", plan->groups[i].name, s + 1, plan->groups[i].results[s].seconds);
    int code = cli_text_write(&text, path);
    free(path);
    return code;
}

int rp_write_times(const struct rp_plan *plan) {
    struct cli_text text;
    int code = write_table(plan);
    if (code != CLI_DONE || !(plan->options.items & ITEM_TIME)) return code;
    char *path = cli_join(plan->options.out, "times.md");
    cli_text_begin(&text);
    fprintf(text.stream,
            "# Time to a given test error\n\nSeconds of training, without scoring, with %d runs side by side: compare "
            "them only if the "
            "machine had nothing else to do.\n",
            plan->options.jobs);
    put_target(text.stream, plan, "seconds", "seconds");
    rp_put_pictures(text.stream, plan, ITEM_TIME);
    code = cli_text_write(&text, path);
    free(path);
    return code;
}
