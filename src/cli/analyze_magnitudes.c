/* pcil analyze magnitudes: the mean update of each block over inference iterations (fig. 2). */
#include "analyze.h"

#include <stdlib.h>

/* Adds one batch's magnitudes to the rows, weighted by its share of the samples. */
static int add_batch(const struct an_subject *subject, int32_t first, int32_t batch, double share,
                     struct an_table *table) {
    int32_t blocks = subject->blocks;
    double *magnitudes = cli_allocate((size_t)(subject->iterations + 1) * (size_t)blocks, sizeof *magnitudes);
    int code = cli_status(pcil_update_magnitudes(subject->inference, subject->optimizer, an_inputs(subject, first),
                                                 an_targets(subject, first), batch, subject->iterations, magnitudes));
    for (int32_t t = 0; code == CLI_DONE && t <= subject->iterations; t++)
        for (int32_t c = 1; c < table->columns; c++)
            table->values[t * table->columns + c] += share * magnitudes[t * blocks + c - 1];
    free(magnitudes);
    return code;
}

static int measure(const struct an_subject *subject, struct an_table *table) {
    int code = CLI_DONE;
    an_column(table, "iteration");
    for (int32_t b = 0; b < subject->blocks; b++) an_column(table, "block %d", b);
    for (int32_t t = 0; t <= subject->iterations; t++) an_row(table)[0] = t;
    for (int32_t done = 0; code == CLI_DONE && done < subject->count;) {
        int32_t left = subject->count - done, batch = left < subject->batch ? left : subject->batch;
        code = add_batch(subject, done, batch, (double)batch / subject->count, table);
        done += batch;
    }
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", 256,
                                                NULL};
    struct an_table table = {.title = "mean update magnitude of each block (fig. 2)",
                             .x = "inference iterations before the update",
                             .y = "mean |change of W|",
                             .log_y = true,
                             .x_counts = true};
    struct an_subject subject;
    int code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = measure(&subject, &table);
    if (code == CLI_DONE) code = an_report(arguments, &table, NULL);
    an_table_free(&table);
    an_close(&subject);
    return code;
}

static const struct cli_option options[] = {AN_OPTIONS, {0}};

const struct cli_command an_magnitudes = {.name = "magnitudes",
                                          .help = "the mean update of each block over inference iterations (fig. 2)",
                                          .usage = AN_USAGE,
                                          .options = options,
                                          .run = run};
