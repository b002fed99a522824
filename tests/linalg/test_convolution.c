/*
 * The own convolutions against plain loops in double, for windows of all kinds. Tolerance as in test_backends.c: the
 * bound for a sum of K products in any order, (K + 4) 2^-24 times the sum of the terms' magnitudes.
 */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/team.h"
#include "linalg/backend.h"
#include "linalg/convolve.h"
#include "linalg/own.h"

enum { MOST = 1 << 19, GUARD = 16 };

static float x[MOST], e[MOST], w[MOST], got[MOST + 2 * GUARD], again[MOST];
static double expected[MOST], bound[MOST];

static void fill(float *values, int64_t count, uint64_t stream) {
    struct pc_random random;
    pc_random_seed(&random, 5, "test", stream);
    assert_true(count <= MOST);
    for (int64_t i = 0; i < count; i++) values[i] = (float)pc_random_normal(&random);
}

static struct pc_windows windows_of(int32_t height, int32_t width, int32_t channels, int32_t kernel_height,
                                    int32_t kernel_width, int32_t stride, int32_t padding, int32_t outputs) {
    return (struct pc_windows){height,
                               width,
                               channels,
                               kernel_height,
                               kernel_width,
                               stride,
                               padding,
                               (height + 2 * padding - kernel_height) / stride + 1,
                               (width + 2 * padding - kernel_width) / stride + 1,
                               outputs};
}

/* A number of x, one of W, one of e that meet. */
struct meeting {
    int64_t x, w, e;
};

typedef void (*visit)(const struct meeting *at);

static void visit_tap(const struct pc_windows *v, int64_t pixel, int64_t tap, int64_t window, visit each) {
    for (int64_t c = 0; c < v->channels; c++)
        for (int64_t o = 0; o < v->outputs; o++)
            each(&(struct meeting){pixel * v->channels + c, (tap * v->channels + c) * v->outputs + o,
                                   window * v->outputs + o});
}

static void visit_all(const struct pc_windows *v, int64_t images, visit each) {
    for (int64_t window = 0; window < images * v->out_height * v->out_width; window++)
        for (int64_t tap = 0; tap < (int64_t)v->kernel_height * v->kernel_width; tap++) {
            int64_t image = window / (v->out_height * v->out_width);
            int64_t top = window / v->out_width % v->out_height * v->stride - v->padding;
            int64_t left = window % v->out_width * v->stride - v->padding;
            int64_t row = top + tap / v->kernel_width, column = left + tap % v->kernel_width;
            if (row < 0 || column < 0 || row >= v->height || column >= v->width) continue;
            visit_tap(v, (image * v->height + row) * v->width + column, tap, window, each);
        }
}

static float alpha;

static void add(int64_t at, double term) {
    expected[at] += term;
    bound[at] += fabs(term);
}

static void add_forward(const struct meeting *at) {
    add(at->e, (double)alpha * (double)x[at->x] * (double)w[at->w]);
}

static void add_back(const struct meeting *at) {
    add(at->x, (double)e[at->e] * (double)w[at->w]);
}

static void add_gradient(const struct meeting *at) {
    add(at->w, (double)alpha * (double)x[at->x] * (double)e[at->e]);
}

/* Room for `count` results between guards: NaN where beta is 0, else numbers whose beta-fold the sums begin with. */
static float *prepare(int64_t count, float beta) {
    fill(got, count + 2 * GUARD, 4);
    for (int64_t i = 0; i < GUARD; i++) got[i] = got[GUARD + count + i] = 7;
    for (int64_t i = 0; i < count; i++) {
        if (beta == 0) got[GUARD + i] = NAN;
        expected[i] = beta == 0 ? 0 : (double)beta * (double)got[GUARD + i];
        bound[i] = fabs(expected[i]);
    }
    return got + GUARD;
}

