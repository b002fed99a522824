/* Networks and inference with every request for memory refused in turn, once and for good: a status, nothing changed.
 */
#include "test.h"

#include "base/memory.h"
#include "pcil.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* The library's only source of memory, replaced: request number `refused` fails, and those after it unless `once`. */
static int requests, refused = -1;
static bool once;
static int64_t asked; /* bytes, in all */
static bool poisoned; /* what is given out is not zero, as what the system gives at first, but not a number */

void *aligned_alloc(size_t alignment, size_t size) {
    void *memory = NULL;
    int number = requests++;
    asked += (int64_t)size;
    if (refused >= 0 && (once ? number == refused : number >= refused)) return NULL;
    if (posix_memalign(&memory, alignment, size) != 0) return NULL;
    return poisoned ? memset(memory, 0xff, size) : memory;
}

static void refuse(int first) {
    requests = 0;
    refused = first;
}

/* Something that asks for memory, with what it needs; returns its status and undoes a success. */
typedef pcil_status (*job)(void *user);

/* Refuses request after request until the work is done; at least `least` can be refused. */
static void refuse_each(job work, void *user, int least) {
    for (int k = 0; k < 2; k++) {
        int failures = 0;
        once = k == 1;
        for (pcil_status status = PCIL_ERROR_MEMORY; status != PCIL_OK; failures += status != PCIL_OK) {
            refuse(failures);
            status = work(user);
            refuse(-1);
            if (status != PCIL_OK && status != PCIL_ERROR_MEMORY)
                fail_msg("request %d: %s: %s", failures, pcil_status_name(status), pcil_last_error());
            if (status != PCIL_OK) assert_non_null(strstr(pcil_last_error(), "memory"));
            assert_true(failures < 1000);
        }
        assert_true(failures >= least);
    }
    once = false;
}

static const char *const description = "7; dense 6; relu, dense 5, tanh; leaky_relu slope=0.1, dense 4; softmax";

static pcil_status parse(void *user) {
    (void)user;
    pcil_network *network = NULL;
    pcil_status status = pcil_network_parse(&network, description);
    assert_int_equal(status == PCIL_OK, network != NULL);
    pcil_network_free(network);
    return status;
}

static void test_parse(void **state) {
    (void)state;
    refuse_each(parse, NULL, 10);
}

static void check_description(pcil_network *network, const char *expected) {
    char text[256];
    int64_t length;
    check_ok(pcil_network_describe(network, text, sizeof text, &length));
    assert_string_equal(text, expected);
}

/* One builder call at a time: what fails may be tried again, and the network comes out right. */
static pcil_status add_block(void *user) {
    return pcil_network_block(user);
}

static pcil_status add_dense(void *user) {
    return pcil_network_operation(user, "dense 4");
}

static pcil_status finish(void *user) {
    return pcil_network_finish(user);
}

static void insist(job work, void *user) {
    int failures = 0;
    for (pcil_status status = PCIL_ERROR_MEMORY; status != PCIL_OK; failures++) {
        refuse(failures);
        status = work(user);
        refuse(-1);
        if (status != PCIL_OK) assert_int_equal(status, PCIL_ERROR_MEMORY);
    }
    assert_true(failures >= 2);
}

static void test_building_goes_on(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_ok(pcil_network_create(&network));
    check_ok(pcil_network_input(network, 5, 1, 1));
    insist(add_block, network);
    insist(add_dense, network);
    insist(add_block, network);
    insist(add_dense, network);
    insist(finish, network);
    check_description(network, "5; dense 4; dense 4; linear");
    assert_int_equal(pcil_network_tensors(network), 4);
    pcil_network_free(network);
}

static pcil_status initialise(void *user) {
    return pcil_network_initialise(user, "orthogonal", 3);
}

static pcil_status describe(void *user) {
    char text[256] = "kept";
    int64_t length = -7;
    pcil_status status = pcil_network_describe(user, text, sizeof text, &length);
    if (status != PCIL_OK) assert_true(length == -7 && strcmp(text, "kept") == 0);
    return status;
}

