/*
 * pcil analyze theorem1: the update of theorem 1's mode comes to the proximal step as hidden rates come to the
 * normalised step's, where updates make feed-forward activities what inference made of them.
 */
#include "analyze.h"
#include "output.h"

#include <math.h>
#include <stdlib.h>

enum { RATE, GAP, EXACT, PRINTED, EXPLICIT, COLUMNS, STEPS = 20000, GRADIENTS = 500 };

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

static int add_sample(struct mode *mode, struct an_subject *subject, int32_t sample, struct an_table *table) {
    const float *inputs = cli_samples_inputs(&subject->samples, sample);
    const float *targets = cli_samples_targets(&subject->samples, sample);
    int32_t number = sample + 1, count = subject->samples.count;
    cli_progress_phase(&subject->progress, "image %d of %d: the proximal step of %lld weights", number, count,
                       (long long)mode->count);
    int code = cli_status(pcil_proximal_step(mode->network, inputs, targets, 1, mode->beta, 1e-5, STEPS, mode->proximal,
                                             mode->count, NULL, NULL));
    mode->length = length_of(mode->proximal, mode->count);
    if (code == CLI_DONE && mode->length == 0) return cli_failed("the proximal step of a sample is 0");
    for (int r = 0; code == CLI_DONE && r < table->rows; r++) {
        cli_progress_phase(&subject->progress, "image %d of %d: rate %d of %d, %d iterations for each form", number,
                           count, r + 1, table->rows, mode->iterations);
        code = add_rate(mode, inputs, targets, 1. / count, table->values + r * table->columns);
    }
    return code;
}

static int measure(struct mode *mode, struct an_subject *subject, struct an_table *table) {
    static const double rates[] = {.25, .5, .75, .875, .9375, 1};
    static const char *const names[COLUMNS] = {"rate", "gap", "exact weights", "printed weights", "explicit step"};
    for (int c = 0; c < COLUMNS; c++) an_column(table, "%s", names[c]);
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) an_row(table)[RATE] = rates[r];
    int code = create(mode, subject);
    for (int32_t s = 0; code == CLI_DONE && s < subject->samples.count; s++) code = add_sample(mode, subject, s, table);
    cli_progress_end(&subject->progress);
    return code;
}

/* Inference has to come to rest here; what training does with a batch is no measure for that. */
static int choose_iterations(struct mode *mode, const struct cli_arguments *arguments) {
    const char *given = cli_get(arguments, "iterations");
    int64_t number = 4000;
    if (given && !cli_parse_integer(given, 1, 100000000, &number))
        return cli_wrong_use("theorem 1 needs inference that has come to rest: --iterations is a number here (4000), "
                             "not '%s'",
                             given);
    mode->iterations = (int32_t)number;
    return CLI_DONE;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; linear",
                                                "step_size=0.5", 0, 1};
    struct an_table table = {.title = "theorem 1: relative distance to the proximal step",
                             .x = "rate of hidden blocks, as a part of the normalised step",
                             .y = "distance; gap: how far from the limit",
                             .log_y = true};
    struct an_subject subject = {0};
    struct mode mode = {0};
    double *betas = NULL;
    int32_t count;
    json_t *more = cli_json_object();
    int code = an_numbers(arguments, "beta", "1", &betas, &count);
    if (code == CLI_DONE && count != 1) code = cli_wrong_use("--beta is one number here");
    if (code == CLI_DONE) mode.beta = betas[0];
    if (code == CLI_DONE) code = choose_iterations(&mode, arguments);
    if (code == CLI_DONE) code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = an_warn_of_size(&subject, subject.samples.count * GRADIENTS);
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
