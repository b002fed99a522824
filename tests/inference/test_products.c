/* The matrix products of a training step: counted by the library, planned per block, and given by formulas. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>
#include <stdio.h>

struct step {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    float input[2 * 3 * 64 * 64];
    int32_t label;
};

static void begin(struct step *step, const char *description, const char *schedule, const char *optimizer) {
    memset(step, 0, sizeof *step);
    for (int i = 0; i < 2 * 3 * 64 * 64; i++) step->input[i] = 0.1f * (float)(i % 7) - 0.2f;
    check_ok(pcil_network_parse(&step->network, description));
    check_ok(pcil_inference_create(&step->inference, step->network, schedule, 2));
    check_ok(pcil_optimizer_create(&step->optimizer, step->network, optimizer));
}

static void end(struct step *step) {
    pcil_optimizer_free(step->optimizer);
    pcil_inference_free(step->inference);
    pcil_network_free(step->network);
}

static void chain(char *text, size_t room, int blocks) {
    int length = snprintf(text, room, "12; dense 9");
    for (int l = 1; l < blocks; l++)
        length += snprintf(text + length, room - (size_t)length, "; tanh, dense %d", 9 + l);
    snprintf(text + length, room - (size_t)length, "; softmax");
}

/* The sum of what the blocks plan. */
static int64_t planned(const struct step *step) {
    int64_t sum = 0;
    for (int32_t l = 0; l < pcil_network_blocks(step->network); l++) {
        int64_t forward = -1, backward = -1, gradient = -1;
        check_ok(pcil_inference_plan(step->inference, l, &forward, &backward, &gradient));
        assert_true(forward >= 0 && backward >= 0 && gradient >= 0);
        sum += forward + backward + gradient;
    }
    return sum;
}

/* Two training steps, with and without the loss, make `expected` products each. */
static void check_step(struct step *step, int64_t expected) {
    double loss = 0;
    assert_int_equal(planned(step), expected);
    for (int i = 0; i < 2; i++) {
        int64_t before = pcil_inference_products(step->inference);
        int32_t labels[2] = {1, 3};
        check_ok(pcil_train_step_labels(step->inference, step->optimizer, step->input, labels, 2, i ? &loss : NULL));
        assert_int_equal(pcil_inference_products(step->inference) - before, expected);
    }
}

static void check_chain(const char *schedule, int blocks, int iterations, int64_t expected) {
    char description[256];
    struct step step;
    static const char *const optimizers[] = {"sgd", "mq", "adam", "nlms"};
    chain(description, sizeof description, blocks);
    begin(&step, description, schedule, optimizers[(blocks + iterations) % 4]);
    if (strcmp(schedule, "backprop") != 0) check_ok(pcil_inference_set(step.inference, "iterations", iterations));
    check_step(&step, expected);
    end(&step);
}

/* The published counts, of the shape of the paper's network (the widths do not matter). */
static void test_mlp(void **state) {
    (void)state;
    check_chain("sequential", 4, 3, 26);
    check_chain("simultaneous", 4, 3, 20);
    check_chain("simultaneous", 4, 15, 92);
    check_chain("backprop", 4, 0, 11);
}

static void check_network(const char *description, const char *schedule, int iterations, int64_t expected) {
    static struct step step;
    begin(&step, description, schedule, "sgd");
    if (strcmp(schedule, "backprop") != 0) check_ok(pcil_inference_set(step.inference, "iterations", iterations));
    check_step(&step, expected);
    int64_t forward = -1;
    check_ok(pcil_inference_plan(step.inference, 0, &forward, NULL, NULL));
    assert_int_equal(forward, 1);
    end(&step);
}

static const char *const conv = "3x32x32; conv 64 5x5/2, relu; conv 128 5x5/2, relu; conv 256 3x3/2, relu; dense 10; "
                                "softmax";
static const char *const conv_tiny = "3x64x64; conv 32 5x5/2, relu; conv 64 5x5/2, relu; conv 128 5x5/2, relu; "
                                     "conv 256 3x3/2, relu; dense 200; softmax";

/* The paper's convolutional networks make the products of chains of as many blocks, block 0's forward once. */
static void test_convolutional(void **state) {
    (void)state;
    check_network(conv, "sequential", 3, 26);
    check_network(conv, "simultaneous", 3, 20);
    check_network(conv, "backprop", 0, 11);
    check_network(conv_tiny, "sequential", 4, 42);
    check_network(conv_tiny, "backprop", 0, 14);
}

/* Pooling makes none, within a block or as one; no product goes back through block 0. */
static void test_pooling(void **state) {
    (void)state;
    check_network("1x9x9; conv 3 3x3, relu, max_pool 2x2, avg_pool 2x2/1; conv 4 2x2, avg_pool 1x1; dense 4; softmax",
                  "sequential", 3, 3 + 3 * 2 * 2 + 3);
    check_network("1x9x9; conv 3 3x3, relu, max_pool 2x2; conv 4 2x2, avg_pool 2x2; dense 4; softmax", "backprop", 0,
                  3 + 2 + 3);
    check_network("1x9x9; conv 3 3x3; max_pool 2x2; avg_pool 2x2; dense 4; softmax", "sequential", 3, 2 + 3 * 2 + 2);
}

/* L feed-forward, T(L-1) back and T(L-1) forth again, L gradients; without iterations the last gradient alone. */
static void test_sequential(void **state) {
    (void)state;
    for (int L = 1; L <= 6; L++) {
        check_chain("sequential", L, 0, L + 1);
        for (int T = 1; T <= 5; T++) check_chain("sequential", L, T, L + 2 * T * (L - 1) + L);
    }
}

