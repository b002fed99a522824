/* pcil analyze energy: the free energy over inference iterations, term by term and node by node (eq. 1). */
#include "analyze.h"

enum { TOTAL, LOSS, DECAY, FIRST_NODE };

static int32_t name(const struct an_subject *subject, struct an_table *table, const void *user) {
    (void)user;
    an_column(table, "F");
    an_column(table, "loss");
    an_column(table, "decay");
    for (int32_t n = 1; n < subject->nodes; n++) an_column(table, "node %d", n);
    return FIRST_NODE + subject->nodes - 1;
}

/* The present terms of a batch. */
static int take_terms(const struct an_subject *subject, double *row) {
    int code = CLI_DONE;
    for (int32_t n = 1; code == CLI_DONE && n < subject->nodes; n++) {
        double decay = 0, loss = 0, *prediction = &row[FIRST_NODE + n - 1];
        code = cli_status(pcil_energy_node(subject->inference, n, prediction, &decay, &loss));
        row[TOTAL] += *prediction + decay + loss;
        row[LOSS] += loss;
        row[DECAY] += decay;
    }
    return code;
}

static int measure(const struct an_subject *subject, int32_t first, int32_t batch, int32_t iterations, double *rows,
                   const void *user) {
    (void)user;
    int code = cli_status(pcil_clamp(subject->inference, cli_samples_inputs(&subject->samples, first),
                                     cli_samples_targets(&subject->samples, first), batch));
    for (int32_t t = 0; code == CLI_DONE && t <= iterations; t++) {
        if (t > 0) code = cli_status(pcil_infer(subject->inference, 1, NULL));
        if (code == CLI_DONE) code = take_terms(subject, rows + t * (FIRST_NODE + subject->nodes - 1));
    }
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_course course = {.table = {.title = "free energy and its terms (eq. 1)",
                                                      .x = "inference iterations",
                                                      .y = "energy, mean over samples (0 is not drawn)",
                                                      .view = AN_CHANGES,
                                                      .log_y = true,
                                                      .x_counts = true},
                                            .defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax",
                                                         "learning_rate=0.2 iterations=10 step_size=0.1 batch=16", 400,
                                                         256},
                                            .name = name,
                                            .measure = measure};
    return an_follow(&course, arguments, NULL);
}

static const struct cli_option options[] = {AN_OPTIONS, {0}};

const struct cli_command an_energy = {.name = "energy",
                                      .help = "the free energy over inference iterations, term by term (eq. 1)",
                                      .usage = AN_USAGE,
                                      .options = options,
                                      .run = run};
