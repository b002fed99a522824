/*
 * No call on a handle allocates after its creation. This program's own malloc and its relatives count what the whole
 * process asks for; the first step is not counted, since a BLAS may take its buffers then.
 */
#include "test.h"

#include "pcil.h"

#include <errno.h>
#include <stdio.h>

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined __GLIBC__ && !defined SANITIZED
#define COUNTS 1

static volatile long requests;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

void *malloc(size_t size) {
    requests++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    requests++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    requests++;
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    requests++;
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size) {
    requests++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    requests++;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory) {
    requests += memory != NULL;
    __libc_free(memory);
}
#else
static long requests;
#endif

enum { BATCH = 5, INPUTS = 40, CLASSES = 10 };

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    pcil_traces *traces;
    float inputs[BATCH * INPUTS], targets[BATCH * CLASSES], values[BATCH * INPUTS * 2];
    int32_t labels[BATCH];
};

static int32_t watch(void *user, int32_t iteration, double energy, const double *errors, int32_t nodes) {
    (void)user, (void)iteration, (void)energy, (void)errors, (void)nodes;
    return 0;
}

/* Everything that may be called while training. */
static void run(struct subject *subject, int32_t batch) {
    double number;
    check_ok(
        pcil_train_step(subject->inference, subject->optimizer, subject->inputs, subject->targets, batch, &number));
    check_ok(
        pcil_train_step_labels(subject->inference, subject->optimizer, subject->inputs, subject->labels, batch, NULL));
    check_ok(pcil_clamp_labels(subject->inference, subject->inputs, subject->labels, batch));
    check_ok(pcil_infer(subject->inference, 2, &number));
    check_ok(pcil_energy(subject->inference, &number));
    check_ok(pcil_energy_node(subject->inference, 1, &number, NULL, NULL));
    check_ok(pcil_loss(subject->inference, &number));
    check_ok(pcil_gradient(subject->inference, "block2.dense.bias", subject->values, CLASSES));
    check_ok(pcil_inference_activity(subject->inference, 1, subject->values, (int64_t)batch * 30));
    check_ok(pcil_learn(subject->inference, subject->optimizer));
    check_ok(pcil_optimizer_value(subject->optimizer, "rate", 0, &number));
    check_ok(pcil_clamp_labels(subject->inference, subject->inputs, subject->labels, batch));
    check_ok(pcil_traces_step(subject->traces, &number));
    check_ok(pcil_traces_value(subject->traces, "signal_to_noise", 0, 0, &number));
    check_ok(pcil_inference_residual(subject->inference, &number, NULL, NULL));
    check_ok(pcil_energy_samples(subject->inference, 1, NULL, NULL, NULL));
    check_ok(pcil_predict(subject->inference, subject->inputs, BATCH, subject->values));
    check_ok(pcil_optimizer_reset(subject->optimizer));
}

static long counted(const char *schedule, const char *optimizer, int options) {
    static struct subject subject;
    memset(&subject, 0, sizeof subject);
    for (int i = 0; i < BATCH * INPUTS; i++) subject.inputs[i] = 0.01f * (float)(i % 100);
    for (int i = 0; i < BATCH; i++) subject.targets[i * CLASSES + i] = 1;
    check_ok(pcil_network_parse(&subject.network, "40; dense 30; relu, dense 20, tanh; gelu, dense 10; softmax"));
    check_ok(pcil_inference_create(&subject.inference, subject.network, schedule, BATCH));
    check_ok(pcil_optimizer_create(&subject.optimizer, subject.network, optimizer));
    if (options) {
        check_ok(pcil_optimizer_measure(subject.optimizer, 1));
        check_ok(pcil_optimizer_set(subject.optimizer, "clip_norm", 0.5));
        check_ok(pcil_optimizer_set(subject.optimizer, "weight_decay", 0.01));
        check_ok(pcil_inference_trace(subject.inference, watch, NULL));
    }
    if (options && strcmp(schedule, "backprop") != 0) {
        check_ok(pcil_inference_set(subject.inference, "activity_decay", 0.1));
        check_ok(pcil_inference_set(subject.inference, "tolerance", 1e-9));
        check_ok(pcil_inference_set_text(subject.inference, "error", "recomputed"));
    }
    check_ok(pcil_traces_create(&subject.traces, subject.inference, subject.optimizer));
    run(&subject, BATCH);
    long before = requests;
    int64_t own = pcil_memory_requests();
    for (int32_t batch = 1; batch <= BATCH; batch++) run(&subject, batch);
    long made = requests - before;
    assert_int_equal(pcil_memory_requests() - own, 0);
    pcil_traces_free(subject.traces);
    pcil_optimizer_free(subject.optimizer);
    pcil_inference_free(subject.inference);
    pcil_network_free(subject.network);
    return made;
}

static void test_no_allocations(void **state) {
    (void)state;
    static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
    static const char *const optimizers[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
#ifndef COUNTS
    print_message("memory requests are not counted in this build\n");
    skip();
#endif
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < 7; k++)
            for (int options = 0; options < 2; options++) {
                long made = counted(schedules[s], optimizers[k], options);
                if (made != 0) fail_msg("%s, %s, options %d: %ld requests", schedules[s], optimizers[k], options, made);
            }
}

/* The counter counts the library's requests, or the test above could not fail. */
static void test_requests_are_counted(void **state) {
    (void)state;
#ifndef COUNTS
    skip();
#endif
    pcil_network *network = NULL;
    long before = requests;
    int64_t own = pcil_memory_requests();
    check_ok(pcil_network_parse(&network, "4; dense 3"));
    assert_true(requests > before + 2);
    assert_true(pcil_memory_requests() > own + 2 && pcil_memory_requests() - own <= requests - before);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_counted),
        cmocka_unit_test(test_no_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
