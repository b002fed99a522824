/* Figures by gnuplot: means over seeds with bands of a standard deviation. */
#include "chart.h"
#include "output.h"
#include "reproduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct figure {
    unsigned item;
    const struct rp_group *first; /* stands for its data set and network; of fig. 1 and the delay, for itself */
    const char *when;             /* "before" or "after" training of what is measured then; else NULL */
    char *file;                   /* without folder */
};

static bool is_measured(unsigned item) {
    return item == ITEM_FIG1 || item == ITEM_DELAY;
}

static bool shows(const struct figure *figure, const struct rp_group *group) {
    if (!group->available || !(group->items & figure->item)) return false;
    if (is_measured(figure->item)) return group == figure->first;
    return strcmp(group->dataset, figure->first->dataset) == 0 && strcmp(group->network, figure->first->network) == 0;
}

/* --- lines --- */

/* Of the accuracy its error is shown. */
static double score(const struct rp_result *result, size_t row, bool by_loss) {
    const json_t *values = json_array_get(result->rows, row);
    return by_loss ? rp_value(values, "test_loss") : 1 - rp_value(values, "test_accuracy");
}

static void put_epochs(struct cli_chart *chart, const struct rp_plan *plan, const struct rp_group *group,
                       const char *axis) {
    double *scores = cli_allocate((size_t)plan->options.seeds, sizeof *scores);
    double *places = cli_allocate((size_t)plan->options.seeds, sizeof *places);
    for (size_t row = 0; row < rp_evaluations(plan, group); row++) {
        for (int s = 0; s < plan->options.seeds; s++) {
            scores[s] = score(&group->results[s], row, rp_by_loss(group));
            places[s] = rp_value(json_array_get(group->results[s].rows, row), axis);
        }
        struct cli_sample place = cli_sample_of(places, plan->options.seeds);
        struct cli_sample sample = cli_sample_of(scores, plan->options.seeds);
        cli_chart_point(chart, place.mean, &sample);
    }
    free(places);
    free(scores);
}

static void put_blocks(struct cli_chart *chart, const struct rp_plan *plan, const struct rp_group *group) {
    for (int b = 0; b < rp_blocks(plan, group); b++) {
        struct cli_sample sample = rp_magnitude(plan, group, b);
        cli_chart_point(chart, b, &sample);
    }
}

/* A line of figure 4 has a point of each group of its algorithm. */
static void put_sweep(struct cli_chart *chart, const struct rp_plan *plan, const struct figure *figure,
                      const char *algorithm) {
    for (int i = 0; i < plan->count; i++) {
        if (!shows(figure, &plan->groups[i]) || strcmp(plan->groups[i].algorithm, algorithm) != 0) continue;
        struct cli_sample sample = rp_sample(plan, &plan->groups[i], RP_ACCURACY);
        cli_chart_point(chart, plan->groups[i].iterations, &sample);
    }
}

static void put_group(struct cli_chart *chart, const struct rp_plan *plan, const struct figure *figure,
                      const struct rp_group *group) {
    if (figure->item == ITEM_FIG2)
        put_blocks(chart, plan, group);
    else if (figure->item == ITEM_FIG4)
        put_sweep(chart, plan, figure, group->algorithm);
    else
        put_epochs(chart, plan, group, figure->item == ITEM_TIME ? "seconds" : "epoch");
    bool differs = figure->item == ITEM_TIME && group->iterations;
    char *title = differs ? cli_format("%s, T = %d", group->algorithm, group->iterations) : cli_copy(group->algorithm);
    cli_chart_line(chart, title);
    free(title);
}

/* In figure 4 the first group of an algorithm stands for its line. */
static bool has_line(const struct rp_plan *plan, const struct figure *figure, int at) {
    if (!shows(figure, &plan->groups[at])) return false;
    for (int i = 0; i < at && figure->item == ITEM_FIG4; i++)
        if (shows(figure, &plan->groups[i]) && strcmp(plan->groups[i].algorithm, plan->groups[at].algorithm) == 0)
            return false;
    return true;
}

static void put_groups(struct cli_chart *chart, const struct rp_plan *plan, const struct figure *figure) {
    for (int i = 0; i < plan->count; i++)
        if (has_line(plan, figure, i)) put_group(chart, plan, figure, &plan->groups[i]);
}

/* A line for each column of what was measured: a beta, or a node. */
static void put_columns(struct cli_chart *chart, const struct rp_plan *plan, const struct figure *figure) {
    const struct rp_group *group = figure->first;
    int first = figure->item == ITEM_DELAY ? 1 : 0; /* node 0 has no error */
    for (int column = first; column < rp_columns(plan, group); column++) {
        for (int t = 0; t < rp_times(plan, group); t++) {
            struct cli_sample sample = rp_measured(plan, group, figure->when, t, column);
            cli_chart_point(chart, t, &sample);
        }
        char *title = figure->item == ITEM_FIG1 ? cli_format("beta %g", rp_beta(plan, group, column))
                                                : cli_format("node %d", column);
        cli_chart_line(chart, title);
        free(title);
    }
}

