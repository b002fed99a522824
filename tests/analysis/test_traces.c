/* Traces against plain double precision: every quantity of every kind of network, and steps that stay what they were.
 */
#include "test.h"

#include "analysis/traces.h"
#include "reference/pair.h"

#include <stdio.h>

enum { BATCH = 6, STEPS = 5, T = 4, MOST = 4000 };

static const char *const networks[] = {
    "7; dense 6; relu, dense 4; softmax",
    "7; dense 8; relu, dense 6; tanh, dense 5; relu, dense 3; linear",
    "2x5x5; conv 4 2x2, relu; conv 3 2x2/2, relu; dense 4; softmax",
    "2x4x4; conv 3 3x3 padding=1, relu, max_pool 2x2; dense 6; relu, dense 4; sigmoid",
};

/* What the reference gathers in the place of the library. */
struct expected {
    double magnitude[REF_MOST_BLOCKS], rate[REF_MOST_BLOCKS], cosine[REF_MOST_BLOCKS + 1], zero[REF_MOST_NODES];
    double error[T + 1][REF_MOST_NODES], prediction[T + 1][REF_MOST_NODES], decay[T + 1][REF_MOST_NODES], loss[T + 1];
    double energy;
    double gradient[STEPS * 10][REF_MOST_BLOCKS][MOST]; /* of every batch */
    int steps, iterations;
};

static double dot(const double *a, const double *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

static double likeness(double aa, double bb, double ab) {
    return aa == 0 || bb == 0 ? 0 : ab / sqrt(aa * bb);
}

/* Backpropagation's gradients of the pair's batch, block after block. */
static void expect_other(struct pair *pair, double (*other)[MOST]) {
    struct ref_inference backprop;
    ref_inference_create(&backprop, &pair->ref_network, "backprop");
    ref_clamp(&backprop, pair->inputs, pair->targets, pair->batch);
    ref_iterate(&backprop);
    ref_gradients(&backprop);
    for (int l = 0; l < pair->ref_network.blocks; l++)
        memcpy(other[l], pair->ref_network.block[l].gradient,
               (size_t)pair->ref_network.block[l].parameters * sizeof **other);
    ref_inference_free(&backprop);
}

static void expect_zeros(struct pair *pair, struct expected *expected) {
    for (int l = 0; l < pair->ref_network.blocks; l++) {
        int count = pair->batch * pair->ref_network.size[l], zeros = 0;
        double *f = ref_numbers((size_t)count), *slope = ref_numbers((size_t)count);
        ref_block_decay(&pair->ref_network.block[l], pair->batch, f, slope);
        for (int i = 0; i < count; i++) zeros += f[i] == 0;
        expected->zero[l] += (double)zeros / count;
        free(f);
        free(slope);
    }
}

static void expect_iteration(struct pair *pair, struct expected *expected, int t) {
    struct ref_inference *ref = &pair->ref_inference;
    for (int l = 1; l <= ref->network->blocks; l++) {
        struct ref_energy energy = ref_energy_node(ref, l);
        int count = pair->batch * ref->network->size[l];
        for (int i = 0; i < count; i++) expected->error[t][l] += fabs(ref->error[l][i]) / count;
        expected->prediction[t][l] += energy.prediction;
        expected->decay[t][l] += energy.decay;
        expected->loss[t] += energy.loss;
    }
}

static void expect_learning(struct pair *pair, struct expected *expected, double (*other)[MOST]) {
    struct ref_network *network = &pair->ref_network;
    static double before[REF_MOST_BLOCKS][MOST];
    double aa = 0, bb = 0, ab = 0;
    ref_gradients(&pair->ref_inference);
    for (int l = 0; l < network->blocks; l++) {
        int count = network->block[l].parameters;
        const double *gradient = network->block[l].gradient;
        double a = dot(gradient, gradient, count), b = dot(other[l], other[l], count);
        double c = dot(gradient, other[l], count);
        expected->cosine[l] += likeness(a, b, c);
        aa += a, bb += b, ab += c;
        memcpy(expected->gradient[expected->steps][l], gradient, (size_t)count * sizeof *gradient);
        memcpy(before[l], network->block[l].parameter, (size_t)count * sizeof **before);
    }
    expected->cosine[network->blocks] += likeness(aa, bb, ab);
    ref_learn(&pair->ref_inference, &pair->ref_optimizer);
    for (int l = 0; l < network->blocks; l++) expected->rate[l] += pair->ref_optimizer.rate[l];
    for (int l = 0; l < network->blocks; l++)
        for (int i = 0; i < network->block[l].parameters; i++)
            expected->magnitude[l] +=
                fabs(network->block[l].parameter[i] - before[l][i]) / network->block[l].parameters;
}

static void expect_step(struct pair *pair, struct expected *expected) {
    static double other[REF_MOST_BLOCKS][MOST];
    expect_other(pair, other);
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, pair->batch);
    expect_zeros(pair, expected);
    expect_iteration(pair, expected, 0);
    for (int t = 1; t <= expected->iterations; t++) {
        ref_iterate(&pair->ref_inference);
        expect_iteration(pair, expected, t);
    }
    expected->energy += ref_energy(&pair->ref_inference);
    expect_learning(pair, expected, other);
    expected->steps++;
}

