/* The free energy against a network small enough for paper, and wrong use of its functions. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>

struct subject {
    pcil_network *network;
    pcil_inference *inference;
};

static void begin(struct subject *subject, const char *description) {
    *subject = (struct subject){NULL, NULL};
    check_ok(pcil_network_parse(&subject->network, description));
    check_ok(pcil_inference_create(&subject->inference, subject->network, "sequential", 2));
}

static void end(struct subject *subject) {
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static void set(struct subject *subject, const char *tensor, float a, float b) {
    float values[2] = {a, b};
    int64_t shape[4] = {1, 1, 1, 1};
    check_ok(pcil_network_tensor_shape(subject->network, tensor, NULL, shape));
    check_ok(pcil_network_set(subject->network, tensor, values, shape[0] * shape[1]));
}

static void check_node(const struct subject *subject, int32_t node, double prediction, double decay, double loss) {
    double got[3] = {-1, -1, -1};
    const double expected[3] = {prediction, decay, loss};
    check_ok(pcil_energy_node(subject->inference, node, &got[0], &got[1], &got[2]));
    for (int i = 0; i < 3; i++)
        if (!(fabs(got[i] - expected[i]) < 2e-6 * fmax(fabs(expected[i]), 1e-3)))
            fail_msg("node %d, term %d is %.9g, expected %.9g", node, i, got[i], expected[i]);
}

static void check_energy(const struct subject *subject, double expected) {
    double energy = -1;
    check_ok(pcil_energy(subject->inference, &energy));
    assert_true(fabs(energy / expected - 1) < 2e-6);
}

/* h_1 = .5 x + .1 = .6, p_2 = .2 - .8 tanh(.6), the output clamped half way to y = 1. */
static void test_linear_on_paper(void **state) {
    (void)state;
    struct subject subject;
    const float x = 1, y = 1;
    const double f = tanh(0.6), p = 0.2 - 0.8 * f, output = 0.5 * p + 0.5, e2 = output - p;
    begin(&subject, "1; dense 1; tanh, dense 1");
    set(&subject, "block0.dense.weight", 0.5f, 0);
    set(&subject, "block0.dense.bias", 0.1f, 0);
    set(&subject, "block1.dense.weight", -0.8f, 0);
    set(&subject, "block1.dense.bias", 0.2f, 0);
    check_ok(pcil_inference_set(subject.inference, "beta", 1));
    check_ok(pcil_inference_set(subject.inference, "energy_weight.1", 3));
    check_ok(pcil_inference_set(subject.inference, "energy_weight.2", 0.25));
    check_ok(pcil_inference_set(subject.inference, "activity_decay", 0.4));
    check_ok(pcil_inference_set(subject.inference, "step_size", 0.1));
    check_ok(pcil_clamp(subject.inference, &x, &y, 1));
    check_node(&subject, 1, 0, 0.4 * f * f / 2, 0);
    check_node(&subject, 2, 0.25 * e2 * e2 / 2, 0, (1 - output) * (1 - output) / 2);
    check_energy(&subject, 0.2 * f * f + 0.125 * e2 * e2 + (1 - output) * (1 - output) / 2);

    double slope = 1 - f * f, moved = 0.1 * (0.25 * slope * -0.8 * e2 - 0.4 * slope * f), f1 = tanh(0.6 + moved);
    double p1 = 0.2 - 0.8 * f1, output1 = 0.5 * p1 + 0.5, energy = -1, loss = -1;
    check_ok(pcil_infer(subject.inference, 1, &energy));
    check_node(&subject, 1, 3 * moved * moved / 2, 0.2 * f1 * f1, 0);
    check_node(&subject, 2, 0.125 * (output1 - p1) * (output1 - p1), 0, (1 - output1) * (1 - output1) / 2);
    check_energy(&subject, energy);
    check_ok(pcil_loss(subject.inference, &loss));
    assert_true(fabs(loss / ((1 - p1) * (1 - p1) / 2) - 1) < 1e-6);
    end(&subject);
}

/* Two classes with p = (a, -a): pi = sigma(+-2a). Averages over two samples of different labels. */
static void test_softmax_on_paper(void **state) {
    (void)state;
    struct subject subject;
    const float x[2] = {1, 1};
    const int32_t labels[2] = {0, 1};
    const double pi = 1 / (1 + exp(-1.0)), m = 1.0 / 5;
    begin(&subject, "1; dense 2; softmax");
    set(&subject, "block0.dense.weight", 0.5f, -0.5f);
    set(&subject, "block0.dense.bias", 0, 0);
    check_ok(pcil_inference_set(subject.inference, "beta", 4));
    check_ok(pcil_clamp_labels(subject.inference, x, labels, 2));
    double a = m * pi + 1 - m, b = m * pi, c = m * (1 - pi) + 1 - m, d = m * (1 - pi);
    double first = -a * log(pi) - d * log(1 - pi), second = -b * log(pi) - c * log(1 - pi), loss = -1;
    check_node(&subject, 1, (first + second) / 2, 0, (-log(a) - log(c)) / 2);
    check_ok(pcil_loss(subject.inference, &loss));
    assert_true(fabs(loss / ((-log(pi) - log(1 - pi)) / 2) - 1) < 1e-6);
    check_ok(pcil_inference_set_text(subject.inference, "clamp", "hard"));
    check_ok(pcil_clamp_labels(subject.inference, x, labels, 2));
    check_node(&subject, 1, (-log(pi) - log(1 - pi)) / 2, 0, 0);
    end(&subject);
}