/* --- a figure --- */

static const char *label_x(unsigned item) {
    switch (item) {
    case ITEM_TIME:
        return "seconds of training";
    case ITEM_FIG2:
        return "block";
    case ITEM_FIG4:
        return "inference iterations T";
    case ITEM_FIG1:
    case ITEM_DELAY:
        return "inference iteration";
    default:
        return "epoch";
    }
}

static char *label_y(const struct rp_plan *plan, const struct figure *figure) {
    const char *part = plan->options.strict ? "held-out" : "test";
    switch (figure->item) {
    case ITEM_FIG1:
        return cli_copy("proximal loss");
    case ITEM_FIG2:
        return cli_copy("mean update magnitude");
    case ITEM_FIG4:
        return cli_copy("test accuracy");
    case ITEM_DELAY:
        return cli_copy("mean local error");
    default:
        return cli_format("%s %s", part, rp_by_loss(figure->first) ? "loss" : "error");
    }
}

static int draw(const struct rp_plan *plan, const struct figure *figure, bool *missing) {
    const struct rp_group *first = figure->first;
    struct cli_chart chart;
    char *path = cli_join(plan->options.out, figure->file), *y = label_y(plan, figure);
    char *title = figure->when ? cli_format("%s, %s, %s training", first->dataset, first->algorithm, figure->when)
                               : cli_format("%s, %s", first->dataset, first->network);
    cli_chart_begin(&chart, title, label_x(figure->item), y);
    chart.logarithmic = figure->item == ITEM_FIG2 || is_measured(figure->item);
    if (is_measured(figure->item))
        put_columns(&chart, plan, figure);
    else
        put_groups(&chart, plan, figure);
    int code = cli_chart_draw(&chart, path, missing);
    free(title);
    free(y);
    free(path);
    return code;
}

/* --- which there are --- */

static const struct kind {
    unsigned item;
    const char *name, *when;
} kinds[] = {{ITEM_FIG1, "fig1", "after"},
             {ITEM_FIG2, "fig2", NULL},
             {ITEM_FIG3, "fig3", NULL},
             {ITEM_FIG4, "fig4", NULL},
             {ITEM_FIG5, "fig5", NULL},
             {ITEM_TIME, "time", NULL},
             {ITEM_DELAY, "error-delay", "before"},
             {ITEM_DELAY, "error-delay", "after"}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static char *file_of(const struct kind *kind, const struct rp_group *group) {
    if (kind->item == ITEM_DELAY)
        return cli_format("%s-%s-%s-%s.png", kind->name, group->dataset, group->algorithm, kind->when);
    return cli_format("%s-%s-%s.png", kind->name, group->dataset,
                      kind->item == ITEM_FIG1 ? group->algorithm : group->network);
}

/* The figure of which this group is the first line; false if it is of none. */
static bool figure_at(const struct rp_plan *plan, int at, const struct kind *kind, struct figure *figure) {
    *figure = (struct figure){.item = kind->item, .first = &plan->groups[at], .when = kind->when};
    if (!(plan->options.items & kind->item) || !shows(figure, figure->first)) return false;
    for (int i = 0; i < at; i++)
        if (shows(figure, &plan->groups[i])) return false;
    figure->file = file_of(kind, figure->first);
    return true;
}

int rp_draw_figures(struct rp_plan *plan) {
    struct figure figure;
    bool missing = false;
    int code = CLI_DONE;
    plan->drawn = cli_json_object();
    for (size_t k = 0; k < KINDS; k++)
        for (int i = 0; i < plan->count && !missing; i++) {
            if (!figure_at(plan, i, &kinds[k], &figure)) continue;
            int drawn = draw(plan, &figure, &missing);
            if (drawn == CLI_DONE) cli_json_set(plan->drawn, figure.file, json_true());
            if (drawn != CLI_DONE && !missing) code = drawn;
            free(figure.file);
        }
    if (missing) cli_message("gnuplot is not installed: no figures");
    return code;
}

static void put_picture(FILE *file, const struct rp_plan *plan, const struct figure *figure) {
    char *path = cli_join(plan->options.out, figure->file);
    const char *what = is_measured(figure->item) ? figure->first->algorithm : figure->first->network;
    if (json_object_get(plan->drawn, figure->file) && access(path, F_OK) == 0)
        fprintf(file, "\n![%s, %s](%s)\n", figure->first->dataset, what, figure->file);
    else
        fprintf(file, "\n%s was not drawn: gnuplot is not installed or failed, or no run was finished.\n",
                figure->file);
    free(path);
}

void rp_put_pictures(FILE *file, const struct rp_plan *plan, unsigned item) {
    struct figure figure;
    for (size_t k = 0; k < KINDS; k++)
        for (int i = 0; i < plan->count && kinds[k].item == item; i++) {
            if (!figure_at(plan, i, &kinds[k], &figure)) continue;
            put_picture(file, plan, &figure);
            free(figure.file);
        }
}
