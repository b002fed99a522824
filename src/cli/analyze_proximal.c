/* pcil analyze proximal: the proximal loss of updates over inference iterations (eq. 6, fig. 1), and what it is made
 * of.
 */
#include "analyze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two betas more than are asked for, which part the loss from the distance: at infinity there is no distance, at a half
 * it counts once. */
enum { PARTS = 2 };

struct betas {
    double *values; /* [count + PARTS] */
    int32_t count;
};

static int32_t name(const struct an_subject *subject, struct an_table *table, const void *user) {
    const struct betas *betas = user;
    (void)subject;
    for (int32_t i = 0; i < betas->count; i++) an_column(table, "beta %g", betas->values[i]);
    an_column(table, "loss");
    an_column(table, "|change|^2");
    return betas->count + PARTS;
}

static int measure(const struct an_subject *subject, int32_t first, int32_t batch, int32_t iterations, double *rows,
                   const void *user) {
    const struct betas *betas = user;
    int32_t numbers = betas->count + PARTS;
    int code = cli_status(pcil_proximal_loss(
        subject->inference, subject->optimizer, cli_samples_inputs(&subject->samples, first),
        cli_samples_targets(&subject->samples, first), batch, iterations, betas->values, numbers, rows));
    for (int32_t t = 0; code == CLI_DONE && t <= iterations; t++) {
        double *row = rows + t * numbers;
        row[numbers - 1] -= row[numbers - 2];
    }
    return code;
}

static int read_betas(const struct cli_arguments *arguments, struct betas *betas) {
    double *given = NULL;
    int code = an_numbers(arguments, "beta", "0.01,0.1,1,10,100", &given, &betas->count);
    if (code == CLI_DONE && betas->count + PARTS >= AN_MOST_COLUMNS)
        code = cli_wrong_use("--beta lists %d numbers; at most %d", betas->count, AN_MOST_COLUMNS - PARTS - 1);
    betas->values = cli_allocate((size_t)betas->count + PARTS, sizeof *betas->values);
    memcpy(betas->values, given, (size_t)betas->count * sizeof *given);
    betas->values[betas->count] = INFINITY;
    betas->values[betas->count + 1] = .5;
    free(given);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_course course = {
        .table = {.title = "proximal loss of the update after t inference iterations (eq. 6, fig. 1)",
                  .x = "inference iterations t",
                  .y = "change since t = 0, per cent",
                  .view = AN_PANELS,
                  .x_counts = true},
        .defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 16; tanh, dense 10; softmax",
                     "learning_rate=0.2 iterations=10 step_size=0.1 batch=16", 400, 64},
        .name = name,
        .measure = measure};
    struct betas betas;
    int code = read_betas(arguments, &betas);
    if (code == CLI_DONE) code = an_follow(&course, arguments, &betas);
    free(betas.values);
    return code;
}

static const struct cli_option options[] = {
    AN_OPTIONS, {"beta", "LIST", "of the proximal loss, commas between (0.01,0.1,1,10,100)", 0, 0}, {0}};

const struct cli_command an_proximal = {.name = "proximal",
                                        .help = "the proximal loss of updates over inference iterations (fig. 1)",
                                        .usage = AN_USAGE,
                                        .options = options,
                                        .run = run};
