/* Errors and update magnitudes over the iterations: what stepping through the public calls gives, and nothing moved. */
#include "test.h"

#include "base/random.h"
#include "pcil.h"

enum { SAMPLES = 7, INPUTS = 6, OUTPUTS = 4, T = 5, NODES = 5, BLOCKS = 4, PARAMETERS = 195 };

static const char *const chain = "6; dense 7; relu, dense 8; tanh, dense 6; relu, dense 4; softmax";

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    float inputs[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS];
    int32_t labels[SAMPLES];
};

static void begin(struct subject *subject, const char *schedule, const char *optimizer, int32_t largest) {
    struct pc_random random;
    memset(subject, 0, sizeof *subject);
    check_ok(pcil_network_parse(&subject->network, chain));
    check_ok(pcil_inference_create(&subject->inference, subject->network, schedule, largest));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, optimizer));
    pc_random_seed(&random, 3, "analysis", 0);
    for (int i = 0; i < SAMPLES * INPUTS; i++) subject->inputs[i] = (float)(2 * pc_random_uniform(&random) - 1);
    for (int s = 0; s < SAMPLES; s++) {
        subject->labels[s] = (int32_t)pc_random_below(&random, OUTPUTS);
        subject->targets[s * OUTPUTS + subject->labels[s]] = 1;
    }
}

