/* Figures by gnuplot: means over seeds with bands of a standard deviation. */
#include "curves.h"
#include "reproduce.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct figure {
    unsigned item;
    const char *dataset, *network;
    char *file; /* without folder */
};

static bool shows(const struct figure *figure, const struct rp_group *group) {
    return group->available && (group->items & figure->item) && strcmp(group->dataset, figure->dataset) == 0 &&
           strcmp(group->network, figure->network) == 0;
}

/* --- series: x, mean, lower, upper --- */

static void put_point(FILE *script, double x, const struct cli_sample *sample) {
    double spread = isfinite(sample->deviation) ? sample->deviation : 0;
    if (isfinite(x) && isfinite(sample->mean))
        fprintf(script, "%.9g %.9g %.9g %.9g\n", x, sample->mean, sample->mean - spread, sample->mean + spread);
}

/* Of the accuracy its error is shown. */
static double score(const struct rp_result *result, size_t row, bool by_loss) {
    const json_t *values = json_array_get(result->rows, row);
    return by_loss ? rp_value(values, "test_loss") : 1 - rp_value(values, "test_accuracy");
}

static void put_epochs(FILE *script, const struct rp_plan *plan, const struct rp_group *group, const char *axis) {
    double *scores = cli_allocate((size_t)plan->options.seeds, sizeof *scores);
    double *places = cli_allocate((size_t)plan->options.seeds, sizeof *places);
    for (size_t row = 0; row < json_array_size(group->results[0].rows); row++) {
        for (int s = 0; s < plan->options.seeds; s++) {
            scores[s] = score(&group->results[s], row, rp_by_loss(group));
            places[s] = rp_value(json_array_get(group->results[s].rows, row), axis);
        }
        struct cli_sample place = cli_sample_of(places, plan->options.seeds);
        struct cli_sample sample = cli_sample_of(scores, plan->options.seeds);
        put_point(script, place.mean, &sample);
    }
    free(places);
    free(scores);
}

static void put_blocks(FILE *script, const struct rp_plan *plan, const struct rp_group *group) {
    for (int b = 0; b < rp_blocks(group); b++) {
        struct cli_sample sample = rp_magnitude(plan, group, b);
        /* The axis is logarithmic: a band that reaches below 0 ends at a tenth of the mean. */
        if (sample.mean - sample.deviation <= 0) {
            fprintf(script, "%d %.9g %.9g %.9g\n", b, sample.mean, sample.mean / 10, sample.mean + sample.deviation);
            continue;
        }
        if (sample.mean > 0) put_point(script, b, &sample);
    }
}

/* One line of a figure; figure 4's has a point of each group of its algorithm. */
static void put_series(FILE *script, const struct rp_plan *plan, const struct figure *figure, int at) {
    const struct rp_group *group = &plan->groups[at];
    fprintf(script, "$s%d << EOD\n", at);
    if (figure->item == ITEM_FIG2)
        put_blocks(script, plan, group);
    else if (figure->item != ITEM_FIG4)
        put_epochs(script, plan, group, figure->item == ITEM_TIME ? "seconds" : "epoch");
    for (int i = 0; i < plan->count && figure->item == ITEM_FIG4; i++) {
        if (!shows(figure, &plan->groups[i]) || strcmp(plan->groups[i].algorithm, group->algorithm) != 0) continue;
        struct cli_sample sample = rp_sample(plan, &plan->groups[i], RP_ACCURACY);
        put_point(script, plan->groups[i].iterations, &sample);
    }
    fputs("EOD\n", script);
}

/* In figure 4 the first group of an algorithm stands for its line. */
static bool has_line(const struct rp_plan *plan, const struct figure *figure, int at) {
    if (!shows(figure, &plan->groups[at])) return false;
    for (int i = 0; i < at && figure->item == ITEM_FIG4; i++)
        if (shows(figure, &plan->groups[i]) && strcmp(plan->groups[i].algorithm, plan->groups[at].algorithm) == 0)
            return false;
    return true;
}

