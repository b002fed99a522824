/*
 * gnuplot's program for a table: lines over the first column, in one panel or several, or bars. Each line has a shade,
 * a dash and a point of its own, so that they can be told apart in grey too.
 */
#include "analyze.h"
#include "curves.h"
#include "sheet.h"
#include "target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *colour;
    int dash, point;
} strokes[] = {{"#000000", 1, 7}, {"#0b5394", 1, 5}, {"#b45f06", 2, 9}, {"#38761d", 2, 13},
               {"#a64d79", 4, 6}, {"#6fa8dc", 4, 4}, {"#e69138", 5, 8}, {"#999999", 5, 12}};
enum { STROKES = sizeof strokes / sizeof *strokes };

static void put_value(FILE *script, double value) {
    if (isfinite(value))
        fprintf(script, " %.9g", value);
    else
        fputs(" NaN", script);
}

static void put_data(FILE *script, const struct an_table *table) {
    fputs("$data << EOD\n", script);
    for (int r = 0; r < table->rows; r++) {
        const double *row = table->values + r * table->columns;
        for (int c = 0; c < table->columns; c++) put_value(script, row[c]);
        if (table->last_row && r + 1 == table->rows)
            fprintf(script, " %s\n", table->last_row);
        else
            fprintf(script, " %.6g\n", row[0]);
    }
    fputs("EOD\n", script);
}

/* A quantity that is 0 throughout, such as a decay that is off, would but hide others. */
static bool is_drawn(const struct an_table *table, int column) {
    bool any = !table->log_y;
    for (int r = 0; r < table->rows; r++) any = any || table->values[r * table->columns + column] > 0;
    return any && !table->hidden[column];
}

static void put_x(FILE *script, const struct an_table *table) {
    fprintf(script, "set xlabel '%s'\n", table->x);
    if (table->log_x) fputs("set logscale x; set format x '%.0e'\n", script);
    if (table->x_counts) fputs(table->rows <= 21 ? "set xtics 1\n" : "set xtics autofreq\n", script);
    if (table->x_counts && table->rows == 1) fputs("set xrange [-1:1]\n", script);
    fputs("set autoscale xfix\n", script);
}

static void put_y(FILE *script, const struct an_table *table) {
    fprintf(script, "set ylabel '%s'\n", table->y);
    if (!table->log_y) return;
    fputs("set logscale y; set format y '%.0e'\n", script);
    bool any = false; /* without a number above 0 a logarithmic axis has no range */
    for (int c = 1; c < table->columns; c++) any = any || is_drawn(table, c);
    if (!any) fputs("set yrange [0.1:1]\n", script);
}

static void put_stroke(FILE *script, int number) {
    int n = number % STROKES;
    fprintf(script, " with linespoints linewidth 1.6 linecolor rgb '%s' dashtype %d pointtype %d pointsize 0.9 title ",
            strokes[n].colour, strokes[n].dash, strokes[n].point);
}

/* All columns over the first, or what they have changed by since the first row. */
static void put_curves(FILE *script, const struct an_table *table, bool changes) {
    const char *lead = "plot ";
    for (int c = 1, n = 0; c < table->columns; c++) {
        if (!is_drawn(table, c)) continue;
        fprintf(script, "%s$data using 1:", lead);
        if (changes)
            fprintf(script, "($%d - (%.9g))", c + 1, table->values[c]);
        else
            fprintf(script, "%d", c + 1);
        put_stroke(script, n++);
        fprintf(script, "'%s'", table->names[c]);
        lead = ", \\\n     ";
    }
    fputs(*lead == 'p' ? "plot NaN notitle\n" : "\n", script);
}

static void put_lines(FILE *script, const struct an_table *table) {
    fprintf(script, "set title '%s'\n", table->title);
    put_x(script, table);
    put_y(script, table);
    put_curves(script, table, false);
}

static void put_changes(FILE *script, const struct an_table *table) {
    fprintf(script, "set multiplot layout 1,2 title '%s'; set key below; set bmargin 7\n", table->title);
    put_x(script, table);
    put_y(script, table);
    put_curves(script, table, false);
    fputs("unset logscale y; set format y '%g'; set ylabel 'change since the first'; set xzeroaxis linetype -1\n",
          script);
    put_curves(script, table, true);
    fputs("unset multiplot\n", script);
}

