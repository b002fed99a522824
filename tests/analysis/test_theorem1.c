/* Theorem 1's mode: closed forms and inference against the reference, and how it comes to the proximal step. */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

enum { MOST = 256 };

static const char *const deep = "5; dense 6; tanh, dense 5; gelu, dense 4; sigmoid, dense 3";
static const char *const chains[] = {
    "6; dense 5; tanh, dense 3",
    "6; dense 5; relu, dense 4; softmax",
    "4; dense 5; gelu, dense 4; tanh, dense 3; sigmoid",
    "5; dense 6; tanh, dense 5; gelu, dense 4; sigmoid, dense 3",
};

/* S of block l's input at the reference's present activities: |f|^2 + 1. */
static double square(struct pair *pair, int l) {
    struct ref_inference *inference = &pair->ref_inference;
    ref_block_forward(&pair->ref_network.block[l], 1, inference->activity[l], inference->prediction[l + 1]);
    return ref_block_mean_square(&pair->ref_network.block[l], 1) + 1;
}

static double rate(struct pair *pair, int l) {
    double own = pair->ref_optimizer.learning_rate[l];
    return strcmp(pair->ref_optimizer.kind, "nlms") == 0 ? own / square(pair, l) : own;
}

static double error_square(const struct pair *pair, int l) {
    double sum = 0;
    for (int i = 0; i < pair->ref_network.size[l]; i++) sum += pow(pair->ref_inference.error[l][i], 2);
    return sum;
}

/* The closed forms, with the output node's clamp, into the reference's energy_weight and activity_decay. */
static void ref_weigh(struct pair *pair, double beta, bool printed) {
    struct ref_inference *inference = &pair->ref_inference;
    int last = pair->ref_network.blocks;
    double factor = printed ? 1 : 1 / beta, of_output = rate(pair, last - 1) * (1 / beta + square(pair, last - 1)) - 1;
    inference->energy_weight[last] = of_output;
    ref_refresh(inference);
    for (int i = 0; i < pair->ref_network.size[last]; i++) {
        double y = inference->target[i], pi = inference->output[i], m = of_output / (1 + of_output);
        inference->activity[last][i] = m * pi + (1 - m) * y;
    }
    ref_refresh(inference);
    for (int l = 1; l < last; l++) {
        double below = rate(pair, l - 1), own = rate(pair, l);
        inference->energy_weight[l] = factor * below * below * square(pair, l - 1);
        inference->activity_decay[l] = (printed ? 1 : -1) * factor * own * own * error_square(pair, l + 1);
    }
}

/* One iteration from the last hidden node down. */
static void ref_step(struct pair *pair, double epsilon) {
    struct ref_inference *inference = &pair->ref_inference;
    for (int l = pair->ref_network.blocks - 1; l >= 1; l--) {
        double drive[MOST], f[MOST], slope_f[MOST], *gamma = inference->energy_weight;
        bool output_above = l + 1 == pair->ref_network.blocks;
        const double *p = inference->prediction[l + 1];
        if (!output_above) /* the node above has moved */
            for (int i = 0; i < pair->ref_network.size[l + 1]; i++)
                inference->error[l + 1][i] = inference->activity[l + 1][i] - p[i];
        ref_block_backward(&pair->ref_network.block[l], 1, inference->error[l + 1], drive);
        ref_block_decay(&pair->ref_network.block[l], 1, f, slope_f);
        for (int i = 0; i < pair->ref_network.size[l]; i++)
            inference->activity[l][i] += epsilon / (gamma[l] + gamma[l + 1]) *
                                         (gamma[l + 1] * drive[i] - gamma[l] * inference->error[l][i] -
                                          inference->activity_decay[l] * slope_f[i]);
    }
}

static void create(struct pair *pair, const char *chain, const char *schedule, const char *optimizer, double hidden) {
    char name[32];
    pair_create(pair, chain, schedule, optimizer, 2, 11);
    pair_learn_set(pair, "learning_rate", hidden);
    snprintf(name, sizeof name, "learning_rate.%d", pair->ref_network.blocks - 1);
    pair_learn_set(pair, name, 1);
    pair_infer_set(pair, "step_size", .2);
    pair_draw(pair, 1, -1);
    check_ok(pcil_clamp(pair->inference, pair->inputs, pair->targets, 1));
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, 1);
}