static void test_sigmoid_on_paper(void **state) {
    (void)state;
    struct subject subject;
    const float x = 1, y[2] = {0.3f, 1};
    const double pi[2] = {1 / (1 + exp(-0.5)), 1 / (1 + exp(0.5))};
    begin(&subject, "1; dense 2; sigmoid");
    set(&subject, "block0.dense.weight", 0.5f, -0.5f);
    set(&subject, "block0.dense.bias", 0, 0);
    check_ok(pcil_inference_set_text(subject.inference, "clamp", "hard"));
    check_ok(pcil_clamp(subject.inference, &x, y, 1));
    double cross = -0.3 * log(pi[0]) - 0.7 * log(1 - pi[0]) - log(pi[1]), loss = -1;
    check_node(&subject, 1, cross, 0, -0.3 * log(0.3) - 0.7 * log(0.7));
    check_ok(pcil_loss(subject.inference, &loss));
    assert_true(fabs(loss / cross - 1) < 1e-6);
    end(&subject);
}

/* Predictions far out keep their energies finite and right: no logarithm of a rounded 0. */
static void test_far_predictions(void **state) {
    (void)state;
    static const char *const outputs[] = {"1; dense 2; softmax", "1; dense 2; sigmoid"};
    for (int i = 0; i < 2; i++) {
        struct subject subject;
        const float x = 1, y[2] = {0, 1};
        double loss = -1;
        begin(&subject, outputs[i]);
        set(&subject, "block0.dense.weight", 300, -300);
        set(&subject, "block0.dense.bias", 0, 0);
        check_ok(pcil_clamp(subject.inference, &x, y, 1));
        check_ok(pcil_loss(subject.inference, &loss));
        assert_true(fabs(loss / 600 - 1) < 1e-6);
        check_ok(pcil_energy(subject.inference, &loss));
        assert_true(isfinite(loss) && loss > 500);
        end(&subject);
    }
}

/* The largest prediction is taken off before the exponentials, at whatever place it stands. */
static void test_softmax_of_a_large_prediction_anywhere(void **state) {
    (void)state;
    for (int place = 0; place < 3; place++) {
        struct subject subject;
        float bias[3] = {0}, input = 0, outputs[3];
        begin(&subject, "1; dense 3; softmax");
        bias[place] = 1000;
        check_ok(pcil_network_set(subject.network, "block0.dense.bias", bias, 3));
        check_ok(pcil_predict(subject.inference, &input, 1, outputs));
        for (int u = 0; u < 3; u++) assert_true(outputs[u] == (u == place ? 1 : 0));
        end(&subject);
    }
}

static void test_misuse(void **state) {
    (void)state;
    struct subject subject;
    const float x = 1, y = 1;
    double a = -7, b = -7, c = -7;
    begin(&subject, "1; dense 1; tanh, dense 1");
    check_fails(pcil_energy(subject.inference, &a), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_loss(subject.inference, &a), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_energy_node(subject.inference, 1, &a, &b, &c), PCIL_ERROR_STATE, "clamp");
    check_ok(pcil_clamp(subject.inference, &x, &y, 1));
    assert_int_equal(pcil_energy(NULL, &a), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_energy(subject.inference, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_loss(NULL, &a), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_loss(subject.inference, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_energy_node(NULL, 1, &a, &b, &c), PCIL_ERROR_ARGUMENT);
    check_fails(pcil_energy_node(subject.inference, 0, &a, &b, &c), PCIL_ERROR_ARGUMENT, "0");
    check_fails(pcil_energy_node(subject.inference, 3, &a, &b, &c), PCIL_ERROR_ARGUMENT, "3");
    check_fails(pcil_energy_node(subject.inference, -1, &a, &b, &c), PCIL_ERROR_ARGUMENT, "-1");
    assert_true(a == -7 && b == -7 && c == -7);
    check_ok(pcil_energy_node(subject.inference, 1, NULL, NULL, NULL));
    end(&subject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_on_paper),
        cmocka_unit_test(test_softmax_on_paper),
        cmocka_unit_test(test_sigmoid_on_paper),
        cmocka_unit_test(test_far_predictions),
        cmocka_unit_test(test_softmax_of_a_large_prediction_anywhere),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
