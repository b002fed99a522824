/* pcil analyze delay: each node's error over inference iterations (the error-propagation delay). */
#include "analyze.h"

#include <stdlib.h>
#include <string.h>

static int32_t name(const struct an_subject *subject, struct an_table *table, const void *user) {
    (void)user;
    for (int32_t n = 1; n < subject->nodes; n++) an_column(table, "node %d", n);
    return subject->nodes - 1;
}

/* Node 0, which the library gives too, has no error. */
static int measure(const struct an_subject *subject, int32_t first, int32_t batch, int32_t iterations, double *rows,
                   const void *user) {
    (void)user;
    size_t nodes = (size_t)subject->nodes;
    double *errors = cli_allocate((size_t)(iterations + 1) * nodes, sizeof *errors);
    int code = cli_status(pcil_error_delay(subject->inference, cli_samples_inputs(&subject->samples, first),
                                           cli_samples_targets(&subject->samples, first), batch, iterations, errors));
    for (size_t t = 0; t <= (size_t)iterations; t++)
        memcpy(rows + t * (nodes - 1), errors + t * nodes + 1, (nodes - 1) * sizeof *rows);
    free(errors);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_course course = {
        .table = {.title = "mean local error of each node (error-propagation delay)",
                  .x = "inference iterations",
                  .y = "mean |e| (0 is not drawn)",
                  .log_y = true,
                  .x_counts = true},
        .defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 16; tanh, dense 10; softmax",
                     "iterations=8 step_size=0.02 step_decay=0", 0, 64},
        .name = name,
        .measure = measure};
    return an_follow(&course, arguments, NULL);
}

static const struct cli_option options[] = {AN_OPTIONS, {0}};

const struct cli_command an_delay = {.name = "delay",
                                     .help = "each node's error over inference iterations (error-propagation delay)",
                                     .usage = AN_USAGE,
                                     .options = options,
                                     .run = run};
