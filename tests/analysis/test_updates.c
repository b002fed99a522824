/* Updates as arrays, the proximal step by brute force, and comparing them. */
#include "test.h"

#include "reference/pair.h"

enum { MOST = 512 };

static const char *const chain = "11; dense 8; relu, dense 7, tanh; gelu, dense 4; softmax";
static const char *const small = "4; dense 5; tanh, dense 6; sigmoid, dense 3; softmax";

/* All weights of the library's network, as an update has them. */
static int64_t read_weights(const pcil_network *network, float *values) {
    int64_t done = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t shape[4] = {1, 1, 1, 1}, count = 1;
        int32_t rank;
        check_ok(pcil_network_tensor_shape(network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        assert_true(done + count <= MOST);
        check_ok(pcil_network_get(network, name, values + done, count));
        done += count;
    }
    return done;
}

/* The change that a step then makes, from the same state; and what was looked at stays. */
static void test_update_is_the_step(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    for (int i = 0; i < 14; i++) {
        struct pair pair;
        float before[MOST], after[MOST], change[MOST], expected[MOST];
        double v = 0, same = 0;
        bool mq = strcmp(kinds[i % 7], "mq") == 0;
        pair_create(&pair, chain, "sequential", kinds[i % 7], 3, 2);
        pair_learn_set(&pair, "learning_rate", mq ? .001 : .05);
        if (i >= 7) pair_learn_set(&pair, "weight_decay", mq ? .003 : .3);
        pair_train(&pair);
        pair_draw(&pair, 3, -1);
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, 3));
        check_ok(pcil_infer(pair.inference, 2, NULL));
        int64_t count = read_weights(pair.network, before);
        if (mq) check_ok(pcil_optimizer_value(pair.optimizer, "v", 1, &v));
        check_ok(pcil_update(pair.inference, pair.optimizer, change, count));
        if (mq) check_ok(pcil_optimizer_value(pair.optimizer, "v", 1, &same));
        assert_true(v == same);
        assert_int_equal(pcil_inference_iterations(pair.inference), 2);
        read_weights(pair.network, after);
        assert_memory_equal(before, after, (size_t)count * sizeof *before);
        check_ok(pcil_learn(pair.inference, pair.optimizer));
        read_weights(pair.network, after);
        for (int64_t j = 0; j < count; j++) expected[j] = after[j] - before[j];
        for (int64_t j = 0; j < count; j++) assert_true(fabsf(change[j] - expected[j]) <= 1.2e-7f);
        check_close(change, expected, count, 1e-2);
        pair_free(&pair);
    }
}

/* An update far below what the weights can hold is there all the same. */
static void test_update_is_not_rounded(void **state) {
    (void)state;
    struct pair pair;
    float change[MOST], expected[MOST];
    pair_create(&pair, chain, "sequential", "sgd", 3, 2);
    pair_learn_set(&pair, "learning_rate", 1e-9);
    pair_draw(&pair, 3, -1);
    check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, 3));
    check_ok(pcil_infer(pair.inference, 3, NULL));
    int64_t count = pcil_network_parameters(pair.network), done = 0;
    check_ok(pcil_update(pair.inference, pair.optimizer, change, count));
    for (int b = 0; b < 3; b++) {
        int parameters = pair.ref_network.block[b].parameters;
        const float *gradient = pair_block_gradient(&pair, b);
        for (int i = 0; i < parameters; i++) expected[i] = -1e-9f * gradient[i];
        check_close(change + done, expected, parameters, 1e-6);
        done += parameters;
    }
    assert_int_equal(done, count);
    pair_free(&pair);
}

/* One linear block, one sample: the minimum is beta / (1 + beta (|x|^2 + 1)) e x^T. */
static void test_proximal_step_of_a_line(void **state) {
    (void)state;
    static const double betas[] = {.01, 1, 100};
    for (int k = 0; k < 3; k++) {
        struct pair pair;
        float weights[MOST], change[MOST];
        double expected[MOST], loss, norm, square = 1, value = 0, length = 0;
        pair_create(&pair, "6; dense 3; linear", "backprop", "sgd", 1, 4);
        pair_draw(&pair, 1, -1);
        int64_t count = read_weights(pair.network, weights);
        assert_int_equal(count, 21);
        for (int i = 0; i < 6; i++) square += pow((double)pair.inputs[i], 2);
        for (int j = 0; j < 3; j++) {
            double e = (double)pair.targets[j] - (double)weights[18 + j];
            for (int i = 0; i < 6; i++) e -= (double)pair.inputs[i] * (double)weights[i * 3 + j];
            double step = betas[k] / (1 + betas[k] * square) * e, left = e - step * square;
            for (int i = 0; i < 6; i++) expected[i * 3 + j] = step * (double)pair.inputs[i];
            expected[18 + j] = step;
            value += left * left / 2;
        }
        for (int i = 0; i < 21; i++) length += expected[i] * expected[i];
        check_ok(pcil_proximal_step(pair.network, pair.inputs, pair.targets, 1, betas[k], 1e-5, 100000, change, count,
                                    &loss, &norm));
        check_close(change, expected, count, 1e-3);
        assert_true(fabs(loss - value - length / (2 * betas[k])) < 1e-5);
        assert_true(norm <= 1e-5);
        pair_free(&pair);
    }
}