static void test_network_calls(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, description));
    refuse_each(describe, network, 1);
    refuse_each(initialise, network, 1);
    pcil_network_free(network);
}

/* A network whose orthogonal start finds no memory keeps its weights. */
static void test_weights_stay(void **state) {
    (void)state;
    pcil_network *network = NULL;
    float before[42], after[42];
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_network_get(network, "block0.dense.weight", before, 42));
    for (int first = 0; first < 2; first++) {
        refuse(first);
        pcil_status status = initialise(network);
        refuse(-1);
        if (status == PCIL_OK) break;
        check_ok(pcil_network_get(network, "block0.dense.weight", after, 42));
        assert_memory_equal(before, after, sizeof before);
    }
    pcil_network_free(network);
}

struct creation {
    pcil_network *network;
    const char *kind;
};

static pcil_status create(void *user) {
    const struct creation *creation = user;
    pcil_inference *inference = NULL;
    pcil_status status = pcil_inference_create(&inference, creation->network, creation->kind, 3);
    assert_int_equal(status == PCIL_OK, inference != NULL);
    pcil_inference_free(inference);
    return status;
}

static void test_create(void **state) {
    (void)state;
    static const char *const kinds[] = {"sequential", "simultaneous", "backprop"};
    for (int k = 0; k < 3; k++) {
        struct creation creation = {NULL, kinds[k]};
        check_ok(pcil_network_parse(&creation.network, description));
        refuse_each(create, &creation, 15);
        pcil_network_free(creation.network);
    }
}

/* What pcil_inference_memory reports is what was asked for; tables, names and rounding are the small rest. */
static void test_reported_bytes(void **state) {
    (void)state;
    static const char *const kinds[] = {"sequential", "simultaneous", "backprop"};
    pcil_network *network = NULL;
    asked = 0;
    check_ok(pcil_network_parse(&network, "700; dense 600; relu, dense 500, tanh; gelu, dense 400; softmax"));
    int64_t weights = 4 * pcil_network_parameters(network);
    assert_true(weights <= asked && asked < weights + weights / 50);
    for (int k = 0; k < 3; k++) {
        pcil_inference *inference = NULL;
        asked = 0;
        check_ok(pcil_inference_create(&inference, network, kinds[k], 64));
        int64_t own = pcil_inference_memory(inference, "activities") + pcil_inference_memory(inference, "workspace");
        assert_int_equal(pcil_inference_memory(inference, "weights"), weights);
        if (own > asked || asked > own + own / 50)
            fail_msg("%s: %lld bytes reported, %lld asked for", kinds[k], (long long)own, (long long)asked);
        if (k < 2) check_ok(pcil_inference_set_text(inference, "error", "recomputed"));
        own = pcil_inference_memory(inference, "activities") + pcil_inference_memory(inference, "workspace");
        assert_true(own <= asked && asked <= own + own / 50);
        pcil_inference_free(inference);
    }
    pcil_network_free(network);
}

/* error=recomputed asks for memory when it is set: refused, the option and the batch stay as they were. */
static void test_recomputed(void **state) {
    (void)state;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    const float inputs[7] = {0.5f};
    const int32_t label = 1;
    int failures = 0;
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_inference_create(&inference, network, "sequential", 1));
    check_ok(pcil_clamp_labels(inference, inputs, &label, 1));
    for (pcil_status status = PCIL_ERROR_MEMORY; status != PCIL_OK; failures++) {
        double word = -1;
        refuse(failures);
        status = pcil_inference_set_text(inference, "error", "recomputed");
        refuse(-1);
        check_ok(pcil_inference_get(inference, "error", &word));
        assert_true(word == (status == PCIL_OK));
        check_ok(pcil_infer(inference, 1, NULL));
    }
    assert_true(failures >= 3);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

enum { SIDE = 8, IMAGES = 3, CLASSES = 4 };

