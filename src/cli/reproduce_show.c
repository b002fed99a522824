/* The plan as it is shown before anything runs: groups, runs, what is done, and the time that the rest may take. */
#include "reproduce.h"
#include "run_folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int count_finished(const struct rp_plan *plan, const struct rp_group *group) {
    int finished = 0;
    for (int seed = 1; seed <= plan->options.seeds; seed++) {
        char *folder = rp_folder(plan, group, seed);
        finished += cli_run_finished(folder);
        free(folder);
    }
    return finished;
}

static double number_of(json_t *object, const char *key) {
    double value = json_is_object(object) ? rp_value(object, key) : NAN;
    json_decref(object);
    return value;
}

/* A step of the group's network, on random data, after two to warm up. */
static double step_seconds(const struct rp_plan *plan, const struct rp_group *group) {
    struct cli_line line = {0};
    cli_line_add(&line, "bench");
    cli_line_add_pair(&line, "--recipe", group->recipe);
    rp_add_settings(&line, plan, group);
    cli_line_add_pair(&line, "--repetitions", "1");
    cli_line_add(&line, "--json");
    json_t *bench;
    cli_child_json(&line, "", &bench);
    cli_line_free(&line);
    return number_of(bench, "step_median_ms") / 1000;
}

/* Begins a run of the group but for its files, so that what is missing or wrong is told before anything runs. */
static int steps_per_epoch(const struct rp_plan *plan, const struct rp_group *group, double *steps) {
    struct cli_line line = {0};
    cli_line_add(&line, "train");
    cli_line_add_pair(&line, "--recipe", group->recipe);
    rp_add_settings(&line, plan, group);
    cli_line_add_pair(&line, "--data", plan->options.data);
    cli_line_add_pair(&line, "--limit-train", plan->options.limit_train);
    cli_line_add_pair(&line, "--set", plan->options.strict ? "validation=0.1" : NULL);
    cli_line_add(&line, "--dry-run");
    cli_line_add(&line, "--json");
    json_t *run;
    int code = cli_child_json(&line, NULL, &run);
    cli_line_free(&line);
    *steps = number_of(run, "steps_per_epoch");
    return code == CLI_DONE && !isfinite(*steps) ? CLI_FAILED : code;
}

static double epochs_of(const struct rp_plan *plan, const struct rp_group *group) {
    pcil_trainer *trainer = NULL;
    char text[32] = "nan";
    int64_t length;
    if (plan->options.epochs) return atof(plan->options.epochs);
    if (pcil_trainer_create(&trainer) == PCIL_OK && pcil_trainer_recipe(trainer, group->recipe) == PCIL_OK)
        pcil_trainer_get_text(trainer, "epochs", text, sizeof text, &length);
    pcil_trainer_free(trainer);
    return atof(text);
}

static void show_duration(FILE *stream, double seconds) {
    if (!isfinite(seconds))
        fprintf(stream, "unknown");
    else if (seconds < 100)
        fprintf(stream, "%.0f s", seconds);
    else if (seconds < 6000)
        fprintf(stream, "%.0f min", seconds / 60);
    else
        fprintf(stream, "%.1f h", seconds / 3600);
}

/* Steps of one run of the group; `steps`: of an epoch of its data set. */
static double steps_of(const struct rp_plan *plan, const struct rp_group *group, double steps) {
    double all = epochs_of(plan, group) * steps;
    return group->steps && (!plan->options.epochs || group->steps < all) ? group->steps : all;
}

/* `steps`: of an epoch of the group's data set. */
static void show_group(const struct rp_plan *plan, struct rp_group *group, double steps) {
    FILE *talk = plan->options.talk;
    if (!group->available) {
        fprintf(talk, "%-34s not available: this version has no such recipe\n", group->name);
        return;
    }
    group->finished = count_finished(plan, group);
    int left = plan->options.seeds - group->finished;
    double most = steps_of(plan, group, steps);
    group->seconds = left ? left * most * step_seconds(plan, group) : 0;
    fprintf(talk, "%-34s %d runs of %.0f %s, %d done; ", group->name, plan->options.seeds,
            group->steps ? most : epochs_of(plan, group), group->steps ? "steps" : "epochs", group->finished);
    show_duration(talk, group->seconds);
    fputc('\n', talk);
    fflush(talk);
}

static int nothing_to_run(void) {
    return cli_failed("none of the recipes that this needs is available");
}

int rp_show_plan(struct rp_plan *plan) {
    const char *opened = "";
    double seconds = 0, steps = NAN;
    int available = 0, code = CLI_DONE;
    for (int i = 0; i < plan->count; i++) {
        struct rp_group *group = &plan->groups[i];
        available += group->available;
        if (group->available && strcmp(opened, group->dataset) != 0) {
            opened = group->dataset;
            code = steps_per_epoch(plan, group, &steps);
            if (code != CLI_DONE) cli_message("no run of data set %s can begin; see above", opened);
            if (code != CLI_DONE) return code;
        }
        show_group(plan, group, steps);
        seconds += group->seconds;
    }
    if (!available) return nothing_to_run();
    fprintf(plan->options.talk, "in all about ");
    show_duration(plan->options.talk, seconds / plan->options.jobs);
    fprintf(plan->options.talk,
            " of training steps, %d side by side (measured on a step of each; scoring not counted)\n",
            plan->options.jobs);
    fflush(plan->options.talk);
    return CLI_DONE;
}