/* Implicit SGD: at the minimum, change = -beta times the loss gradient there, as double precision sees it. */
static void test_proximal_step_is_implicit(void **state) {
    (void)state;
    static const double betas[] = {.01, .1, 1, 10};
    for (int k = 0; k < 4; k++) {
        struct pair pair;
        float before[MOST], after[MOST], change[MOST];
        double loss, norm, expected[MOST];
        pair_create(&pair, small, "backprop", "sgd", 4, 6);
        pair_draw(&pair, 4, -1);
        int64_t count = read_weights(pair.network, before);
        check_ok(pcil_proximal_step(pair.network, pair.inputs, pair.targets, 4, betas[k], 1e-4, 100000, change, count,
                                    &loss, &norm));
        read_weights(pair.network, after);
        assert_memory_equal(before, after, (size_t)count * sizeof *before);
        assert_true(norm <= 1e-4);
        double *parameter = pair.start;
        pair_hard_clamp(&pair);
        for (int b = 0, i = 0; b < 3; b++)
            for (int j = 0; j < pair.ref_network.block[b].parameters; j++, i++)
                pair.ref_network.block[b].parameter[j] = parameter[i] + (double)change[i];
        ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, 4);
        ref_iterate(&pair.ref_inference);
        ref_gradients(&pair.ref_inference);
        for (int b = 0, i = 0; b < 3; b++)
            for (int j = 0; j < pair.ref_network.block[b].parameters; j++, i++)
                expected[i] = -betas[k] * pair.ref_network.block[b].gradient[j];
        check_close(change, expected, count, .02);
        pair_free(&pair);
    }
}

/* No update of another making has a lower proximal loss; and weights of the whole are put back where it fails. */
static void test_proximal_step_is_least(void **state) {
    (void)state;
    static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
    static const double betas[] = {.1, 1, 10};
    for (int s = 0; s < 3; s++) {
        struct pair pair;
        float change[MOST];
        double results[6 * 3], loss;
        pair_create(&pair, small, schedules[s], "sgd", 1, 8);
        pair_learn_set(&pair, "learning_rate", .3);
        pair_draw(&pair, 1, -1);
        int64_t count = pcil_network_parameters(pair.network);
        check_ok(
            pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, 1, 5, betas, 3, results));
        for (int k = 0; k < 3; k++) {
            check_ok(pcil_proximal_step(pair.network, pair.inputs, pair.targets, 1, betas[k], 1e-4, 100000, change,
                                        count, &loss, NULL));
            for (int t = 0; t <= 5; t++) assert_true(results[t * 3 + k] > loss);
        }
        pair_free(&pair);
    }
}

/* Their sign, too, which 0 has in single precision. */
static void test_weights_are_put_back_to_the_bit(void **state) {
    (void)state;
    struct pair pair;
    float change[MOST], weights[MOST], after[MOST];
    pair_create(&pair, "3; dense 3; tanh, dense 2", "sequential", "sgd", 1, 8);
    pair_draw(&pair, 1, -1);
    for (int i = 0; i < 9; i++) weights[i] = i % 2 ? -0.0f : 0.5f;
    check_ok(pcil_network_set(pair.network, "block0.dense.weight", weights, 9));
    check_ok(pcil_proximal_step(pair.network, pair.inputs, pair.targets, 1, .1, 1e-3, 5, change,
                                pcil_network_parameters(pair.network), NULL, NULL));
    check_ok(pcil_network_get(pair.network, "block0.dense.weight", after, 9));
    assert_memory_equal(weights, after, 9 * sizeof(float));
    pair_free(&pair);
}

static void test_comparing(void **state) {
    (void)state;
    pcil_network *network;
    check_ok(pcil_network_parse(&network, "1; dense 1; relu, dense 1; relu; linear"));
    const float a[] = {3, 0, 0, 0}, b[] = {3, 4, 1, 0};
    double cosines[4], distances[4];
    float changed[4];
    check_ok(pcil_compare_updates(network, a, b, 4, cosines, distances));
    const double expected_cosines[] = {.6, 0, 0, 9 / (3 * sqrt(26))}, expected[] = {4, 1, 0, sqrt(17)};
    check_close(cosines, expected_cosines, 4, 1e-12);
    check_close(distances, expected, 4, 1e-12);
    check_ok(pcil_compare_updates(network, a, b, 4, NULL, NULL));
    check_fails(pcil_compare_updates(NULL, a, b, 4, cosines, distances), PCIL_ERROR_ARGUMENT, "the network is NULL");
    check_fails(pcil_compare_updates(network, a, NULL, 4, cosines, distances), PCIL_ERROR_ARGUMENT,
                "has 4 numbers; the array is NULL");
    check_fails(pcil_compare_updates(network, a, b, 3, cosines, distances), PCIL_ERROR_ARGUMENT, "the array has 3");
    pcil_network_free(network);
    check_ok(pcil_network_create(&network));
    check_fails(pcil_compare_updates(network, a, b, 4, cosines, distances), PCIL_ERROR_STATE, "not finished");
    check_fails(pcil_proximal_step(network, a, b, 1, 1, 1, 1, changed, 4, NULL, NULL), PCIL_ERROR_STATE,
                "not finished");
    pcil_network_free(network);
}

