/*
 * What training leaves alone, and what it repeats: the processor's floating-point modes, the locale, signals; the same
 * bits for the same seed, in one thread and in two at once, and in every vector set.
 */
#include "test.h"

#include "base/random.h"
#include "pcil.h"

#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#if defined __x86_64__
#include <xmmintrin.h>
#endif

enum { BATCH = 7, INPUTS = 50, CLASSES = 10, PARAMETERS = 51 * 40 + 41 * 30 + 31 * 10, STEPS = 12 };

static const char *const description = "50; dense 40; relu, dense 30, sigmoid; tanh, gelu, dense 10; softmax";
static const char *const windows = "2x5x5; conv 70 2x2, relu, max_pool 2x2/1; conv 5 2x2, tanh, avg_pool 2x2/1 "
                                   "padding=1; dense 10 + from 1: max_pool 2x3, dense 10; softmax"; /* fewer weights */

/* One training run: what it starts from and the weights it ends with. */
struct run {
    const char *schedule, *optimizer;
    uint64_t seed;
    bool of_windows;
    pcil_status status;
    float weights[PARAMETERS];
};

/* Asserts nothing, so that it can run on any thread: the status tells. */
static void *train(void *user) {
    struct run *run = user;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    pcil_optimizer *optimizer = NULL;
    struct pc_random random;
    float inputs[BATCH * INPUTS];
    int32_t labels[BATCH];
    int64_t at = 0;
    pc_random_seed(&random, run->seed, "process", 0);
    run->status = pcil_network_parse(&network, run->of_windows ? windows : description);
    if (run->status == PCIL_OK) run->status = pcil_network_initialise(network, "fan_in", run->seed);
    if (run->status == PCIL_OK) run->status = pcil_inference_create(&inference, network, run->schedule, BATCH);
    if (run->status == PCIL_OK) run->status = pcil_optimizer_create(&optimizer, network, run->optimizer);
    for (int step = 0; run->status == PCIL_OK && step < STEPS; step++) {
        for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = (float)pc_random_uniform(&random);
        for (int i = 0; i < BATCH; i++) labels[i] = (int32_t)pc_random_below(&random, CLASSES);
        run->status = pcil_train_step_labels(inference, optimizer, inputs, labels, 1 + step % BATCH, NULL);
    }
    for (int32_t i = 0; run->status == PCIL_OK && i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t shape[4] = {1, 1, 1, 1}, size = 1;
        run->status = pcil_network_tensor_shape(network, name, NULL, shape);
        for (int k = 0; k < 4; k++) size *= shape[k] > 0 ? shape[k] : 1;
        if (run->status == PCIL_OK) run->status = pcil_network_get(network, name, run->weights + at, size);
        at += size;
    }
    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
    pcil_network_free(network);
    return NULL;
}

static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
static const char *const optimizers[] = {"mq", "adam", "sgd"};

static void test_same_seed_same_bits(void **state) {
    (void)state;
    for (int i = 0; i < 9; i++) {
        static struct run first, again, other;
        first = again = other = (struct run){.schedule = schedules[i % 3], .optimizer = optimizers[i / 3], .seed = 5};
        other.seed = 6;
        check_ok((train(&first), first.status));
        check_ok((train(&again), again.status));
        check_ok((train(&other), other.status));
        assert_memory_equal(first.weights, again.weights, sizeof first.weights);
        assert_memory_not_equal(first.weights, other.weights, sizeof first.weights);
    }
}

static void test_two_threads_same_bits(void **state) {
    (void)state;
    for (int i = 0; i < 9; i++) {
        static struct run alone[2], together[2];
        pthread_t threads[2];
        for (int k = 0; k < 2; k++) {
            alone[k] =
                (struct run){.schedule = schedules[(i + k) % 3], .optimizer = optimizers[i / 3], .seed = (uint64_t)k};
            together[k] = alone[k];
            check_ok((train(&alone[k]), alone[k].status));
        }
        for (int k = 0; k < 2; k++) assert_int_equal(pthread_create(&threads[k], NULL, train, &together[k]), 0);
        for (int k = 0; k < 2; k++) assert_int_equal(pthread_join(threads[k], NULL), 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(together[k].status, PCIL_OK);
            assert_memory_equal(alone[k].weights, together[k].weights, sizeof alone[k].weights);
        }
    }
}