static void check(const char *product, int64_t count, int64_t terms) {
    for (int64_t i = 0; i < count; i++)
        if (!(fabs((double)got[GUARD + i] - expected[i]) <= (double)(terms + 4) * 0x1p-24 * bound[i]))
            fail_msg("%s: number %lld is %g, expected %g", product, (long long)i, (double)got[GUARD + i], expected[i]);
    for (int64_t i = 0; i < GUARD; i++)
        if (got[i] != 7 || got[GUARD + count + i] != 7) fail_msg("%s: wrote outside", product);
}

static void check_windows(const struct pc_windows *v, int64_t images, float factor, float beta) {
    const struct pc_convolution *own = &pc_own_convolution;
    int64_t in = images * pc_windows_in(v), out = images * pc_windows_out(v), inputs = pc_windows_inputs(v);
    float *room = pc_allocate_floats(own->room(v), 1);
    assert_non_null(room);
    alpha = factor;
    fill(x, in, 1);
    fill(e, out, 2);
    fill(w, inputs * v->outputs, 3);
    own->pack(v, false, w, room);
    own->forward(NULL, v, images, alpha, x, room, beta, prepare(out, beta));
    visit_all(v, images, add_forward);
    check("forward", out, inputs);
    own->pack(v, true, w, room);
    own->back(NULL, v, images, e, room, prepare(in, 0));
    visit_all(v, images, add_back);
    check("back", in, (int64_t)v->kernel_height * v->kernel_width * v->outputs);
    own->gradient(room, NULL, v, images, alpha, x, e, beta, prepare(inputs * v->outputs, beta));
    visit_all(v, images, add_gradient);
    check("gradient", inputs * v->outputs, out / v->outputs);
    pc_release(room);
}

static void test_every_stride_and_padding(void **state) {
    (void)state;
    for (int32_t stride = 1; stride <= 3; stride++)
        for (int32_t padding = 0; padding <= 2; padding++)
            for (int32_t kernel = padding + 1; kernel <= 5; kernel++)
                for (int32_t images = 1; images <= 5; images++) {
                    struct pc_windows v = windows_of(7, 9, 1 + kernel % 4, kernel, kernel, stride, padding, 5);
                    check_windows(&v, images, -1, 1);
                }
}

