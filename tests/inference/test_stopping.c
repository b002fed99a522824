/* How far a batch is from rest, the energy of each sample, and iterations=auto, against plain double precision. */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

enum { BATCH = 5, MOST = 200 };

static const char *const networks[] = {
    "6; dense 7; tanh, dense 4; softmax",
    "6; dense 7; relu, dense 5; gelu, dense 4; linear",
    "2x5x5; conv 3 2x2, tanh; conv 4 2x2/2, relu; dense 4; softmax",
    "2x4x4; conv 3 3x3 padding=1, relu, max_pool 2x2; dense 6, sigmoid; dense 5; tanh, dense 3; sigmoid",
};

static const char *const schedules[] = {"sequential", "simultaneous"};

/* Squares of the pulls, of their sum, in one sample and node. */
struct pulls {
    double gradient, drive, error, decay;
};

static void add(struct pulls *sum, struct pulls part) {
    sum->gradient += part.gradient;
    sum->drive += part.drive;
    sum->error += part.error;
    sum->decay += part.decay;
}

static double relative(struct pulls sum) {
    double scale = sqrt(sum.drive) + sqrt(sum.error) + sqrt(sum.decay);
    return scale > 0 ? sqrt(sum.gradient) / scale : 0;
}

static void expect(struct pair *pair, double *all, double *nodes, double *samples) {
    struct ref_inference *ref = &pair->ref_inference;
    struct pulls of_all = {0}, of_sample[BATCH] = {{0}};
    ref_refresh(ref);
    for (int l = 1; l < ref->network->blocks; l++) {
        int size = ref->network->size[l], count = size * ref->batch;
        struct pulls of_node = {0};
        double *drive = ref_numbers((size_t)count), *f = ref_numbers((size_t)count),
               *slope = ref_numbers((size_t)count);
        ref_block_backward(&ref->network->block[l], ref->batch, ref->error[l + 1], drive);
        ref_block_decay(&ref->network->block[l], ref->batch, f, slope);
        for (int i = 0; i < count; i++) {
            double up = ref->energy_weight[l + 1] * drive[i], down = ref->energy_weight[l] * ref->error[l][i];
            double decay = ref->activity_decay[l] * slope[i], g = down + decay - up;
            struct pulls one = {g * g, up * up, down * down, decay * decay};
            add(&of_node, one);
            add(&of_sample[i / size], one);
        }
        add(&of_all, of_node);
        nodes[l] = relative(of_node);
        free(drive);
        free(f);
        free(slope);
    }
    nodes[0] = nodes[ref->network->blocks] = 0;
    for (int b = 0; b < ref->batch; b++) samples[b] = relative(of_sample[b]);
    *all = relative(of_all);
}

static void check_residual(struct pair *pair) {
    double all = -1, nodes[REF_MOST_NODES], samples[BATCH];
    double expected, expected_nodes[REF_MOST_NODES], expected_samples[BATCH];
    expect(pair, &expected, expected_nodes, expected_samples);
    for (int n = 0; n < REF_MOST_NODES; n++) nodes[n] = NAN;
    check_ok(pcil_inference_residual(pair->inference, &all, nodes, samples));
    check_close(&all, &expected, 1, 1e-4);
    check_close(nodes, expected_nodes, pair->ref_network.blocks + 1, 1e-4);
    for (int n = pair->ref_network.blocks + 1; n < REF_MOST_NODES; n++) assert_true(isnan(nodes[n]));
    check_close(samples, expected_samples, pair->batch, 1e-4);
    check_ok(pcil_inference_residual(pair->inference, NULL, NULL, NULL));
    pair_compare_state(pair); /* looking changes nothing */
}

static void check_samples(struct pair *pair) {
    const struct ref_inference *ref = &pair->ref_inference;
    double prediction[BATCH], decay[BATCH], loss[BATCH], mean[3];
    for (int l = 1; l <= ref->network->blocks; l++) {
        double sum[3] = {0};
        check_ok(pcil_energy_samples(pair->inference, l, prediction, decay, loss));
        check_ok(pcil_energy_node(pair->inference, l, &mean[0], &mean[1], &mean[2]));
        for (int b = 0; b < pair->batch; b++) {
            double square = 0;
            for (int i = 0; i < ref->network->size[l]; i++)
                square += pow(ref->error[l][b * ref->network->size[l] + i], 2);
            if (l < ref->network->blocks)
                assert_true(fabs(prediction[b] - ref->energy_weight[l] * square / 2) <= 1e-4 * prediction[b] + 1e-15);
            sum[0] += prediction[b] / pair->batch;
            sum[1] += decay[b] / pair->batch;
            sum[2] += loss[b] / pair->batch;
        }
        for (int k = 0; k < 3; k++) assert_true(fabs(sum[k] - mean[k]) <= 1e-6 * mean[k]);
    }
    check_ok(pcil_energy_samples(pair->inference, 1, NULL, NULL, NULL));
    check_fails(pcil_energy_samples(pair->inference, 0, prediction, NULL, NULL), PCIL_ERROR_ARGUMENT, "node 0");
}

