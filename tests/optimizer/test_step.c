/* The element-wise passes: equal bits on every instruction set, nothing outside the range, what is not finite shows. */
#include "test.h"

#include "base/random.h"
#include "optimizer/step.h"

#include <float.h>

enum { MOST = 1700, MARGIN = 1 };

#if defined(__x86_64__)
extern const struct pc_step_kernels pc_step_kernels_avx2, pc_step_kernels_avx512;
static const struct pc_step_kernels *const sets[] = {&pc_step_kernels_baseline, &pc_step_kernels_avx2,
                                                     &pc_step_kernels_avx512};
#else
static const struct pc_step_kernels *const sets[] = {&pc_step_kernels_baseline};
#endif

struct arrays {
    float weights[MOST], gradient[MOST], first[MOST], second[MOST];
    struct pc_step_sums sums;
    double squares;
};

static struct pc_step make_step(void) {
    return (struct pc_step){.limit = 1.5F,
                            .scale = .7F,
                            .rate = .013F,
                            .coupled = .05F,
                            .decoupled = .002F,
                            .keep = .9F,
                            .take = .1F,
                            .square_keep = .999F,
                            .square_take = .001F,
                            .from_gradient = 1,
                            .from_momentum = .9F,
                            .root = 3.1F,
                            .epsilon = 1e-8F,
                            .average = true,
                            .measure = true};
}

static void draw(struct arrays *arrays) {
    struct pc_random random;
    pc_random_seed(&random, 3, "test", 0);
    memset(arrays, 0, sizeof *arrays);
    for (int i = 0; i < MOST; i++) {
        arrays->weights[i] = (float)pc_random_normal(&random);
        arrays->gradient[i] = (float)pc_random_normal(&random);
        arrays->first[i] = i % 7 ? (float)pc_random_normal(&random) : 1e-33F;
        arrays->second[i] = i % 5 ? (float)pc_random_uniform(&random) : 1e-37F;
    }
}

/* Begins one element in, so that nothing is aligned. */
static void run(const struct pc_step_kernels *kernels, int pass, int count, bool gradient, struct arrays *arrays) {
    struct pc_step step = make_step();
    draw(arrays);
    kernels->pass[pass](&step, arrays->weights + MARGIN, gradient ? arrays->gradient + MARGIN : NULL,
                        arrays->first + MARGIN, arrays->second + MARGIN, count, &arrays->sums);
    arrays->squares = kernels->squares(arrays->gradient + MARGIN, count, step.limit);
}

static void test_sets_agree_to_the_bit(void **state) {
    (void)state;
    static const int counts[] = {0, 1, 3, 15, 16, 17, 31, 100, 511, 512, 513, 1024, 1600};
    static struct arrays expected, got;
    for (enum pc_vector_set set = PC_VECTOR_BASELINE; set <= pc_vector_set(); set++) {
        for (int pass = 0; pass < PC_PASSES; pass++) {
            for (size_t c = 0; c < 2 * sizeof counts / sizeof counts[0]; c++) {
                run(sets[PC_VECTOR_BASELINE], pass, counts[c / 2], c % 2, &expected);
                run(sets[set], pass, counts[c / 2], c % 2, &got);
                assert_memory_equal(&got, &expected, sizeof got);
            }
        }
    }
}

static void test_only_the_range_moves(void **state) {
    (void)state;
    static struct arrays before, after;
    draw(&before);
    for (int pass = 0; pass < PC_PASSES; pass++) {
        run(PC_VECTOR_PICK(pc_step_kernels), pass, 600, true, &after);
        assert_memory_equal(after.gradient, before.gradient, sizeof after.gradient);
        for (int i = 0; i < MOST; i++) {
            bool inside = i >= MARGIN && i < MARGIN + 600;
            assert_true((after.weights[i] != before.weights[i]) == inside);
            assert_true((after.first[i] != before.first[i]) == (inside && pass != PC_PASS_PLAIN));
            assert_true((after.second[i] != before.second[i]) == (inside && pass == PC_PASS_ADAM));
        }
    }
}

/* Without clipping, decay and measures the plain step takes a shorter way to the same bits of finite
 * weights, whatever the gradient is. */
