/*
 * Why errors are carried: on the paper's networks, untrained, what single precision makes of each block's gradient,
 * against the double-precision reference. Prints the tables of docs/numerics.md.
 */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

struct subject {
    const char *name, *description;
    int batch, iterations;
    double step_size;
    double most;  /* deviation that carried errors may leave in any block */
    double least; /* and that recomputed ones leave in block 0 */
};

static const struct subject mlp = {
    .name = "mlp",
    .description = "3072; dense 1024; relu, dense 1024; relu, dense 1024; relu, dense 10; softmax",
    .batch = 64,
    .iterations = 3,
    .step_size = .05,
    .most = 1e-5,
    .least = 1e-3,
};
static const struct subject conv = {
    .name = "conv",
    .description = "3x32x32; conv 64 5x5/2, relu; conv 128 5x5/2, relu; conv 256 3x3/2, relu; dense 10; softmax",
    .batch = 8,
    .iterations = 3,
    .step_size = .04,
    .most = 1e-4,
    .least = 2e-2,
};
static const struct subject conv_tiny = {
    .name = "conv-tiny",
    .description = "3x64x64; conv 32 5x5/2, relu; conv 64 5x5/2, relu; conv 128 5x5/2, relu; conv 256 3x3/2, relu; "
                   "dense 200; softmax",
    .batch = 4,
    .iterations = 4,
    .step_size = .05,
    .most = 1e-4,
    .least = 2e-1,
};
/* A maximum that changes hands takes its change at face value: rare enough to stay below the same bound. */
static const struct subject conv_pool = {
    .name = "conv-pool",
    .description = "3x64x64; conv 32 3x3, relu, max_pool 2x2; conv 64 3x3, relu, max_pool 2x2; conv 128 3x3, relu, "
                   "max_pool 2x2; conv 256 3x3, relu, max_pool 2x2; dense 200; softmax",
    .batch = 2,
    .iterations = 4,
    .step_size = .05,
    .most = 1e-4,
    .least = 2e-1,
};

/* mean |G_float - G_double| / mean |G_double| of each block */
static void deviations(struct pair *pair, const char *error, double *deviation) {
    check_ok(pcil_inference_set_text(pair->inference, "error", error));
    check_ok(pcil_clamp(pair->inference, pair->inputs, pair->targets, pair->batch));
    check_ok(pcil_infer(pair->inference, -1, NULL));
    for (int l = 0; l < pair->ref_network.blocks; l++) {
        const struct ref_block *block = &pair->ref_network.block[l];
        const float *got = pair_block_gradient(pair, l);
        double off = 0, size = 0;
        for (int i = 0; i < block->parameters; i++) {
            off += fabs((double)got[i] - block->gradient[i]);
            size += fabs(block->gradient[i]);
        }
        assert_true(size > 0);
        deviation[l] = off / size;
    }
}

static void check(const struct subject *subject) {
    struct pair pair;
    double carried[REF_MOST_BLOCKS], recomputed[REF_MOST_BLOCKS];
    pair_create(&pair, subject->description, "sequential", "sgd", subject->batch, 1);
    pair_infer_set(&pair, "iterations", subject->iterations);
    pair_infer_set(&pair, "step_size", subject->step_size);
    pair_infer_set(&pair, "beta", 100);
    pair_draw(&pair, subject->batch, 0);
    ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, pair.batch);
    ref_infer(&pair.ref_inference, subject->iterations);
    ref_gradients(&pair.ref_inference);
    deviations(&pair, "carried", carried);
    deviations(&pair, "recomputed", recomputed);
    print_message("%s\n\n| block | error=carried | error=recomputed |\n|---|---|---|\n", subject->name);
    for (int l = 0; l < pair.ref_network.blocks; l++)
        print_message("| %d | %.1e | %.1e |\n", l, carried[l], recomputed[l]);
    for (int l = 0; l < pair.ref_network.blocks; l++) assert_true(carried[l] < subject->most);
    assert_true(recomputed[0] > subject->least);
    pair_free(&pair);
}

static void test_mlp(void **state) {
    (void)state;
    check(&mlp);
}

static void test_conv(void **state) {
    (void)state;
    check(&conv);
}

static void test_conv_tiny(void **state) {
    (void)state;
    check(&conv_tiny);
}

static void test_conv_pool(void **state) {
    (void)state;
    check(&conv_pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_tiny),
        cmocka_unit_test(test_conv_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
