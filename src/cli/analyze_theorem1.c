/*
 * pcil analyze theorem1: the update of theorem 1's mode comes to the proximal step as hidden rates come to the
 * normalised step's, where updates make feed-forward activities what inference made of them.
 */
#include "analyze.h"
#include "output.h"

#include <math.h>
#include <stdlib.h>

enum { RATE, GAP, EXACT, PRINTED, EXPLICIT, COLUMNS, STEPS = 20000 };

/* A mode's own inference and optimizer, and the step that they are compared with. */
struct mode {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    double beta;
    int32_t iterations;
    int64_t count;
    float *update, *proximal;
    double length; /* |proximal| */
};

static double length_of(const float *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static int create(struct mode *mode, const struct an_subject *subject) {
    mode->network = subject->network;
    mode->count = pcil_network_parameters(subject->network);
    mode->update = cli_allocate((size_t)mode->count, sizeof(float));
    mode->proximal = cli_allocate((size_t)mode->count, sizeof(float));
    int code = cli_status(pcil_inference_create(&mode->inference, mode->network, "sequential", 1));
    double step_size = .05;
    if (code == CLI_DONE) code = cli_status(pcil_inference_get(subject->inference, "step_size", &step_size));
    if (code == CLI_DONE) code = cli_status(pcil_inference_set(mode->inference, "step_size", step_size));
    return code == CLI_DONE ? cli_status(pcil_optimizer_create(&mode->optimizer, mode->network, "nlms")) : code;
}

static void release(struct mode *mode) {
    pcil_inference_free(mode->inference);
    pcil_optimizer_free(mode->optimizer);
    free(mode->update);
    free(mode->proximal);
}

/* The distance of an update to the proximal one, as a part of its length. */
static void add_distance(struct mode *mode, double share, double *sum) {
    for (int64_t i = 0; i < mode->count; i++) mode->update[i] -= mode->proximal[i];
    *sum += share * length_of(mode->update, mode->count) / mode->length;
}

static int try_form(struct mode *mode, const float *inputs, const float *targets, const char *form, double share,
                    double *sum) {
    int code = cli_status(pcil_clamp(mode->inference, inputs, targets, 1));
    if (code == CLI_DONE)
        code = cli_status(pcil_theorem1_infer(mode->inference, mode->optimizer, mode->beta, form, mode->iterations));
    if (code == CLI_DONE) code = cli_status(pcil_update(mode->inference, mode->optimizer, mode->update, mode->count));
    if (code == CLI_DONE) add_distance(mode, share, sum);
    return code;
}

/* -beta times the loss gradient: explicit gradient descent. */
static int try_explicit(struct mode *mode, const float *inputs, const float *targets, double share, double *sum) {
    double *gradient = cli_allocate((size_t)mode->count, sizeof *gradient);
    int code = cli_status(pcil_loss_gradient(mode->network, inputs, targets, 1, NULL, gradient, mode->count, NULL));
    for (int64_t i = 0; i < mode->count; i++) mode->update[i] = (float)(-mode->beta * gradient[i]);
    free(gradient);
    if (code == CLI_DONE) add_distance(mode, share, sum);
    return code;
}

/* The last block's rate is always the normalised one: the closed form of gamma_L makes up for it. */
static int set_rates(struct mode *mode, double hidden) {
    char *last = cli_format("learning_rate.%d", pcil_network_blocks(mode->network) - 1);
    int code = cli_status(pcil_optimizer_set(mode->optimizer, "learning_rate", hidden));
    if (code == CLI_DONE) code = cli_status(pcil_optimizer_set(mode->optimizer, last, 1));
    free(last);
    return code;
}

static int add_rate(struct mode *mode, const float *inputs, const float *targets, double share, double *row) {
    double gap = 0;
    int code = set_rates(mode, row[RATE]);
    if (code == CLI_DONE) code = try_form(mode, inputs, targets, "printed", share, &row[PRINTED]);
    if (code == CLI_DONE) code = try_form(mode, inputs, targets, "exact", share, &row[EXACT]);
    if (code == CLI_DONE) code = cli_status(pcil_theorem1_gap(mode->inference, mode->optimizer, &gap));
    if (code == CLI_DONE) code = try_explicit(mode, inputs, targets, share, &row[EXPLICIT]);
    row[GAP] += share * gap;
    return code;
}

static int add_sample(struct mode *mode, const float *inputs, const float *targets, double share,
                      struct an_table *table) {
    int code = cli_status(pcil_proximal_step(mode->network, inputs, targets, 1, mode->beta, 1e-5, STEPS, mode->proximal,
                                             mode->count, NULL, NULL));
    mode->length = length_of(mode->proximal, mode->count);
    if (code == CLI_DONE && mode->length == 0) return cli_failed("the proximal step of a sample is 0");
    for (int r = 0; code == CLI_DONE && r < table->rows; r++)
        code = add_rate(mode, inputs, targets, share, table->values + r * table->columns);
    return code;
}

static int measure(struct mode *mode, const struct an_subject *subject, struct an_table *table) {
    static const double rates[] = {.25, .5, .75, .875, .9375, 1};
    static const char *const names[COLUMNS] = {"rate", "gap", "exact weights", "printed weights", "explicit step"};
    for (int c = 0; c < COLUMNS; c++) an_column(table, "%s", names[c]);
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) an_row(table)[RATE] = rates[r];
    int code = create(mode, subject);
    for (int32_t s = 0; code == CLI_DONE && s < subject->count; s++)
        code = add_sample(mode, an_inputs(subject, s), an_targets(subject, s), 1. / subject->count, table);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; linear", 1, "0.5"};
    struct an_table table = {.title = "theorem 1: relative distance to the proximal step",
                             .x = "rate of hidden blocks, as a part of the normalised step",
                             .y = "distance; gap: how far from the limit",
                             .log_y = true};
    struct an_subject subject = {0};
    struct mode mode = {.iterations = (int32_t)cli_get_integer(arguments, "iterations", 4000)};
    double *betas = NULL;
    int32_t count;
    json_t *more = cli_json_object();
    int code = an_numbers(arguments, "beta", "1", &betas, &count);
    if (code == CLI_DONE && count != 1) code = cli_wrong_use("--beta is one number here");
    if (code == CLI_DONE) mode.beta = betas[0];
    if (code == CLI_DONE) code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = measure(&mode, &subject, &table);
    cli_json_set(more, "beta", cli_json_number(mode.beta));
    if (code == CLI_DONE) code = an_report(arguments, &table, json_incref(more));
    release(&mode);
    json_decref(more);
    an_table_free(&table);
    an_close(&subject);
    free(betas);
    return code;
}

static const struct cli_option options[] = {AN_OPTIONS, {"beta", "BETA", "of the proximal step (1)", 0, 0}, {0}};

const struct cli_command an_theorem1 = {.name = "theorem1",
                                        .help = "how IL's update comes to the proximal step in theorem 1's limit",
                                        .usage = AN_USAGE,
                                        .options = options,
                                        .run = run};
