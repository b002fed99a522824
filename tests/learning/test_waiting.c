/*
 * A single sample's update may wait until the next forward pass. Nobody sees that: whoever looks finds the weights that
 * an update made at once leaves, to the bit. check_numbers, which looks through the weights after every step, has them
 * made at once.
 */
#include "test.h"

#include "pcil.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { STEPS = 6, INPUTS = 37, CLASSES = 10, MOST = 6000, FEW = 3 };

static const char *const networks[] = {
    "37; dense 70; relu, dense 33; relu, dense 10; softmax",
    "37; dense 18; tanh, dense 33 + from 1: relu, dense 33; identity, dense 10; linear",
    "37; dense 40, relu, dense 20; gelu, dense 10; sigmoid",
    "1x1x37; conv 3 1x5, relu; dense 24; relu, dense 10; softmax",
};
static const char *const optimizers[] = {"mq", "sgd", "adam"};

static float inputs[STEPS * INPUTS], targets[STEPS * CLASSES];

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
};

static void fill_data(void) {
    uint32_t state = 3;
    for (int i = 0; i < STEPS * INPUTS; i++) {
        state = state * 1664525u + 1013904223u;
        inputs[i] = state >> 30 ? (float)(state >> 8) * 0x1p-24F : 0;
    }
    for (int i = 0; i < STEPS; i++) targets[i * CLASSES + i] = 1;
}

static void make(struct subject *subject, const char *network, const char *optimizer, int at_once) {
    check_ok(pcil_network_parse(&subject->network, network));
    check_ok(pcil_network_initialise(subject->network, "he", 4));
    check_ok(pcil_inference_create(&subject->inference, subject->network, "sequential", FEW));
    check_ok(pcil_inference_set(subject->inference, "check_numbers", at_once));
    check_ok(pcil_inference_set_text(subject->inference, "backend", "own"));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, optimizer));
    check_ok(pcil_optimizer_set(subject->optimizer, "learning_rate", .01));
    if (strcmp(optimizer, "mq") == 0) check_ok(pcil_optimizer_set(subject->optimizer, "v_start", 1));
}

static void clear(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
    *subject = (struct subject){0};
}

static void step(struct subject *subject, int i) {
    check_ok(
        pcil_train_step(subject->inference, subject->optimizer, inputs + i * INPUTS, targets + i * CLASSES, 1, NULL));
}

/* All weights; returns how many. */
static int64_t look(const pcil_network *network, float *all) {
    int64_t at = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t shape[4], size = 1;
        int32_t rank;
        check_ok(pcil_network_tensor_shape(network, name, &rank, shape));
        for (int32_t k = 0; k < rank; k++) size *= shape[k];
        assert_true(at + size <= MOST);
        check_ok(pcil_network_get(network, name, all + at, size));
        at += size;
    }
    return at;
}

static void check_same(const pcil_network *one, const pcil_network *other) {
    static float a[MOST], b[MOST];
    int64_t count = look(one, a);
    assert_int_equal(look(other, b), count);
    assert_memory_equal(a, b, (size_t)count * sizeof *a);
}

/* Everything that a caller may do between two steps, by number; false: there is nothing of that number. */
static int act(struct subject *subject, int number, int i) {
    static float weights[MOST];
    float outputs[FEW * CLASSES];
    double value;
    pcil_inference *other;
    switch (number) {
    case 0:
        return 1;
    case 1:
        look(subject->network, weights);
        return 1;
    case 2:
        check_ok(pcil_predict(subject->inference, inputs, FEW, outputs));
        return 1;
    case 3:
        check_ok(pcil_predict(subject->inference, inputs, 1, outputs));
        return 1;
    case 4:
        check_ok(pcil_infer(subject->inference, 1, &value));
        check_ok(pcil_learn(subject->inference, subject->optimizer));
        return 1;
    case 5:
        check_ok(pcil_learn(subject->inference, subject->optimizer));
        return 1;
    case 6:
        check_ok(pcil_train_step(subject->inference, subject->optimizer, inputs, targets, FEW, NULL));
        return 1;
    case 7:
        check_ok(pcil_inference_create(&other, subject->network, "backprop", 1));
        check_ok(pcil_inference_set_text(other, "backend", "own"));
        check_ok(pcil_train_step(other, subject->optimizer, inputs + i * INPUTS, targets, 1, NULL));
        pcil_inference_free(other);
        return 1;
    case 8:
        check_ok(pcil_optimizer_set(subject->optimizer, "weight_decay", .1 * (i % 2)));
        return 1;
    case 9:
        check_ok(pcil_inference_residual(subject->inference, &value, NULL, NULL));
        return 1;
    default:
        return 0;
    }
}

static void check_acts(const char *network, const char *optimizer) {
    struct subject waits, at_once;
    for (int number = 0;; number++) {
        make(&waits, network, optimizer, 0);
        make(&at_once, network, optimizer, 1);
        for (int i = 0; i < STEPS; i++) {
            step(&waits, i);
            step(&at_once, i);
            act(&at_once, number, i);
            if (act(&waits, number, i)) continue;
            clear(&waits);
            clear(&at_once);
            return;
        }
        check_same(waits.network, at_once.network);
        clear(&waits);
        clear(&at_once);
    }
}

static void test_the_bits_are_those_of_updates_made_at_once(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
        for (size_t k = 0; k < sizeof optimizers / sizeof *optimizers; k++) check_acts(networks[n], optimizers[k]);
}

