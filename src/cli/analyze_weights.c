/* pcil analyze weights: what the units of a block look for, as pictures: weights from an image, or a convolution's
 * filters. */
#include "analyze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The block's first tensor of weights, [rows][units], the rows an image [height][width][channels]. */
struct weights {
    int64_t units, rows;
    int32_t channels, height, width;
    float *values;
};

static const char *find(const pcil_network *network, int64_t block) {
    char *begin = cli_format("block%lld.", (long long)block);
    const char *found = NULL;
    for (int32_t i = 0; !found && i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        size_t length = strlen(name);
        bool weight = length > 7 && strcmp(name + length - 7, ".weight") == 0;
        if (weight && strncmp(name, begin, strlen(begin)) == 0) found = name;
    }
    free(begin);
    return found;
}

/* A dense block from node `from` sees that node's image; if it sees something else, a square as near as can be. */
static void shape_dense(const struct an_subject *subject, int32_t from, struct weights *weights) {
    pcil_network_node_shape(subject->network, from, &weights->channels, &weights->height, &weights->width);
    int64_t size = (int64_t)weights->channels * weights->height * weights->width;
    bool picture = size == weights->rows && weights->height > 1;
    if (picture && (weights->channels == 1 || weights->channels == 3)) return;
    int32_t side = (int32_t)sqrt((double)weights->rows);
    while (weights->rows % side != 0) side--;
    weights->channels = 1;
    weights->height = side;
    weights->width = (int32_t)(weights->rows / side);
}

/* Filters of other than 1 or 3 channels are shown as one grey picture, its channels side by side. */
static void shape_filter(const int64_t *shape, struct weights *weights) {
    bool picture = shape[2] == 1 || shape[2] == 3;
    weights->channels = picture ? (int32_t)shape[2] : 1;
    weights->height = (int32_t)shape[0];
    weights->width = (int32_t)(picture ? shape[1] : shape[1] * shape[2]);
}

static int read_weights(const struct an_subject *subject, int64_t block, struct weights *weights) {
    const char *name = find(subject->network, block);
    int64_t shape[4] = {1, 1, 1, 1};
    int32_t rank = 0, from = 0;
    if (!name)
        return cli_wrong_use("block %lld has no weights, or there is none; the network has %d blocks", (long long)block,
                             subject->blocks);
    int code = cli_status(pcil_network_tensor_shape(subject->network, name, &rank, shape));
    if (code == CLI_DONE)
        code = cli_status(
            pcil_network_block_info(subject->network, (int32_t)block, &from, NULL, NULL, NULL, 0, &(int64_t){0}));
    if (code != CLI_DONE) return code;
    weights->units = shape[rank - 1];
    weights->rows = 1;
    for (int32_t d = 0; d < rank - 1; d++) weights->rows *= shape[d];
    if (rank == 4)
        shape_filter(shape, weights);
    else
        shape_dense(subject, from, weights);
    weights->values = cli_allocate((size_t)(weights->rows * weights->units), sizeof(float));
    return cli_status(pcil_network_get(subject->network, name, weights->values, weights->rows * weights->units));
}

/* 0 is the middle grey; the unit's largest magnitude black or white. */
static void draw_unit(const struct weights *weights, int64_t unit, float *pixels, double *row) {
    double largest = 0, squares = 0;
    for (int64_t i = 0; i < weights->rows; i++) {
        double value = (double)weights->values[i * weights->units + unit];
        largest = fmax(largest, fabs(value));
        squares += value * value;
    }
    for (int64_t i = 0; i < weights->rows; i++) {
        double value = (double)weights->values[i * weights->units + unit];
        pixels[i] = (float)(largest > 0 ? .5 + value / (2 * largest) : .5);
    }
    row[0] = (double)unit;
    row[1] = sqrt(squares);
    row[2] = largest;
}

static void draw_units(const struct weights *weights, struct an_sheet *sheet, struct an_table *table) {
    size_t size = (size_t)weights->rows;
    sheet->channels = weights->channels;
    sheet->height = weights->height;
    sheet->width = weights->width;
    sheet->pixels = cli_allocate((size_t)sheet->count * size, sizeof(float));
    an_column(table, "unit");
    an_column(table, "length");
    an_column(table, "largest");
    for (int32_t u = 0; u < sheet->count; u++) draw_unit(weights, u, sheet->pixels + (size_t)u * size, an_row(table));
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 10; softmax",
                                                "optimizer=adam learning_rate=0.003 batch=16", 100, 1};
    struct an_subject subject = {0};
    struct weights weights = {0};
    struct an_sheet sheet = {0};
    struct an_table table = {.title = "weights of units"};
    int64_t block = cli_get_integer(arguments, "block", 0), most = cli_get_integer(arguments, "units", 64);
    char *title = cli_format("weights of block %lld: grey is 0, each unit on its own scale", (long long)block);
    int code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = read_weights(&subject, block, &weights);
    sheet.count = (int32_t)(weights.units < most ? weights.units : most);
    sheet.title = title;
    if (code == CLI_DONE) draw_units(&weights, &sheet, &table);
    if (code == CLI_DONE) code = an_report_sheet(arguments, &table, &sheet);
    free(title);
    free(weights.values);
    an_sheet_free(&sheet);
    an_table_free(&table);
    an_close(&subject);
    return code;
}

static const struct cli_option options[] = {AN_SETTINGS,
                                            AN_REPORT,
                                            {"block", "N", "whose weights (0)", 0, 4095},
                                            {"units", "N", "at most so many units or filters (64)", 1, 10000},
                                            {0}};

const struct cli_command an_weights = {.name = "weights",
                                       .help = "what units look for: first-layer weights, convolutions' filters",
                                       .usage = AN_USAGE,
                                       .options = options,
                                       .run = run};
