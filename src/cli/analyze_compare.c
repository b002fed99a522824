/* pcil analyze compare: inference learning's update beside backpropagation's and the proximal step, block by block. */
#include "analyze.h"
#include "output.h"

#include <math.h>
#include <stdlib.h>

/* The three updates of one batch. */
struct updates {
    int64_t count;
    float *il, *bp, *proximal;
    double beta, norm;  /* of the proximal step: how far its gradient fell */
    int32_t iterations; /* of IL */
};

enum { STEPS = 400 };

static int take_bp(const struct an_subject *subject, struct updates *updates) {
    pcil_inference *bp = NULL;
    int code = cli_status(pcil_inference_create(&bp, subject->network, "backprop", subject->samples.count));
    if (code == CLI_DONE)
        code = cli_status(pcil_clamp(bp, subject->samples.inputs, subject->samples.targets, subject->samples.count));
    if (code == CLI_DONE) code = cli_status(pcil_infer(bp, 1, NULL));
    if (code == CLI_DONE) code = cli_status(pcil_update(bp, subject->optimizer, updates->bp, updates->count));
    pcil_inference_free(bp);
    return code;
}

static int take_proximal(struct an_subject *subject, struct updates *updates) {
    cli_progress_phase(&subject->progress, "the proximal step of %lld weights", (long long)updates->count);
    int code = cli_status(pcil_proximal_step(subject->network, subject->samples.inputs, subject->samples.targets,
                                             subject->samples.count, updates->beta, 1e-3, STEPS, updates->proximal,
                                             updates->count, NULL, &updates->norm));
    cli_progress_end(&subject->progress);
    return code;
}

static int take(struct an_subject *subject, struct updates *updates) {
    int code = cli_status(
        pcil_clamp(subject->inference, subject->samples.inputs, subject->samples.targets, subject->samples.count));
    if (code == CLI_DONE) code = cli_status(pcil_infer(subject->inference, -1, NULL));
    if (code == CLI_DONE)
        code = cli_status(pcil_update(subject->inference, subject->optimizer, updates->il, updates->count));
    updates->iterations = pcil_inference_iterations(subject->inference);
    if (code == CLI_DONE) code = take_bp(subject, updates);
    if (code == CLI_DONE) code = take_proximal(subject, updates);
    return code;
}

/* |a|, its distance to nothing, block by block and in all. */
static int measure_lengths(const struct an_subject *subject, const float *a, int64_t count, double *lengths) {
    float *nothing = cli_allocate((size_t)count, sizeof *nothing);
    int code = cli_status(pcil_compare_updates(subject->network, nothing, a, count, NULL, lengths));
    free(nothing);
    return code;
}

/* Cosine, and |a - b| as a part of |b|. Of an update that is 0 there is neither. */
static int add_pair(const struct an_subject *subject, const float *a, const float *b, int64_t count, int column,
                    struct an_table *table) {
    size_t rows = (size_t)subject->blocks + 1;
    double *cosines = cli_allocate(rows, sizeof *cosines), *distances = cli_allocate(rows, sizeof *distances);
    double *of_a = cli_allocate(rows, sizeof *of_a), *of_b = cli_allocate(rows, sizeof *of_b);
    int code = cli_status(pcil_compare_updates(subject->network, a, b, count, cosines, distances));
    if (code == CLI_DONE) code = measure_lengths(subject, a, count, of_a);
    if (code == CLI_DONE) code = measure_lengths(subject, b, count, of_b);
    for (size_t r = 0; code == CLI_DONE && r < rows; r++) {
        double *row = table->values + (int)r * table->columns;
        row[column] = of_a[r] > 0 && of_b[r] > 0 ? cosines[r] : NAN;
        row[column + 3] = of_b[r] > 0 ? distances[r] / of_b[r] : NAN;
    }
    free(cosines);
    free(distances);
    free(of_a);
    free(of_b);
    return code;
}

static int compare(const struct an_subject *subject, const struct updates *updates, struct an_table *table) {
    static const char *const names[] = {"cosine IL, BP", "cosine IL, proximal", "cosine BP, proximal",
                                        "|IL-BP|/|BP|",  "|IL-prox|/|prox|",    "|BP-prox|/|prox|"};
    an_column(table, "block");
    for (int c = 0; c < 6; c++) an_column(table, "%s", names[c]);
    for (int c = 4; c < 7; c++) table->hidden[c] = true;
    for (int32_t b = 0; b <= subject->blocks; b++) an_row(table)[0] = b;
    int code = add_pair(subject, updates->il, updates->bp, updates->count, 1, table);
    if (code == CLI_DONE) code = add_pair(subject, updates->il, updates->proximal, updates->count, 2, table);
    return code == CLI_DONE ? add_pair(subject, updates->bp, updates->proximal, updates->count, 3, table) : code;
}

static json_t *explain(const struct updates *updates) {
    json_t *more = cli_json_object();
    cli_json_set(more, "last_row", json_string("all blocks together"));
    cli_json_set(more, "iterations", json_integer(updates->iterations));
    cli_json_set(more, "beta", cli_json_number(updates->beta));
    cli_json_set(more, "proximal_gradient_left", cli_json_number(updates->norm));
    return more;
}

/* The updates are of one batch. */
static int check_batch(const struct an_subject *subject) {
    int32_t batch = cli_samples_batch(&subject->samples, subject->trainer, 0), count = subject->samples.count;
    if (count == batch) return CLI_DONE;
    return cli_wrong_use(
        "what is compared are updates of one batch, of %d samples: give --samples %d, or --set batch=%d", batch, batch,
        count);
}

static int measure(struct an_subject *subject, struct updates *updates, struct an_table *table) {
    updates->count = pcil_network_parameters(subject->network);
    updates->il = cli_allocate((size_t)updates->count, sizeof(float));
    updates->bp = cli_allocate((size_t)updates->count, sizeof(float));
    updates->proximal = cli_allocate((size_t)updates->count, sizeof(float));
    int code = take(subject, updates);
    return code == CLI_DONE ? compare(subject, updates, table) : code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", NULL, 0,
                                                1};
    struct an_table table = {
        .title = "how alike updates are", .x = "block", .y = "cosine", .view = AN_BARS, .last_row = "all"};
    struct an_subject subject = {0};
    struct updates updates = {0};
    double *betas = NULL;
    int32_t count;
    int code = an_numbers(arguments, "beta", "1", &betas, &count);
    if (code == CLI_DONE && count != 1) code = cli_wrong_use("--beta is one number here");
    if (code == CLI_DONE) updates.beta = betas[0];
    if (code == CLI_DONE) code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = check_batch(&subject);
    if (code == CLI_DONE) code = measure(&subject, &updates, &table);
    if (code == CLI_DONE) code = an_report(arguments, &table, explain(&updates));
    an_table_free(&table);
    an_close(&subject);
    free(updates.il);
    free(updates.bp);
    free(updates.proximal);
    free(betas);
    return code;
}

static const struct cli_option options[] = {AN_OPTIONS, {"beta", "BETA", "of the proximal step (1)", 0, 0}, {0}};

const struct cli_command an_compare = {.name = "compare",
                                       .help = "cosine and distance of IL's, BP's and the proximal update",
                                       .usage = AN_USAGE,
                                       .options = options,
                                       .run = run};
