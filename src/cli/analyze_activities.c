/* pcil analyze activities: the hidden nodes of one image over inference iterations: where they begin, and what
 * inference makes of them. */
#include "analyze.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SIDE = 32, MOST_SHOWN = 12 };

/* The activities of one node, [iterations + 1][size]. */
struct history {
    int64_t size;
    float *values;
};

/* The image that is looked at, and T. */
struct look {
    int32_t sample, iterations;
};

static int record(const struct an_subject *subject, int32_t t, struct history *nodes) {
    int code = CLI_DONE;
    for (int32_t n = 1; code == CLI_DONE && n < subject->nodes; n++)
        code = cli_status(
            pcil_inference_activity(subject->inference, n, nodes[n].values + t * nodes[n].size, nodes[n].size));
    return code;
}

static int follow(const struct an_subject *subject, struct look *look, struct history *nodes) {
    struct cli_samples image = subject->samples;
    image.inputs += look->sample * image.features;
    image.targets += look->sample * image.outputs;
    image.count = 1;
    int code = cli_samples_iterations(&image, subject->trainer, &look->iterations);
    for (int32_t n = 1; n < subject->nodes; n++) {
        nodes[n].size = pcil_network_node_size(subject->network, n);
        nodes[n].values = cli_allocate((size_t)((look->iterations + 1) * nodes[n].size), sizeof(float));
    }
    if (code == CLI_DONE) code = cli_status(pcil_clamp(subject->inference, image.inputs, image.targets, 1));
    for (int32_t t = 0; code == CLI_DONE && t <= look->iterations; t++) {
        if (t > 0) code = cli_status(pcil_infer(subject->inference, 1, NULL));
        if (code == CLI_DONE) code = record(subject, t, nodes);
    }
    return code;
}

/* What a picture shows of a unit at iteration t: its activity at t = 0, its change since then after that. */
static double shown(const struct history *node, int64_t t, int64_t unit) {
    double first = (double)node->values[unit];
    return t == 0 ? first : (double)node->values[t * node->size + unit] - first;
}

static double largest(const struct history *node, int64_t begin, int64_t end) {
    double most = 0;
    for (int64_t t = begin; t < end; t++)
        for (int64_t i = 0; i < node->size; i++) most = fmax(most, fabs(shown(node, t, i)));
    return most;
}

/* --- numbers --- */

static void add_row(const struct history *node, int32_t number, int32_t t, struct an_table *table) {
    double *row = an_row(table), sum = 0, changes = 0, zeros = 0;
    for (int64_t i = 0; i < node->size; i++) {
        double value = (double)node->values[t * node->size + i];
        sum += fabs(value);
        changes += fabs(value - (double)node->values[i]);
        zeros += value == 0;
    }
    row[0] = number;
    row[1] = t;
    row[2] = sum / (double)node->size;
    row[3] = changes / (double)node->size;
    row[4] = zeros / (double)node->size;
}

static void fill(const struct an_subject *subject, const struct history *nodes, int32_t iterations,
                 struct an_table *table) {
    static const char *const names[] = {"node", "iteration", "mean |activity|", "mean |change|", "share of zeros"};
    for (int c = 0; c < 5; c++) an_column(table, "%s", names[c]);
    for (int32_t n = 1; n < subject->nodes; n++)
        for (int32_t t = 0; t <= iterations; t++) add_row(&nodes[n], n, t, table);
}

/* --- the picture: a row of squares for each node --- */

/* Cell k of a node's square: a unit, or the mean of the units that share it; units are in reading order. */
static double cell(const struct history *node, int64_t t, int64_t k, int64_t cells) {
    int64_t begin = k, end = k + 1;
    double sum = 0;
    if (node->size > cells) {
        begin = k * node->size / cells;
        end = (k + 1) * node->size / cells;
    }
    for (int64_t i = begin; i < end; i++) sum += shown(node, t, i);
    return sum / (double)(end - begin);
}

