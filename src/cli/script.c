/* gnuplot's program for learning curves: four panels over epochs. */
#include "curves.h"

#include <math.h>
#include <string.h>

struct panel {
    const char *key, *title, *options;
};

static const struct panel accuracy = {"test_accuracy", "test accuracy", "set yrange [0:*]; set key bottom"};
static const struct panel test_loss = {"test_loss", "test loss", ""};
static const struct panel train_loss = {"train_loss", "train loss", ""};
static const struct panel energy = {"train_energy", "train energy", ""};

static double number(const json_t *row, const char *key) {
    const json_t *value = json_object_get(row, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A row without an epoch has no place. */
static bool is_placed(const json_t *row) {
    return isfinite(number(row, "epoch"));
}

static bool has(const struct cli_run *run, const char *key) {
    size_t index;
    json_t *row;
    json_array_foreach (run->rows, index, row) {
        if (is_placed(row) && isfinite(number(row, key))) return true;
    }
    return false;
}

static void put_number(FILE *script, double value) {
    if (isfinite(value))
        fprintf(script, " %.9g", value);
    else
        fputs(" NaN", script);
}

/* In gnuplot's single quotes only the quote itself is special; enhanced text is off. */
static void put_text(FILE *script, const char *text) {
    fputc('\'', script);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', script);
        fputc((unsigned char)*text < 32 ? '?' : *text, script);
    }
    fputc('\'', script);
}

static size_t magnitude_count(const json_t *row) {
    size_t count = json_array_size(json_object_get(row, "update_magnitude"));
    return count < CLI_MOST_LINES ? count : CLI_MOST_LINES;
}

static size_t block_count(const struct cli_run *run) {
    return magnitude_count(json_array_get(run->rows, 0));
}

/* Columns: epoch, the four panels' values, the update magnitudes that the row has itself: a program is no larger than
 * what it is made of. */
static void put_data(FILE *script, const struct cli_run *run, int index) {
    const char *const keys[] = {"epoch", "test_accuracy", "test_loss", "train_loss", "train_energy"};
    size_t place;
    json_t *row;
    fprintf(script, "$run%d << EOD\n", index);
    json_array_foreach (run->rows, place, row) {
        const json_t *magnitudes = json_object_get(row, "update_magnitude");
        if (!is_placed(row)) continue;
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) put_number(script, number(row, keys[k]));
        for (size_t b = 0; b < magnitude_count(row); b++) {
            const json_t *value = json_array_get(magnitudes, b);
            put_number(script, json_is_number(value) ? json_number_value(value) : NAN);
        }
        fputc('\n', script);
    }
    fputs("EOD\n", script);
}

static int column(const struct panel *panel) {
    return panel == &accuracy ? 2 : panel == &test_loss ? 3 : panel == &train_loss ? 4 : 5;
}

/* A panel that stays empty has ranges all the same: gnuplot would refuse it. */
static void begin_panel(FILE *script, const char *title, const char *options, bool any) {
    fputs("unset logscale; set autoscale; set format y '%g'; set key top right opaque\n", script);
    fprintf(script, "set title '%s'; %s\nplot NaN notitle", title,
            any ? options : "set xrange [0:1]; set yrange [0:1]");
}

static void put_line(FILE *script, int run, int columns, const char *title) {
    fprintf(script, ", $run%d using 1:%d with linespoints pointtype 7 pointsize 0.4 linewidth 2 title ", run, columns);
    put_text(script, title);
}

static bool any_has(const struct cli_run *runs, int count, const char *key) {
    for (int i = 0; i < count; i++)
        if (has(&runs[i], key)) return true;
    return false;
}

static void put_panel(FILE *script, const struct panel *panel, const struct cli_run *runs, int count) {
    begin_panel(script, panel->title, panel->options, any_has(runs, count, panel->key));
    for (int i = 0; i < count; i++)
        if (has(&runs[i], panel->key)) put_line(script, i, column(panel), count > 1 ? runs[i].name : "");
    fputc('\n', script);
}

static void put_losses(FILE *script, const struct cli_run *run) {
    begin_panel(script, "loss", "", has(run, "train_loss") || has(run, "test_loss"));
    if (has(run, "train_loss")) put_line(script, 0, column(&train_loss), "train");
    if (has(run, "test_loss")) put_line(script, 0, column(&test_loss), "test");
    fputc('\n', script);
}

static bool any_magnitude(const struct cli_run *run) {
    size_t index, block;
    json_t *row, *value;
    json_array_foreach (run->rows, index, row) {
        if (!is_placed(row)) continue;
        json_array_foreach (json_object_get(row, "update_magnitude"), block, value) {
            if (block < block_count(run) && json_is_number(value) && json_number_value(value) > 0) return true;
        }
    }
    return false;
}

static void put_magnitudes(FILE *script, const struct cli_run *run) {
    bool any = any_magnitude(run);
    begin_panel(script, "mean update magnitude per block", "set logscale y; set format y '%.0e'; set key bottom", any);
    for (size_t b = 0; any && b < block_count(run); b++) {
        char title[32];
        snprintf(title, sizeof title, "block %zu", b);
        put_line(script, 0, 6 + (int)b, title);
    }
    fputc('\n', script);
}

void cli_curves_script(FILE *script, const struct cli_run *runs, int count) {
    bool scored = any_has(runs, count, "test_accuracy");
    fputs("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 1200,800 noenhanced } "
          "else { set terminal png size 1200,800 noenhanced }\n"
          "set datafile missing 'NaN'\nset grid; set xlabel 'epoch'\n",
          script);
    for (int i = 0; i < count; i++) put_data(script, &runs[i], i);
    fputs("set multiplot layout 2,2\n", script);
    put_panel(script, scored ? &accuracy : &test_loss, runs, count);
    if (count == 1)
        put_losses(script, runs);
    else
        put_panel(script, scored ? &test_loss : &train_loss, runs, count);
    put_panel(script, &energy, runs, count);
    if (count == 1)
        put_magnitudes(script, runs);
    else
        put_panel(script, &train_loss, runs, count);
    fputs("unset multiplot\n", script);
}