static void compare_weights(struct pair *pair, double beta, bool printed) {
    double weights[REF_MOST_NODES], decays[REF_MOST_NODES];
    int last = pair->ref_network.blocks;
    check_ok(
        pcil_theorem1_weights(pair->inference, pair->optimizer, beta, printed ? "printed" : "exact", weights, decays));
    assert_true(weights[0] == 0 && decays[0] == 0 && decays[last] == 0);
    for (int l = 1; l <= last; l++) check_close(&weights[l], &pair->ref_inference.energy_weight[l], 1, 1e-5);
    for (int l = 1; l < last; l++) check_close(&decays[l], &pair->ref_inference.activity_decay[l], 1, 1e-4);
}

static void compare_state(struct pair *pair) {
    float values[MOST];
    for (int l = 1; l <= pair->ref_network.blocks; l++) {
        int size = pair->ref_network.size[l];
        check_ok(pcil_inference_activity(pair->inference, l, values, size));
        check_close(values, pair->ref_inference.activity[l], size, 1e-5);
        check_ok(pcil_inference_node_error(pair->inference, l, values, size));
        check_close(values, pair->ref_inference.error[l], size, 1e-4);
    }
}

static void test_iterations(void **state) {
    (void)state;
    static const char *const optimizers[] = {"nlms", "sgd"};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 8; i++) {
            struct pair pair;
            bool printed = i & 1;
            double beta = i & 2 ? .5 : 2, before, after;
            create(&pair, chains[k], i & 1 ? "simultaneous" : "sequential", optimizers[i / 4], .8);
            check_ok(pcil_inference_get(pair.inference, "energy_weight.1", &before));
            for (int t = 0; t < 5; t++) {
                ref_weigh(&pair, beta, printed);
                compare_weights(&pair, beta, printed);
                ref_step(&pair, .2);
                ref_weigh(&pair, beta, printed);
                check_ok(pcil_theorem1_infer(pair.inference, pair.optimizer, beta, printed ? "printed" : "exact", 1));
                compare_state(&pair);
            }
            check_ok(pcil_inference_get(pair.inference, "energy_weight.1", &after));
            assert_true(before == after);
            assert_int_equal(pcil_inference_iterations(pair.inference), 5);
            pair_free(&pair);
        }
}

/* The distance of the mode's update to the proximal one, as a part of it, and the gap. */
static double distance(struct pair *pair, double beta, const char *form, double *gap) {
    float update[MOST], proximal[MOST];
    double distances[REF_MOST_NODES], length = 0;
    int64_t count = pcil_network_parameters(pair->network);
    check_ok(pcil_clamp(pair->inference, pair->inputs, pair->targets, 1));
    check_ok(pcil_theorem1_infer(pair->inference, pair->optimizer, beta, form, 4000));
    check_ok(pcil_theorem1_gap(pair->inference, pair->optimizer, gap));
    check_ok(pcil_update(pair->inference, pair->optimizer, update, count));
    check_ok(pcil_proximal_step(pair->network, pair->inputs, pair->targets, 1, beta, 1e-5, 20000, proximal, count, NULL,
                                NULL));
    check_ok(pcil_compare_updates(pair->network, update, proximal, count, NULL, distances));
    for (int64_t i = 0; i < count; i++) length += pow((double)proximal[i], 2);
    return distances[pair->ref_network.blocks] / sqrt(length);
}

/* Normalised steps, exact weights: the update is the proximal one. As printed it is that of beta = 1 nearly, and no
 * other's. */
static void test_limit(void **state) {
    (void)state;
    static const double betas[] = {.1, 1, 5};
    for (int k = 0; k < 3; k++) {
        struct pair pair;
        double gap;
        create(&pair, deep, "sequential", "nlms", 1);
        double exact = distance(&pair, betas[k], "exact", &gap);
        if (!(exact < 2e-3 && gap < 1e-3)) fail_msg("beta %g: distance %g, gap %g", betas[k], exact, gap);
        double printed = distance(&pair, betas[k], "printed", &gap);
        if (!(printed > 5 * exact && gap < 1e-3)) fail_msg("printed, beta %g: %g, gap %g", betas[k], printed, gap);
        pair_free(&pair);
    }
}