static void test_a_bare_step_is_the_same_to_the_bit(void **state) {
    (void)state;
    static const int counts[] = {1, 15, 16, 17, 511, 512, 513, 1600};
    static struct arrays measured, bare;
    struct pc_step step = {.limit = INFINITY, .scale = 1, .rate = .013F, .average = true};
    for (enum pc_vector_set set = PC_VECTOR_BASELINE; set <= pc_vector_set(); set++) {
        for (size_t c = 0; c < 2 * sizeof counts / sizeof counts[0]; c++) {
            int count = counts[c / 2];
            draw(&measured);
            if (c % 2) measured.gradient[MARGIN + count - 1] = NAN;
            bare = measured;
            step.measure = true;
            sets[set]->pass[PC_PASS_PLAIN](&step, measured.weights + MARGIN, measured.gradient + MARGIN, NULL, NULL,
                                           count, &measured.sums);
            step.measure = false;
            sets[set]->pass[PC_PASS_PLAIN](&step, bare.weights + MARGIN, bare.gradient + MARGIN, NULL, NULL, count,
                                           &bare.sums);
            assert_true(isnan(bare.sums.gradient) == (c % 2));
            assert_true(c % 2 || bare.sums.gradient == measured.sums.gradient);
            assert_memory_equal(bare.weights, measured.weights, sizeof bare.weights);
        }
    }
}

/* Clipping must not make a NaN an ordinary number; a sum over all elements finds it wherever it stands. */
static void test_a_nan_reaches_the_sum(void **state) {
    (void)state;
    static struct arrays arrays;
    struct pc_step step = make_step();
    for (int place = 0; place < 530; place += 23) {
        for (int pass = 0; pass < PC_PASSES; pass++) {
            draw(&arrays);
            arrays.gradient[place] = NAN;
            PC_VECTOR_PICK(pc_step_kernels)
                ->pass[pass](&step, arrays.weights, arrays.gradient, arrays.first, arrays.second, 530, &arrays.sums);
            assert_true(isnan(arrays.sums.gradient));
        }
        assert_true(isnan(PC_VECTOR_PICK(pc_step_kernels)->squares(arrays.gradient, 530, 1.5F)));
    }
}

static void test_state_of_dead_units_becomes_zero(void **state) {
    (void)state;
    static struct arrays arrays;
    struct pc_step step = make_step();
    step.coupled = step.decoupled = 0;
    for (int pass = PC_PASS_MOMENTUM; pass < PC_PASSES; pass++) {
        draw(&arrays);
        for (int i = 0; i < 100; i++) arrays.second[i] = 1e-10F;
        for (int b = 0; b < 80000; b++)
            PC_VECTOR_PICK(pc_step_kernels)
                ->pass[pass](&step, arrays.weights, NULL, arrays.first, arrays.second, 100, &arrays.sums);
        for (int i = 0; i < 100; i++) {
            assert_true(arrays.first[i] == 0 && isfinite(arrays.weights[i]));
            assert_true(pass == PC_PASS_MOMENTUM || arrays.second[i] == 0);
        }
    }
}

static void test_squares_do_not_overflow(void **state) {
    (void)state;
    float gradient[19];
    double expected = 0;
    for (int i = 0; i < 19; i++) gradient[i] = (float)(i - 9) * 1e30F;
    for (int i = 0; i < 19; i++) expected += (double)gradient[i] * (double)gradient[i];
    double got = PC_VECTOR_PICK(pc_step_kernels)->squares(gradient, 19, INFINITY);
    check_close(&got, &expected, 1, 1e-14);
    gradient[0] = -FLT_MAX;
    got = PC_VECTOR_PICK(pc_step_kernels)->squares(gradient, 19, 2);
    expected = 18 * 4; /* all but the 0 are clamped */
    check_close(&got, &expected, 1, 1e-14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_agree_to_the_bit),
        cmocka_unit_test(test_only_the_range_moves),
        cmocka_unit_test(test_a_bare_step_is_the_same_to_the_bit),
        cmocka_unit_test(test_a_nan_reaches_the_sum),
        cmocka_unit_test(test_state_of_dead_units_becomes_zero),
        cmocka_unit_test(test_squares_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
