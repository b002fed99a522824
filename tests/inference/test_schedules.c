/*
 * Every schedule against the double-precision reference over five training steps: depths 1 to 5, batches 1 to 7, all
 * activations in both conventions, all output kinds, both clamps, energy weights and decays.
 */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
static const char *const outputs[] = {"linear", "softmax", "sigmoid"};
static const char *const activations[] = {"identity", "relu", "leaky_relu slope=0.1", "tanh", "sigmoid", "gelu"};
enum { SCHEDULES = 3, OUTPUTS = 3, ACTIVATIONS = 6, DEEPEST = 5 };

/* A chain of dense blocks whose widths differ, so that no transposed matrix fits by chance. */
static void describe(char *text, size_t room, int depth, const char *activation, bool before, const char *output) {
    static const int widths[] = {11, 8, 9, 7, 10, 6};
    int length = snprintf(text, room, "%d", widths[0]);
    for (int l = 0; l < depth; l++) {
        int units = l + 1 == depth ? 5 : widths[l + 1];
        const char *format = before && l > 0            ? "; %2$s, dense %1$d"
                             : !before && l + 1 < depth ? "; dense %1$d, %2$s"
                                                        : "; dense %1$d";
        length += snprintf(text + length, room - (size_t)length, format, units, activation);
    }
    snprintf(text + length, room - (size_t)length, "; %s", output);
}

static void train(const char *description, const char *schedule, int largest_batch, uint64_t seed) {
    struct pair pair;
    pair_create(&pair, description, schedule, "sgd", largest_batch, seed);
    pair_infer_set(&pair, "iterations", 4);
    pair_infer_set(&pair, "step_size", 0.1);
    pair_infer_set(&pair, "beta", 20);
    pair_learn_set(&pair, "learning_rate", 0.1);
    pair_train(&pair);
    pair_free(&pair);
}

/* Every activation, in every depth, before and behind the dense operation, under every output kind and schedule. */
static void test_networks(void **state) {
    (void)state;
    for (int i = 0; i < DEEPEST * ACTIVATIONS * OUTPUTS * SCHEDULES * 2; i++) {
        char description[256];
        int depth = 1 + i % DEEPEST, rest = i / DEEPEST;
        const char *activation = activations[rest % ACTIVATIONS], *output = outputs[rest / ACTIVATIONS % OUTPUTS];
        rest /= ACTIVATIONS * OUTPUTS;
        describe(description, sizeof description, depth, activation, rest / SCHEDULES, output);
        train(description, schedules[rest % SCHEDULES], 1 + i % 7, 1000 + (uint64_t)i);
    }
}

/* Blocks of several operations: activations on both sides, several in a row, two dense operations, none but a dense. */
static void test_mixed_blocks(void **state) {
    (void)state;
    static const char *const mixed[] = {
        "11; tanh, dense 5, sigmoid; dense 4; softmax",
        "11; dense 8; tanh, dense 5, sigmoid; relu, dense 4; linear",
        "11; dense 8, relu; dense 5, gelu; identity, dense 9, tanh; leaky_relu, dense 4; sigmoid",
        "11; dense 8; tanh, gelu, dense 6, leaky_relu, tanh; sigmoid, relu, dense 7; dense 4, tanh; linear",
        "11; dense 8, tanh, dense 6; gelu, dense 7, sigmoid, dense 5, relu; tanh, dense 6, dense 4; softmax",
        "2x3x2; dense 9; gelu, dense 7; leaky_relu slope=0.3, dense 8, gelu; dense 3, sigmoid; sigmoid",
        "11; relu, dense 8, relu; relu, dense 7, relu; relu, dense 4; softmax",
    };
    for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++)
        for (int s = 0; s < SCHEDULES; s++) train(mixed[i], schedules[s], 7 - (int)i % 7, 100 + i);
}