/* sqrt(max(0, |M|^2 - V/N) / V) of a block, or of all. */
static double expect_noise(const struct pair *pair, const struct expected *expected, int block) {
    double signal = 0, noise = 0;
    int n = expected->steps;
    for (int l = 0; l < pair->ref_network.blocks; l++) {
        if (block < pair->ref_network.blocks && block != l) continue;
        for (int i = 0; i < pair->ref_network.block[l].parameters; i++) {
            double mean = 0;
            for (int s = 0; s < n; s++) mean += expected->gradient[s][l][i] / n;
            for (int s = 0; s < n; s++) noise += pow(expected->gradient[s][l][i] - mean, 2) / (n - 1);
            signal += mean * mean;
        }
    }
    return sqrt(fmax(0, signal - noise / n) / noise);
}

static void check_value(const struct pair *pair, const pcil_traces *traces, const char *name, int place, int iteration,
                        double expected, double tolerance) {
    double got = -7;
    check_ok(pcil_traces_value(traces, name, place, iteration, &got));
    if (isnan(got) && isnan(expected)) return;
    if (!(fabs(got - expected) <= tolerance * fabs(expected) + 1e-13))
        fail_msg("%s: %s of %d after %d is %.9g, expected %.9g", pair->about, name, place, iteration, got, expected);
}

static void check_all(const struct pair *pair, const pcil_traces *traces, const struct expected *expected) {
    int blocks = pair->ref_network.blocks, n = expected->steps;
    assert_int_equal(pcil_traces_steps(traces), n);
    assert_int_equal(pcil_traces_iterations(traces), expected->iterations + 1);
    check_value(pair, traces, "iterations", 0, 0, expected->iterations, 0);
    check_value(pair, traces, "energy", 0, 0, expected->energy / n, 1e-5);
    for (int l = 0; l < blocks; l++) check_value(pair, traces, "magnitude", l, 0, expected->magnitude[l] / n, 1e-3);
    for (int l = 0; l < blocks; l++) check_value(pair, traces, "rate", l, 0, expected->rate[l] / n, 1e-4);
    for (int l = 0; l <= blocks; l++) {
        check_value(pair, traces, "cosine", l, 0, expected->cosine[l] / n, 1e-4);
        check_value(pair, traces, "signal_to_noise", l, 0, expect_noise(pair, expected, l), 1e-3);
        check_value(pair, traces, "zero_share", l, 0, expected->zero[l] / n, 1e-9);
    }
    for (int t = 0; t <= expected->iterations; t++) {
        check_value(pair, traces, "loss", 0, t, expected->loss[t] / n, 1e-5);
        for (int l = 0; l <= blocks; l++) {
            check_value(pair, traces, "error", l, t, expected->error[t][l] / n, 1e-4);
            check_value(pair, traces, "prediction", l, t, expected->prediction[t][l] / n, 1e-4);
            check_value(pair, traces, "decay", l, t, expected->decay[t][l] / n, 1e-4);
        }
    }
}

static const char *const optimizers[] = {"sgd", "nlms", "mq", "adam", "momentum"};

static void set_up(struct pair *pair, int i) {
    pair_create(pair, networks[i % 4], i / 4 % 2 ? "simultaneous" : "sequential", optimizers[i % 5], BATCH,
                (uint64_t)i);
    /* So few that under the simultaneous schedule no error reaches the first blocks: gradients that are exactly 0. */
    pair_infer_set(pair, "iterations", i % 8 == 7 ? 1 : T);
    pair_infer_set(pair, "step_size", .1);
    pair_infer_set(pair, "activity_decay", i % 3 ? 0 : .05);
    pair_infer_set(pair, "energy_weight.1", i % 3 ? 1 : .4);
    pair_learn_set(pair, "learning_rate", i % 5 < 2 ? .1 : 1e-3);
    if (i % 7 == 3) pair_learn_set(pair, "clip_norm", .01);
    if (i % 7 == 5) pair_learn_set(pair, "weight_decay", .01);
}