/* The nearer the limit, the nearer the proximal step. */
static void test_approach(void **state) {
    (void)state;
    static const double rates[] = {.25, .5, .75, .9, 1};
    double before = INFINITY, wide = INFINITY;
    for (int k = 0; k < 5; k++) {
        struct pair pair;
        double gap;
        create(&pair, chains[0], "sequential", "nlms", rates[k]);
        double now = distance(&pair, .1, "exact", &gap);
        if (!(now < before && gap < wide && fabs(gap - (1 - rates[k])) < .1))
            fail_msg("rate %g: distance %g after %g, gap %g after %g", rates[k], now, before, gap, wide);
        before = now;
        wide = gap;
        pair_free(&pair);
    }
    assert_true(before < 2e-3);
}

/* The gap of a batch and any optimizer, by the reference. */
static void test_gap(void **state) {
    (void)state;
    static const char *const networks[] = {"6; dense 5; tanh, dense 4; gelu, dense 3; softmax",
                                           "2x5x5; conv 3 3x3, tanh; conv 2 2x2, sigmoid; dense 3; softmax"};
    for (int k = 0; k < 4; k++) {
        struct pair pair;
        double expected[MOST], before = 0, after = 0, gap;
        pair_create(&pair, networks[k / 2], "sequential", k % 2 ? "adam" : "sgd", 3, 4);
        pair_learn_set(&pair, "learning_rate", k % 2 ? .01 : .3);
        pair_draw(&pair, 3, -1);
        pair_clamp(&pair);
        pair_infer(&pair, 3);
        check_ok(pcil_theorem1_gap(pair.inference, pair.optimizer, &gap));
        int node = pair.ref_network.blocks - 1, size = 3 * pair.ref_network.size[node];
        for (int i = 0; i < size; i++) expected[i] = pair.ref_inference.activity[node][i];
        ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, 3);
        for (int i = 0; i < size; i++) before += pow(expected[i] - pair.ref_inference.activity[node][i], 2);
        pair_clamp(&pair);
        pair_infer(&pair, 3);
        pair_learn(&pair);
        ref_clamp(&pair.ref_inference, pair.inputs, pair.targets, 3);
        for (int i = 0; i < size; i++) after += pow(expected[i] - pair.ref_inference.activity[node][i], 2);
        if (fabs(gap - sqrt(after / before)) > 1e-3) fail_msg("%s: %g, not %g", pair.about, gap, sqrt(after / before));
        pair_free(&pair);
    }
}

/* Nothing moved, so nothing is left to close, whoever makes the products. */
static void test_gap_at_rest(void **state) {
    (void)state;
    static const char *const backends[] = {"blas", "own"};
    static float inputs[20 * 300];
    int32_t labels[20] = {0};
    pcil_network *network;
    for (int i = 0; i < 20 * 300; i++) inputs[i] = sinf((float)i);
    check_ok(pcil_network_parse(&network, "300; dense 200; tanh, dense 50; tanh, dense 3; softmax"));
    for (int k = 0; k < 2; k++) {
        pcil_inference *inference;
        pcil_optimizer *optimizer;
        double gap = -1;
        check_ok(pcil_inference_create(&inference, network, "sequential", 20));
        check_ok(pcil_optimizer_create(&optimizer, network, "sgd"));
        check_ok(pcil_inference_set_text(inference, "backend", backends[k]));
        check_ok(pcil_clamp_labels(inference, inputs, labels, 20));
        check_ok(pcil_theorem1_gap(inference, optimizer, &gap));
        assert_true(gap == 0);
        pcil_optimizer_free(optimizer);
        pcil_inference_free(inference);
    }
    pcil_network_free(network);
}

/* Errors that inference summed before say nothing of those that theorem 1's makes. */
static void test_divergence(void **state) {
    (void)state;
    const float input[4] = {1, 2, 3, 4}, target[3] = {10, -5, 3};
    for (int warm = 0; warm < 2; warm++) {
        pcil_network *network;
        pcil_inference *inference;
        pcil_optimizer *optimizer;
        double weights[3], decays[3];
        check_ok(pcil_network_parse(&network, "4; dense 5; dense 3"));
        check_ok(pcil_inference_create(&inference, network, "sequential", 1));
        check_ok(pcil_optimizer_create(&optimizer, network, "nlms"));
        check_ok(pcil_optimizer_set(optimizer, "learning_rate", 1));
        check_ok(pcil_inference_set(inference, "step_size", 10));
        pcil_status found = PCIL_OK; /* at the first count of iterations of which the numbers are too large */
        for (int t = 1; t < 100 && found == PCIL_OK; t++) {
            double largest = 0;
            float errors[5];
            check_ok(pcil_clamp(inference, input, target, 1));
            if (warm) check_ok(pcil_infer(inference, 0, NULL));
            found = pcil_theorem1_infer(inference, optimizer, 1, "exact", t);
            if (found == PCIL_OK) check_ok(pcil_inference_node_error(inference, 1, errors, 5));
            for (int i = 0; i < 5 && found == PCIL_OK; i++) largest = fmax(largest, fabs((double)errors[i]));
            if (!(largest < 1e19)) fail_msg("%d iterations: an error of %g is none", t, largest);
        }
        assert_int_equal(found, PCIL_ERROR_DIVERGED);
        assert_int_equal(pcil_inference_batch(inference), 0);
        check_ok(pcil_clamp(inference, input, target, 1));
        check_ok(pcil_optimizer_set(optimizer, "learning_rate.0", 0));
        check_fails(pcil_theorem1_weights(inference, optimizer, .5, "exact", weights, decays), PCIL_ERROR_ARGUMENT,
                    "the rate of block 0 is 0");
        assert_int_equal(pcil_inference_batch(inference), 0);
        pcil_optimizer_free(optimizer);
        pcil_inference_free(inference);
        pcil_network_free(network);
    }
}

