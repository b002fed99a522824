/* The pass of the output kind sigmoid: against the C library's exp in double, and the same bits for every instruction
 * set. */
#include "test.h"

#include "network/logistic.h"

enum { MOST = 100, GUARD = 16 };

static void check_values(pc_logistic_pass_t *pass) {
    static float x[1 << 16], out[1 << 16];
    int count = 1 << 16;
    for (int i = 0; i < count; i++) x[i] = (float)(i - count / 2) * (100.F / 32768) + 1e-4F * (float)(i % 7);
    pass(count, x, out);
    for (int i = 0; i < count; i++) {
        double expected = 1 / (1 + exp(-fmin(fmax((double)x[i], -87), 87)));
        if (!(fabs((double)out[i] - expected) <= 4 * 0x1p-24 * expected))
            fail_msg("of %.9g: %.9g, expected %.9g", (double)x[i], (double)out[i], expected);
    }
}

static void check_corners(pc_logistic_pass_t *pass) {
    const float x[] = {0, -0.F, INFINITY, -INFINITY, NAN, 1e-30F, -3e38F};
    float out[7];
    pass(7, x, out);
    assert_true(out[0] == .5F && out[1] == .5F && out[5] == .5F);
    assert_true(out[2] == 1);
    assert_true(out[3] > 0 && out[3] < 2e-38F && out[6] == out[3]);
    assert_true(isnan(out[4]));
}

static void check_lengths(pc_logistic_pass_t *pass) {
    float x[MOST], out[MOST + GUARD], one;
    for (int i = 0; i < MOST; i++) x[i] = (float)i / 7 - 5;
    for (int count = 0; count <= MOST; count++) {
        for (int i = 0; i < MOST + GUARD; i++) out[i] = 7;
        pass(count, x, out);
        for (int i = 0; i < MOST + GUARD; i++) {
            if (i < count) pc_logistic_pass_baseline(1, x + i, &one);
            assert_true(out[i] == (i < count ? one : 7));
        }
    }
}

static void check_set(pc_logistic_pass_t *pass) {
    check_values(pass);
    check_corners(pass);
    check_lengths(pass);
}

static void test_every_set(void **state) {
    (void)state;
    check_set(pc_logistic_pass_baseline);
#ifdef PC_HAS_AVX
    if (__builtin_cpu_supports("avx2")) check_set(pc_logistic_pass_avx2);
    if (__builtin_cpu_supports("avx512f")) check_set(pc_logistic_pass_avx512);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
