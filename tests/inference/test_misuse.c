/* Wrong use of inference, learning and optimizers: a status, a message that names the thing, nothing changed. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>
#include <stdlib.h>

enum { BATCH = 3, INPUTS = 5, CLASSES = 4 };

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    float inputs[BATCH * INPUTS], targets[BATCH * CLASSES];
    int32_t labels[BATCH];
};

static void begin(struct subject *subject, const char *description) {
    memset(subject, 0, sizeof *subject);
    check_ok(pcil_network_parse(&subject->network, description));
    check_ok(pcil_inference_create(&subject->inference, subject->network, "sequential", BATCH));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, "sgd"));
    for (int i = 0; i < BATCH * INPUTS; i++) subject->inputs[i] = 0.1f * (float)i - 0.5f;
    for (int i = 0; i < BATCH; i++) subject->targets[i * CLASSES + i] = 1;
}

static void end(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static const char *const classifier = "5; dense 6; relu, dense 4; softmax";

static void test_create(void **state) {
    (void)state;
    struct subject subject;
    pcil_inference *inference = (pcil_inference *)&subject;
    pcil_optimizer *optimizer = (pcil_optimizer *)&subject;
    begin(&subject, classifier);
    check_fails(pcil_inference_create(&inference, subject.network, "sequentiel", 1), PCIL_ERROR_ARGUMENT, "sequential");
    check_fails(pcil_inference_create(&inference, subject.network, "sequential", 0), PCIL_ERROR_ARGUMENT, "0");
    check_fails(pcil_inference_create(&inference, subject.network, "sequential", -5), PCIL_ERROR_ARGUMENT, "-5");
    assert_int_equal(pcil_inference_create(&inference, NULL, "sequential", 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_create(&inference, subject.network, NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_create(NULL, subject.network, "sequential", 1), PCIL_ERROR_ARGUMENT);
    check_fails(pcil_optimizer_create(&optimizer, subject.network, "sdg"), PCIL_ERROR_ARGUMENT, "sgd");
    assert_int_equal(pcil_optimizer_create(&optimizer, NULL, "sgd"), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_create(&optimizer, subject.network, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_create(NULL, subject.network, "sgd"), PCIL_ERROR_ARGUMENT);
    assert_ptr_equal(inference, &subject);
    assert_ptr_equal(optimizer, &subject);
    pcil_network *wide = NULL;
    check_ok(pcil_network_parse(&wide, "1000; dense 1000"));
    check_fails(pcil_inference_create(&inference, wide, "sequential", INT32_MAX), PCIL_ERROR_MEMORY, "2147483647");
    assert_ptr_equal(inference, &subject);
    pcil_network_free(wide);
    pcil_inference_free(NULL);
    pcil_optimizer_free(NULL);
    end(&subject);
}

/* The message of a failed call stays with its handle. */
static void check_kept(const struct subject *subject) {
    assert_string_equal(pcil_inference_error(subject->inference), pcil_last_error());
}

