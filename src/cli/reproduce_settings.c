/* The report's account of settings: what a preset means, and every setting of every group as its runs saved it. */
#include "reproduce.h"

void rp_put_preset(FILE *file, const struct rp_plan *plan) {
    static const char paper[] =
        "\n## Preset paper\n\nThe settings of the authors' published program, oddities included:\n\n"
        "- The score of a run is that of its best epoch, and the test set itself chooses the epoch. Such scores "
        "flatter.\n"
        "- The authors chose learning rates by grid search; the program holds out no part of the training data for "
        "it.\n"
        "- Backpropagation on dense networks and autoencoders divides its rate by 1 + 3e-5 b after b steps; inference "
        "learning "
        "keeps its rate.\n"
        "- An epoch's incomplete last batch is left out.\n\n"
        "What differs from the published program on purpose: runs have seeds, and repeat; the autoencoders' row "
        "`bp-adam` runs Adam, where the published program runs plain gradient descent under that name; hidden errors "
        "are "
        "carried instead of subtracted anew; the last block of convolutional networks learns from the clamped output, "
        "as everywhere, where the published program takes the label itself there; MQ's v starts at the rate for "
        "simultaneous inference, not at 1.\n";
    static const char strict[] =
        "\n## Preset strict\n\nA tenth of the training data is held out. It scores every epoch and chooses the best; "
        "the model of that "
        "epoch is then scored on the test set, once. No algorithm's rate decays (`rate_decay=none` for all). Curves "
        "over epochs and "
        "epochs to a target are those of the held-out part. Learning rates are those of the recipes, which the authors "
        "chose with their own procedure: to choose them anew, on held-out data, is for `pcil search`. The paper's "
        "numbers beside "
        "these are of epochs chosen on the test set.\n";
    fputs(plan->options.strict ? strict : paper, file);
}

/* Where the data lie says nothing of a run; the seed differs within a group. */
static void drop_places(json_t *settings) {
    static const char *const places[] = {"data", "out", "seed"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) json_object_del(settings, places[i]);
}

/* Those of any run: the seeds differ in nothing else. */
static json_t *settings_of(const struct rp_plan *plan, const struct rp_group *group) {
    json_t *settings = NULL;
    for (int s = 0; s < plan->options.seeds && !settings; s++) settings = group->results[s].settings;
    return settings;
}

static void put_group(FILE *file, const struct rp_plan *plan, const struct rp_group *group) {
    json_t *settings = settings_of(plan, group);
    fprintf(file, "\n`%s`, seeds 1 to %d:\n\n```\n", group->name, plan->options.seeds);
    drop_places(settings);
    if (settings) json_dumpf(settings, file, JSON_INDENT(1) | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
    fputs("\n```\n", file);
}

void rp_put_settings(FILE *file, const struct rp_plan *plan) {
    fputs("\n## Every setting\n\nAs the runs saved them; `pcil train --config FILE` takes such an object.\n", file);
    for (int i = 0; i < plan->count; i++)
        if (plan->groups[i].available) put_group(file, plan, &plan->groups[i]);
}