static const char *const windows[] = {
    "2x7x6; conv 5 3x3/2, relu; conv 6 2x2, relu; dense 4; softmax",
    "2x8x7; conv 4 3x2 padding=1, relu, max_pool 2x2; conv 5 2x3/2 padding=1, gelu; dense 4; linear",
    "3x7x7; conv 4 3x3/3 padding=2, tanh, avg_pool 2x2/1; conv 5 2x2 padding=1, sigmoid, max_pool 3x3/2 padding=1; "
    "dense 6; relu, dense 4; softmax",
    "2x6x7; conv 4 3x3; relu, conv 5 2x2; leaky_relu, max_pool 2x2; tanh, conv 6 1x2, relu; dense 4; sigmoid",
    "1x7x7; conv 3 2x2, relu; max_pool 2x2; conv 4 3x3/1 padding=1, conv 3 2x1, tanh; avg_pool 2x3/2 padding=1; "
    "dense 4, tanh, dense 5; softmax",
};

/* Convolution and pooling in blocks of all makings, nodes before and behind the activation. */
static void test_windows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (int s = 0; s < SCHEDULES; s++)
            for (int seed = 0; seed < 3; seed++) train(windows[i], schedules[s], 2 + seed, 40 + (uint64_t)seed);
}

/* Every combination of options of convolutional networks that the paper's recipes and the theory need. */
static void test_options_of_windows(void **state) {
    (void)state;
    for (int i = 0; i < 5 * SCHEDULES * 3; i++) {
        struct pair pair;
        int which = i / 5 / SCHEDULES;
        pair_create(&pair, windows[i % 5], schedules[i / 5 % SCHEDULES], which == 2 ? "adam" : "mq", 3, (uint64_t)i);
        pair_infer_set(&pair, "iterations", 1 + which);
        pair_infer_set(&pair, "step_size", 0.2);
        pair_infer_set(&pair, "energy_weight.1", 1.6);
        pair_infer_set(&pair, "activity_decay", which == 1 ? 0.2 : 0);
        if (which == 0) pair_hard_clamp(&pair);
        pair_learn_set(&pair, "learning_rate", 1e-3);
        pair_train(&pair);
        pair_free(&pair);
    }
}

/* The options of inference, one at a time, in every combination of schedule and output. */
static void train_with(int schedule, int output, int which) {
    char description[256];
    struct pair pair;
    describe(description, sizeof description, 4, "tanh", true, outputs[output]);
    pair_create(&pair, description, schedules[schedule], "sgd", 5, (uint64_t)which);
    pair_infer_set(&pair, "iterations", which == 1 ? 1 : 3);
    pair_infer_set(&pair, "step_size", which == 2 ? 0.3 : 0.05);
    pair_infer_set(&pair, "step_decay", which == 3 ? 0 : 1);
    pair_infer_set(&pair, "beta", which == 4 ? 0.5 : 100);
    pair_learn_set(&pair, "learning_rate", 0.1);
    if (which == 5 || which == 9) pair_hard_clamp(&pair);
    if (which >= 6) pair_infer_set(&pair, "energy_weight", 0.7);
    if (which >= 7) pair_infer_set(&pair, "energy_weight.2", 1.6);
    if (which >= 7) pair_infer_set(&pair, "energy_weight.4", 0.4);
    if (which >= 8) pair_infer_set(&pair, "activity_decay", 0.2);
    if (which >= 9) pair_infer_set(&pair, "activity_decay.3", 0);
    pair_train(&pair);
    pair_free(&pair);
}

static void test_options(void **state) {
    (void)state;
    for (int s = 0; s < SCHEDULES; s++)
        for (int o = 0; o < OUTPUTS; o++)
            for (int which = 0; which < 10; which++) train_with(s, o, which);
}

/* The decay term's f is the activation that a block begins with, or identity. */
static void test_activity_decay_of_mixed_blocks(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair pair;
        pair_create(&pair,
                    "11; dense 8, relu; dense 6; tanh, gelu, dense 7; relu, dense 6; leaky_relu, dense 4; softmax",
                    schedules[s], "sgd", 5, 1);
        pair_infer_set(&pair, "iterations", 4);
        pair_infer_set(&pair, "step_size", 0.1);
        pair_infer_set(&pair, "activity_decay", 0.5);
        pair_learn_set(&pair, "learning_rate", 0.1);
        pair_train(&pair);
        pair_free(&pair);
    }
}

