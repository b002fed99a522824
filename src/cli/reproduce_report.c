/* report.md: tables of means over seeds beside the paper's, tests, figures, settings. Nothing in it depends on time. */
#include "paper.h"
#include "plain.h"
#include "reproduce.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 57.70 +- 0.21, as per cent; other numbers as they are. */
static void put_sample(FILE *file, const struct cli_sample *sample, double scale, const char *format) {
    if (!isfinite(sample->mean)) {
        fputs("-", file);
        return;
    }
    fprintf(file, format, scale * sample->mean);
    if (!isfinite(sample->deviation)) return;
    fputs(" ± ", file);
    fprintf(file, format, scale * sample->deviation);
}

/* How many seeds the numbers before lack. */
static void put_losses(FILE *file, const struct rp_plan *plan, const struct rp_group *group) {
    int diverged = rp_diverged(plan, group);
    if (diverged) fprintf(file, " (%d of %d diverged)", diverged, plan->options.seeds);
}

static bool is_better(const struct cli_sample *a, const struct cli_sample *b, bool lower) {
    return lower ? a->mean < b->mean : a->mean > b->mean;
}

/* A group of the comparison: this item's, on this data set and network. */
static bool belongs(const struct rp_group *group, const char *dataset, const char *network, unsigned item) {
    return (group->items & item) && strcmp(group->dataset, dataset) == 0 && strcmp(group->network, network) == 0;
}

static void put_paper(FILE *file, const struct rp_group *group, enum rp_measure measure, const struct cli_sample *own) {
    struct cli_paper paper = {NAN, NAN};
    if (measure != RP_LOSS)
        paper = cli_paper_table2(group->dataset, group->network, group->algorithm, measure == RP_TOP5);
    if (!isfinite(paper.mean))
        fputs(" | - | -", file);
    else if (!isfinite(own->mean))
        fprintf(file, " | %.2f ± %.2f | -", paper.mean, paper.deviation);
    else
        fprintf(file, " | %.2f ± %.2f | %+.2f", paper.mean, paper.deviation, 100 * own->mean - paper.mean);
}

static void put_test(FILE *file, const struct cli_sample *own, const struct cli_sample *best) {
    double p = cli_welch(own, best);
    if (!isfinite(own->mean))
        fputs(" | - | -", file);
    else if (own->mean >= best->mean && own->mean <= best->mean)
        fputs(" | - | best", file);
    else if (!isfinite(p))
        fputs(" | - | no test: fewer than two seeds", file);
    else
        fprintf(file, " | %.3g | %s", p,
                p >= .05 ? "not significantly different from the best" : "significantly worse");
}

static void put_row(FILE *file, const struct rp_plan *plan, const struct rp_group *group, enum rp_measure measure,
                    const struct cli_sample *best) {
    struct cli_sample own = rp_sample(plan, group, measure), epoch = rp_sample(plan, group, RP_EPOCH);
    fprintf(file, "| %s | ", group->algorithm);
    put_sample(file, &own, measure == RP_LOSS ? 1 : 100, measure == RP_LOSS ? "%.5f" : "%.2f");
    put_losses(file, plan, group);
    fputs(" | ", file);
    put_sample(file, &epoch, 1, "%.1f");
    put_paper(file, group, measure, &own);
    put_test(file, &own, best);
    fputs(" |\n", file);
}

static void put_comparison(FILE *file, const struct rp_plan *plan, const char *dataset, const char *network,
                           unsigned item, enum rp_measure measure) {
    struct cli_sample best = {0, NAN, NAN};
    for (int i = 0; i < plan->count; i++) {
        struct cli_sample own = {0, NAN, NAN};
        if (plan->groups[i].available && belongs(&plan->groups[i], dataset, network, item))
            own = rp_sample(plan, &plan->groups[i], measure);
        if (isfinite(own.mean) && (!isfinite(best.mean) || is_better(&own, &best, measure == RP_LOSS))) best = own;
    }
    if (!isfinite(best.mean)) return;
    fprintf(file, "\n### %s, %s: %s\n\n", dataset, network,
            measure == RP_LOSS   ? "test loss (lower is better)"
            : measure == RP_TOP5 ? "top-5 test accuracy, per cent"
                                 : "test accuracy, per cent");
    fputs("| algorithm | here, mean ± deviation | best epoch | paper | difference | p against the best | |\n"
          "|---|---|---|---|---|---|---|\n",
          file);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (belongs(group, dataset, network, item) && group->available) put_row(file, plan, group, measure, &best);
        if (belongs(group, dataset, network, item) && !group->available)
            fprintf(file, "| %s | not available | | | | | |\n", group->algorithm);
    }
}

/* The first group of each data set and network stands for all of them. */
static bool is_first(const struct rp_plan *plan, int at, unsigned item) {
    const struct rp_group *group = &plan->groups[at];
    if (!(group->items & item)) return false;
    for (int i = 0; i < at; i++)
        if (belongs(&plan->groups[i], group->dataset, group->network, item)) return false;
    return true;
}

static void put_comparisons(FILE *file, const struct rp_plan *plan, unsigned item) {
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!is_first(plan, i, item)) continue;
        put_comparison(file, plan, group->dataset, group->network, item, item == ITEM_FIG5 ? RP_LOSS : RP_ACCURACY);
        if (strcmp(group->network, "conv-tiny") == 0)
            put_comparison(file, plan, group->dataset, group->network, item, RP_TOP5);
    }
}