static void test_residuals(void **state) {
    (void)state;
    for (int i = 0; i < 16; i++) {
        struct pair pair;
        pair_create(&pair, networks[i / 4], schedules[i % 2], "sgd", BATCH, (uint64_t)i);
        pair_infer_set(&pair, "step_size", .2);
        if (i / 2 % 2) {
            pair_infer_set(&pair, "energy_weight.1", .3);
            pair_infer_set(&pair, "energy_weight.2", 1.7);
            pair_infer_set(&pair, "activity_decay", .1);
        }
        pair_draw(&pair, 1 + i % BATCH, -1);
        pair_clamp(&pair);
        check_residual(&pair);
        for (int t = 0; t < 3; t++) {
            pair_infer(&pair, 1 + t);
            check_residual(&pair);
            check_samples(&pair);
        }
        pair_free(&pair);
    }
}

/* Backpropagation's one pass puts every error where its drive is: at rest. */
static void test_backprop_rests(void **state) {
    (void)state;
    struct pair pair;
    double all = -1;
    pair_create(&pair, networks[1], "backprop", "sgd", BATCH, 1);
    pair_draw(&pair, BATCH, -1);
    pair_clamp(&pair);
    check_ok(pcil_inference_residual(pair.inference, &all, NULL, NULL));
    assert_true(all == 1);
    check_ok(pcil_settle(pair.inference, 0, 10, &all));
    assert_true(all == 0);
    pair_free(&pair);
}

/* At relu's kink the gradient jumps, and a unit may come to stand there: smooth activations have no such place. */
static void test_settling(void **state) {
    (void)state;
    static const char *const smooth[] = {
        "6; dense 7; tanh, dense 4; softmax",
        "6; dense 7; sigmoid, dense 5; gelu, dense 4; linear",
        "2x5x5; conv 3 2x2, tanh; conv 4 2x2/2, gelu; dense 4; softmax",
        "2x4x4; conv 3 3x3 padding=1, tanh, avg_pool 2x2; dense 6, sigmoid; dense 5; tanh, dense 3; sigmoid",
    };
    for (int i = 0; i < 8; i++) {
        struct pair pair;
        double reached = -1, fewer = -1;
        pair_create(&pair, smooth[i / 2], schedules[i % 2], "sgd", BATCH, 3);
        pair_hard_clamp(&pair);
        pair_infer_set(&pair, "step_size", .3);
        pair_infer_set(&pair, "step_decay", 0);
        pair_draw(&pair, BATCH, -1);
        pair_clamp(&pair);
        check_ok(pcil_settle(pair.inference, 1e-3, 5, &fewer));
        assert_int_equal(pcil_inference_iterations(pair.inference), 5);
        assert_true(fewer > 1e-3 && fewer < 1);
        check_ok(pcil_settle(pair.inference, 1e-3, 2000, &reached));
        int32_t made = pcil_inference_iterations(pair.inference);
        if (!(reached <= 1e-3 && made > 5 && made < 2005)) fail_msg("%s: %g after %d", pair.about, reached, made);
        check_ok(pcil_settle(pair.inference, 1e-3, 2000, NULL));
        assert_int_equal(pcil_inference_iterations(pair.inference), made); /* it has */
        pair_free(&pair);
    }
}

static void test_settling_refused(void **state) {
    (void)state;
    struct pair pair;
    double residual = -7;
    pair_create(&pair, networks[0], "sequential", "sgd", BATCH, 1);
    check_fails(pcil_settle(pair.inference, 1, 1, &residual), PCIL_ERROR_STATE, "no batch is clamped");
    check_fails(pcil_inference_residual(pair.inference, &residual, NULL, NULL), PCIL_ERROR_STATE, "clamp");
    pair_draw(&pair, BATCH, -1);
    pair_clamp(&pair);
    check_fails(pcil_settle(pair.inference, NAN, 1, &residual), PCIL_ERROR_ARGUMENT, "tolerance");
    check_fails(pcil_settle(pair.inference, 1, -1, &residual), PCIL_ERROR_ARGUMENT, "-1 iterations");
    assert_int_equal(pcil_settle(NULL, 1, 1, &residual), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_residual(NULL, &residual, NULL, NULL), PCIL_ERROR_ARGUMENT);
    assert_true(residual == -7);
    pair_free(&pair);
}