static void end(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static void read_weights(const struct subject *subject, float *weights) {
    int64_t done = 0;
    for (int32_t i = 0; i < pcil_network_tensors(subject->network); i++) {
        int32_t rank;
        int64_t shape[4], count = 1;
        const char *name = pcil_network_tensor_name(subject->network, i);
        check_ok(pcil_network_tensor_shape(subject->network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        assert_true(done + count <= PARAMETERS);
        check_ok(pcil_network_get(subject->network, name, weights + done, count));
        done += count;
    }
    assert_int_equal(done, PARAMETERS);
}

static void test_delay_is_the_schedule_s(void **state) {
    (void)state;
    struct subject subject;
    double errors[(T + 1) * NODES];
    begin(&subject, "simultaneous", "sgd", 3);
    check_ok(pcil_error_delay_labels(subject.inference, subject.inputs, subject.labels, SAMPLES, T, errors));
    for (int t = 0; t <= T; t++)
        for (int n = 0; n < NODES; n++)
            if (n > 0 && n >= NODES - 1 - t)
                assert_true(errors[t * NODES + n] > 0);
            else
                assert_true(errors[t * NODES + n] == 0);
    end(&subject);
    begin(&subject, "sequential", "sgd", 3);
    check_ok(pcil_error_delay(subject.inference, subject.inputs, subject.targets, SAMPLES, T, errors));
    for (int n = 1; n < NODES; n++) assert_true(errors[NODES + n] > 0);
    for (int n = 0; n < NODES - 1; n++) assert_true(errors[n] == 0);
    assert_int_equal(pcil_inference_batch(subject.inference), 0);
    end(&subject);
}

/* Whatever the batches: each sample by itself through the public calls. */
static void test_delay_by_hand(void **state) {
    (void)state;
    struct subject subject;
    double errors[(T + 1) * NODES], expected[(T + 1) * NODES] = {0};
    begin(&subject, "sequential", "sgd", 4);
    check_ok(pcil_error_delay_labels(subject.inference, subject.inputs, subject.labels, SAMPLES, T, errors));
    for (int s = 0; s < SAMPLES; s++) {
        check_ok(pcil_clamp(subject.inference, subject.inputs + s * INPUTS, subject.targets + s * OUTPUTS, 1));
        for (int t = 0; t <= T; t++) {
            if (t > 0) check_ok(pcil_infer(subject.inference, 1, NULL));
            for (int n = 1; n < NODES; n++) {
                float values[16];
                int64_t size = pcil_network_node_size(subject.network, n);
                check_ok(pcil_inference_node_error(subject.inference, n, values, size));
                for (int64_t i = 0; i < size; i++)
                    expected[t * NODES + n] += fabs((double)values[i]) / (double)(size * SAMPLES);
            }
        }
    }
    check_close(errors, expected, (T + 1) * NODES, 1e-6);
    end(&subject);
}

/* The update is what a step changes; and the weights stay. */
static void test_magnitudes_by_hand(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nlms", "adam", "mq"};
    for (int k = 0; k < 5; k++) {
        struct subject subject;
        float before[PARAMETERS], after[PARAMETERS], stepped[PARAMETERS];
        double magnitudes[(T + 1) * BLOCKS];
        begin(&subject, "sequential", kinds[k], SAMPLES);
        check_ok(pcil_optimizer_set(subject.optimizer, "learning_rate", .1));
        check_ok(pcil_train_step(subject.inference, subject.optimizer, subject.inputs, subject.targets, SAMPLES, NULL));
        read_weights(&subject, before);
        check_ok(pcil_update_magnitudes(subject.inference, subject.optimizer, subject.inputs, subject.targets, SAMPLES,
                                        T, magnitudes));
        read_weights(&subject, after);
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(pcil_optimizer_iterations(subject.optimizer), 1);
        check_ok(pcil_clamp_labels(subject.inference, subject.inputs, subject.labels, SAMPLES));
        check_ok(pcil_infer(subject.inference, 2, NULL));
        check_ok(pcil_learn(subject.inference, subject.optimizer));
        read_weights(&subject, stepped);
        int64_t done = 0;
        for (int32_t b = 0; b < BLOCKS; b++) {
            int64_t count;
            double expected = 0;
            check_ok(pcil_network_block_info(subject.network, b, NULL, NULL, &count, NULL, 0, &(int64_t){0}));
            for (int64_t i = done; i < done + count; i++) expected += fabs((double)stepped[i] - (double)before[i]);
            expected /= (double)count;
            assert_true(expected > 0);
            assert_true(fabs(magnitudes[2 * BLOCKS + b] - expected) < 1e-3 * expected + 3e-8);
            done += count;
        }
        end(&subject);
    }
}

static void test_misuse(void **state) {
    (void)state;
    struct subject subject;
    double results[(T + 1) * NODES], untouched = results[0] = -1;
    begin(&subject, "sequential", "sgd", 3);
    check_fails(pcil_error_delay(NULL, subject.inputs, subject.targets, SAMPLES, T, results), PCIL_ERROR_ARGUMENT,
                "the inference is NULL");
    check_fails(pcil_error_delay(subject.inference, NULL, subject.targets, SAMPLES, T, results), PCIL_ERROR_ARGUMENT,
                "inputs are NULL");
    check_fails(pcil_error_delay_labels(subject.inference, subject.inputs, NULL, SAMPLES, T, results),
                PCIL_ERROR_ARGUMENT, "targets or labels are NULL");
    check_fails(pcil_error_delay(subject.inference, subject.inputs, subject.targets, 0, T, results),
                PCIL_ERROR_ARGUMENT, "0 samples; expected 1 or more");
    check_fails(pcil_error_delay(subject.inference, subject.inputs, subject.targets, SAMPLES, -1, results),
                PCIL_ERROR_ARGUMENT, "-1 inference iterations");
    check_fails(pcil_error_delay(subject.inference, subject.inputs, subject.targets, SAMPLES, T, NULL),
                PCIL_ERROR_ARGUMENT, "results is NULL");
    check_fails(pcil_update_magnitudes(subject.inference, NULL, subject.inputs, subject.targets, 3, T, results),
                PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    check_fails(
        pcil_update_magnitudes(subject.inference, subject.optimizer, subject.inputs, subject.targets, 4, T, results),
        PCIL_ERROR_ARGUMENT, "a batch of 4; this inference was made for 1 ... 3");
    subject.labels[5] = OUTPUTS;
    check_fails(pcil_error_delay_labels(subject.inference, subject.inputs, subject.labels, SAMPLES, T, results),
                PCIL_ERROR_ARGUMENT, "the label of sample");
    assert_true(results[0] == untouched);
    end(&subject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay_is_the_schedule_s),
        cmocka_unit_test(test_delay_by_hand),
        cmocka_unit_test(test_magnitudes_by_hand),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
