/* The matrix products of a training step alone, run through CBLAS on random numbers; a convolution's with the patches
 * that they are made of. What a step by plain products cannot be faster than. */
#ifndef CLI_PRODUCTS_H
#define CLI_PRODUCTS_H

#include "columns.h"

struct cli_matrix {
    int64_t forward, backward, gradient; /* products of a step */
    int inputs, outputs;                 /* of a convolution: numbers of a patch, channels */
    int positions;                       /* patches of an image; 1 for dense */
    int images;                          /* worked off at a time */
    struct cli_window window;            /* of a convolution; no rows for dense */
    float *weights, *change;
    float *x, *e; /* of the whole batch: inputs or images, outputs */
};

struct cli_products {
    struct cli_matrix *matrices;
    int32_t count;
    int batch;
    float *columns, *drive; /* room for the patches of a few images, for the largest input */
};

/* Takes shapes and counts from a network and its plan; complains about a block that is not one matrix. */
int cli_products_create(struct cli_products *products, const pcil_network *network, const pcil_inference *inference,
                        int batch);
void cli_products_free(struct cli_products *products);

void cli_products_run(struct cli_products *products);

/* How many they are, and their floating point operations. */
int64_t cli_products_count(const struct cli_products *products);
double cli_products_flops(const struct cli_products *products);

/* Numbers for benchmarks, uniform in [0, 1): the same at every run. */
void cli_random(float *values, size_t count, uint64_t seed);

#endif