/* How many iterations the formula of iterations=auto gives for the energies of T = 0, 1, ... */
static int expect_iterations(const double *energy, double epsilon, bool decays, double tolerance, int most) {
    double before = 0;
    for (int t = 1; t <= most; t++) {
        double fall = energy[t - 1] - energy[t], step = decays ? epsilon / t : epsilon, c = fall / step, left = 0;
        if (fall <= 0) return t;
        if (t > 1) {
            double rho = c / before;
            for (int s = t + 1; s <= most; s++) left += (decays ? epsilon / s : epsilon) * c * pow(rho, s - t);
            if (left <= tolerance * (energy[0] - energy[t])) return t;
        }
        before = c;
    }
    return most;
}

static void test_auto(void **state) {
    (void)state;
    static const double tolerances[] = {0, .02, .1, .5, 3};
    int kinds = 0, last = 0;
    for (int i = 0; i < 32; i++) {
        struct pair pair;
        static double energy[MOST + 1];
        bool decays = i / 2 % 2;
        int most = i % 3 ? 60 : 7;
        pair_create(&pair, networks[i / 8], schedules[i % 2], "sgd", BATCH, 5);
        pair_infer_set(&pair, "step_size", .2);
        pair_infer_set(&pair, "step_decay", decays);
        pair_draw(&pair, BATCH, -1);
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        check_ok(pcil_energy(pair.inference, &energy[0]));
        for (int t = 1; t <= most; t++) check_ok(pcil_infer(pair.inference, 1, &energy[t]));
        int expected = expect_iterations(energy, .2, decays, tolerances[i / 2 % 5], most);
        check_ok(pcil_inference_set_text(pair.inference, "iterations", "auto"));
        check_ok(pcil_inference_set(pair.inference, "auto_tolerance", tolerances[i / 2 % 5]));
        check_ok(pcil_inference_set(pair.inference, "auto_most", most));
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        int64_t before = pcil_inference_products(pair.inference);
        double reached = -1;
        check_ok(pcil_infer(pair.inference, -1, &reached));
        int64_t products = pcil_inference_products(pair.inference) - before;
        assert_int_equal(pcil_inference_iterations(pair.inference), expected);
        assert_true(reached == energy[expected]); /* the very bits of as many iterations by number */
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        before = pcil_inference_products(pair.inference);
        check_ok(pcil_infer(pair.inference, expected, NULL));
        assert_int_equal(pcil_inference_products(pair.inference) - before, products);
        kinds += expected != last;
        last = expected;
        pair_free(&pair);
    }
    assert_true(kinds > 8); /* it does depend on what it is given */
}

/* At rest from the beginning: the first iteration gains nothing, and there is no second. */
static void test_auto_at_rest(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pair pair;
        pair_create(&pair, networks[1], schedules[i], "sgd", BATCH, 1);
        pair_draw(&pair, BATCH, -1);
        check_ok(pcil_predict(pair.inference, pair.inputs, BATCH, pair.targets));
        check_ok(pcil_inference_set_text(pair.inference, "iterations", "auto"));
        check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, BATCH));
        check_ok(pcil_infer(pair.inference, -1, NULL));
        assert_int_equal(pcil_inference_iterations(pair.inference), 1);
        pair_free(&pair);
    }
}

static void test_auto_is_an_option(void **state) {
    (void)state;
    struct pair pair;
    double value = 0;
    const char *type, *words;
    int64_t forward, of_most;
    pair_create(&pair, networks[1], "sequential", "sgd", BATCH, 1);
    check_ok(pcil_inference_set_text(pair.inference, "iterations", "auto"));
    check_ok(pcil_inference_get(pair.inference, "iterations", &value));
    assert_true(value == -1);
    check_fails(pcil_inference_set_text(pair.inference, "iterations", "often"), PCIL_ERROR_ARGUMENT, "not 'often'");
    check_fails(pcil_inference_set(pair.inference, "iterations", -1), PCIL_ERROR_ARGUMENT, "0 to 1000000 or auto");
    check_ok(pcil_option_describe("inference", "sequential", "iterations", &type, NULL, NULL, NULL, &words, NULL));
    assert_string_equal(type, "integer");
    assert_string_equal(words, "auto");
    check_ok(pcil_inference_set(pair.inference, "auto_most", 9));
    check_ok(pcil_inference_plan(pair.inference, 1, &forward, NULL, NULL));
    check_ok(pcil_inference_set(pair.inference, "iterations", 9));
    check_ok(pcil_inference_plan(pair.inference, 1, &of_most, NULL, NULL));
    assert_int_equal(forward, of_most);
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residuals),
        cmocka_unit_test(test_backprop_rests),
        cmocka_unit_test(test_settling),
        cmocka_unit_test(test_settling_refused),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_auto_at_rest),
        cmocka_unit_test(test_auto_is_an_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
