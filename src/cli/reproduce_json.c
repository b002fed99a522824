/* pcil reproduce --json: the plan's groups with their scores over seeds; the report's numbers for programs. */
#include "output.h"
#include "reproduce.h"

static json_t *sample_json(const struct cli_sample *sample) {
    json_t *object = cli_json_object();
    cli_json_set(object, "count", json_integer(sample->count));
    cli_json_set(object, "mean", cli_json_number(sample->mean));
    cli_json_set(object, "deviation", cli_json_number(sample->deviation));
    return object;
}

/* Scores are parts of 1, of the best epoch or, with the strict preset, of the held-out data. */
static void set_scores(json_t *object, const struct rp_plan *plan, const struct rp_group *group) {
    static const char *const names[] = {
        [RP_ACCURACY] = "accuracy", [RP_TOP5] = "top5", [RP_LOSS] = "loss", [RP_EPOCH] = "best_epoch"};
    for (enum rp_measure measure = RP_ACCURACY; measure <= RP_EPOCH; measure++) {
        struct cli_sample sample = rp_sample(plan, group, measure);
        cli_json_set(object, names[measure], sample_json(&sample));
    }
    cli_json_set(object, "diverged", json_integer(rp_diverged(plan, group)));
}

static json_t *group_json(const struct rp_plan *plan, const struct rp_group *group) {
    json_t *object = cli_json_object();
    cli_json_set(object, "name", json_string(group->name));
    cli_json_set(object, "recipe", json_string(group->recipe));
    cli_json_set(object, "dataset", json_string(group->dataset));
    cli_json_set(object, "network", json_string(group->network));
    cli_json_set(object, "algorithm", json_string(group->algorithm));
    cli_json_set(object, "settings", group->settings ? json_string(group->settings) : json_null());
    cli_json_set(object, "available", json_boolean(group->available));
    cli_json_set(object, "runs", json_integer(plan->options.seeds));
    cli_json_set(object, "finished_before", json_integer(group->finished));
    cli_json_set(object, "seconds_planned", cli_json_number(group->seconds));
    if (group->available && !plan->options.dry) set_scores(object, plan, group);
    return object;
}

int rp_print_json(const struct rp_plan *plan) {
    json_t *object = cli_json_object(), *groups = cli_json_array();
    for (int i = 0; i < plan->count; i++) cli_json_append(groups, group_json(plan, &plan->groups[i]));
    cli_json_set(object, "status", json_string(plan->options.dry ? "dry run" : "done"));
    cli_json_set(object, "item", json_string(plan->options.item));
    cli_json_set(object, "out", cli_json_name(plan->options.out));
    cli_json_set(object, "preset", json_string(plan->options.strict ? "strict" : "paper"));
    cli_json_set(object, "groups", groups);
    return cli_print_json(object);
}