static void test_refusals(void **state) {
    (void)state;
    struct pair pair;
    pcil_inference *other;
    pcil_network *conv;
    pcil_optimizer *of_conv;
    float inputs[32] = {0}, targets[3] = {0};
    double weights[8], decays[8];
    create(&pair, chains[0], "sequential", "nlms", 1);
    pcil_inference *i = pair.inference;
    pcil_optimizer *o = pair.optimizer;
    check_fails(pcil_theorem1_infer(i, o, 0, "exact", 1), PCIL_ERROR_ARGUMENT, "beta is 0");
    check_fails(pcil_theorem1_infer(i, o, 1, "exakt", 1), PCIL_ERROR_ARGUMENT, "expected 'exact' or 'printed'");
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", -1), PCIL_ERROR_ARGUMENT, "-1 inference iterations");
    check_fails(pcil_theorem1_infer(i, NULL, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "optimizer is NULL");
    check_fails(pcil_theorem1_infer(NULL, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "inference is NULL");
    check_fails(pcil_theorem1_weights(i, o, 1, "exact", NULL, decays), PCIL_ERROR_ARGUMENT, "energy weights is NULL");
    check_fails(pcil_theorem1_gap(i, o, NULL), PCIL_ERROR_ARGUMENT, "place for the gap");
    check_ok(pcil_theorem1_weights(i, o, 1, "exact", weights, decays));
    check_ok(pcil_optimizer_set(o, "weight_decay", .1));
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "a rate times the gradient");
    check_ok(pcil_optimizer_set(o, "weight_decay", 0));
    check_ok(pcil_optimizer_set(o, "learning_rate.0", 0));
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "the rate of block 0 is 0");
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", 1), PCIL_ERROR_STATE, "no batch is clamped");
    check_ok(pcil_optimizer_set(o, "learning_rate", .01));
    check_ok(pcil_clamp(i, pair.inputs, pair.targets, 1));
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "gamma_L is -0.9");
    pair_draw(&pair, 2, -1);
    check_ok(pcil_clamp(i, pair.inputs, pair.targets, 2));
    check_fails(pcil_theorem1_infer(i, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "a batch of 2");
    check_ok(pcil_inference_create(&other, pair.network, "backprop", 1));
    check_ok(pcil_clamp(other, pair.inputs, pair.targets, 1));
    check_fails(pcil_theorem1_infer(other, o, 1, "exact", 1), PCIL_ERROR_ARGUMENT, "moves no activities");
    pcil_inference_free(other);
    check_ok(pcil_network_parse(&conv, "2x4x4; conv 2 3x3, relu; dense 3"));
    check_ok(pcil_optimizer_create(&of_conv, conv, "nlms"));
    check_ok(pcil_inference_create(&other, conv, "sequential", 1));
    check_ok(pcil_clamp(other, inputs, targets, 1));
    check_fails(pcil_theorem1_infer(other, of_conv, 1, "exact", 1), PCIL_ERROR_UNSUPPORTED, "block 0 is another");
    pcil_inference_free(other);
    pcil_optimizer_free(of_conv);
    pcil_network_free(conv);
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iterations), cmocka_unit_test(test_limit),      cmocka_unit_test(test_approach),
        cmocka_unit_test(test_gap),        cmocka_unit_test(test_divergence), cmocka_unit_test(test_gap_at_rest),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