/* At iteration t nodes L-t ... L alone have errors, so t+1 hidden nodes move, at most all. */
static void test_simultaneous(void **state) {
    (void)state;
    for (int L = 1; L <= 6; L++)
        for (int T = 0; T <= 8; T++) {
            int products = L;
            for (int t = 0; t < T; t++) products += 2 * (t + 1 < L - 1 ? t + 1 : L - 1);
            products += T + 1 < L ? T + 1 : L;
            check_chain("simultaneous", L, T, products);
        }
}

static void test_backprop(void **state) {
    (void)state;
    for (int L = 1; L <= 6; L++) check_chain("backprop", L, 0, L + (L - 1) + L);
}

/* Activity decay pulls at every hidden node from the first iteration on: nothing is zero then. */
static void test_decay_moves_every_node(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++)
        for (int T = 1; T <= 3; T++) {
            char description[256];
            struct step step;
            chain(description, sizeof description, 5);
            begin(&step, description, s ? "simultaneous" : "sequential", "sgd");
            check_ok(pcil_inference_set(step.inference, "iterations", T));
            check_ok(pcil_inference_set(step.inference, "activity_decay", 0.1));
            int64_t products = planned(&step);
            check_step(&step, products);
            assert_true(products <= 5 + 2 * T * 4 + 5);
            for (int32_t l = 0; l < 5; l++) {
                int64_t gradient = -1;
                check_ok(pcil_inference_plan(step.inference, l, NULL, NULL, &gradient));
                assert_int_equal(gradient, 1);
            }
            end(&step);
        }
}

/* One early node that decays moves alone at first, without a product back; its error and the next one's are not zero
 * then. */
static void test_decay_of_one_node(void **state) {
    (void)state;
    struct step step;
    char description[256];
    chain(description, sizeof description, 6);
    begin(&step, description, "simultaneous", "sgd");
    check_ok(pcil_inference_set(step.inference, "iterations", 1));
    check_ok(pcil_inference_set(step.inference, "activity_decay.2", 0.1));
    /* 6 forward; nodes 5 and 2 move: forth again twice, back once; errors at nodes 6, 5, 3, 2: 4 gradients */
    check_step(&step, 6 + 2 + 1 + 4);
    end(&step);
}

/* A block with two dense operations makes two products where another makes one. */
static void test_two_dense_operations(void **state) {
    (void)state;
    struct step step;
    begin(&step, "12; dense 8, tanh, dense 7; relu, dense 6, dense 5; softmax", "sequential", "sgd");
    check_ok(pcil_inference_set(step.inference, "iterations", 2));
    int64_t products = planned(&step);
    check_step(&step, products);
    /* at least 4 forward; 2 iterations of 2 back and 2 forth; 4 gradients */
    assert_true(products >= 4 + 2 * 4 + 4);
    end(&step);
}

/* Prediction and clamping make the forward products alone; one block's plan is not another's. */
static void test_phases(void **state) {
    (void)state;
    struct step step;
    int32_t labels[2] = {0, 1};
    float outputs[2 * 12], inputs[5 * 12] = {0};
    begin(&step, "12; dense 9; relu, dense 8; relu, dense 10; softmax", "sequential", "sgd");
    assert_int_equal(pcil_inference_products(step.inference), 0);
    check_ok(pcil_predict(step.inference, step.input, 2, outputs));
    assert_int_equal(pcil_inference_products(step.inference), 3);
    float many[5 * 10];
    check_ok(pcil_predict(step.inference, inputs, 5, many));
    assert_int_equal(pcil_inference_products(step.inference), 3 + 9);
    check_ok(pcil_clamp_labels(step.inference, step.input, labels, 2));
    assert_int_equal(pcil_inference_products(step.inference), 15);
    check_ok(pcil_infer(step.inference, 2, NULL));
    assert_int_equal(pcil_inference_products(step.inference), 15 + 8);
    check_ok(pcil_learn(step.inference, step.optimizer));
    assert_int_equal(pcil_inference_products(step.inference), 15 + 8 + 3);
    end(&step);
}

static void test_plan_of_blocks(void **state) {
    (void)state;
    struct step step;
    int64_t forward, backward, gradient;
    begin(&step, "12; dense 9; relu, dense 8; relu, dense 7; relu, dense 10; softmax", "sequential", "sgd");
    check_ok(pcil_inference_set(step.inference, "iterations", 3));
    for (int32_t l = 0; l < 4; l++) {
        check_ok(pcil_inference_plan(step.inference, l, &forward, &backward, &gradient));
        assert_int_equal(forward, l == 0 ? 1 : 4); /* node 0 is clamped: block 0 predicts once */
        assert_int_equal(backward, l == 0 ? 0 : 3);
        assert_int_equal(gradient, 1);
    }
    forward = -7;
    check_fails(pcil_inference_plan(step.inference, 4, &forward, NULL, NULL), PCIL_ERROR_ARGUMENT, "block");
    check_fails(pcil_inference_plan(step.inference, -1, &forward, NULL, NULL), PCIL_ERROR_ARGUMENT, "block");
    assert_int_equal(pcil_inference_plan(NULL, 0, &forward, NULL, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(forward, -7);
    assert_int_equal(pcil_inference_products(NULL), -1);
    end(&step);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),
        cmocka_unit_test(test_convolutional),
        cmocka_unit_test(test_pooling),
        cmocka_unit_test(test_sequential),
        cmocka_unit_test(test_simultaneous),
        cmocka_unit_test(test_backprop),
        cmocka_unit_test(test_decay_moves_every_node),
        cmocka_unit_test(test_decay_of_one_node),
        cmocka_unit_test(test_two_dense_operations),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_plan_of_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
