/* pcil analyze proximal: the proximal loss of updates over inference iterations (eq. 6, fig. 1). */
#include "analyze.h"

#include <stdlib.h>

static int measure(const struct an_subject *subject, const double *betas, int32_t count, struct an_table *table) {
    double *losses = cli_allocate((size_t)(subject->iterations + 1) * (size_t)count, sizeof *losses);
    int code = cli_status(pcil_proximal_loss(subject->inference, subject->optimizer, subject->inputs, subject->targets,
                                             subject->count, subject->iterations, betas, count, losses));
    an_column(table, "iteration");
    for (int32_t i = 0; i < count; i++) an_column(table, "beta %g", betas[i]);
    for (int32_t t = 0; code == CLI_DONE && t <= subject->iterations; t++) {
        double *row = an_row(table);
        row[0] = t;
        for (int32_t c = 1; c < table->columns; c++) row[c] = losses[t * count + c - 1];
    }
    free(losses);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", 64, NULL};
    struct an_table table = {.title = "proximal loss of the update after t inference iterations (eq. 6, fig. 1)",
                             .x = "inference iterations t",
                             .y = "proximal loss, mean over samples",
                             .log_y = true,
                             .x_counts = true};
    struct an_subject subject;
    double *betas = NULL;
    int32_t count = 0;
    int code = an_numbers(arguments, "beta", "0.01,0.1,1,10,100", &betas, &count);
    if (code == CLI_DONE && count >= AN_MOST_COLUMNS)
        code = cli_wrong_use("--beta lists %d numbers; at most %d", count, AN_MOST_COLUMNS - 1);
    if (code != CLI_DONE) {
        free(betas);
        return code;
    }
    code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = measure(&subject, betas, count, &table);
    if (code == CLI_DONE) code = an_report(arguments, &table, NULL);
    an_table_free(&table);
    an_close(&subject);
    free(betas);
    return code;
}

static const struct cli_option options[] = {
    AN_OPTIONS, {"beta", "LIST", "of the proximal loss, commas between (0.01,0.1,1,10,100)", 0, 0}, {0}};

const struct cli_command an_proximal = {.name = "proximal",
                                        .help = "the proximal loss of updates over inference iterations (fig. 1)",
                                        .usage = AN_USAGE,
                                        .options = options,
                                        .run = run};
