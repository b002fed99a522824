/* The passes and sums of linalg/: right, and the same bits for every instruction set. */
#include "test.h"

#include "base/random.h"
#include "linalg/blas.h"
#include "linalg/inner.h"
#include "linalg/passes.h"

enum { COUNT = 3001 };

static void fill(float *values, int64_t count, uint64_t index) {
    struct pc_random random;
    pc_random_seed(&random, 7, "test", index);
    for (int64_t i = 0; i < count; i++) values[i] = (float)pc_random_normal(&random);
}

/* Sums of whole numbers are exact in any order. */
static void test_inner(void **state) {
    (void)state;
    double a[60], b[60], expected = 0;
    for (int i = 0; i < 60; i++) {
        a[i] = i % 7 - 3;
        b[i] = i % 5 + 1;
    }
    for (int count = 0; count <= 60; count++) {
        assert_true(pc_inner(a, b, count) == expected);
        if (count < 60) expected += a[count] * b[count];
    }
}

static void check_set(const struct pc_passes *passes, const struct pc_passes *baseline) {
    static float x[COUNT], y[COUNT], a[COUNT], b[COUNT];
    fill(x, COUNT, 1);
    fill(y, COUNT, 2);
    assert_true(passes->sum_magnitudes(COUNT, x) == baseline->sum_magnitudes(COUNT, x));
    assert_true(passes->sum_squares(COUNT, x) == baseline->sum_squares(COUNT, x));
    passes->sum_rows(30, 100, .3f, x, 0, a);
    baseline->sum_rows(30, 100, .3f, x, 0, b);
    assert_memory_equal(a, b, 100 * sizeof *a);
    passes->subtract(COUNT, x, y, a);
    baseline->subtract(COUNT, x, y, b);
    passes->add(COUNT, y, a);
    baseline->add(COUNT, y, b);
    passes->scale(COUNT, 1.7f, a);
    baseline->scale(COUNT, 1.7f, b);
    assert_memory_equal(a, b, sizeof a);
}

static void test_sets_agree_to_the_bit(void **state) {
    (void)state;
#ifdef PC_HAS_AVX
    if (__builtin_cpu_supports("avx2")) check_set(&pc_passes_avx2, &pc_passes_baseline);
    if (__builtin_cpu_supports("avx512f")) check_set(&pc_passes_avx512, &pc_passes_baseline);
#endif
    check_set(PC_VECTOR_PICK(pc_passes), &pc_passes_baseline);
}

static void test_sums_are_right_for_every_length(void **state) {
    (void)state;
    static float x[COUNT];
    fill(x, COUNT, 3);
    double magnitudes = 0, squares = 0;
    for (int64_t n = 0; n <= COUNT; n++) {
        assert_true(fabs(PC_VECTOR_PICK(pc_passes)->sum_magnitudes(n, x) - magnitudes) <= 1e-6 * magnitudes);
        assert_true(fabs(PC_VECTOR_PICK(pc_passes)->sum_squares(n, x) - squares) <= 1e-6 * squares);
        if (n == COUNT) break;
        magnitudes += fabs((double)x[n]);
        squares += (double)x[n] * (double)x[n];
    }
}

static void test_sums_tell_what_is_not_finite(void **state) {
    (void)state;
    float x[40] = {0};
    for (size_t place = 0; place < 40; place += 13) {
        x[place] = NAN;
        assert_true(!isfinite(PC_VECTOR_PICK(pc_passes)->sum_magnitudes(40, x)));
        x[place] = -INFINITY;
        assert_true(!isfinite(PC_VECTOR_PICK(pc_passes)->sum_magnitudes(40, x)));
        x[place] = 0;
    }
}

static void test_sum_rows_scales_and_adds(void **state) {
    (void)state;
    float x[6] = {1, 2, 3, 4, 5, 6}, out[3] = {10, 20, NAN};
    PC_VECTOR_PICK(pc_passes)->sum_rows(2, 2, 2, x, .5f, out);
    assert_true(out[0] == 5 + 2 * (1 + 3) && out[1] == 10 + 2 * (2 + 4));
    PC_VECTOR_PICK(pc_passes)->sum_rows(2, 3, -1, x, 0, out);
    assert_true(out[0] == -5 && out[1] == -7 && out[2] == -9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inner),
        cmocka_unit_test(test_sets_agree_to_the_bit),
        cmocka_unit_test(test_sums_are_right_for_every_length),
        cmocka_unit_test(test_sums_tell_what_is_not_finite),
        cmocka_unit_test(test_sum_rows_scales_and_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
