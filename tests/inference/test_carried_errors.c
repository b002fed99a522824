/*
 * Why errors are carried: on the paper's MLP, untrained, what single precision makes of each block's gradient, against
 * the double-precision reference. Prints the table of docs/numerics.md.
 */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

enum { BLOCKS = 4, BATCH = 64 };

static const char *const mlp = "3072; dense 1024; relu, dense 1024; relu, dense 1024; relu, dense 10; softmax";

/* mean |G_float - G_double| / mean |G_double| of each block */
static void deviations(struct pair *pair, const char *error, double *deviation) {
    check_ok(pcil_inference_set_text(pair->inference, "error", error));
    check_ok(pcil_clamp(pair->inference, pair->inputs, pair->targets, BATCH));
    check_ok(pcil_infer(pair->inference, 3, NULL));
    for (int l = 0; l < BLOCKS; l++) {
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

static void test_mlp(void **state) {
    (void)state;
    struct pair pair;
    double carried[BLOCKS], recomputed[BLOCKS];
    pair_create(&pair, mlp, "sequential", "sgd", BATCH, 1);
    pair_infer_set(&pair, "iterations", 3);
    pair_infer_set(&pair, "step_size", 0.05);
    pair_infer_set(&pair, "beta", 100);
    pair_draw(&pair, BATCH, 0);
    ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, BATCH);
    ref_infer(&pair.ref_inference, 3);
    ref_gradients(&pair.ref_inference);
    deviations(&pair, "carried", carried);
    deviations(&pair, "recomputed", recomputed);
    print_message("| block | error=carried | error=recomputed |\n|---|---|---|\n");
    for (int l = 0; l < BLOCKS; l++) print_message("| %d | %.1e | %.1e |\n", l, carried[l], recomputed[l]);
    for (int l = 0; l < BLOCKS; l++) assert_true(carried[l] < 1e-5);
    assert_true(recomputed[0] > 1e-3);
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mlp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
