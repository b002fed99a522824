/* pcil analyze magnitudes: the mean update of each block over inference iterations (fig. 2). */
#include "analyze.h"

static int32_t name(const struct an_subject *subject, struct an_table *table, const void *user) {
    (void)user;
    for (int32_t b = 0; b < subject->blocks; b++) an_column(table, "block %d", b);
    return subject->blocks;
}

static int measure(const struct an_subject *subject, int32_t first, int32_t batch, int32_t iterations, double *rows,
                   const void *user) {
    (void)user;
    return cli_status(pcil_update_magnitudes(subject->inference, subject->optimizer,
                                             cli_samples_inputs(&subject->samples, first),
                                             cli_samples_targets(&subject->samples, first), batch, iterations, rows));
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_course course = {
        .table = {.title = "mean update magnitude of each block (fig. 2)",
                  .x = "inference iterations before the update",
                  .y = "mean |change of W| (0 is not drawn)",
                  .log_y = true,
                  .x_counts = true},
        .defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 16; tanh, dense 10; softmax",
                     "learning_rate=0.1 iterations=15 batch=16", 100, 256},
        .name = name,
        .measure = measure};
    return an_follow(&course, arguments, NULL);
}

static const struct cli_option options[] = {AN_OPTIONS, {0}};

const struct cli_command an_magnitudes = {.name = "magnitudes",
                                          .help = "the mean update of each block over inference iterations (fig. 2)",
                                          .usage = AN_USAGE,
                                          .options = options,
                                          .run = run};