/* Steps of two batches of different sizes; `results` receives the loss and the energy of each, and the prediction. */
static void train(const char *text, const char *kind, bool poison, float results[4 + CLASSES]) {
    static float inputs[IMAGES * SIDE * SIDE];
    const int32_t labels[IMAGES] = {2, 0, 3};
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    pcil_optimizer *optimizer = NULL;
    for (int i = 0; i < IMAGES * SIDE * SIDE; i++) inputs[i] = sinf((float)i);
    poisoned = poison;
    check_ok(pcil_network_parse(&network, text));
    check_ok(pcil_network_initialise(network, "he", 5));
    check_ok(pcil_inference_create(&inference, network, kind, IMAGES));
    check_ok(pcil_optimizer_create(&optimizer, network, "adam"));
    for (int32_t batch = IMAGES; batch >= IMAGES - 1; batch--) {
        double energy;
        check_ok(pcil_clamp_labels(inference, inputs, labels, batch));
        check_ok(pcil_infer(inference, -1, NULL));
        check_ok(pcil_energy(inference, &energy));
        check_ok(pcil_learn(inference, optimizer));
        *results++ = (float)energy;
    }
    check_ok(pcil_predict(inference, inputs, 1, results));
    poisoned = false;
    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

/* Activities and workspace are not set to zero when they are reserved: whatever is in them is written before it is
 * read. */
static void test_nothing_is_read_before_it_is_written(void **state) {
    (void)state;
    static const char *const kinds[] = {"sequential", "simultaneous", "backprop"};
    static const char *const networks[] = {
        "1x8x8; dense 20; relu, dense 9, tanh, dense 12; gelu, dense 4; softmax",
        "1x8x8; conv 6 3x3 padding=1, relu, max_pool 2x2/2; conv 5 2x2; leaky_relu, avg_pool 2x2/1, dense 4; sigmoid",
        "1x8x8; conv 16 3x3; relu, conv 8 3x3; max_pool 2x2/1, dense 4; linear",
    };
    for (int n = 0; n < 3; n++)
        for (int k = 0; k < 3; k++) {
            float clean[4 + CLASSES] = {0}, poison[4 + CLASSES] = {0};
            train(networks[n], kinds[k], false, clean);
            train(networks[n], kinds[k], true, poison);
            assert_memory_equal(clean, poison, sizeof clean);
        }
}

static int64_t resident(void) {
    long long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return -1;
    int read = fscanf(file, "%*s %lld", &pages);
    fclose(file);
    return read == 1 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

static void reserve_unfilled(const char *text, const char *purpose) {
    const int64_t few = 64 << 20;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    check_ok(pcil_network_parse(&network, text));
    int64_t before = resident();
    check_ok(pcil_inference_create(&inference, network, "sequential", 64));
    int64_t grown = resident() - before;
    assert_true(pcil_inference_memory(inference, purpose) > 2 * few);
    if (grown > few) fail_msg("%s: %lld bytes were filled", text, (long long)grown);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

/* A network of a few bytes may have large activities, and one of few weights a large workspace: to count them costs
 * none of them. */
static void test_reserving_fills_no_pages(void **state) {
    (void)state;
    if (resident() < 0) skip();
    reserve_unfilled("3x256x256; relu; max_pool 2x2/2", "activities");
    reserve_unfilled("1x160x160; conv 1 64x64", "workspace");
}

/* What no machine has is not asked for, so that none is ended for it. */
static void test_a_workspace_that_fits_no_machine(void **state) {
    (void)state;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    if (pc_machine_memory() <= 0) skip();
    check_ok(pcil_network_parse(&network, "1x4096x4096; conv 1 512x512"));
    asked = 0;
    check_fails(pcil_inference_create(&inference, network, "sequential", 1), PCIL_ERROR_MEMORY, "a batch of 1");
    assert_true(asked < 1 << 20);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_building_goes_on),
        cmocka_unit_test(test_network_calls),
        cmocka_unit_test(test_weights_stay),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_recomputed),
        cmocka_unit_test(test_reported_bytes),
        cmocka_unit_test(test_nothing_is_read_before_it_is_written),
        cmocka_unit_test(test_reserving_fills_no_pages),
        cmocka_unit_test(test_a_workspace_that_fits_no_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