static void test_quantities(void **state) {
    (void)state;
    static struct expected expected;
    for (int i = 0; i < 20; i++) {
        struct pair pair;
        pcil_traces *traces = NULL;
        set_up(&pair, i);
        check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
        memset(&expected, 0, sizeof expected);
        expected.iterations = pair.ref_inference.iterations;
        for (int s = 0; s < STEPS; s++) {
            double energy = -1;
            pair_draw(&pair, BATCH - s % 3, -1);
            check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, pair.batch));
            check_ok(pcil_traces_step(traces, &energy));
            expect_step(&pair, &expected);
            assert_true(fabs(energy - ref_energy(&pair.ref_inference)) <= 1e-2);
        }
        check_all(&pair, traces, &expected);
        check_ok(pcil_traces_clear(traces));
        assert_int_equal(pcil_traces_steps(traces), 0);
        pcil_traces_free(traces);
        pair_free(&pair);
    }
}

/* More numbers than a sketch has sums: then it is an estimate. */
static void test_noise_of_large_blocks(void **state) {
    (void)state;
    static struct expected expected;
    struct pair pair;
    pcil_traces *traces = NULL;
    pair_create(&pair, "50; dense 60; tanh, dense 50; linear", "sequential", "sgd", BATCH, 2);
    pair_infer_set(&pair, "iterations", T);
    pair_learn_set(&pair, "learning_rate", 1e-3);
    check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
    memset(&expected, 0, sizeof expected);
    expected.iterations = T;
    for (int s = 0; s < STEPS * 10; s++) {
        pair_draw(&pair, BATCH, .2);
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, pair.batch));
        check_ok(pcil_traces_step(traces, NULL));
        expect_step(&pair, &expected);
    }
    for (int l = 0; l <= 2; l++)
        check_value(&pair, traces, "signal_to_noise", l, 0, expect_noise(&pair, &expected, l), .1);
    pcil_traces_free(traces);
    pair_free(&pair);
}

/* A traced step is the step: the same bits of weights, whatever the optimizer. */
static void test_steps_stay(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pair traced, plain;
        pcil_traces *traces = NULL;
        set_up(&traced, i);
        set_up(&plain, i);
        check_ok(pcil_traces_create(&traces, traced.inference, traced.optimizer));
        for (int s = 0; s < STEPS; s++) {
            pair_draw(&traced, BATCH, -1);
            check_ok(pcil_clamp(traced.inference, traced.inputs, traced.targets, BATCH));
            check_ok(pcil_traces_step(traces, NULL));
            check_ok(pcil_train_step(plain.inference, plain.optimizer, traced.inputs, traced.targets, BATCH, NULL));
        }
        for (int32_t n = 0; n < pcil_network_tensors(plain.network); n++) {
            const char *name = pcil_network_tensor_name(plain.network, n);
            static float a[MOST], b[MOST];
            int64_t shape[4] = {1, 1, 1, 1};
            check_ok(pcil_network_tensor_shape(plain.network, name, NULL, shape));
            int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
            check_ok(pcil_network_get(traced.network, name, a, count));
            check_ok(pcil_network_get(plain.network, name, b, count));
            assert_memory_equal(a, b, (size_t)count * sizeof *a);
        }
        pcil_traces_free(traces);
        pair_free(&traced);
        pair_free(&plain);
    }
}

/* The step's products are those planned; where no gradient is made, it is made to be shown. */
static void test_products(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pair pair;
        pcil_traces *traces = NULL;
        int64_t planned = 0, gradients = 0;
        set_up(&pair, i);
        check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
        for (int32_t b = 0; b < pair.ref_network.blocks; b++) {
            int64_t forward, backward, gradient;
            check_ok(pcil_inference_plan(pair.inference, b, &forward, &backward, &gradient));
            planned += forward + backward + gradient;
            gradients += gradient;
        }
        bool direct = i % 5 < 2 && i % 7 != 3;
        pair_draw(&pair, BATCH, -1);
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        check_ok(pcil_traces_step(traces, NULL));
        int64_t made = pcil_inference_products(pair.inference) - planned;
        bool may = strcmp(pair.ref_optimizer.kind, "mq") == 0; /* where the backend steps without a gradient */
        assert_true(made == (direct ? gradients : 0) || (may && made <= gradients));
        pcil_traces_free(traces);
        pair_free(&pair);
    }
}

static void test_backprop(void **state) {
    (void)state;
    struct pair pair;
    pcil_traces *traces = NULL;
    double value = -7;
    pair_create(&pair, networks[1], "backprop", "adam", BATCH, 1);
    check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
    assert_int_equal(pcil_traces_iterations(traces), 2);
    check_ok(pcil_traces_value(traces, "energy", 0, 0, &value));
    assert_true(isnan(value));
    pair_draw(&pair, BATCH, -1);
    check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
    check_ok(pcil_traces_step(traces, NULL));
    check_ok(pcil_traces_value(traces, "cosine", 0, 0, &value));
    assert_true(isnan(value));
    check_ok(pcil_traces_value(traces, "signal_to_noise", 0, 0, &value));
    assert_true(isnan(value)); /* of one batch */
    check_ok(pcil_traces_value(traces, "magnitude", 2, 0, &value));
    assert_true(value > 0);
    pcil_traces_free(traces);
    pair_free(&pair);
}

