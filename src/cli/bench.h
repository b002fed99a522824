/* A training step on random data and its products alone, timed in turns. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "products.h"

/* Random images and labels or targets for a network, and room for a batch of them. */
struct bench_data {
    float *inputs, *targets, *batch_inputs, *batch_targets;
    int32_t *labels, *batch_labels;
    int64_t features, outputs;
    pcil_dataset *dataset;
    pcil_batches *batches;
};

/* Phases of a step in their order; the first, taking the batch, stands before it. */
enum { BENCH_LOAD, BENCH_PHASES = 6 };
extern const char *const cli_bench_phases[BENCH_PHASES];

struct bench {
    pcil_trainer *trainer;
    struct bench_data data;
    struct cli_products products;
    int32_t batch;
    int repetitions;
    double *step, *alone;         /* [repetitions] in milliseconds */
    double *phases[BENCH_PHASES]; /* likewise */
    int64_t requests, faults;     /* for memory, and of pages, of all timed steps together */
};

struct summary {
    double least, median, spread; /* spread: between the quartiles */
};

/* Makes the run that the arguments ask for, on random data, and takes the times. `repetitions` is set. */
int cli_bench_measure(struct bench *bench, const struct cli_arguments *arguments);
void cli_bench_free(struct bench *bench);

struct summary cli_summarise(const double *values, int count);

/* Everything that was measured. */
json_t *cli_bench_json(const struct bench *bench, const char *recipe);

/* The same for people. */
void cli_bench_show(const struct bench *bench, const json_t *result);

/* Of earlier results, in the order of their file, the latest that was made of the same things. A message and NULL if
 * there is none. */
const json_t *cli_bench_earlier(const char *path, const json_t *benches, const json_t *result);

/* Earlier and present times side by side. */
void cli_bench_compare(const json_t *earlier, const json_t *result);

#endif
