/* A training step on random data and its products alone, timed in turns. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "products.h"

/* Random images and labels or targets for a network. */
struct bench_data {
    float *inputs, *targets;
    int32_t *labels;
    int64_t features, outputs;
    pcil_dataset *dataset;
};

struct bench {
    pcil_trainer *trainer;
    struct bench_data data;
    struct cli_products products;
    int32_t batch;
    int repetitions;
    double *step, *alone; /* [repetitions] in milliseconds */
};

/* Makes the run that the arguments ask for, on random data, and takes the times. `repetitions` is set. */
int cli_bench_measure(struct bench *bench, const struct cli_arguments *arguments);
void cli_bench_free(struct bench *bench);

#endif