static void test_options(void **state) {
    (void)state;
    struct subject subject;
    double value = -7;
    begin(&subject, classifier);
    pcil_inference *inference = subject.inference;
    assert_string_equal(pcil_inference_error(inference), "");
    check_fails(pcil_inference_set(inference, "iteration", 3), PCIL_ERROR_ARGUMENT, "iterations");
    check_kept(&subject);
    check_fails(pcil_inference_set(inference, "iterations", -1), PCIL_ERROR_ARGUMENT, "iterations");
    check_fails(pcil_inference_set(inference, "iterations", 2.5), PCIL_ERROR_ARGUMENT, "iterations");
    check_fails(pcil_inference_set(inference, "iterations", NAN), PCIL_ERROR_ARGUMENT, "iterations");
    check_fails(pcil_inference_set(inference, "step_size", -0.1), PCIL_ERROR_ARGUMENT, "step_size");
    check_fails(pcil_inference_set(inference, "step_size", INFINITY), PCIL_ERROR_ARGUMENT, "step_size");
    check_fails(pcil_inference_set(inference, "step_decay", 2), PCIL_ERROR_ARGUMENT, "step_decay");
    check_fails(pcil_inference_set(inference, "beta", -1), PCIL_ERROR_ARGUMENT, "beta");
    check_fails(pcil_inference_set(inference, "energy_weight.9", 1), PCIL_ERROR_ARGUMENT, "9");
    check_fails(pcil_inference_set(inference, "energy_weight.-1", 1), PCIL_ERROR_ARGUMENT, "energy_weight");
    check_fails(pcil_inference_set(inference, "energy_weight.x", 1), PCIL_ERROR_ARGUMENT, "energy_weight");
    check_fails(pcil_inference_set(inference, "beta.1", 1), PCIL_ERROR_ARGUMENT, "beta");
    check_fails(pcil_inference_set_text(inference, "clamp", "sofd"), PCIL_ERROR_ARGUMENT, "soft");
    check_fails(pcil_inference_set_text(inference, "beta", "many"), PCIL_ERROR_ARGUMENT, "many");
    check_fails(pcil_inference_set_text(inference, "beta", "1,5"), PCIL_ERROR_ARGUMENT, "1,5");
    assert_int_equal(pcil_inference_set_text(inference, "clamp", NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_set(inference, NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_set(NULL, "beta", 1), PCIL_ERROR_ARGUMENT);
    check_fails(pcil_inference_set_text(inference, "backend", "blass"), PCIL_ERROR_ARGUMENT,
                "is one of: auto blas own; not 'blass'");
    check_fails(pcil_inference_set_text(inference, "backend", "onednn"), PCIL_ERROR_ARGUMENT,
                "not 'onednn': measured, its convolutions of a whole step take longer");
    check_ok(pcil_inference_set_text(inference, "backend", "blas"));
    check_fails(pcil_inference_get(inference, "betta", &value), PCIL_ERROR_ARGUMENT, "beta");
    assert_int_equal(pcil_inference_get(inference, "beta", NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_get(NULL, "beta", &value), PCIL_ERROR_ARGUMENT);
    assert_true(value == -7);
    check_ok(pcil_inference_get(inference, "beta", &value));
    assert_true(value == 100);
    check_ok(pcil_inference_get(inference, "clamp", &value));
    assert_true(value == 0);
    end(&subject);
}

/* After a failed clamp the handle has no batch. */
static void check_no_batch(const struct subject *subject) {
    double energy = -7;
    assert_int_equal(pcil_inference_batch(subject->inference), 0);
    assert_int_equal(pcil_energy(subject->inference, &energy), PCIL_ERROR_STATE);
    assert_true(energy == -7);
}

static void test_bad_numbers(void **state) {
    (void)state;
    struct subject subject;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    begin(&subject, classifier);
    for (int i = 0; i < 3; i++) {
        check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
        subject.inputs[7] = bad[i];
        check_fails(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT,
                    "sample 1, unit 2");
        check_kept(&subject);
        check_no_batch(&subject);
        float outputs[BATCH * CLASSES] = {-7};
        check_fails(pcil_predict(subject.inference, subject.inputs, BATCH, outputs), PCIL_ERROR_ARGUMENT,
                    "sample 1, unit 2");
        assert_true(outputs[0] == -7);
        subject.inputs[7] = 0;
        subject.targets[9] = bad[i];
        check_fails(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT,
                    "sample 2, unit 1");
        check_no_batch(&subject);
        subject.targets[9] = 0;
    }
    end(&subject);
}

/* More samples than a batch holds, one of the last is bad: it is named, and no output is written. */
static void test_prediction_of_many(void **state) {
    (void)state;
    struct subject subject;
    float inputs[8 * INPUTS] = {0}, outputs[8 * CLASSES];
    begin(&subject, classifier);
    for (int i = 0; i < 8 * CLASSES; i++) outputs[i] = -7;
    inputs[7 * INPUTS + 3] = NAN;
    check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
    check_fails(pcil_predict(subject.inference, inputs, 8, outputs), PCIL_ERROR_ARGUMENT, "sample 7, unit 3");
    for (int i = 0; i < 8 * CLASSES; i++) assert_true(outputs[i] == -7);
    assert_int_equal(pcil_inference_batch(subject.inference), BATCH);
    check_fails(pcil_predict(subject.inference, inputs, INT64_MAX / 2, outputs), PCIL_ERROR_ARGUMENT, "too many");
    end(&subject);
}

/* Targets that the output kind cannot mean. */
static void test_bad_targets(void **state) {
    (void)state;
    struct subject subject;
    begin(&subject, classifier);
    subject.targets[1] = 0.5f;
    assert_int_equal(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT);
    check_no_batch(&subject);
    subject.targets[0] = 1.5f, subject.targets[1] = -0.5f;
    assert_int_equal(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT);
    subject.targets[0] = 0.25f, subject.targets[1] = 0.75f;
    check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
    end(&subject);
    begin(&subject, "5; dense 6; relu, dense 4; sigmoid");
    subject.targets[10] = 1.01f;
    check_fails(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT,
                "sample 2, unit 2");
    subject.targets[10] = -0.01f;
    check_fails(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_ARGUMENT,
                "sample 2, unit 2");
    check_no_batch(&subject);
    end(&subject);
}

static void test_labels(void **state) {
    (void)state;
    struct subject subject;
    static const int32_t bad[] = {-1, CLASSES, INT32_MAX, INT32_MIN};
    begin(&subject, classifier);
    for (int i = 0; i < 4; i++) {
        subject.labels[2] = bad[i];
        check_fails(pcil_clamp_labels(subject.inference, subject.inputs, subject.labels, BATCH), PCIL_ERROR_ARGUMENT,
                    "2");
        check_no_batch(&subject);
        double loss = -7;
        check_fails(
            pcil_train_step_labels(subject.inference, subject.optimizer, subject.inputs, subject.labels, BATCH, &loss),
            PCIL_ERROR_ARGUMENT, "2");
        assert_true(loss == -7);
        assert_int_equal(pcil_optimizer_iterations(subject.optimizer), 0);
    }
    check_ok(pcil_clamp_labels(subject.inference, subject.inputs, subject.labels, 2)); /* the third is not looked at */
    end(&subject);
}

static void test_clamp_arguments(void **state) {
    (void)state;
    struct subject subject;
    begin(&subject, classifier);
    const float *x = subject.inputs, *y = subject.targets;
    check_fails(pcil_clamp(subject.inference, x, y, 0), PCIL_ERROR_ARGUMENT, "0");
    check_fails(pcil_clamp(subject.inference, x, y, -1), PCIL_ERROR_ARGUMENT, "-1");
    check_fails(pcil_clamp(subject.inference, x, y, BATCH + 1), PCIL_ERROR_ARGUMENT, "3");
    assert_int_equal(pcil_clamp(subject.inference, NULL, y, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_clamp(subject.inference, x, NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_clamp(NULL, x, y, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_clamp_labels(subject.inference, NULL, subject.labels, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_clamp_labels(subject.inference, x, NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_clamp_labels(NULL, x, subject.labels, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_train_step(NULL, subject.optimizer, x, y, 1, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_train_step(subject.inference, NULL, x, y, 1, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_predict(NULL, x, 1, subject.targets), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_predict(subject.inference, NULL, 1, subject.targets), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_predict(subject.inference, x, 1, NULL), PCIL_ERROR_ARGUMENT);
    check_fails(pcil_predict(subject.inference, x, 0, subject.targets), PCIL_ERROR_ARGUMENT, "count");
    check_fails(pcil_predict(subject.inference, x, -2, subject.targets), PCIL_ERROR_ARGUMENT, "count");
    assert_true(subject.targets[0] == 1);
    end(&subject);
}

/* Everything that needs a batch says so without one. */
static void test_without_batch(void **state) {
    (void)state;
    struct subject subject;
    float values[64] = {-7};
    double energy = -7;
    begin(&subject, classifier);
    check_fails(pcil_infer(subject.inference, 1, &energy), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_learn(subject.inference, subject.optimizer), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_gradient(subject.inference, "block0.dense.bias", values, 6), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_inference_activity(subject.inference, 1, values, 6), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_inference_node_error(subject.inference, 1, values, 6), PCIL_ERROR_STATE, "clamp");
    check_fails(pcil_inference_prediction(subject.inference, values, 4), PCIL_ERROR_STATE, "clamp");
    assert_true(values[0] == -7 && energy == -7);
    assert_int_equal(pcil_inference_batch(subject.inference), 0);
    check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, 2));
    assert_int_equal(pcil_inference_batch(subject.inference), 2);
    check_ok(pcil_predict(subject.inference, subject.inputs, 1, values));
    check_fails(pcil_infer(subject.inference, 1, NULL), PCIL_ERROR_STATE, "clamp"); /* prediction took the room */
    end(&subject);
}

static void test_reading(void **state) {
    (void)state;
    struct subject subject, other;
    float values[64] = {-7};
    begin(&subject, classifier);
    begin(&other, classifier);
    check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, 2));
    check_fails(pcil_inference_activity(subject.inference, 1, values, 18), PCIL_ERROR_ARGUMENT, "12");
    check_fails(pcil_inference_activity(subject.inference, 3, values, 12), PCIL_ERROR_ARGUMENT, "3");
    check_fails(pcil_inference_activity(subject.inference, -1, values, 12), PCIL_ERROR_ARGUMENT, "-1");
    check_fails(pcil_inference_node_error(subject.inference, 0, values, 10), PCIL_ERROR_ARGUMENT, "0");
    check_fails(pcil_inference_node_error(subject.inference, 1, values, -12), PCIL_ERROR_ARGUMENT, "12");
    check_fails(pcil_inference_prediction(subject.inference, values, 12), PCIL_ERROR_ARGUMENT, "8");
    check_fails(pcil_gradient(subject.inference, "block0.dense.bias", values, 5), PCIL_ERROR_ARGUMENT, "6");
    check_fails(pcil_gradient(subject.inference, "bias", values, 6), PCIL_ERROR_ARGUMENT, "block0.dense.bias");
    assert_int_equal(pcil_gradient(subject.inference, NULL, values, 6), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_gradient(subject.inference, "block0.dense.bias", NULL, 6), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_gradient(NULL, "block0.dense.bias", values, 6), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_activity(subject.inference, 1, NULL, 12), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_activity(NULL, 1, values, 12), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_node_error(NULL, 1, values, 12), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_inference_prediction(NULL, values, 8), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_infer(NULL, 1, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_learn(NULL, subject.optimizer), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_learn(subject.inference, NULL), PCIL_ERROR_ARGUMENT);
    check_fails(pcil_learn(subject.inference, other.optimizer), PCIL_ERROR_ARGUMENT, "network");
    assert_true(values[0] == -7);
    assert_int_equal(pcil_inference_iterations(NULL), -1);
    assert_int_equal(pcil_inference_batch(NULL), -1);
    assert_int_equal(pcil_inference_memory(subject.inference, "wieghts"), -1);
    assert_int_equal(pcil_inference_memory(NULL, "weights"), -1);
    assert_int_equal(pcil_inference_trace(NULL, NULL, NULL), PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_inference_error(NULL), "");
    end(&subject);
    end(&other);
}

/* Weights so large that numbers overflow: DIVERGED, before any weight moves; the handle works again afterwards. */
static void test_divergence(void **state) {
    (void)state;
    struct subject subject;
    float huge[30], before[24], after[24], outputs[BATCH * CLASSES] = {-7};
    double loss = -7;
    begin(&subject, "5; dense 6; identity, dense 4; linear");
    for (int i = 0; i < 30; i++) huge[i] = 3e38f;
    check_ok(pcil_network_set(subject.network, "block0.dense.weight", huge, 30));
    check_ok(pcil_network_get(subject.network, "block1.dense.weight", before, 24));
    for (int i = 0; i < BATCH * INPUTS; i++) subject.inputs[i] = 100;
    check_fails(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH), PCIL_ERROR_DIVERGED, "node");
    check_no_batch(&subject);
    assert_int_equal(pcil_predict(subject.inference, subject.inputs, BATCH, outputs), PCIL_ERROR_DIVERGED);
    assert_int_equal(
        pcil_train_step(subject.inference, subject.optimizer, subject.inputs, subject.targets, BATCH, &loss),
        PCIL_ERROR_DIVERGED);
    assert_true(loss == -7);
    check_ok(pcil_network_get(subject.network, "block1.dense.weight", after, 24));
    assert_memory_equal(before, after, sizeof before);
    check_ok(pcil_network_initialise(subject.network, "he", 1));
    check_ok(pcil_train_step(subject.inference, subject.optimizer, subject.inputs, subject.targets, BATCH, &loss));
    assert_true(isfinite(loss));
    end(&subject);
}

/* Activities and errors that are finite, but whose product is not: no optimizer steps by it, or keeps its square. */
static void test_overflowing_gradient(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    static const float inputs[] = {1e25f, 1e15f};
    for (int i = 0; i < 14; i++) {
        pcil_network *network = NULL;
        pcil_inference *inference = NULL;
        pcil_optimizer *optimizer = NULL;
        float before[2], after[2];
        const float y[2] = {0, 0}, small = 1;
        check_ok(pcil_network_parse(&network, "1; dense 2; linear"));
        check_ok(pcil_network_get(network, "block0.dense.weight", before, 2));
        check_ok(pcil_inference_create(&inference, network, "sequential", 1));
        check_ok(pcil_optimizer_create(&optimizer, network, kinds[i / 2]));
        check_fails(pcil_train_step(inference, optimizer, &inputs[i % 2], y, 1, NULL), PCIL_ERROR_DIVERGED, "block 0");
        check_ok(pcil_network_get(network, "block0.dense.weight", after, 2));
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(pcil_optimizer_iterations(optimizer), 0);
        check_ok(pcil_train_step(inference, optimizer, &small, y, 1, NULL));
        check_ok(pcil_network_get(network, "block0.dense.weight", after, 2));
        assert_memory_not_equal(before, after, sizeof before);
        pcil_optimizer_free(optimizer);
        pcil_inference_free(inference);
        pcil_network_free(network);
    }
}

/* "Nothing changed" is the batch, too, and what learning is to know of it. */
static void test_a_refused_prediction(void **state) {
    (void)state;
    float weights[2][30], outputs[CLASSES];
    for (int k = 0; k < 2; k++) {
        struct subject subject;
        pcil_optimizer *nlms = NULL;
        const float bad[INPUTS] = {1, NAN};
        begin(&subject, classifier);
        check_ok(pcil_optimizer_create(&nlms, subject.network, "nlms"));
        check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
        check_ok(pcil_infer(subject.inference, 3, NULL));
        if (k) check_fails(pcil_predict(subject.inference, bad, 1, outputs), PCIL_ERROR_ARGUMENT, "unit 1 is nan");
        assert_int_equal(pcil_inference_batch(subject.inference), BATCH);
        check_ok(pcil_learn(subject.inference, nlms));
        check_ok(pcil_network_get(subject.network, "block0.dense.weight", weights[k], 30));
        pcil_optimizer_free(nlms);
        end(&subject);
    }
    assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
}

/* Both belong to one network: that is seen before a batch is clamped in place of the present one. */
static void test_a_step_with_the_wrong_optimizer(void **state) {
    (void)state;
    struct subject subject, other;
    begin(&subject, classifier);
    begin(&other, classifier);
    check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
    check_fails(pcil_train_step(subject.inference, other.optimizer, subject.inputs, subject.targets, 1, NULL),
                PCIL_ERROR_ARGUMENT, "different networks");
    check_fails(pcil_train_step_labels(subject.inference, NULL, subject.inputs, subject.labels, 1, NULL),
                PCIL_ERROR_ARGUMENT, "optimizer is NULL");
    check_fails(pcil_train_step(NULL, subject.optimizer, subject.inputs, subject.targets, 1, NULL), PCIL_ERROR_ARGUMENT,
                "inference is NULL");
    assert_int_equal(pcil_inference_batch(subject.inference), BATCH);
    end(&other);
    end(&subject);
}

/* An environment that changed spoils no option that has nothing to do with it. */
static void test_a_wrong_environment(void **state) {
    (void)state;
    struct subject subject;
    double value = -7;
    begin(&subject, classifier);
    char *before = getenv("PCIL_BACKEND") ? strdup(getenv("PCIL_BACKEND")) : NULL;
    setenv("PCIL_BACKEND", "nonsense", 1);
    pcil_status set = pcil_inference_set(subject.inference, "iterations", 7);
    pcil_status blas = pcil_inference_set_text(subject.inference, "backend", "blas");
    check_fails(pcil_inference_set_text(subject.inference, "backend", "auto"), PCIL_ERROR_ARGUMENT,
                "environment variable PCIL_BACKEND: unknown backend 'nonsense'");
    if (before)
        setenv("PCIL_BACKEND", before, 1);
    else
        unsetenv("PCIL_BACKEND");
    free(before);
    check_ok(set);
    check_ok(blas);
    check_ok(pcil_inference_get(subject.inference, "backend", &value));
    assert_true(value == 1);
    end(&subject);
}

static int32_t stop_later(void *user, int32_t iteration, double energy, const double *magnitudes, int32_t nodes) {
    (void)user, (void)magnitudes, (void)nodes;
    return iteration > 2 && !isfinite(energy);
}

/* What check_numbers found in a batch that was given up is not held against the next. */
static void test_a_note_of_a_stopped_batch(void **state) {
    (void)state;
    struct subject subject;
    begin(&subject, "5; dense 6; identity, dense 6; identity, dense 4; linear");
    pcil_inference *inference = subject.inference;
    check_ok(pcil_inference_set(inference, "check_numbers", 1));
    check_ok(pcil_inference_set(inference, "step_size", 10));
    check_ok(pcil_inference_set(inference, "step_decay", 0));
    check_ok(pcil_inference_set(inference, "energy_weight", 1e6));
    check_ok(pcil_inference_trace(inference, stop_later, NULL));
    check_ok(pcil_clamp(inference, subject.inputs, subject.targets, BATCH));
    check_fails(pcil_infer(inference, 500, NULL), PCIL_ERROR_INTERRUPTED, "asked to stop");
    check_ok(pcil_clamp(inference, subject.inputs, subject.targets, BATCH));
    end(&subject);
}

/* Steps far too large: inference blows up and says so; no weight was changed. */
static void test_exploding_inference(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct subject subject;
        pcil_inference *inference = NULL;
        float before[30], after[30];
        begin(&subject, "5; dense 6; identity, dense 6; identity, dense 4; linear");
        check_ok(pcil_inference_create(&inference, subject.network, k ? "simultaneous" : "sequential", BATCH));
        check_ok(pcil_inference_set(inference, "step_size", 10));
        check_ok(pcil_inference_set(inference, "step_decay", 0));
        check_ok(pcil_inference_set(inference, "iterations", 500));
        check_ok(pcil_network_get(subject.network, "block0.dense.weight", before, 30));
        assert_int_equal(pcil_train_step(inference, subject.optimizer, subject.inputs, subject.targets, BATCH, NULL),
                         PCIL_ERROR_DIVERGED);
        assert_int_equal(pcil_inference_batch(inference), 0);
        check_ok(pcil_network_get(subject.network, "block0.dense.weight", after, 30));
        assert_memory_equal(before, after, sizeof before);
        pcil_inference_free(inference);
        end(&subject);
    }
}

static void test_optimizer(void **state) {
    (void)state;
    struct subject subject;
    double value = -7;
    begin(&subject, classifier);
    pcil_optimizer *optimizer = subject.optimizer;
    check_fails(pcil_optimizer_set(optimizer, "learning_rat", 1), PCIL_ERROR_ARGUMENT, "learning_rate");
    check_fails(pcil_optimizer_set(optimizer, "learning_rate", -1), PCIL_ERROR_ARGUMENT, "learning_rate");
    check_fails(pcil_optimizer_set(optimizer, "learning_rate", NAN), PCIL_ERROR_ARGUMENT, "learning_rate");
    check_fails(pcil_optimizer_set(optimizer, "learning_rate.2", 1), PCIL_ERROR_ARGUMENT, "2");
    check_fails(pcil_optimizer_set(optimizer, "rho", 0.5), PCIL_ERROR_ARGUMENT, "rho"); /* mq's */
    check_fails(pcil_optimizer_set_text(optimizer, "rate_decay", "cosinus"), PCIL_ERROR_ARGUMENT, "cosine");
    check_fails(pcil_optimizer_get(optimizer, "rate", &value), PCIL_ERROR_ARGUMENT, "learning_rate");
    check_fails(pcil_optimizer_value(optimizer, "v", 0, &value), PCIL_ERROR_ARGUMENT, "v");
    check_fails(pcil_optimizer_value(optimizer, "x", 0, &value), PCIL_ERROR_ARGUMENT, "rate");
    check_fails(pcil_optimizer_value(optimizer, "rate", 2, &value), PCIL_ERROR_ARGUMENT, "2");
    assert_int_equal(pcil_optimizer_value(optimizer, "rate", 0, &value), PCIL_ERROR_STATE);
    assert_int_equal(pcil_optimizer_value(optimizer, "magnitude", 0, &value), PCIL_ERROR_STATE);
    assert_int_equal(pcil_optimizer_set(NULL, "learning_rate", 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_set(optimizer, NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_value(NULL, "rate", 0, &value), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_measure(NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_reset(NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_iterations(NULL), -1);
    assert_int_equal(pcil_optimizer_memory(NULL), -1);
    assert_true(value == -7);
    end(&subject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_numbers),
        cmocka_unit_test(test_a_refused_prediction),
        cmocka_unit_test(test_a_step_with_the_wrong_optimizer),
        cmocka_unit_test(test_a_wrong_environment),
        cmocka_unit_test(test_a_note_of_a_stopped_batch),
        cmocka_unit_test(test_bad_targets),
        cmocka_unit_test(test_prediction_of_many),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_clamp_arguments),
        cmocka_unit_test(test_without_batch),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_overflowing_gradient),
        cmocka_unit_test(test_exploding_inference),
        cmocka_unit_test(test_optimizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