/* The same gradient twice: without noise there is no ratio to it, however large the signal. */
static void test_no_noise(void **state) {
    (void)state;
    struct pair pair;
    pcil_traces *traces = NULL;
    double value = 0;
    pair_create(&pair, networks[1], "backprop", "sgd", BATCH, 1);
    check_ok(pcil_optimizer_set(pair.optimizer, "learning_rate", 0));
    check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
    pair_draw(&pair, BATCH, -1);
    for (int step = 0; step < 2; step++) {
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        check_ok(pcil_traces_step(traces, NULL));
    }
    check_ok(pcil_traces_value(traces, "signal_to_noise", 0, 0, &value));
    assert_true(isnan(value));
    pcil_traces_free(traces);
    pair_free(&pair);
}

static void test_misuse(void **state) {
    (void)state;
    struct pair pair, other;
    pcil_traces *traces = NULL;
    double value = -7;
    int64_t count;
    pair_create(&pair, networks[0], "sequential", "sgd", BATCH, 1);
    pair_create(&other, networks[0], "sequential", "sgd", BATCH, 1);
    check_fails(pcil_traces_create(NULL, pair.inference, pair.optimizer), PCIL_ERROR_ARGUMENT, "place");
    check_fails(pcil_traces_create(&traces, NULL, pair.optimizer), PCIL_ERROR_ARGUMENT, "inference is NULL");
    check_fails(pcil_traces_create(&traces, pair.inference, other.optimizer), PCIL_ERROR_ARGUMENT,
                "different networks");
    assert_null(traces);
    check_ok(pcil_traces_create(&traces, pair.inference, pair.optimizer));
    assert_true(pcil_traces_memory(traces) > 0);
    assert_string_equal(pcil_traces_error(traces), "");
    check_fails(pcil_traces_step(traces, &value), PCIL_ERROR_STATE, "no batch is clamped");
    assert_string_equal(pcil_traces_error(traces), pcil_last_error());
    pair_draw(&pair, BATCH, -1);
    check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
    check_ok(pcil_infer(pair.inference, 1, NULL));
    check_fails(pcil_traces_step(traces, &value), PCIL_ERROR_STATE, "inferred already (1 iterations)");
    check_fails(pcil_traces_value(traces, "cosines", 0, 0, &value), PCIL_ERROR_ARGUMENT, "did you mean 'cosine'");
    check_fails(pcil_traces_value(traces, "cosine", 3, 0, &value), PCIL_ERROR_ARGUMENT, "places 0 ... 2");
    check_fails(pcil_traces_value(traces, "error", 1, 4, &value), PCIL_ERROR_ARGUMENT, "iterations 0 ... 3");
    check_fails(pcil_traces_value(traces, "error", -1, 0, &value), PCIL_ERROR_ARGUMENT, "not -1 and 0");
    check_fails(pcil_traces_value(NULL, "error", 1, 0, &value), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_inference_zero_share(pair.inference, 3, &value), PCIL_ERROR_ARGUMENT, "node 3");
    assert_true(value == -7);
    assert_int_equal(pcil_traces_step(NULL, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_traces_clear(NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_traces_steps(NULL), -1);
    assert_int_equal(pcil_traces_iterations(NULL), -1);
    assert_int_equal(pcil_traces_memory(NULL), -1);
    assert_string_equal(pcil_traces_error(NULL), "");
    assert_non_null(pc_traces_sums(traces, &count));
    assert_true(count > 2 * 1024);
    pcil_traces_free(traces);
    /* Beside backpropagation nothing is compared with it: the sums and their numbers are all. */
    pair_free(&other);
    pair_create(&other, networks[0], "backprop", "sgd", BATCH, 1);
    check_ok(pcil_traces_create(&traces, other.inference, other.optimizer));
    assert_non_null(pc_traces_sums(traces, &count));
    assert_int_equal(pcil_traces_memory(traces), 2 * count * (int64_t)sizeof(double));
    pcil_traces_free(traces);
    pcil_traces_free(NULL);
    pair_free(&pair);
    pair_free(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities), cmocka_unit_test(test_noise_of_large_blocks),
        cmocka_unit_test(test_steps_stay), cmocka_unit_test(test_backprop),
        cmocka_unit_test(test_no_noise),   cmocka_unit_test(test_products),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