/* One node alone decays: it moves before any error reaches it, and gives the node above it one. */
static void test_activity_decay_of_one_node(void **state) {
    (void)state;
    for (int i = 0; i < 2 * 4 * 3; i++) {
        struct pair pair;
        char node[32];
        snprintf(node, sizeof node, "activity_decay.%d", 1 + i / 2 % 4);
        pair_create(&pair, "11; dense 8; tanh, dense 7; dense 9, gelu; relu, dense 6; sigmoid, dense 4; softmax",
                    schedules[i % 2], "sgd", 5, (uint64_t)i);
        pair_infer_set(&pair, "iterations", i / 8);
        pair_infer_set(&pair, "step_size", 0.1);
        pair_infer_set(&pair, node, 0.5);
        pair_learn_set(&pair, "learning_rate", 0.1);
        pair_train(&pair);
        pair_free(&pair);
    }
}

/* Several calls of pcil_infer go on counting iterations, and so the step's decay. */
static void test_inference_in_parts(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair pair;
        pair_create(&pair, "11; dense 8; gelu, dense 7; gelu, dense 4; softmax", schedules[s], "sgd", 5, 3);
        pair_infer_set(&pair, "step_size", 0.2);
        pair_learn_set(&pair, "learning_rate", 0.1);
        pair_draw(&pair, 5, -1);
        pair_clamp(&pair);
        pair_learn(&pair);
        pair_clamp(&pair);
        for (int part = 0; part < 4; part++) {
            pair_infer(&pair, part);
            assert_int_equal(pcil_inference_iterations(pair.inference), part * (part + 1) / 2);
        }
        pair_learn(&pair);
        pair_free(&pair);
    }
}

/* Activities and weights of error=recomputed: its small errors are its own affair. */
static void test_recomputed_errors(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair pair;
        pair_create(&pair, "11; dense 8; relu, dense 7; tanh, dense 6, sigmoid; gelu, dense 4; softmax", schedules[s],
                    "sgd", 5, 3);
        check_ok(pcil_inference_set_text(pair.inference, "error", "recomputed"));
        pair_infer_set(&pair, "iterations", 4);
        pair_infer_set(&pair, "step_size", 0.2);
        pair_infer_set(&pair, "activity_decay", 0.5);
        pair_learn_set(&pair, "learning_rate", 0.1);
        for (pair.step = 0; pair.step < 5; pair.step++) {
            pair_draw(&pair, 5 - pair.step, -1);
            check_ok(pcil_train_step(pair.inference, pair.optimizer, pair.inputs, pair.targets, pair.batch, NULL));
            ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, pair.batch);
            ref_infer(&pair.ref_inference, 4);
            for (int l = 1; l <= 4; l++) {
                int count = pair.batch * pair.ref_network.size[l];
                check_ok(pcil_inference_activity(pair.inference, l, pair.values, count));
                check_close(pair.values, pair.ref_inference.activity[l], count, pair_tolerance);
                check_ok(pcil_inference_node_error(pair.inference, l, pair.values, count));
                check_close(pair.values, pair.ref_inference.error[l], count, 1e-2);
            }
            ref_learn(&pair.ref_inference, &pair.ref_optimizer);
            pair_compare_weights(&pair);
        }
        pair_free(&pair);
    }
}