static void test_what_was_predicted_shows_the_last_step(void **state) {
    (void)state;
    struct subject waits, at_once;
    float got[CLASSES], expected[CLASSES];
    make(&waits, networks[0], "mq", 0);
    make(&at_once, networks[0], "mq", 1);
    for (int i = 0; i < STEPS; i++) {
        step(&waits, i);
        step(&at_once, i);
        check_ok(pcil_predict(waits.inference, inputs, 1, got));
        check_ok(pcil_predict(at_once.inference, inputs, 1, expected));
        assert_memory_equal(got, expected, sizeof got);
    }
    clear(&waits);
    clear(&at_once);
}

static void test_a_model_is_saved_with_the_last_step(void **state) {
    (void)state;
    struct subject waits, at_once;
    char path[] = "waiting-XXXXXX";
    pcil_network *loaded;
    close(mkstemp(path));
    make(&waits, networks[0], "sgd", 0);
    make(&at_once, networks[0], "sgd", 1);
    step(&waits, 0);
    step(&at_once, 0);
    pcil_inference_free(waits.inference);
    pcil_optimizer_free(waits.optimizer);
    waits.inference = NULL;
    waits.optimizer = NULL;
    check_ok(pcil_network_save(waits.network, path, NULL));
    check_ok(pcil_network_load(&loaded, path));
    check_same(loaded, at_once.network);
    unlink(path);
    pcil_network_free(loaded);
    clear(&waits);
    clear(&at_once);
}

/* What is set or drawn anew after a step is not stepped any more. */
static void test_weights_that_are_set_stay(void **state) {
    (void)state;
    struct subject waits, fresh;
    float weights[70 * 33] = {0}, got[70 * 33];
    make(&waits, networks[0], "mq", 0);
    make(&fresh, networks[0], "mq", 0);
    step(&waits, 0);
    check_ok(pcil_network_set(waits.network, "block1.dense.weight", weights, 70 * 33));
    check_ok(pcil_network_get(waits.network, "block1.dense.weight", got, 70 * 33));
    assert_memory_equal(got, weights, sizeof got);
    step(&waits, 1);
    check_ok(pcil_network_initialise(waits.network, "he", 4));
    check_same(waits.network, fresh.network);
    clear(&waits);
    clear(&fresh);
}

static void test_a_waiting_step_asks_for_no_memory_and_makes_the_planned_products(void **state) {
    (void)state;
    struct subject subject;
    int64_t planned = 0;
    make(&subject, networks[0], "mq", 0);
    step(&subject, 0);
    for (int32_t b = 0; b < pcil_network_blocks(subject.network); b++) {
        int64_t forward, backward, gradient;
        check_ok(pcil_inference_plan(subject.inference, b, &forward, &backward, &gradient));
        planned += forward + backward + gradient;
    }
    for (int i = 1; i < STEPS; i++) {
        int64_t requests = pcil_memory_requests(), products = pcil_inference_products(subject.inference);
        step(&subject, i);
        assert_int_equal(pcil_memory_requests(), requests);
        assert_int_equal(pcil_inference_products(subject.inference) - products, planned);
    }
    clear(&subject);
}

struct reader {
    pthread_t thread;
    pcil_inference *inference;
    int32_t count;
    float outputs[FEW * CLASSES];
};

static void *read_weights(void *argument) {
    struct reader *reader = argument;
    pcil_predict(reader->inference, inputs, reader->count, reader->outputs);
    return NULL;
}

/* Several threads may read one network after a step, whoever of them comes first. */
static void test_readers_may_come_at_once(void **state) {
    (void)state;
    enum { READERS = 4 };
    static struct subject waits, at_once;
    struct reader reader[READERS];
    make(&waits, networks[0], "mq", 0);
    make(&at_once, networks[0], "mq", 1);
    for (int k = 0; k < READERS; k++) {
        reader[k].count = k % 2 ? 1 : FEW;
        check_ok(pcil_inference_create(&reader[k].inference, waits.network, "sequential", FEW));
        check_ok(pcil_inference_set_text(reader[k].inference, "backend", "own"));
    }
    for (int i = 0; i < STEPS; i++) {
        step(&waits, i);
        step(&at_once, i);
        for (int k = 0; k < READERS; k++)
            assert_int_equal(pthread_create(&reader[k].thread, NULL, read_weights, &reader[k]), 0);
        for (int k = 0; k < READERS; k++) {
            float expected[FEW * CLASSES];
            pthread_join(reader[k].thread, NULL);
            check_ok(pcil_predict(at_once.inference, inputs, reader[k].count, expected));
            assert_memory_equal(reader[k].outputs, expected, (size_t)reader[k].count * CLASSES * sizeof *expected);
        }
    }
    for (int k = 0; k < READERS; k++) pcil_inference_free(reader[k].inference);
    clear(&waits);
    clear(&at_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bits_are_those_of_updates_made_at_once),
        cmocka_unit_test(test_what_was_predicted_shows_the_last_step),
        cmocka_unit_test(test_a_model_is_saved_with_the_last_step),
        cmocka_unit_test(test_weights_that_are_set_stay),
        cmocka_unit_test(test_a_waiting_step_asks_for_no_memory_and_makes_the_planned_products),
        cmocka_unit_test(test_readers_may_come_at_once),
    };
    fill_data();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
