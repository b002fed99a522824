/* What must hold of inference whatever the numbers are: where errors appear, what the energy does, when it stops. */
#include "test.h"

#include "base/random.h"
#include "pcil.h"

#include <stdbool.h>
#include <stdio.h>

enum { BATCH = 6, INPUTS = 11, CLASSES = 4, NODES = 6, MOST = 64 };

static const char *const deep = "11; dense 8; relu, dense 9; tanh, dense 7; gelu, dense 8; relu, dense 4; softmax";

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    float inputs[BATCH * INPUTS], targets[BATCH * CLASSES];
};

static void begin(struct subject *subject, const char *description, const char *schedule, uint64_t seed) {
    struct pc_random random;
    memset(subject, 0, sizeof *subject);
    check_ok(pcil_network_parse(&subject->network, description));
    check_ok(pcil_network_initialise(subject->network, "he", seed));
    check_ok(pcil_inference_create(&subject->inference, subject->network, schedule, BATCH));
    pc_random_seed(&random, seed, "properties", 0);
    for (int i = 0; i < BATCH * INPUTS; i++) subject->inputs[i] = (float)(2 * pc_random_uniform(&random) - 1);
    for (int s = 0; s < BATCH; s++) subject->targets[s * CLASSES + (int)pc_random_below(&random, CLASSES)] = 1;
}

static void clamp(struct subject *subject) {
    check_ok(pcil_clamp(subject->inference, subject->inputs, subject->targets, BATCH));
}

