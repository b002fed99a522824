/* pcil analyze energy: the free energy over inference iterations, term by term and node by node (eq. 1). */
#include "analyze.h"

enum { ITERATION, TOTAL, LOSS, DECAY, FIRST_NODE };

/* Adds the present terms of a batch to a row. */
static int add_terms(const struct an_subject *subject, double share, int columns, double *row) {
    int code = CLI_DONE;
    for (int32_t n = 1; code == CLI_DONE && n < subject->nodes; n++) {
        double prediction, decay, loss;
        code = cli_status(pcil_energy_node(subject->inference, n, &prediction, &decay, &loss));
        if (code != CLI_DONE) break;
        row[TOTAL] += share * (prediction + decay + loss);
        row[LOSS] += share * loss;
        row[DECAY] += share * decay;
        if (FIRST_NODE + n - 1 < columns) row[FIRST_NODE + n - 1] += share * prediction;
    }
    return code;
}

static int follow(const struct an_subject *subject, int32_t first, int32_t batch, struct an_table *table) {
    double share = (double)batch / subject->count;
    int code = cli_status(pcil_clamp(subject->inference, an_inputs(subject, first), an_targets(subject, first), batch));
    for (int32_t t = 0; code == CLI_DONE && t <= subject->iterations; t++) {
        if (t > 0) code = cli_status(pcil_infer(subject->inference, 1, NULL));
        if (code == CLI_DONE) code = add_terms(subject, share, table->columns, table->values + t * table->columns);
    }
    return code;
}

static int measure(const struct an_subject *subject, struct an_table *table) {
    int code = CLI_DONE;
    an_column(table, "iteration");
    an_column(table, "F");
    an_column(table, "loss");
    an_column(table, "decay");
    for (int32_t n = 1; n < subject->nodes; n++) an_column(table, "node %d", n);
    for (int32_t t = 0; t <= subject->iterations; t++) an_row(table)[ITERATION] = t;
    for (int32_t done = 0; code == CLI_DONE && done < subject->count;) {
        int32_t left = subject->count - done, batch = left < subject->batch ? left : subject->batch;
        code = follow(subject, done, batch, table);
        done += batch;
    }
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", 256,
                                                NULL};
    struct an_table table = {.title = "free energy and its terms (eq. 1)",
                             .x = "inference iterations",
                             .y = "energy, mean over samples",
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

const struct cli_command an_energy = {.name = "energy",
                                      .help = "the free energy over inference iterations, term by term (eq. 1)",
                                      .usage = AN_USAGE,
                                      .options = options,
                                      .run = run};
