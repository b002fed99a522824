/* pcil analyze delay: each node's error over inference iterations (the error-propagation delay). */
#include "analyze.h"

#include <stdlib.h>

static int measure(const struct an_subject *subject, struct an_table *table) {
    int32_t nodes = subject->nodes;
    double *errors = cli_allocate((size_t)(subject->iterations + 1) * (size_t)nodes, sizeof *errors);
    int code = cli_status(pcil_error_delay(subject->inference, subject->inputs, subject->targets, subject->count,
                                           subject->iterations, errors));
    an_column(table, "iteration");
    for (int32_t n = 1; n < nodes; n++) an_column(table, "node %d", n);
    for (int32_t t = 0; code == CLI_DONE && t <= subject->iterations; t++) {
        double *row = an_row(table);
        row[0] = t;
        for (int32_t c = 1; c < table->columns; c++) row[c] = errors[t * nodes + c];
    }
    free(errors);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {
        "3x32x32; dense 16; tanh, dense 16; tanh, dense 16; tanh, dense 10; softmax", 64, NULL};
    struct an_table table = {.title = "mean local error of each node (error-propagation delay)",
                             .x = "inference iterations",
                             .y = "mean |e|",
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

const struct cli_command an_delay = {.name = "delay",
                                     .help = "each node's error over inference iterations (error-propagation delay)",
                                     .usage = AN_USAGE,
                                     .options = options,
                                     .run = run};
