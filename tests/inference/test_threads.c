/* Training with several threads gives the bits of one, in a forked child as well. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 24, INPUTS = 3 * 32 * 32, STEPS = 2 };

/* The second's nodes are so large that one thread takes a step of a few samples after the others; its products count
 * once. */
static const char *const networks[] = {
    "3x32x32; conv 16 5x5 padding=2, relu, max_pool 2x2; conv 16 3x3, tanh, avg_pool 2x2; gelu, dense 4000; "
    "leaky_relu, dense 10; softmax",
    "3x32x32; conv 64 3x3, relu; conv 8 7x7/7, relu; dense 10; softmax",
};
static const char *network;

static float inputs[BATCH * INPUTS];
static int32_t labels[BATCH];

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
};

static void make(struct subject *subject, const char *schedule, int32_t threads) {
    check_ok(pcil_set_threads(threads));
    check_ok(pcil_network_parse(&subject->network, network));
    check_ok(pcil_inference_create(&subject->inference, subject->network, schedule, BATCH));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, "mq"));
    check_ok(pcil_set_threads(0));
}

static void clear(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static pcil_status train(struct subject *subject) {
    pcil_status status = PCIL_OK;
    for (int i = 0; i < STEPS && status == PCIL_OK; i++)
        status = pcil_train_step_labels(subject->inference, subject->optimizer, inputs, labels, BATCH, NULL);
    return status;
}

/* All weights, and the activities of every node; to be freed. */
static float *result(const struct subject *subject, int64_t *count) {
    int64_t parameters = pcil_network_parameters(subject->network), at = 0;
    int32_t nodes = pcil_network_nodes(subject->network);
    *count = parameters;
    for (int32_t n = 0; n < nodes; n++) *count += BATCH * pcil_network_node_size(subject->network, n);
    float *all = malloc((size_t)*count * sizeof *all);
    if (!all) return NULL;
    for (int32_t i = 0; i < pcil_network_tensors(subject->network); i++) {
        const char *name = pcil_network_tensor_name(subject->network, i);
        int64_t shape[4], size = 1;
        int32_t rank;
        pcil_network_tensor_shape(subject->network, name, &rank, shape);
        for (int32_t k = 0; k < rank; k++) size *= shape[k];
        pcil_network_get(subject->network, name, all + at, size);
        at += size;
    }
    for (int32_t n = 0; n < nodes; n++) {
        int64_t size = BATCH * pcil_network_node_size(subject->network, n);
        pcil_inference_activity(subject->inference, n, all + at, size);
        at += size;
    }
    return all;
}

static bool equals(const struct subject *subject, const float *expected) {
    int64_t count;
    float *got = result(subject, &count);
    bool equal = got && memcmp(got, expected, (size_t)count * sizeof *got) == 0;
    free(got);
    return equal;
}

static void check_schedule(const char *schedule) {
    struct subject subject;
    int64_t count;
    make(&subject, schedule, 1);
    check_ok(train(&subject));
    float *alone = result(&subject, &count);
    int64_t products = pcil_inference_products(subject.inference);
    assert_non_null(alone);
    clear(&subject);
    for (int32_t threads = 2; threads <= 3; threads++) {
        make(&subject, schedule, threads);
        int64_t requests = pcil_memory_requests();
        check_ok(train(&subject));
        assert_int_equal(pcil_memory_requests(), requests);
        assert_true(equals(&subject, alone));
        assert_int_equal(pcil_inference_products(subject.inference), products);
        clear(&subject);
    }
    free(alone);
}

static void test_bits_do_not_depend_on_threads(void **state) {
    (void)state;
    network = networks[0];
    check_schedule("sequential");
    check_schedule("simultaneous");
    check_schedule("backprop");
    network = networks[1];
    check_schedule("sequential");
}

static void test_a_forked_child_goes_on(void **state) {
    (void)state;
    skip_where_forks_are_unknown();
    struct subject subject;
    int64_t count;
    network = networks[0];
    make(&subject, "sequential", 1);
    check_ok(train(&subject));
    check_ok(train(&subject));
    float *expected = result(&subject, &count);
    assert_non_null(expected);
    clear(&subject);
    make(&subject, "sequential", 3);
    check_ok(train(&subject));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(train(&subject) == PCIL_OK && equals(&subject, expected) ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_ok(train(&subject));
    assert_true(equals(&subject, expected));
    clear(&subject);
    free(expected);
}

int main(void) {
    for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = (float)(i * 37 % 101) / 101;
    for (int i = 0; i < BATCH; i++) labels[i] = i % 10;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_do_not_depend_on_threads),
        cmocka_unit_test(test_a_forked_child_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