/* A column that begins at 0 has no change in per cent: it is drawn as it is. */
static void put_panel(FILE *script, const struct an_table *table, int column) {
    double first = table->values[column];
    bool part = isfinite(first) && first != 0;
    fprintf(script, "set title '%s (%.4g at first)'\nplot $data using 1:", table->names[column], first);
    if (part)
        fprintf(script, "(100 * ($%d / (%.9g) - 1))", column + 1, first);
    else
        fprintf(script, "%d", column + 1);
    put_stroke(script, 0);
    fputs("''\n", script);
}

static int count_shown(const struct an_table *table) {
    int shown = 0;
    for (int c = 1; c < table->columns; c++) shown += !table->hidden[c];
    return shown;
}

enum { PANELS_IN_A_ROW = 4 };

static void put_panels(FILE *script, const struct an_table *table) {
    int shown = count_shown(table), columns = shown < PANELS_IN_A_ROW ? shown : PANELS_IN_A_ROW;
    if (shown == 0) return;
    fprintf(script,
            "set multiplot layout %d,%d title '%s'; unset key; set xzeroaxis linetype -1; set offsets 0,0,graph "
            "0.05,graph 0.05\n",
            (shown + columns - 1) / columns, columns, table->title);
    put_x(script, table);
    put_y(script, table);
    for (int c = 1; c < table->columns; c++)
        if (!table->hidden[c]) put_panel(script, table, c);
    fputs("unset multiplot\n", script);
}

static void put_bars(FILE *script, const struct an_table *table) {
    static const int patterns[] = {3, 1, 2, 6};
    const char *lead = "plot ";
    fprintf(script,
            "set title '%s'; set xlabel '%s'; set ylabel '%s'\n"
            "set style data histograms; set style histogram clustered gap 1; set style fill pattern border -1\n"
            "set xzeroaxis linetype -1; set yrange [*<0:1]\n",
            table->title, table->x, table->y);
    for (int c = 1, n = 0; c < table->columns; c++) {
        if (table->hidden[c]) continue;
        fprintf(script, "%s$data using %d:xtic(%d) fillstyle pattern %d linecolor rgb '%s' title '%s'", lead, c + 1,
                table->columns + 1, patterns[n % 4], strokes[n % STROKES].colour, table->names[c]);
        n++;
        lead = ", \\\n     ";
    }
    fputc('\n', script);
}

static void size_of(const struct an_table *table, int *width, int *height) {
    int shown = count_shown(table);
    *width = 720;
    *height = 480;
    if (table->view == AN_CHANGES) *width = 1080;
    if (table->view != AN_PANELS) return;
    *width = 320 * (shown < PANELS_IN_A_ROW ? shown : PANELS_IN_A_ROW);
    *height = 40 + 280 * ((shown + PANELS_IN_A_ROW - 1) / PANELS_IN_A_ROW);
}

static void put_script(FILE *script, const struct an_table *table) {
    static void (*const put[])(FILE *, const struct an_table *) = {
        [AN_LINES] = put_lines, [AN_PANELS] = put_panels, [AN_CHANGES] = put_changes, [AN_BARS] = put_bars};
    int width, height;
    size_of(table, &width, &height);
    fprintf(script,
            "terminal = strstrt(GPVAL_TERMINALS, 'pngcairo') > 0 ? 'pngcairo' : 'png'\n"
            "set terminal @terminal size %d,%d noenhanced\n"
            "set datafile missing 'NaN'; set grid linecolor rgb '#dddddd' linetype 1\n"
            "set key outside right top reverse Left samplen 3\n",
            width, height);
    put_data(script, table);
    put[table->view](script, table);
}

int an_draw(const struct an_table *table, const char *path) {
    bool missing = false;
    FILE *script = tmpfile();
    if (!script) return cli_failed("cannot make a temporary file");
    put_script(script, table);
    char *target = cli_target(path);
    int code = cli_gnuplot(script, target, &missing);
    free(target);
    fclose(script);
    return missing ? cli_failed("gnuplot is not installed, '%s' was not drawn", path) : code;
}

/* --- sheets --- */

int an_draw_sheet(const struct an_sheet *sheet, const char *path) {
    struct cli_pictures pictures = {.count = sheet->count,
                                    .channels = sheet->channels,
                                    .height = sheet->height,
                                    .width = sheet->width,
                                    .pixels = sheet->pixels};
    return cli_pictures_draw(&pictures, path, sheet->captions, sheet->columns, sheet->title);
}

void an_sheet_free(struct an_sheet *sheet) {
    for (int32_t i = 0; sheet->captions && i < sheet->count; i++) free(sheet->captions[i]);
    free(sheet->captions);
    free(sheet->pixels);
    *sheet = (struct an_sheet){0};
}