/* Grey is 0, `scale` white; a square that units do not fill ends white. */
static void draw_node(const struct history *node, int64_t t, double scale, int32_t side, float *pixels) {
    int64_t cells = (int64_t)side * side, used = node->size < cells ? node->size : cells;
    int64_t width = (int64_t)ceil(sqrt((double)used));
    for (int64_t y = 0; y < side; y++)
        for (int64_t x = 0; x < side; x++) {
            int64_t k = y * width / side * width + x * width / side;
            double value = k < used ? cell(node, t, k, cells) : scale;
            pixels[y * side + x] = (float)(scale > 0 ? .5 + value / (2 * scale) : .5);
        }
}

static int32_t side_of(const struct an_subject *subject, const struct history *nodes) {
    int64_t most = 1;
    for (int32_t n = 1; n < subject->nodes; n++) most = nodes[n].size > most ? nodes[n].size : most;
    int32_t side = (int32_t)ceil(sqrt((double)most));
    return side > MOST_SIDE ? MOST_SIDE : side;
}

static void draw(const struct an_subject *subject, const struct history *nodes, int32_t iterations,
                 struct an_sheet *sheet) {
    int32_t shown_t = iterations < MOST_SHOWN ? iterations : MOST_SHOWN;
    int32_t side = side_of(subject, nodes);
    sheet->columns = shown_t + 1;
    sheet->count = (subject->nodes - 1) * sheet->columns;
    sheet->channels = 1;
    sheet->height = sheet->width = side;
    sheet->pixels = cli_allocate((size_t)sheet->count * (size_t)(side * side), sizeof(float));
    sheet->captions = cli_allocate((size_t)sheet->count, sizeof *sheet->captions);
    for (int32_t i = 0; i < sheet->count; i++) {
        const struct history *node = &nodes[1 + i / sheet->columns];
        int32_t place = i % sheet->columns;
        int32_t t = place == 0 ? 0 : (int32_t)((int64_t)place * iterations / shown_t);
        double scale = place == 0 ? largest(node, 0, 1) : largest(node, 1, iterations + 1);
        draw_node(node, t, scale, side, sheet->pixels + (size_t)i * (size_t)(side * side));
        sheet->captions[i] = place == 0 ? cli_format("node %d", 1 + i / sheet->columns) : cli_format("t=%d", t);
    }
}

static int run(const struct cli_arguments *arguments) {
    struct an_subject subject = {0};
    struct an_table table = {.title = "activities of one image over inference iterations"};
    struct an_sheet sheet = {.title = "activities, then how inference changes them: grey is 0"};
    struct look look = {.sample = (int32_t)cli_get_integer(arguments, "image", 0)};
    struct an_defaults defaults = {"3x32x32; dense 64; tanh, dense 36; tanh, dense 10; softmax",
                                   "iterations=8 step_size=0.1", 0, look.sample + 1};
    struct history *nodes = NULL;
    int code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE && look.sample >= subject.samples.count)
        code = cli_wrong_use("there is no image %d among %d samples", look.sample, subject.samples.count);
    if (code == CLI_DONE) nodes = cli_allocate((size_t)subject.nodes, sizeof *nodes);
    if (code == CLI_DONE) code = follow(&subject, &look, nodes);
    if (code == CLI_DONE) fill(&subject, nodes, look.iterations, &table);
    if (code == CLI_DONE) draw(&subject, nodes, look.iterations, &sheet);
    if (code == CLI_DONE) code = an_report_sheet(arguments, &table, &sheet);
    for (int32_t n = 1; nodes && n < subject.nodes; n++) free(nodes[n].values);
    free(nodes);
    an_table_free(&table);
    an_sheet_free(&sheet);
    an_close(&subject);
    return code;
}

static const struct cli_option options[] = {
    AN_SETTINGS, AN_PART, AN_REPORT, {"image", "N", "which image of the part, from 0 on (0)", 0, 999999}, {0}};

const struct cli_command an_activities = {.name = "activities",
                                          .help = "the hidden nodes of one image over inference iterations",
                                          .usage = AN_USAGE,
                                          .options = options,
                                          .run = run};