/* Kernels larger than the image, of one row or column, strides beyond the kernel, pixels that no window sees. */
static void test_windows_of_odd_shapes(void **state) {
    (void)state;
    static const int32_t shapes[][7] = {{2, 3, 2, 4, 5, 1, 1}, {1, 8, 3, 1, 3, 2, 0}, {9, 1, 3, 4, 1, 3, 0},
                                        {8, 8, 2, 2, 2, 5, 0}, {3, 3, 4, 5, 5, 2, 4}, {1, 1, 1, 1, 1, 1, 0},
                                        {6, 5, 2, 3, 2, 7, 1}, {5, 4, 1, 3, 4, 1, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int32_t *s = shapes[i];
        struct pc_windows v = windows_of(s[0], s[1], s[2], s[3], s[4], s[5], s[6], 3);
        check_windows(&v, 3, 2, .5f);
        check_windows(&v, 1, 1, 0);
    }
}

/* Columns that are no whole registers, and several strips of them. */
static void test_many_channels(void **state) {
    (void)state;
    for (int32_t channels = 1; channels <= 140; channels = channels * 2 + 1) {
        struct pc_windows v = windows_of(5, 4, channels, 3, 2, 1 + channels % 2, 1, 140 - channels);
        check_windows(&v, 2, 1, 1);
    }
}

/* More terms, or more pieces of them, than a block has: it ends within a tap, forward and back. */
static void test_many_terms(void **state) {
    (void)state;
    struct pc_windows wide = windows_of(6, 5, 150, 3, 3, 1, 1, 3), deep = windows_of(6, 5, 3, 3, 3, 1, 1, 150);
    struct pc_windows tall = windows_of(19, 2, 2, 18, 1, 1, 0, 3);
    check_windows(&wide, 2, -1, .5f);
    check_windows(&deep, 2, 1, 0);
    check_windows(&tall, 3, 1, 1);
}

/* So many images that they are worked off in pieces; windows that are more than a handful. */
static void test_many_images(void **state) {
    (void)state;
    struct pc_windows large = windows_of(40, 40, 20, 3, 3, 3, 0, 6), small = windows_of(6, 6, 8, 3, 3, 1, 1, 9);
    check_windows(&large, 12, 1, 1);
    check_windows(&small, 40, 1, 0);
}

/* The same numbers to the last bit, whoever shares the work. */
static void test_a_team_changes_nothing(void **state) {
    (void)state;
    const struct pc_convolution *own = &pc_own_convolution;
    struct pc_windows v = windows_of(40, 40, 20, 3, 3, 2, 1, 18);
    int64_t images = 9, in = images * pc_windows_in(&v), out = images * pc_windows_out(&v);
    int64_t weights = pc_windows_inputs(&v) * v.outputs;
    struct pc_team *team;
    check_ok(pc_team_create(&team, 3));
    float *room = pc_allocate_floats(own->room(&v), 1);
    fill(x, in, 1);
    fill(e, out, 2);
    fill(w, weights, 3);
    own->pack(&v, false, w, room);
    own->forward(NULL, &v, images, 1, x, room, 0, got);
    own->forward(team, &v, images, 1, x, room, 0, again);
    assert_memory_equal(got, again, (size_t)out * sizeof *got);
    own->pack(&v, true, w, room);
    own->back(NULL, &v, images, e, room, got);
    own->back(team, &v, images, e, room, again);
    assert_memory_equal(got, again, (size_t)in * sizeof *got);
    own->gradient(room, NULL, &v, images, 1, x, e, 0, got);
    own->gradient(room, team, &v, images, 1, x, e, 0, again);
    assert_memory_equal(got, again, (size_t)weights * sizeof *got);
    pc_release(room);
    pc_team_free(team);
}

#ifdef PC_HAS_AVX
/* Sets with fused multiply-adds add the same terms in the same order. */
static void test_fused_sets_have_the_same_bits(void **state) {
    (void)state;
    struct pc_windows v = windows_of(9, 8, 21, 3, 3, 2, 1, 75);
    int64_t images = 3, out = images * pc_windows_out(&v), weights = pc_windows_inputs(&v) * v.outputs;
    if (!__builtin_cpu_supports("avx512bw")) skip();
    float *packed = pc_allocate_floats(pc_own_packed_avx2(&v, false) + pc_own_packed_avx512(&v, false), 1);
    fill(x, images * pc_windows_in(&v), 1);
    fill(e, out, 2);
    fill(w, weights, 3);
    pc_own_pack_avx2(&v, false, w, packed);
    pc_own_convolve_avx2(&v, false, images, 1, x, packed, 0, got);
    pc_own_pack_avx512(&v, false, w, packed);
    pc_own_convolve_avx512(&v, false, images, 1, x, packed, 0, again);
    assert_memory_equal(got, again, (size_t)out * sizeof *got);
    memset(got, 0, (size_t)weights * sizeof *got);
    memset(again, 0, (size_t)weights * sizeof *got);
    pc_own_convolve_outer_avx2(&v, 0, 3, images, 1, x, e, got);
    pc_own_convolve_outer_avx512(&v, 0, 3, images, 1, x, e, again);
    assert_memory_equal(got, again, (size_t)weights * sizeof *got);
    pc_release(packed);
}
#else
static void test_fused_sets_have_the_same_bits(void **state) {
    (void)state;
    skip();
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_stride_and_padding),
        cmocka_unit_test(test_windows_of_odd_shapes),
        cmocka_unit_test(test_many_channels),
        cmocka_unit_test(test_many_terms),
        cmocka_unit_test(test_many_images),
        cmocka_unit_test(test_a_team_changes_nothing),
        cmocka_unit_test(test_fused_sets_have_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
