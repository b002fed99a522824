#include "chart.h"

#include "curves.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_chart_begin(struct cli_chart *chart, const char *title, const char *x, const char *y) {
    *chart = (struct cli_chart){.title = title, .x = x, .y = y};
    cli_text_begin(&chart->data);
    cli_text_begin(&chart->plot);
}

/* On a logarithmic axis a band that reaches below 0 ends at a tenth of the mean. */
void cli_chart_point(struct cli_chart *chart, double x, const struct cli_sample *sample) {
    double spread = isfinite(sample->deviation) ? sample->deviation : 0, low = sample->mean - spread;
    if (!isfinite(x) || !isfinite(sample->mean) || (chart->logarithmic && sample->mean <= 0)) return;
    if (chart->logarithmic && low <= 0) low = sample->mean / 10;
    chart->broken |= x != floor(x);
    chart->last = fmax(chart->last, x);
    if (chart->points++ == 0) fprintf(chart->data.stream, "$s%d << EOD\n", chart->lines);
    fprintf(chart->data.stream, "%.9g %.9g %.9g %.9g\n", x, sample->mean, low, sample->mean + spread);
}

void cli_chart_line(struct cli_chart *chart, const char *title) {
    int at = chart->lines;
    if (chart->points == 0) return;
    fputs("EOD\n", chart->data.stream);
    fprintf(chart->plot.stream,
            "%s$s%d using 1:3:4 with filledcurves linecolor %d fillstyle transparent solid 0.2 notitle, $s%d using 1:2 "
            "with linespoints pointtype %d pointsize 0.7 linewidth 2 linecolor %d title '%s'",
            at ? ", " : "plot ", at, at + 1, at, at + 4, at + 1, title);
    chart->lines++;
    chart->points = 0;
}

enum { FEW_PLACES = 21 };

static void put_program(FILE *program, struct cli_chart *chart) {
    fputs("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 800,560 noenhanced } "
          "else { set terminal png size 800,560 noenhanced }\nset grid; set key outside right\n",
          program);
    fwrite(chart->data.bytes, 1, chart->data.length, program);
    fprintf(program, "set title '%s'; set xlabel '%s'; set ylabel '%s'\n", chart->title, chart->x, chart->y);
    if (!chart->broken && chart->last <= FEW_PLACES) fputs("set xtics 1\n", program);
    if (chart->logarithmic) fputs("set logscale y; set format y '%.0e'\n", program);
    fwrite(chart->plot.bytes, 1, chart->plot.length, program);
    fputc('\n', program);
}

int cli_chart_draw(struct cli_chart *chart, const char *path, bool *missing) {
    FILE *program = tmpfile();
    int code = program ? CLI_DONE : cli_failed("cannot make a temporary file: %s", strerror(errno));
    fclose(chart->data.stream);
    fclose(chart->plot.stream);
    if (chart->lines == 0) unlink(path);
    if (program && chart->lines > 0) {
        put_program(program, chart);
        code = cli_gnuplot(program, path, missing);
    }
    if (program) fclose(program);
    free(chart->data.bytes);
    free(chart->plot.bytes);
    return code;
}