static void end(struct subject *subject) {
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

/* mean |e| of a node */
static double error_of(const struct subject *subject, int32_t node) {
    float values[BATCH * INPUTS];
    double sum = 0;
    int64_t count = BATCH * pcil_network_node_size(subject->network, node);
    check_ok(pcil_inference_node_error(subject->inference, node, values, count));
    for (int64_t i = 0; i < count; i++) sum += fabs((double)values[i]);
    return sum / (double)count;
}

static void test_hidden_errors_start_at_zero(void **state) {
    (void)state;
    static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
    for (int i = 0; i < 5; i++) {
        struct subject subject;
        begin(&subject, deep, schedules[i % 3], 1);
        if (i >= 3) check_ok(pcil_inference_set_text(subject.inference, "error", "recomputed"));
        for (int again = 0; again < 2; again++) {
            clamp(&subject);
            for (int32_t l = 1; l < NODES - 1; l++) assert_true(error_of(&subject, l) == 0);
            assert_true(error_of(&subject, NODES - 1) > 0.01);
            check_ok(pcil_infer(subject.inference, 2, NULL)); /* leaves errors behind for the second round */
        }
        end(&subject);
    }
}

/* Sequential: an error everywhere after one iteration. Simultaneous: one node further down each iteration. */
static void test_errors_spread(void **state) {
    (void)state;
    for (int recomputed = 0; recomputed < 2; recomputed++) {
        struct subject sequential, simultaneous;
        begin(&sequential, deep, "sequential", 2);
        begin(&simultaneous, deep, "simultaneous", 2);
        check_ok(pcil_inference_set_text(sequential.inference, "error", recomputed ? "recomputed" : "carried"));
        check_ok(pcil_inference_set_text(simultaneous.inference, "error", recomputed ? "recomputed" : "carried"));
        clamp(&sequential);
        clamp(&simultaneous);
        check_ok(pcil_infer(sequential.inference, 1, NULL));
        for (int32_t l = 1; l < NODES; l++) assert_true(error_of(&sequential, l) > 1e-9);
        for (int t = 1; t <= NODES - 2; t++) {
            check_ok(pcil_infer(simultaneous.inference, 1, NULL));
            for (int32_t l = 1; l < NODES - 1; l++)
                assert_int_equal(error_of(&simultaneous, l) > 0, l >= NODES - 1 - t);
        }
        end(&sequential);
        end(&simultaneous);
    }
}

/* Records a trace; stops when told. */
struct trace {
    int calls, stop_at;
    int32_t iteration[MOST];
    double energy[MOST], errors[MOST][NODES];
};

static int32_t record(void *user, int32_t iteration, double energy, const double *errors, int32_t nodes) {
    struct trace *trace = user;
    assert_true(trace->calls < MOST && nodes <= NODES);
    trace->iteration[trace->calls] = iteration;
    trace->energy[trace->calls] = energy;
    memcpy(trace->errors[trace->calls], errors, (size_t)nodes * sizeof *errors);
    return ++trace->calls > trace->stop_at;
}

static void check_falls(const struct trace *trace, const char *about) {
    for (int t = 1; t < trace->calls; t++)
        if (!(trace->energy[t] <= trace->energy[t - 1] * (1 + 1e-6)))
            fail_msg("%s: energy rises from %.9g to %.9g at %d", about, trace->energy[t - 1], trace->energy[t], t);
    assert_true(trace->energy[trace->calls - 1] < trace->energy[0] * (1 - 1e-4));
}

/* Steps small against the curvature go downhill, with the output held. */
static void test_energy_falls(void **state) {
    (void)state;
    for (int i = 0; i < 2 * 3 * 2; i++) {
        struct subject subject;
        struct trace trace = {.stop_at = MOST};
        static const char *const outputs[] = {"linear", "softmax", "sigmoid"};
        char description[128];
        snprintf(description, sizeof description, "11; dense 8; relu, dense 9; tanh, dense 7; gelu, dense 4; %s",
                 outputs[i / 2 % 3]);
        begin(&subject, description, i % 2 ? "simultaneous" : "sequential", 3);
        check_ok(pcil_inference_set_text(subject.inference, "clamp", "hard"));
        check_ok(pcil_inference_set(subject.inference, "activity_decay", i / 6 ? 0.2 : 0));
        check_ok(pcil_inference_set(subject.inference, "step_size", 0.02));
        check_ok(pcil_inference_set(subject.inference, "step_decay", 0));
        check_ok(pcil_inference_trace(subject.inference, record, &trace));
        clamp(&subject);
        check_ok(pcil_infer(subject.inference, 40, NULL));
        assert_int_equal(trace.calls, 41);
        check_falls(&trace, description);
        end(&subject);
    }
}

/* The soft clamp of a linear output with gamma_L = 1/beta is the energy's own minimum, so it falls as well. */
static void test_energy_falls_under_soft_clamp(void **state) {
    (void)state;
    struct subject subject;
    struct trace trace = {.stop_at = MOST};
    begin(&subject, "11; dense 8; relu, dense 9; tanh, dense 4; linear", "sequential", 3);
    check_ok(pcil_inference_set(subject.inference, "beta", 2));
    check_ok(pcil_inference_set(subject.inference, "energy_weight.3", 0.5));
    check_ok(pcil_inference_set(subject.inference, "step_size", 0.02));
    check_ok(pcil_inference_trace(subject.inference, record, &trace));
    clamp(&subject);
    check_ok(pcil_infer(subject.inference, 40, NULL));
    check_falls(&trace, "soft clamp");
    end(&subject);
}

/* The trace tells what pcil_energy and the errors tell, iteration by iteration. */
static void test_trace(void **state) {
    (void)state;
    struct subject subject;
    struct trace trace = {.stop_at = MOST};
    begin(&subject, deep, "sequential", 4);
    clamp(&subject);
    check_ok(pcil_inference_trace(subject.inference, record, &trace));
    check_ok(pcil_infer(subject.inference, 5, NULL));
    assert_int_equal(trace.calls, 6);
    check_ok(pcil_inference_trace(subject.inference, NULL, NULL));
    clamp(&subject);
    for (int t = 0; t <= 5; t++) {
        double energy = -1;
        if (t > 0) check_ok(pcil_infer(subject.inference, 1, NULL));
        check_ok(pcil_energy(subject.inference, &energy));
        assert_int_equal(trace.iteration[t], t);
        assert_true(fabs(trace.energy[t] - energy) <= 1e-12 * energy);
        assert_true(trace.errors[t][0] == 0);
        for (int32_t l = 1; l < NODES; l++)
            assert_true(fabs(trace.errors[t][l] - error_of(&subject, l)) <= 1e-6 * error_of(&subject, l));
    }
    assert_int_equal(trace.calls, 6); /* tracing had ended */
    end(&subject);
}

static void test_trace_stops_inference(void **state) {
    (void)state;
    struct subject subject;
    struct trace trace = {.stop_at = 3};
    double energy = -7;
    begin(&subject, deep, "sequential", 4);
    check_ok(pcil_inference_trace(subject.inference, record, &trace));
    clamp(&subject);
    assert_int_equal(pcil_infer(subject.inference, 10, &energy), PCIL_ERROR_INTERRUPTED);
    assert_int_equal(trace.calls, 4);
    assert_int_equal(pcil_inference_iterations(subject.inference), 3);
    assert_true(energy == -7);
    check_ok(pcil_inference_trace(subject.inference, NULL, NULL));
    check_ok(pcil_infer(subject.inference, 2, NULL));
    assert_int_equal(pcil_inference_iterations(subject.inference), 5);
    end(&subject);
}

/* Stops at the first iteration that changes the energy by less than the tolerance, relatively. */
static void test_tolerance(void **state) {
    (void)state;
    const double tolerance = 0.002;
    struct subject subject;
    struct trace trace = {.stop_at = MOST};
    begin(&subject, deep, "sequential", 5);
    check_ok(pcil_inference_set(subject.inference, "iterations", 50));
    check_ok(pcil_inference_set(subject.inference, "tolerance", tolerance));
    clamp(&subject);
    check_ok(pcil_infer(subject.inference, -1, NULL));
    int32_t made = pcil_inference_iterations(subject.inference);
    assert_true(made >= 2 && made < 50);
    check_ok(pcil_inference_set(subject.inference, "tolerance", 0));
    check_ok(pcil_inference_trace(subject.inference, record, &trace));
    clamp(&subject);
    check_ok(pcil_infer(subject.inference, -1, NULL));
    assert_int_equal(pcil_inference_iterations(subject.inference), 50);
    for (int32_t t = 1; t <= made; t++) {
        double change = fabs(trace.energy[t] - trace.energy[t - 1]) / trace.energy[t - 1];
        if (t < made)
            assert_true(change > tolerance * 0.99);
        else
            assert_true(change < tolerance * 1.01);
    }
    end(&subject);
}

/* A batch is worked off sample by sample alike: its parts give the same activities as the whole. */
static void test_samples_are_independent(void **state) {
    (void)state;
    struct subject subject;
    float whole[BATCH * 8], part[8];
    begin(&subject, deep, "simultaneous", 6);
    clamp(&subject);
    check_ok(pcil_infer(subject.inference, 6, NULL));
    check_ok(pcil_inference_activity(subject.inference, 1, whole, BATCH * 8));
    for (int s = 0; s < BATCH; s++) {
        check_ok(pcil_clamp(subject.inference, subject.inputs + s * INPUTS, subject.targets + s * CLASSES, 1));
        assert_int_equal(pcil_inference_batch(subject.inference), 1);
        check_ok(pcil_infer(subject.inference, 6, NULL));
        check_ok(pcil_inference_activity(subject.inference, 1, part, 8));
        check_close(part, whole + s * 8, 8, 1e-5);
    }
    end(&subject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_errors_start_at_zero),
        cmocka_unit_test(test_errors_spread),
        cmocka_unit_test(test_energy_falls),
        cmocka_unit_test(test_energy_falls_under_soft_clamp),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_trace_stops_inference),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_samples_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
