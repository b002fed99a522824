/* pcil reproduce: reruns items of the paper and writes a report beside the paper's own numbers. */
#include "output.h"
#include "plain.h"
#include "reproduce.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_preset(struct rp_options *options, const struct cli_arguments *arguments) {
    static const char *const presets[] = {"paper", "strict", NULL};
    const char *preset = cli_get(arguments, "preset");
    options->strict = preset && strcmp(preset, "strict") == 0;
    return !preset || options->strict || strcmp(preset, "paper") == 0 ? CLI_DONE
                                                                      : cli_unknown("preset", preset, presets);
}

/* What the plan decides of each run. */
static int check_settings(const struct rp_options *options) {
    static const char *const own[] = {"recipe", "dataset",   "data",      "out", "seed",
                                      "epochs", "inference", "optimizer", NULL};
    static const char *const strict[] = {"validation", "rate_decay", NULL};
    int code = cli_settings_spare(options->arguments, own);
    return code == CLI_DONE && options->strict ? cli_settings_spare(options->arguments, strict) : code;
}

static const char *or_all(const char *text) {
    return text ? text : "as the recipe";
}

/* What all results depend on, as one line. */
static char *sign(const struct rp_options *options) {
    char *text = cli_format("pcil reproduce, version %s, preset %s, epochs %s, limit-train %s, limit-test %s",
                            pcil_version(), options->strict ? "strict" : "paper", or_all(options->epochs),
                            or_all(options->limit_train), or_all(options->limit_test));
    for (int i = 0; i < options->arguments->givens; i++) {
        const struct cli_given *given = &options->arguments->given[i];
        if (strcmp(given->option->name, "set") != 0) continue;
        char *longer = cli_format("%s, %s", text, given->value);
        free(text);
        text = longer;
    }
    char *line = cli_format("%s\n", text);
    free(text);
    return line;
}

static int read_options(struct rp_options *options, const struct cli_arguments *arguments) {
    int code = cli_check_rest(arguments, "an item", 1, 1);
    if (code != CLI_DONE) return code;
    options->arguments = arguments;
    options->item = arguments->rest[0];
    options->out = cli_get(arguments, "out");
    options->data = cli_get(arguments, "data");
    options->epochs = cli_get(arguments, "epochs");
    options->limit_train = cli_get(arguments, "limit-train");
    options->limit_test = cli_get(arguments, "limit-test");
    options->dry = cli_has(arguments, "dry-run");
    options->talk = cli_has(arguments, "json") ? stderr : stdout;
    options->seeds = (int)cli_get_integer(arguments, "seeds", 5);
    options->jobs = (int)cli_get_integer(arguments, "jobs", 1);
    code = rp_items(options->item, &options->items);
    if (code == CLI_DONE) code = cli_check_text(arguments, "out");
    if (code == CLI_DONE) code = read_preset(options, arguments);
    if (code == CLI_DONE) code = check_settings(options);
    if (code == CLI_DONE && cli_get(arguments, "dataset")) code = rp_check_dataset(cli_get(arguments, "dataset"));
    options->signature = sign(options);
    return code;
}

static int report(struct rp_plan *plan) {
    int code = rp_read(plan);
    if (code != CLI_DONE) return code;
    int figures = rp_draw_figures(plan);
    code = rp_write_results(plan);
    if (code == CLI_DONE) code = rp_write_measures(plan);
    if (code == CLI_DONE) code = rp_write_times(plan);
    if (code == CLI_DONE) code = rp_write_report(plan);
    if (code != CLI_DONE) return code;
    cli_put_line(plan->options.talk, "wrote %s/report.md, results.csv, times.csv", plan->options.out);
    if (cli_has(plan->options.arguments, "json")) code = rp_print_json(plan);
    int diverged = rp_all_diverged(plan);
    if (diverged > 0) cli_message("%d runs diverged; the report names them", diverged);
    if (code == CLI_DONE) code = figures;
    return code == CLI_DONE && diverged > 0 ? CLI_DIVERGED : code;
}

static int work(struct rp_plan *plan) {
    int lock = -1, code = rp_open_folder(plan, &lock);
    if (code == CLI_DONE) code = rp_run(plan);
    if (code == CLI_DONE) code = report(plan);
    if (lock >= 0) close(lock);
    return code;
}

static int end_dry(const struct rp_plan *plan) {
    fprintf(plan->options.talk, "dry run: nothing was written\n");
    return cli_has(plan->options.arguments, "json") ? rp_print_json(plan) : CLI_DONE;
}

static int run(const struct cli_arguments *arguments) {
    struct rp_plan plan = {0};
    int code = read_options(&plan.options, arguments);
    if (code == CLI_DONE) code = rp_check_out(&plan);
    if (code == CLI_DONE) rp_plan_make(&plan, cli_get(arguments, "dataset"));
    if (code == CLI_DONE) code = rp_show_plan(&plan);
    if (code == CLI_DONE && plan.options.dry)
        code = end_dry(&plan);
    else if (code == CLI_DONE)
        code = work(&plan);
    rp_plan_free(&plan);
    return code;
}

static const struct cli_option options[] = {
    {"out", "DIR", "new folder for runs and report, or that of an ended command", 0, 0},
    {"data", "DIR", "the folder that holds the data sets", 0, 0},
    {"dataset", "NAME", "cifar10, svhn, tiny or digits (the first three)", 0, 0},
    {"preset", "NAME", "paper: as published; strict: epochs chosen on held-out data (paper)", 0, 0},
    {"seeds", "N", "seeds 1 to N (5)", 1, 1000},
    {"epochs", "N", "walks through the training data (as the recipes say)", 1, 1000000},
    {"jobs", "N", "runs side by side (1)", 1, 256},
    {"limit-train", "N", "train on N images, spread evenly", 1, INT64_C(9007199254740991)},
    {"limit-test", "N", "score N images, spread evenly", 1, INT64_C(1000000000)},
    {"set", "KEY=VALUE", "one setting of all runs, over their recipes'; may be repeated", 0, 0},
    {"dry-run", NULL, "show the plan and the time that it may take, write nothing", 0, 0},
    {"json", NULL, "print plan and results as JSON; progress goes to standard error", 0, 0},
    {0}};

const struct cli_command cli_reproduce = {
    .name = "reproduce",
    .help = "reruns the paper's tables and figures: table2, fig1 to fig5, time, error-delay or all",
    .usage = "ITEM --out DIR [--data DIR] [OPTION]...",
    .options = options,
    .run = run};
