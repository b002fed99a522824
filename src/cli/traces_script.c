/* gnuplot's program for the traces of a run: what happened in blocks and nodes, over epochs. */
#include "curves.h"

#include <math.h>

struct panel {
    const char *key, *title, *noun, *options;
    bool table; /* a row for each iteration: the last one is drawn */
    bool all;   /* the last value is that of all blocks together */
    int first;  /* of the values drawn */
};

#define LOGARITHMIC "set logscale y; set format y '%.0e'"

static const struct panel panels[] = {
    {"update_magnitude", "mean update magnitude per block", "block", LOGARITHMIC, false, false, 0},
    {"error_magnitude", "mean error magnitude per node, after inference", "node", LOGARITHMIC, true, false, 1},
    {"energy_prediction", "energy per node, after inference", "node", LOGARITHMIC, true, false, 1},
    {"cosine", "cosine to backpropagation's gradient", "block", "set yrange [-1:1.05]", false, true, 0},
    {"signal_to_noise", "signal to noise of the gradient", "block", "set yrange [0:*]", false, true, 0},
    {"zero_share", "share of silent units", "node", "set yrange [0:1]", false, false, 0},
};

static const json_t *values_of(const json_t *row, const struct panel *panel) {
    const json_t *values = json_object_get(row, panel->key);
    return panel->table ? json_array_get(values, json_array_size(values) - 1) : values;
}

static double number(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int value_count(const json_t *row, const struct panel *panel) {
    size_t count = json_array_size(values_of(row, panel));
    return count < CLI_MOST_LINES ? (int)count : CLI_MOST_LINES;
}

/* How many lines a panel has: as many as its values in the first row. */
static int line_count(const struct cli_run *run, const struct panel *panel) {
    return value_count(json_array_get(run->rows, 0), panel);
}

static void put_number(FILE *script, double value) {
    if (isfinite(value))
        fprintf(script, " %.9g", value);
    else
        fputs(" NaN", script);
}

/* Columns: epoch, the panel's values that the row has. Returns whether one of them can be drawn. */
static bool put_data(FILE *script, const struct cli_run *run, const struct panel *panel, int index) {
    size_t place;
    json_t *row;
    bool any = false;
    int lines = line_count(run, panel);
    fprintf(script, "$panel%d << EOD\n", index);
    json_array_foreach (run->rows, place, row) {
        double epoch = number(json_object_get(row, "epoch"));
        if (!isfinite(epoch)) continue;
        put_number(script, epoch);
        for (int i = 0; i < lines && i < value_count(row, panel); i++) {
            double value = number(json_array_get(values_of(row, panel), (size_t)i));
            any = any || (i >= panel->first && value > 0);
            put_number(script, value);
        }
        fputc('\n', script);
    }
    fputs("EOD\n", script);
    return any;
}

static void put_panel(FILE *script, const struct cli_run *run, const struct panel *panel, int index) {
    bool any = put_data(script, run, panel, index);
    int lines = line_count(run, panel);
    fputs("unset logscale; set autoscale; set format y '%g'; set key bottom right opaque\n", script);
    fprintf(script, "set title \"%s\"; %s\nplot NaN notitle", panel->title,
            any ? panel->options : "set xrange [0:1]; set yrange [0:1]");
    for (int i = panel->first; any && i < lines; i++) {
        char label[32];
        if (panel->all && i + 1 == lines)
            snprintf(label, sizeof label, "all");
        else
            snprintf(label, sizeof label, "%s %d", panel->noun, i);
        fprintf(script, ", $panel%d using 1:%d with linespoints pointtype %d pointsize 0.6 linewidth 2 title '%s'",
                index, i + 2, i % 12 + 1, label);
    }
    fputc('\n', script);
}

bool cli_traces_has(const struct cli_run *run) {
    return line_count(run, &panels[1]) > 0;
}

void cli_traces_script(FILE *script, const struct cli_run *run) {
    fputs("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 1500,900 noenhanced } "
          "else { set terminal png size 1500,900 noenhanced }\n"
          "set datafile missing 'NaN'\nset grid; set xlabel 'epoch'\nset multiplot layout 2,3\n",
          script);
    for (int i = 0; i < (int)(sizeof panels / sizeof panels[0]); i++) put_panel(script, run, &panels[i], i);
    fputs("unset multiplot\n", script);
}