/* Weak clamps and little inference make of IL backpropagation (Whittington & Bogacz 2017). */
static void test_inference_learning_beside_backprop(void **state) {
    (void)state;
    float changes[3][MOST];
    double weak[4], strong[4];
    int64_t count = 0;
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        pair_create(&pair, small, i == 0 ? "backprop" : "sequential", "sgd", 4, 3);
        if (i > 0) check_ok(pcil_inference_set(pair.inference, "beta", i == 1 ? 1e-3 : 100));
        if (i > 0) check_ok(pcil_inference_set(pair.inference, "step_decay", 0));
        if (i > 0) check_ok(pcil_inference_set(pair.inference, "step_size", .5));
        pair_draw(&pair, 4, -1);
        count = pcil_network_parameters(pair.network);
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, 4));
        check_ok(pcil_infer(pair.inference, 60, NULL));
        check_ok(pcil_update(pair.inference, pair.optimizer, changes[i], count));
        if (i == 1) check_ok(pcil_compare_updates(pair.network, changes[0], changes[1], count, weak, NULL));
        if (i == 2) check_ok(pcil_compare_updates(pair.network, changes[0], changes[2], count, strong, NULL));
        pair_free(&pair);
    }
    for (int b = 0; b < 3; b++) assert_true(weak[b] > .999 && strong[b] < weak[b] && strong[b] > 0);
}

static void test_misuse(void **state) {
    (void)state;
    struct pair pair;
    float change[MOST];
    pair_create(&pair, small, "sequential", "sgd", 2, 1);
    pair_draw(&pair, 2, -1);
    int64_t count = pcil_network_parameters(pair.network);
    const float *x = pair.inputs, *y = pair.targets;
    check_fails(pcil_update(NULL, pair.optimizer, change, count), PCIL_ERROR_ARGUMENT, "the inference is NULL");
    check_fails(pcil_update(pair.inference, pair.optimizer, change, count), PCIL_ERROR_STATE, "no batch is clamped");
    check_ok(pcil_clamp(pair.inference, x, y, 2));
    check_fails(pcil_update(pair.inference, NULL, change, count), PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    check_fails(pcil_update(pair.inference, pair.optimizer, change, count - 1), PCIL_ERROR_ARGUMENT, "the array has");
    float other[MOST] = {0};
    memset(change, 0, sizeof change);
    change[3] = NAN;
    check_fails(pcil_compare_updates(pair.network, change, other, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "number 3 of the first change is nan");
    change[3] = -INFINITY;
    check_fails(pcil_compare_updates(pair.network, other, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "number 3 of the second change is -inf");
    check_fails(pcil_proximal_step(NULL, x, y, 1, 1, .1, 9, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "the network is NULL");
    check_fails(pcil_proximal_step(pair.network, x, y, 1, 0, .1, 9, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "beta is 0");
    check_fails(pcil_proximal_step(pair.network, x, y, 1, INFINITY, .1, 9, change, count, NULL, NULL),
                PCIL_ERROR_ARGUMENT, "beta is inf");
    check_fails(pcil_proximal_step(pair.network, x, y, 1, 1, 0, 9, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "a tolerance of 0");
    check_fails(pcil_proximal_step(pair.network, x, y, 1, 1, .1, 0, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "at most 0 steps");
    check_fails(pcil_proximal_step(pair.network, x, y, 1, 1, .1, 9, NULL, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "is NULL");
    check_fails(pcil_proximal_step(pair.network, NULL, y, 1, 1, .1, 9, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "inputs are NULL");
    check_fails(pcil_proximal_step(pair.network, x, y, 0, 1, .1, 9, change, count, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "largest batch of 0");
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update_is_the_step),
        cmocka_unit_test(test_update_is_not_rounded),
        cmocka_unit_test(test_proximal_step_of_a_line),
        cmocka_unit_test(test_proximal_step_is_implicit),
        cmocka_unit_test(test_proximal_step_is_least),
        cmocka_unit_test(test_weights_are_put_back_to_the_bit),
        cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_inference_learning_beside_backprop),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
