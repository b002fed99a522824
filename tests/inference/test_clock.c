/* The clock of a handle: what it counts, and when. That time passes is tested, not how much. */
#include "test.h"

#include "pcil.h"

static const char *const phases[] = {"forward", "inference", "clamp", "gradient", "optimizer"};

enum { PHASES = 5, BATCH = 64, INPUTS = 200 };

static float inputs[BATCH * INPUTS];
static int32_t labels[BATCH];

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
};

static void make(struct subject *subject, const char *optimizer) {
    check_ok(pcil_network_parse(&subject->network, "200; dense 100; relu, dense 50; relu, dense 10; softmax"));
    check_ok(pcil_inference_create(&subject->inference, subject->network, "sequential", BATCH));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, optimizer));
}

static void clear(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

static double total(const struct subject *subject) {
    double sum = 0;
    for (int i = 0; i < PHASES; i++) sum += pcil_inference_seconds(subject->inference, phases[i]);
    return sum;
}

static void step(struct subject *subject) {
    check_ok(pcil_train_step_labels(subject->inference, subject->optimizer, inputs, labels, BATCH, NULL));
}

static void test_counts_while_it_runs(void **state) {
    (void)state;
    struct subject subject;
    make(&subject, "mq");
    step(&subject);
    assert_true(total(&subject) == 0);
    check_ok(pcil_inference_clock(subject.inference, 1));
    assert_true(total(&subject) == 0);
    check_ok(pcil_clamp_labels(subject.inference, inputs, labels, BATCH));
    assert_true(pcil_inference_seconds(subject.inference, "forward") > 0);
    assert_true(pcil_inference_seconds(subject.inference, "inference") == 0);
    check_ok(pcil_infer(subject.inference, 3, NULL));
    assert_true(pcil_inference_seconds(subject.inference, "inference") > 0);
    assert_true(pcil_inference_seconds(subject.inference, "gradient") == 0);
    check_ok(pcil_learn(subject.inference, subject.optimizer));
    for (int i = 0; i < PHASES; i++) assert_true(pcil_inference_seconds(subject.inference, phases[i]) > 0);
    check_ok(pcil_inference_clock(subject.inference, 0));
    double before = total(&subject);
    step(&subject);
    assert_true(total(&subject) == before);
    check_ok(pcil_inference_clock(subject.inference, 1));
    assert_true(total(&subject) == 0);
    clear(&subject);
}

/* What only reads, and what lies between calls, belongs to no phase. */
static void test_reading_is_no_phase(void **state) {
    (void)state;
    struct subject subject;
    make(&subject, "sgd");
    check_ok(pcil_inference_clock(subject.inference, 1));
    step(&subject);
    double before = total(&subject);
    double energy;
    check_ok(pcil_energy(subject.inference, &energy));
    assert_true(total(&subject) == before);
    clear(&subject);
}

static void test_misuse(void **state) {
    (void)state;
    struct subject subject;
    make(&subject, "sgd");
    check_fails(pcil_inference_clock(NULL, 1), PCIL_ERROR_ARGUMENT, "the inference is NULL");
    assert_true(pcil_inference_seconds(NULL, "forward") == -1);
    assert_true(pcil_inference_seconds(subject.inference, NULL) == -1);
    assert_true(pcil_inference_seconds(subject.inference, "fast") == -1);
    clear(&subject);
}

int main(void) {
    for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = (float)(i % 7) / 7;
    for (int i = 0; i < BATCH; i++) labels[i] = i % 10;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_while_it_runs),
        cmocka_unit_test(test_reading_is_no_phase),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
