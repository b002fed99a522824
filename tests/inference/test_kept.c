/* Packed weights are kept while no weight changes: a change counts at once, between two calls or in a callback. */
#include "test.h"

#include "pcil.h"

enum { BATCH = 3, INPUTS = 2 * 9 * 9, HIDDEN = 8 * 7 * 7, WEIGHTS = 3 * 3 * 8 * 5 };

static const char network[] = "2x9x9; conv 8 3x3, relu; conv 5 3x3/2, relu; dense 4; softmax";

static float inputs[BATCH * INPUTS], weights[WEIGHTS], whole[BATCH * HIDDEN], parts[BATCH * HIDDEN];
static const int32_t labels[BATCH] = {0, 3, 1};

struct subject {
    pcil_network *network;
    pcil_inference *inference;
};

static void begin(struct subject *subject) {
    check_ok(pcil_network_parse(&subject->network, network));
    check_ok(pcil_network_initialise(subject->network, "fan_in", 3));
    check_ok(pcil_inference_create(&subject->inference, subject->network, "sequential", BATCH));
    check_ok(pcil_inference_set(subject->inference, "step_size", .5));
    check_ok(pcil_clamp_labels(subject->inference, inputs, labels, BATCH));
}

static void end(struct subject *subject, float *activity) {
    check_ok(pcil_inference_activity(subject->inference, 1, activity, BATCH * HIDDEN));
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static void change(pcil_network *of) {
    check_ok(pcil_network_set(of, "block1.conv.weight", weights, WEIGHTS));
}

static int32_t change_after_the_first(void *user, int32_t iteration, double energy, const double *errors,
                                      int32_t nodes) {
    (void)energy, (void)errors, (void)nodes;
    if (iteration == 1) change(user);
    return 0;
}

static void test_a_change_counts_at_once(void **state) {
    (void)state;
    struct subject subject;
    for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = .1f * (float)(i % 11);
    for (int i = 0; i < WEIGHTS; i++) weights[i] = .02f * (float)(i % 17 - 8);
    begin(&subject);
    check_ok(pcil_inference_trace(subject.inference, change_after_the_first, subject.network));
    check_ok(pcil_infer(subject.inference, 3, NULL));
    end(&subject, whole);
    begin(&subject);
    check_ok(pcil_infer(subject.inference, 1, NULL));
    change(subject.network);
    check_ok(pcil_infer(subject.inference, 2, NULL));
    end(&subject, parts);
    assert_memory_equal(whole, parts, sizeof whole);
    begin(&subject);
    check_ok(pcil_infer(subject.inference, 3, NULL));
    end(&subject, parts);
    assert_memory_not_equal(whole, parts, sizeof whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_change_counts_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
