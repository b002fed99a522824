/* A chart: lines over one axis, each a mean with a band, drawn by gnuplot. */
#ifndef CLI_CHART_H
#define CLI_CHART_H

#include "textfile.h"
#include "welch.h"

struct cli_chart {
    const char *title, *x, *y; /* plain texts without quotes */
    bool logarithmic;          /* the axis upwards */
    struct cli_text data, plot;
    int lines, points; /* lines with points; points of the present one */
    bool broken;       /* whether a point's place is no whole number */
    double last;       /* the largest place */
};

void cli_chart_begin(struct cli_chart *chart, const char *title, const char *x, const char *y);

/* The points of a line come in order; what is not finite, or below 0 on a logarithmic axis, is left out. */
void cli_chart_point(struct cli_chart *chart, double x, const struct cli_sample *sample);

/* Ends the line of the points before; without any there is none. */
void cli_chart_line(struct cli_chart *chart, const char *title);

/* Draws into a file and gives the chart up; one without lines leaves no file, but what cannot be drawn what was there.
 * `missing` receives whether gnuplot is not installed. */
int cli_chart_draw(struct cli_chart *chart, const char *path, bool *missing);

#endif
