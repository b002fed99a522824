/*
 * Steps that move each image between a convolution's two products leave the bits that back, move and change of the
 * whole batch leave. check_numbers, which looks at every product's result, has these made one after the other.
 */
#include "test.h"

#include "inference/inference.h"
#include "pcil.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Images for two chunks of the first networks' patches (conv.c), the second of them of one image. */
enum { BATCH = 13, LARGEST = 21, INPUTS = 2 * 17 * 17, OUTPUTS = 4 };

static const char *const networks[] = {
    "2x17x17; conv 48 3x3, relu; conv 24 5x5/2, relu; dense 4; softmax",
    "2x17x17; conv 48 3x3; relu, conv 24 5x5/2; tanh, dense 4; softmax",
    "2x17x17; conv 48 3x3; tanh, conv 24 5x5/2, relu, dense 4; linear",
    "2x17x17; conv 48 3x3; tanh, conv 24 5x5/2, relu, conv 8 3x3; dense 4; linear",
    "2x17x17; conv 8 3x3/2 padding=1; tanh, conv 6 3x3 padding=2, relu, max_pool 2x2; dense 4; linear",
    "2x17x17; conv 8 5x5/3; gelu, conv 4 5x5; linear",
    "2x17x17; conv 6 3x3; tanh, conv 6 3x3 padding=1 + from 1; relu, conv 4 15x15; linear",
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

static float inputs[BATCH * INPUTS], targets[BATCH * OUTPUTS];

struct subject {
    bool checks, by_images;
    int32_t threads;
    int64_t products, count;
    float *numbers; /* activities and errors of the nodes above the input; to be freed */
};

static void read_node(struct subject *subject, const pcil_network *network, const pcil_inference *inference,
                      int32_t node) {
    int64_t size = BATCH * pcil_network_node_size(network, node);
    subject->numbers = realloc(subject->numbers, (size_t)(subject->count + 2 * size) * sizeof *subject->numbers);
    assert_non_null(subject->numbers);
    check_ok(pcil_inference_activity(inference, node, subject->numbers + subject->count, size));
    check_ok(pcil_inference_node_error(inference, node, subject->numbers + subject->count + size, size));
    subject->count += 2 * size;
}

static void run(struct subject *subject, const char *text) {
    pcil_network *network;
    pcil_inference *inference;
    check_ok(pcil_set_threads(subject->threads));
    check_ok(pcil_network_parse(&network, text));
    check_ok(pcil_network_initialise(network, "fan_in", 5));
    check_ok(pcil_inference_create(&inference, network, "sequential", LARGEST));
    check_ok(pcil_set_threads(0));
    check_ok(pcil_inference_set_text(inference, "backend", "blas"));
    check_ok(pcil_inference_set(inference, "check_numbers", subject->checks));
    check_ok(pcil_inference_set(inference, "step_size", .3));
    check_ok(pcil_inference_set(inference, "energy_weight.2", .7));
    check_ok(pcil_inference_set(inference, "activity_decay.1", .01));
    check_ok(pcil_clamp(inference, inputs, targets, BATCH));
    check_ok(pcil_infer(inference, 3, NULL));
    subject->products = pcil_inference_products(inference);
    subject->by_images = pc_state_steps_by_images(&inference->state, 1);
    for (int32_t n = 1; n < pcil_network_nodes(network); n++) read_node(subject, network, inference, n);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

static void check_same(struct subject *expected, int32_t threads, const char *text) {
    struct subject subject = {.threads = threads};
    run(&subject, text);
    assert_int_equal(subject.by_images, strstr(text, "from") == NULL);
    assert_int_equal(subject.products, expected->products);
    assert_int_equal(subject.count, expected->count);
    assert_memory_equal(subject.numbers, expected->numbers, (size_t)expected->count * sizeof *expected->numbers);
    free(subject.numbers);
}

static void test_the_bits_are_the_same(void **state) {
    (void)state;
    for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = .1f * (float)(i * 7 % 23) - 1;
    for (int i = 0; i < BATCH * OUTPUTS; i++) targets[i] = i % OUTPUTS == i / OUTPUTS % 3;
    for (int i = 0; i < NETWORKS; i++) {
        struct subject expected = {.checks = true, .threads = 1};
        run(&expected, networks[i]);
        check_same(&expected, 1, networks[i]);
        check_same(&expected, 3, networks[i]);
        free(expected.numbers);
    }
}

/* The own kernels go through many images part by part, but not where each number is looked at: a part counts its own
 * images. The target of one image overflows on its way back. */
static void test_an_image_is_told_by_its_place_in_the_whole_batch(void **state) {
    (void)state;
    enum { IMAGES = 30, FAR = 29, PIXELS = 3 * 16 * 16, WEIGHTS = 3 * 3 * 16 * 16 };
    static float none[IMAGES * PIXELS], wanted[IMAGES * OUTPUTS], weights[WEIGHTS];
    pcil_network *network;
    pcil_inference *inference;
    for (int i = 0; i < WEIGHTS; i++) weights[i] = 1e6F;
    wanted[FAR * OUTPUTS] = 1e37F;
    check_ok(pcil_network_parse(&network, "3x16x16; conv 16 3x3; identity, conv 16 3x3; identity, dense 4; linear"));
    check_ok(pcil_network_initialise(network, "fan_in", 5));
    check_ok(pcil_network_set(network, "block1.conv.weight", weights, WEIGHTS));
    check_ok(pcil_set_threads(1));
    check_ok(pcil_inference_create(&inference, network, "sequential", IMAGES));
    check_ok(pcil_set_threads(0));
    check_ok(pcil_inference_set_text(inference, "backend", "own"));
    check_ok(pcil_clamp(inference, none, none, IMAGES));
    check_ok(pcil_infer(inference, 1, NULL));
    assert_true(pc_state_samples_at_once(&inference->state, 1) < IMAGES);
    check_ok(pcil_inference_set(inference, "check_numbers", 1));
    check_ok(pcil_clamp(inference, none, wanted, IMAGES));
    check_fails(pcil_infer(inference, 1, NULL), PCIL_ERROR_DIVERGED,
                "the backward pass of block 1, operation 1 (conv): sample 29, unit");
    pcil_inference_free(inference);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_bits_are_the_same),
                                       cmocka_unit_test(test_an_image_is_told_by_its_place_in_the_whole_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
