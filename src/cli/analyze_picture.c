/*
 * gnuplot's program for a table: lines over the first column, or bars. Each line has a shade, a dash and a point of its
 * own, so that they can be told apart in grey too.
 */
#include "analyze.h"
#include "curves.h"
#include "sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *colour;
    int dash, point;
} strokes[] = {{"#000000", 1, 7}, {"#0b5394", 1, 5}, {"#b45f06", 2, 9}, {"#38761d", 2, 13},
               {"#a64d79", 4, 6}, {"#6fa8dc", 4, 4}, {"#e69138", 5, 8}, {"#999999", 5, 12}};
enum { STROKES = sizeof strokes / sizeof *strokes };

/* What a logarithmic axis cannot show is missing. */
static void put_value(FILE *script, double value, bool logarithmic) {
    if (!isfinite(value) || (logarithmic && value <= 0))
        fputs(" NaN", script);
    else
        fprintf(script, " %.9g", value);
}

static void put_data(FILE *script, const struct an_table *table) {
    fputs("$data << EOD\n", script);
    for (int r = 0; r < table->rows; r++) {
        const double *row = table->values + r * table->columns;
        for (int c = 0; c < table->columns; c++) put_value(script, row[c], c == 0 ? table->log_x : table->log_y);
        if (table->last_row && r + 1 == table->rows)
            fprintf(script, " %s\n", table->last_row);
        else
            fprintf(script, " %.6g\n", row[0]);
    }
    fputs("EOD\n", script);
}

static bool any_visible(const struct an_table *table) {
    for (int r = 0; r < table->rows; r++)
        for (int c = 1; c < table->columns; c++) {
            double value = table->values[r * table->columns + c];
            if (!table->hidden[c] && isfinite(value) && (!table->log_y || value > 0)) return true;
        }
    return false;
}

static void put_axes(FILE *script, const struct an_table *table) {
    fprintf(script, "set title '%s'; set xlabel '%s'; set ylabel '%s'\n", table->title, table->x, table->y);
    if (table->log_x) fputs("set logscale x; set format x '%.0e'\n", script);
    if (!table->log_x && !table->bars && table->x_counts)
        fputs(table->rows <= 21 ? "set xtics 1\n" : "set xtics autofreq\n", script);
    if (table->log_y) fputs("set logscale y; set format y '%.0e'\n", script);
    if (!table->bars) fputs("set autoscale xfix\n", script);
    if (table->log_y && !any_visible(table)) fputs("set yrange [0.1:1]\n", script);
    if (!table->log_y && !any_visible(table)) fputs("set yrange [0:1]\n", script);
}

static void put_lines(FILE *script, const struct an_table *table) {
    const char *lead = "plot ";
    for (int c = 1, n = 0; c < table->columns; c++) {
        if (table->hidden[c]) continue;
        fprintf(script,
                "%s$data using 1:%d with linespoints linewidth 1.6 linecolor rgb '%s' dashtype %d pointtype %d "
                "pointsize 0.9 title '%s'",
                lead, c + 1, strokes[n % STROKES].colour, strokes[n % STROKES].dash, strokes[n % STROKES].point,
                table->names[c]);
        n++;
        lead = ", \\\n     ";
    }
    fputc('\n', script);
}

static void put_bars(FILE *script, const struct an_table *table) {
    static const int patterns[] = {3, 1, 2, 6};
    const char *lead = "plot ";
    fputs("set style data histograms; set style histogram clustered gap 1; set style fill pattern border -1\n"
          "set xzeroaxis linetype -1; set yrange [*<0:1]\n",
          script);
    for (int c = 1, n = 0; c < table->columns; c++) {
        if (table->hidden[c]) continue;
        fprintf(script, "%s$data using %d:xtic(%d) fillstyle pattern %d linecolor rgb '%s' title '%s'", lead, c + 1,
                table->columns + 1, patterns[n % 4], strokes[n % STROKES].colour, table->names[c]);
        n++;
        lead = ", \\\n     ";
    }
    fputc('\n', script);
}

static void put_script(FILE *script, const struct an_table *table) {
    fputs("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 720,480 noenhanced } "
          "else { set terminal png size 720,480 noenhanced }\n"
          "set datafile missing 'NaN'; set grid linecolor rgb '#dddddd' linetype 1\n"
          "set key outside right top reverse Left samplen 3\n",
          script);
    put_data(script, table);
    put_axes(script, table);
    (table->bars ? put_bars : put_lines)(script, table);
}

int an_draw(const struct an_table *table, const char *path) {
    bool missing = false;
    FILE *script = tmpfile();
    if (!script) return cli_failed("cannot make a temporary file");
    put_script(script, table);
    int code = cli_gnuplot(script, path, &missing);
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
