/* Every optimizer with every option against the double-precision reference, over five training steps. */
#include "test.h"

#include "optimizer/optimizer.h"
#include "reference/pair.h"

#include <math.h>
#include <stdio.h>

static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
enum { KINDS = 7, SCHEDULES = 3 };

/* What stays within the numbers that a float can follow for five steps. */
static double rate_of(const char *kind) {
    if (strcmp(kind, "nlms") == 0) return 0.5;
    if (strncmp(kind, "adam", 4) == 0) return 0.002;
    if (strcmp(kind, "mq") == 0) return 0.0005;
    return 0.05;
}

static void begin(struct pair *pair, const char *kind, const char *schedule) {
    pair_create(pair, "11; dense 8; relu, dense 7, tanh; gelu, dense 4; softmax", schedule, kind, 6, 5);
    pair_infer_set(pair, "iterations", 3);
    pair_infer_set(pair, "step_size", 0.1);
    pair_learn_set(pair, "learning_rate", rate_of(kind));
}

static void finish(struct pair *pair) {
    pair_train(pair);
    pair_free(pair);
}

static void test_kinds(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++)
        for (int s = 0; s < SCHEDULES; s++) {
            struct pair pair;
            begin(&pair, kinds[k], schedules[s]);
            finish(&pair);
        }
}

/* The options that every kind has, alone and all together. */
static void test_common_options(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++)
        for (int which = 0; which < 6; which++) {
            struct pair pair;
            begin(&pair, kinds[k], "sequential");
            if (which == 0 || which == 5) pair_learn_set(&pair, "weight_decay", strcmp(kinds[k], "mq") ? 0.3 : 0.003);
            if (which == 1 || which == 5) pair_learn_set(&pair, "clip_value", 0.0004);
            if (which == 2 || which == 5) pair_learn_set(&pair, "clip_norm", 0.003);
            if (which == 3 || which == 5) pair_learn_set(&pair, "learning_rate.1", 3 * rate_of(kinds[k]));
            if (which == 4) pair_learn_set(&pair, "clip_norm", 1e6);
            finish(&pair);
        }
}

static void test_rate_decays(void **state) {
    (void)state;
    static const char *const decays[] = {"inverse_time", "step", "cosine"};
    for (int k = 0; k < KINDS; k++)
        for (int d = 0; d < 3; d++) {
            struct pair pair;
            begin(&pair, kinds[k], "sequential");
            pair_rate_decay(&pair, decays[d]);
            pair_learn_set(&pair, "decay_rate", 0.5);
            pair_learn_set(&pair, "decay_steps", d == 1 ? 2 : 3);
            pair_learn_set(&pair, "decay_factor", 0.25);
            finish(&pair);
        }
}

static void test_own_options(void **state) {
    (void)state;
    static const struct {
        const char *kind, *option;
        double value;
    } options[] = {{"momentum", "momentum", 0.5},
                   {"nesterov", "momentum", 0.3},
                   {"adam", "beta1", 0.7},
                   {"adam", "beta2", 0.9},
                   {"adam", "epsilon", 1e-3},
                   {"adamw", "beta1", 0.6},
                   {"adamw", "beta2", 0.95},
                   {"adamw", "epsilon", 1e-2},
                   {"mq", "alpha_min", 0.05},
                   {"mq", "r", 0.01},
                   {"mq", "rho", 0.3},
                   {"mq", "v_start", 1}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct pair pair;
        begin(&pair, options[i].kind, "sequential");
        pair_learn_set(&pair, options[i].option, options[i].value);
        finish(&pair);
    }
}

/* Early blocks whose gradient is exactly zero still decay, carry their momentum on, refresh v. */
static void test_blocks_without_gradient(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct pair pair;
        pair_create(&pair, "11; dense 8; relu, dense 7; tanh, dense 9; relu, dense 6; gelu, dense 4; softmax",
                    "simultaneous", kinds[k], 6, 5);
        pair_infer_set(&pair, "iterations", 1);
        pair_learn_set(&pair, "learning_rate", rate_of(kinds[k]));
        pair_learn_set(&pair, "weight_decay", 0.01);
        pair_train(&pair);
        pair_infer_set(&pair, "iterations", 5); /* now they have one */
        pair_train(&pair);
        pair_infer_set(&pair, "iterations", 2);
        finish(&pair);
    }
}

/* mean |change| over weights and bias, as pcil_optimizer_measure promises. */
static void test_magnitudes(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct pair pair;
        double *before[3];
        begin(&pair, kinds[k], "sequential");
        pair_draw(&pair, 6, -1);
        pair_clamp(&pair);
        pair_infer(&pair, -1);
        for (int l = 0; l < 3; l++) {
            const struct ref_block *block = &pair.ref_network.block[l];
            before[l] = ref_numbers((size_t)block->parameters);
            memcpy(before[l], block->parameter, (size_t)block->parameters * sizeof(double));
        }
        check_ok(pcil_optimizer_measure(pair.optimizer, 1));
        pair_learn(&pair);
        for (int l = 0; l < 3; l++) {
            const struct ref_block *block = &pair.ref_network.block[l];
            double sum = 0, magnitude = -1;
            for (int i = 0; i < block->parameters; i++) sum += fabs(block->parameter[i] - before[l][i]);
            check_ok(pcil_optimizer_value(pair.optimizer, "magnitude", l, &magnitude));
            assert_true(fabs(magnitude / (sum / block->parameters) - 1) < 1e-3);
            free(before[l]);
        }
        pair_free(&pair);
    }
}

/* After a reset the same batches give the same steps again. */
static void test_reset(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct pair pair;
        begin(&pair, kinds[k], "sequential");
        pair_rate_decay(&pair, "inverse_time");
        pair_learn_set(&pair, "decay_rate", 0.5);
        pair_train(&pair);
        assert_int_equal(pcil_optimizer_iterations(pair.optimizer), 5);
        check_ok(pcil_optimizer_reset(pair.optimizer));
        assert_int_equal(pcil_optimizer_iterations(pair.optimizer), 0);
        pair.ref_optimizer.steps = 0;
        for (int l = 0; l < 3; l++) {
            size_t bytes = (size_t)pair.ref_network.block[l].parameters * sizeof(double);
            memset(pair.ref_optimizer.first[l], 0, bytes);
            memset(pair.ref_optimizer.second[l], 0, bytes);
        }
        finish(&pair);
    }
}

/* A step that the optimizer refuses is told by the inference's handle, too. */
static void test_a_refused_step_is_told_by_both(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, "mq", "sequential");
    pair_train(&pair);
    struct pc_optimizer_array averages = pc_optimizer_array(pair.optimizer, 0);
    assert_int_equal(averages.bytes, sizeof(double));
    ((double *)averages.data)[1] = NAN;
    check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, 6));
    check_ok(pcil_infer(pair.inference, 2, NULL));
    check_fails(pcil_learn(pair.inference, pair.optimizer), PCIL_ERROR_DIVERGED, "the rate of block 1 is nan");
    assert_string_equal(pcil_inference_error(pair.inference), pcil_last_error());
    assert_string_equal(pcil_optimizer_error(pair.optimizer), pcil_last_error());
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_common_options),
        cmocka_unit_test(test_rate_decays),
        cmocka_unit_test(test_own_options),
        cmocka_unit_test(test_blocks_without_gradient),
        cmocka_unit_test(test_magnitudes),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_a_refused_step_is_told_by_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