static void put_magnitudes(FILE *file, const struct rp_plan *plan) {
    fputs("\nMean magnitude of an update's elements, over the run, block 0 next to the input. Last column: block 0 "
          "beside the "
          "last block.\n\n| data set | algorithm | T | by block | first / last |\n|---|---|---|---|---|\n",
          file);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!(group->items & ITEM_FIG2) || !group->available) continue;
        int blocks = rp_blocks(plan, group);
        fprintf(file, "| %s | %s | %d | ", group->dataset, group->algorithm, group->iterations);
        for (int b = 0; b < blocks; b++) {
            fputs(b ? ", " : "", file);
            cli_put_number(file, "%.3g", rp_magnitude(plan, group, b).mean);
        }
        fputs(" | ", file);
        cli_put_number(file, "%.3g", rp_magnitude(plan, group, 0).mean / rp_magnitude(plan, group, blocks - 1).mean);
        put_losses(file, plan, group);
        fputs(" |\n", file);
    }
}

static void put_sweep(FILE *file, const struct rp_plan *plan) {
    fputs("\n| data set | algorithm | T | test accuracy, per cent |\n|---|---|---|---|\n", file);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!(group->items & ITEM_FIG4)) continue;
        fprintf(file, "| %s | %s | %d | ", group->dataset, group->algorithm, group->iterations);
        struct cli_sample own = group->available ? rp_sample(plan, group, RP_ACCURACY) : (struct cli_sample){0};
        if (group->available)
            put_sample(file, &own, 100, "%.2f");
        else
            fputs("not available", file);
        put_losses(file, plan, group);
        fputs(" |\n", file);
    }
}

static void put_item(FILE *file, const struct rp_plan *plan, unsigned item, const char *title) {
    if (!(plan->options.items & item)) return;
    fprintf(file, "\n## %s\n", title);
    if (item == ITEM_FIG1)
        rp_put_proximal(file, plan);
    else if (item == ITEM_DELAY)
        rp_put_delay(file, plan);
    else if (item == ITEM_FIG2)
        put_magnitudes(file, plan);
    else if (item == ITEM_FIG4)
        put_sweep(file, plan);
    else if (item != ITEM_FIG3 || !(plan->options.items & ITEM_TABLE2))
        put_comparisons(file, plan, item);
    rp_put_pictures(file, plan, item);
}

static void put_head(FILE *file, const struct rp_plan *plan) {
    const struct rp_options *options = &plan->options;
    fprintf(file, "# Reproduction of Alonso, Krichmar and Neftci (AAAI 2024): %s\n\n", options->item);
    fprintf(file, "By pcil %s, BLAS %s, vector code %s. Seeds 1 to %d. ", pcil_version(), pcil_build_info("blas"),
            pcil_build_info("vector"), options->seeds);
    fprintf(file, "Settings of all runs: %s\n", options->signature);
    fputs("Each number is the mean over seeds ± their standard deviation (n - 1). p is that of Welch's two-sided "
          "t-test against "
          "the best algorithm of the table; it takes no account of how many comparisons there are.\n",
          file);
    rp_put_preset(file, plan);
}

/* A run's message if it diverged. The file that holds it may hold anything. */
static void put_message(FILE *file, const struct rp_group *group, int run) {
    enum { MOST = 1000 };
    if (!group->results[run].diverged) return;
    fprintf(file, "- `%s` seed %d: `", group->name, run + 1);
    cli_put_plain(file, group->results[run].diverged, MOST);
    fputs("`\n", file);
}

static void put_diverged(FILE *file, const struct rp_plan *plan) {
    if (rp_all_diverged(plan) == 0) return;
    fputs("\n## Diverged\n\nThese runs ended where their numbers were no longer finite; means are over the other "
          "seeds.\n\n",
          file);
    for (int i = 0; i < plan->count; i++)
        for (int s = 0; s < plan->options.seeds; s++) put_message(file, &plan->groups[i], s);
}

static void put_unavailable(FILE *file, const struct rp_plan *plan) {
    bool any = false;
    for (int i = 0; i < plan->count; i++) {
        if (plan->groups[i].available) continue;
        if (!any) fputs("\n## Not available\n\nThis version has no such recipes; they were left out:\n\n", file);
        any = true;
        fprintf(file, "- `%s`\n", plan->groups[i].recipe);
    }
}

int rp_write_report(const struct rp_plan *plan) {
    struct cli_text text;
    char *path = cli_join(plan->options.out, "report.md");
    cli_text_begin(&text);
    put_head(text.stream, plan);
    put_item(text.stream, plan, ITEM_TABLE2, "Table 2: best test scores");
    put_item(text.stream, plan, ITEM_FIG1, "Figure 1: proximal loss over inference iterations");
    put_item(text.stream, plan, ITEM_FIG2, "Figure 2: update magnitudes, T = 15");
    put_item(text.stream, plan, ITEM_FIG3, "Figure 3: test error over epochs, classifiers");
    put_item(text.stream, plan, ITEM_FIG4, "Figure 4: inference iterations, sequential and simultaneous");
    put_item(text.stream, plan, ITEM_FIG5, "Figure 5: test loss over epochs, autoencoders");
    put_item(text.stream, plan, ITEM_DELAY, "Supplement: error-propagation delay");
    rp_put_epochs_to_target(text.stream, plan);
    put_diverged(text.stream, plan);
    put_unavailable(text.stream, plan);
    rp_put_settings(text.stream, plan);
    int code = cli_text_write(&text, path);
    free(path);
    return code;
}