static void put_labels(FILE *script, const struct rp_plan *plan, const struct figure *figure) {
    bool loss = strcmp(figure->network, "autoencoder") == 0;
    const char *part = plan->options.strict ? "held-out" : "test", *x = "epoch", *more = "";
    char *y = cli_format("%s %s", part, loss ? "loss" : "error");
    if (figure->item == ITEM_TIME) x = "seconds of training";
    if (figure->item == ITEM_FIG4) x = "inference iterations T";
    if (figure->item == ITEM_FIG2) x = "block";
    if (figure->item == ITEM_FIG2) more = "set logscale y; set format y '%.0e'; set xtics 1; ";
    fprintf(script, "set title '%s, %s'; set xlabel '%s'; set ylabel '%s'; %s\n", figure->dataset, figure->network, x,
            figure->item == ITEM_FIG2   ? "mean update magnitude"
            : figure->item == ITEM_FIG4 ? "test accuracy"
                                        : y,
            more);
    free(y);
}

static void put_lines(FILE *script, const struct rp_plan *plan, const struct figure *figure) {
    int colour = 1;
    fputs("plot ", script);
    for (int i = 0; i < plan->count; i++) {
        const struct rp_group *group = &plan->groups[i];
        if (!has_line(plan, figure, i)) continue;
        char *more =
            figure->item == ITEM_TIME && group->iterations ? cli_format(", T = %d", group->iterations) : cli_copy("");
        fprintf(script, "%s$s%d using 1:3:4 with filledcurves linecolor %d fillstyle transparent solid 0.2 notitle, ",
                colour > 1 ? ", " : "", i, colour);
        fprintf(script,
                "$s%d using 1:2 with linespoints pointtype 7 pointsize 0.4 linewidth 2 linecolor %d title '%s%s'", i,
                colour, group->algorithm, more);
        free(more);
        colour++;
    }
    fputc('\n', script);
}

static int draw(const struct rp_plan *plan, const struct figure *figure, bool *missing) {
    FILE *script = tmpfile();
    char *path = cli_join(plan->options.out, figure->file);
    if (!script) {
        free(path);
        return cli_failed("cannot make a temporary file: %s", strerror(errno));
    }
    unlink(path);
    fputs("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 800,560 noenhanced } "
          "else { set terminal png size 800,560 noenhanced }\nset grid; set key outside right\n",
          script);
    for (int i = 0; i < plan->count; i++)
        if (has_line(plan, figure, i)) put_series(script, plan, figure, i);
    put_labels(script, plan, figure);
    put_lines(script, plan, figure);
    int code = cli_gnuplot(script, path, missing);
    fclose(script);
    free(path);
    return code;
}

/* --- which there are --- */

static const struct {
    unsigned item;
    const char *name;
} kinds[] = {{ITEM_FIG2, "fig2"}, {ITEM_FIG3, "fig3"}, {ITEM_FIG4, "fig4"}, {ITEM_FIG5, "fig5"}, {ITEM_TIME, "time"}};

/* The figure of which this group is the first line; false if it is of none. */
static bool figure_at(const struct rp_plan *plan, int at, size_t kind, struct figure *figure) {
    const struct rp_group *group = &plan->groups[at];
    *figure = (struct figure){.item = kinds[kind].item, .dataset = group->dataset, .network = group->network};
    if (!(plan->options.items & figure->item) || !shows(figure, group)) return false;
    for (int i = 0; i < at; i++)
        if (shows(figure, &plan->groups[i])) return false;
    figure->file = cli_format("%s-%s-%s.png", kinds[kind].name, group->dataset, group->network);
    return true;
}

int rp_draw_figures(const struct rp_plan *plan) {
    struct figure figure;
    bool missing = false;
    int code = CLI_DONE;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int i = 0; i < plan->count && code == CLI_DONE; i++) {
            if (!figure_at(plan, i, k, &figure)) continue;
            code = draw(plan, &figure, &missing);
            free(figure.file);
        }
    if (!missing) return code;
    cli_message("gnuplot is not installed: no figures");
    return CLI_DONE;
}

void rp_put_pictures(FILE *file, const struct rp_plan *plan, unsigned item) {
    struct figure figure;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int i = 0; i < plan->count && kinds[k].item == item; i++) {
            if (!figure_at(plan, i, k, &figure)) continue;
            char *path = cli_join(plan->options.out, figure.file);
            if (access(path, F_OK) == 0)
                fprintf(file, "\n![%s, %s](%s)\n", figure.dataset, figure.network, figure.file);
            else
                fprintf(file, "\n%s was not drawn: gnuplot is not installed.\n", figure.file);
            free(path);
            free(figure.file);
        }
}