/* Options set between iterations hold from the next one on; the batch stays, also when error= changes. */
static void test_options_between_iterations(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair pair;
        pair_create(&pair, "11; dense 8; relu, dense 7; gelu, dense 4; softmax", schedules[s], "sgd", 5, 3);
        pair_draw(&pair, 5, -1);
        pair_clamp(&pair);
        pair_infer(&pair, 2);
        check_ok(pcil_inference_set_text(pair.inference, "error", "recomputed"));
        pair_infer_set(&pair, "step_size", 0.3);
        assert_int_equal(pcil_inference_batch(pair.inference), 5);
        check_ok(pcil_infer(pair.inference, 2, NULL));
        ref_infer(&pair.ref_inference, 2);
        pair_infer_set(&pair, "beta", 2);
        check_ok(pcil_infer(pair.inference, 1, NULL));
        ref_infer(&pair.ref_inference, 1);
        for (int l = 1; l <= 3; l++) {
            int count = 5 * pair.ref_network.size[l];
            check_ok(pcil_inference_activity(pair.inference, l, pair.values, count));
            check_close(pair.values, pair.ref_inference.activity[l], count, pair_tolerance);
        }
        check_ok(pcil_inference_set_text(pair.inference, "error", "carried"));
        check_ok(pcil_infer(pair.inference, 1, NULL));
        ref_infer(&pair.ref_inference, 1);
        check_ok(pcil_inference_activity(pair.inference, 1, pair.values, 40));
        check_close(pair.values, pair.ref_inference.activity[1], 40, pair_tolerance);
        pair_free(&pair);
    }
}

/* Labels are the same as the rows of zeros and one 1 that they stand for; train_step is the three phases. */
static void test_labels_and_train_step(void **state) {
    (void)state;
    for (int s = 0; s < SCHEDULES; s++) {
        struct pair pair;
        double loss = -1;
        pair_create(&pair, "11; dense 8; relu, dense 4; softmax", schedules[s], "sgd", 5, 3);
        pair_infer_set(&pair, "iterations", 2);
        pair_learn_set(&pair, "learning_rate", 0.1);
        for (pair.step = 0; pair.step < 5; pair.step++) {
            int32_t labels[5];
            pair_draw(&pair, 5, -1);
            memset(pair.targets, 0, 5 * 4 * sizeof(float));
            for (int i = 0; i < 5; i++) {
                labels[i] = (int32_t)pc_random_below(&pair.random, 4);
                pair.targets[i * 4 + labels[i]] = 1;
            }
            check_ok(pcil_train_step_labels(pair.inference, pair.optimizer, pair.inputs, labels, 5, &loss));
            ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, 5);
            assert_true(fabs(loss / ref_loss(&pair.ref_inference) - 1) < pair_tolerance);
            ref_infer(&pair.ref_inference, 2);
            ref_learn(&pair.ref_inference, &pair.ref_optimizer);
            pair_compare_weights(&pair);
        }
        pair_free(&pair);
    }
}

/* Prediction without targets, more samples than a batch holds. */
static void test_predict(void **state) {
    (void)state;
    for (int o = 0; o < OUTPUTS; o++) {
        struct pair pair;
        char description[256];
        float inputs[10 * 11], got[10 * 5];
        describe(description, sizeof description, 3, "gelu", o % 2, outputs[o]);
        pair_create(&pair, description, "sequential", "sgd", 4, 3);
        for (int i = 0; i < 10 * 11; i++) inputs[i] = (float)(2 * pc_random_uniform(&pair.random) - 1);
        check_ok(pcil_predict(pair.inference, inputs, 10, got));
        assert_int_equal(pcil_inference_batch(pair.inference), 0);
        for (int s = 0; s < 10; s++) {
            ref_clamp(&pair.ref_inference, inputs + s * 11, pair.targets, 1);
            check_close(got + s * 5, pair.ref_inference.output, 5, pair_tolerance);
        }
        pair_free(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_mixed_blocks),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_options_of_windows),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_activity_decay_of_mixed_blocks),
        cmocka_unit_test(test_activity_decay_of_one_node),
        cmocka_unit_test(test_inference_in_parts),
        cmocka_unit_test(test_recomputed_errors),
        cmocka_unit_test(test_options_between_iterations),
        cmocka_unit_test(test_labels_and_train_step),
        cmocka_unit_test(test_predict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