/* A number that tells the weights of all kinds of runs, FNV-1a; 0 if one failed. */
static uint64_t fingerprint(void) {
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < 18; i++) {
        static struct run run;
        run = (struct run){
            .schedule = schedules[i % 3], .optimizer = optimizers[i / 3 % 3], .seed = 9, .of_windows = i >= 9};
        train(&run);
        if (run.status != PCIL_OK) return 0;
        const unsigned char *bytes = (const unsigned char *)run.weights;
        for (size_t b = 0; b < sizeof run.weights; b++) hash = (hash ^ bytes[b]) * 1099511628211u;
    }
    return hash;
}

static const char *program;

/* This program's fingerprint in a process of its own, with the vector set and the backend that it was told. */
static uint64_t fingerprint_with(const char *set, const char *backend) {
    char command[4200];
    unsigned long long hash = 0;
    snprintf(command, sizeof command, "PCIL_VECTOR=%s PCIL_BACKEND=%s '%s' fingerprint", set, backend, program);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    assert_int_equal(fscanf(output, "%llx", &hash), 1);
    assert_int_equal(pclose(output), 0);
    assert_true(hash != 0);
    return hash;
}

/* All sets agree to the bit where the products are the BLAS's; of the own products those with fused multiply-adds do,
 * which the x86 baseline lacks. */
static void test_vector_sets_same_bits(void **state) {
    (void)state;
    uint64_t by_blas = fingerprint_with("baseline", "blas");
    assert_int_equal(fingerprint_with("avx2", "blas"), by_blas);
    assert_int_equal(fingerprint_with("avx512", "blas"), by_blas);
    assert_int_equal(fingerprint_with("avx512", "own"), fingerprint_with("avx2", "own"));
    assert_int_equal(fingerprint_with("avx512", "own"), fingerprint_with("avx512", "own"));
}

/* Rounding, flush-to-zero and exception masks; not the sticky flags of what happened. */
static unsigned modes(void) {
#if defined __x86_64__
    return _mm_getcsr() & ~0x3fu;
#else
    return (unsigned)fegetround();
#endif
}

static void check_process_stays(const char *locale) {
    static struct run run;
    struct sigaction before[32], after[32];
    char name[128];
    run = (struct run){.schedule = "sequential", .optimizer = "adam", .seed = 1};
    snprintf(name, sizeof name, "%s", setlocale(LC_ALL, NULL));
    unsigned kept = modes();
    for (int s = 1; s < 32; s++) sigaction(s, NULL, &before[s]);
    check_ok((train(&run), run.status));
    for (int s = 1; s < 32; s++) {
        sigaction(s, NULL, &after[s]);
        assert_ptr_equal(before[s].sa_handler, after[s].sa_handler);
    }
    assert_int_equal(modes(), kept);
    assert_string_equal(setlocale(LC_ALL, NULL), name);
    if (locale) assert_string_equal(name, locale);
}

static void test_process_stays(void **state) {
    (void)state;
    check_process_stays(NULL);
    if (setlocale(LC_ALL, "de_DE.UTF-8")) check_process_stays("de_DE.UTF-8");
    if (setlocale(LC_ALL, "C.UTF-8")) check_process_stays("C.UTF-8");
    setlocale(LC_ALL, "C");
}

/* A program that rounds upwards or flushes denormals keeps doing so. */
static void test_own_modes_stay(void **state) {
    (void)state;
    int rounding = fegetround();
    assert_int_equal(fesetround(FE_UPWARD), 0);
    check_process_stays(NULL);
    fesetround(rounding);
#if defined __x86_64__
    unsigned kept = _mm_getcsr();
    _mm_setcsr(kept | 0x8040u);
    check_process_stays(NULL);
    _mm_setcsr(kept);
#endif
}

int main(int count, char **arguments) {
    program = arguments[0];
    if (count == 2 && strcmp(arguments[1], "fingerprint") == 0)
        return printf("%llx\n", (unsigned long long)fingerprint()) < 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bits),   cmocka_unit_test(test_two_threads_same_bits),
        cmocka_unit_test(test_vector_sets_same_bits), cmocka_unit_test(test_process_stays),
        cmocka_unit_test(test_own_modes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
