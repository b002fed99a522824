/*
 * Every backend's products against plain loops in double. The tolerance is the bound that holds for a sum of K products
 * in float in any order, fused or not: (K + 4) 2^-24 times the sum of the terms' magnitudes.
 */
#include "test.h"

#include "base/memory.h"
#include "base/vector.h"
#include "linalg/backend.h"
#include "linalg/blas.h"

enum { GUARD = 16, MOST = 160 * 160 };

static float x[MOST], e[MOST], w[MOST], got[MOST + 2 * GUARD];
static double expected[MOST], bound[MOST];
static float *room;

static uint32_t random_state = 1;

static float draw(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / 8388608.f - 1;
}

/* A third of the numbers are exactly 0, as those of inactive units are. */
static void fill(float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) values[i] = (random_state >> 20) % 3 == 0 ? 0 * draw() : draw();
}

static const struct pc_backend *backend_at(int32_t place) {
    return (const struct pc_backend *)pc_backend_family.kinds[place];
}

/* Begins an element's sum with beta times what is there; not at all with beta = 0, whatever is there. */
static void begin(int64_t at, double beta, float before) {
    expected[at] = beta == 0 ? 0 : beta * (double)before;
    bound[at] = fabs(expected[at]);
}

static void add(int64_t at, double term) {
    expected[at] += term;
    bound[at] += fabs(term);
}

static void check(const char *backend, const char *product, int64_t count, int64_t terms) {
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)got[GUARD + i] - expected[i]);
        if (!(off <= (double)(terms + 4) * 0x1p-24 * bound[i]))
            fail_msg("%s, %s: number %lld is %g, expected %g", backend, product, (long long)i, (double)got[GUARD + i],
                     expected[i]);
    }
    for (int64_t i = 0; i < GUARD; i++)
        if (got[i] != 7 || got[GUARD + count + i] != 7) fail_msg("%s, %s: wrote outside", backend, product);
}

/* Where the result goes: between guards, with numbers that beta multiplies; NaN where it is 0. */
static float *prepare(int64_t count, float beta) {
    for (int64_t i = 0; i < count + 2 * GUARD; i++) got[i] = 7;
    fill(got + GUARD, count);
    for (int64_t i = 0; i < count; i++)
        if (beta == 0) got[GUARD + i] = NAN;
    return got + GUARD;
}

struct sizes {
    int64_t batch, inputs, outputs;
    float alpha, beta;
};

static void check_forward(const struct pc_backend *backend, const struct sizes *s) {
    float *out = prepare(s->batch * s->outputs, s->beta);
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t j = 0; j < s->outputs; j++) {
            int64_t at = b * s->outputs + j;
            begin(at, (double)s->beta, out[at]);
            for (int64_t i = 0; i < s->inputs; i++)
                add(at, (double)s->alpha * (double)x[b * s->inputs + i] * (double)w[i * s->outputs + j]);
        }
    backend->forward(room, s->batch, s->inputs, s->outputs, s->alpha, x, w, s->beta, out);
    check(backend->kind.name, "forward", s->batch * s->outputs, s->inputs);
}

static void check_backward(const struct pc_backend *backend, const struct sizes *s) {
    float *out = prepare(s->batch * s->inputs, 0);
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t i = 0; i < s->inputs; i++) {
            begin(b * s->inputs + i, 0, 0);
            for (int64_t j = 0; j < s->outputs; j++)
                add(b * s->inputs + i, (double)e[b * s->outputs + j] * (double)w[i * s->outputs + j]);
        }
    backend->backward(room, s->batch, s->inputs, s->outputs, e, w, out);
    check(backend->kind.name, "backward", s->batch * s->inputs, s->outputs);
}

/* Two rows of three, of the first sample; the others' places stay as they are. */
static void check_backward_of(const struct pc_backend *backend, const struct sizes *s) {
    int32_t rows[MOST], count = 0;
    float *out = prepare(s->inputs, 1);
    for (int32_t i = 0; i < s->inputs; i++) {
        begin(i, i % 3 == 1, out[i]);
        if (i % 3 == 1) continue;
        rows[count++] = i;
        for (int64_t j = 0; j < s->outputs; j++) add(i, (double)e[j] * (double)w[i * s->outputs + j]);
    }
    backend->backward_of(count, rows, s->outputs, e, w, out);
    check(backend->kind.name, "backward of some rows", s->inputs, s->outputs);
}

static void check_outer(const struct pc_backend *backend, const struct sizes *s, int64_t first, int64_t rows) {
    float *out = prepare(rows * s->outputs, s->beta);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < s->outputs; j++) {
            int64_t at = i * s->outputs + j;
            begin(at, (double)s->beta, out[at]);
            for (int64_t b = 0; b < s->batch; b++)
                add(at, (double)s->alpha * (double)x[b * s->inputs + first + i] * (double)e[b * s->outputs + j]);
        }
    backend->outer(room, s->batch, s->inputs, first, rows, s->outputs, s->alpha, x, e, s->beta, out);
    check(backend->kind.name, "outer", rows * s->outputs, s->batch);
}

/* The sum of magnitudes is held to a bound of its own: every magnitude may be off by its sum's bound, the sum adds
 * 1e-6. */
static void check_update(const struct pc_backend *backend, const struct sizes *s) {
    float *out = prepare(s->inputs * s->outputs, 1), keep = s->beta == 0 ? 1 : s->beta;
    double magnitudes = 3, expected_magnitudes = 3, slack = 1e-6;
    for (int64_t i = 0; i < s->inputs; i++)
        for (int64_t j = 0; j < s->outputs; j++) {
            double sum = 0, terms = 0;
            for (int64_t b = 0; b < s->batch; b++) {
                double term = (double)x[b * s->inputs + i] * (double)e[b * s->outputs + j];
                sum += term;
                terms += fabs(term);
            }
            int64_t at = i * s->outputs + j;
            begin(at, (double)keep, out[at]);
            expected[at] += (double)s->alpha * sum;
            bound[at] += fabs((double)s->alpha) * terms;
            expected_magnitudes += fabs(sum);
            slack += (double)(s->batch + 4) * 0x1p-24 * terms;
        }
    if (!backend->update ||
        !backend->update(room, s->batch, s->inputs, s->outputs, s->alpha, x, e, keep, out, &magnitudes))
        return;
    check(backend->kind.name, "update", s->inputs * s->outputs, s->batch);
    assert_true(fabs(magnitudes - expected_magnitudes) <= slack + 1e-6 * expected_magnitudes);
}

/* Against the bits of the two products that it stands for, which are held to the reference themselves. */
static void check_update_forward(const struct pc_backend *backend, const struct sizes *s) {
    static float weights[2][MOST], out[2][MOST];
    const float *old_x = x, *old_e = e, *new_x = x + (s->batch - 1) * s->inputs;
    double magnitudes = 0;
    if (!backend->update_forward) return;
    for (int k = 0; k < 2; k++) {
        memcpy(weights[k], w, (size_t)(s->inputs * s->outputs) * sizeof *w);
        memcpy(out[k], e + (s->batch - 1) * s->outputs, (size_t)s->outputs * sizeof *e);
    }
    backend->update_forward(s->inputs, s->outputs, s->alpha, old_x, old_e, weights[0], new_x, out[0]);
    assert_true(backend->update(room, 1, s->inputs, s->outputs, s->alpha, old_x, old_e, 1, weights[1], &magnitudes));
    backend->forward(room, 1, s->inputs, s->outputs, 1, new_x, weights[1], 1, out[1]);
    assert_memory_equal(weights[0], weights[1], (size_t)(s->inputs * s->outputs) * sizeof *w);
    assert_memory_equal(out[0], out[1], (size_t)s->outputs * sizeof *e);
}

/* Each backend of this build, with arrays that begin anywhere. */
static void check_all(const struct sizes *s) {
    fill(x, s->batch * s->inputs);
    fill(e, s->batch * s->outputs);
    fill(w, s->inputs * s->outputs);
    room = pc_allocate_floats(pc_backend_room(s->batch, s->inputs, s->outputs), 1);
    assert_non_null(room);
    for (int32_t place = 0; place < pc_backend_family.count; place++) {
        if (backend_at(place)->absent) continue;
        check_forward(backend_at(place), s);
        check_backward(backend_at(place), s);
        check_backward_of(backend_at(place), s);
        check_outer(backend_at(place), s, 0, s->inputs);
        check_update(backend_at(place), s);
        check_update_forward(backend_at(place), s);
        if (s->inputs > 2) check_outer(backend_at(place), s, 1, s->inputs - 2);
    }
    pc_release(room);
}

static void test_every_size_up_to_a_register_and_more(void **state) {
    (void)state;
    for (int64_t n = 1; n <= 130; n++) {
        check_all(&(struct sizes){n, 1 + n * 7 % 13, 1 + n * 5 % 19, 1, 0});
        check_all(&(struct sizes){1 + n * 7 % 13, n, 1 + n * 5 % 19, -1, 1});
        check_all(&(struct sizes){1 + n * 7 % 13, 1 + n * 5 % 19, n, 2, .5f});
    }
}

static void test_small_batches_of_larger_matrices(void **state) {
    (void)state;
    for (int64_t batch = 1; batch <= 9; batch++) check_all(&(struct sizes){batch, 130, 127, 1, 1});
    check_all(&(struct sizes){64, 150, 131, -1, 1});
    check_all(&(struct sizes){130, 97, 160, -.25f, 1});
    check_all(&(struct sizes){79, 160, 64, 1, 0});
}

/*
 * What is not finite in a factor shows, even where the other factor is 0; but for one sample, where a backend may leave
 * out an input that is exactly 0 (see few.vec.c): then it shows where the input is not.
 */
static void test_what_is_not_finite_shows(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int32_t place = 0; place < pc_backend_family.count; place++) {
        const struct pc_backend *backend = backend_at(place);
        if (backend->absent) continue;
        for (int64_t batch = 1; batch <= 64; batch += 7)
            for (int k = 0; k < 3; k++) {
                room = pc_allocate_floats(pc_backend_room(batch, 40, 50), 1);
                memset(x, 0, sizeof x);
                memset(e, 0, sizeof e);
                fill(w, 40 * 50);
                x[(batch - 1) * 40 + 17] = batch == 1;
                w[17 * 50 + 33] = bad[k];
                backend->forward(room, batch, 40, 50, 1, x, w, 0, got);
                assert_true(!isfinite(got[(batch - 1) * 50 + 33]));
                backend->backward(room, batch, 40, 50, e, w, got);
                assert_true(isnan(got[(batch - 1) * 40 + 17]));
                e[(batch - 1) * 50 + 33] = bad[k];
                backend->outer(room, batch, 40, 0, 40, 50, 1, x, e, 0, got);
                assert_true(!isfinite(got[17 * 50 + 33]));
                pc_release(room);
            }
    }
}

static void test_the_option_knows_every_backend(void **state) {
    (void)state;
    char names[256] = "";
    for (int32_t place = 0; place < pc_backend_family.count; place++) {
        if (place > 0) strcat(names, " ");
        strcat(names, pc_backend_family.kinds[place]->name);
    }
    assert_string_equal(names, PC_BACKEND_NAMES);
}

static void test_the_environment_names_what_auto_is(void **state) {
    (void)state;
    const struct pc_backend *found = NULL;
    char *before = getenv("PCIL_BACKEND") ? strdup(getenv("PCIL_BACKEND")) : NULL;
    setenv("PCIL_BACKEND", "blas", 1);
    check_ok(pc_backend_choose(NULL, 0, &found));
    assert_ptr_equal(found, &pc_backend_blas);
    setenv("PCIL_BACKEND", "blass", 1);
    check_fails(pc_backend_choose(NULL, 0, &found), PCIL_ERROR_ARGUMENT,
                "did you mean 'blas'?; known: auto, blas, own");
    check_ok(pc_backend_choose(NULL, 1, &found));
    setenv("PCIL_BACKEND", "", 1);
    check_ok(pc_backend_choose(NULL, 0, &found));
#ifdef __aarch64__
    assert_ptr_equal(found, &pc_backend_auto);
#else
    assert_ptr_equal(found, pc_vector_set() == PC_VECTOR_BASELINE ? &pc_backend_blas : &pc_backend_auto);
#endif
    if (before)
        setenv("PCIL_BACKEND", before, 1);
    else
        unsetenv("PCIL_BACKEND");
    free(before);
}

extern void openblas_set_num_threads(int count) __attribute__((weak));

/* Whether auto updates `batch` samples itself, as own does and a BLAS does not. */
static bool updates_itself(int64_t batch) {
    double magnitudes = 0;
    fill(x, batch * 16);
    fill(e, batch * 16);
    fill(w, 16 * 16);
    return pc_backend_auto.update(room, batch, 16, 16, .1f, x, e, 1, w, &magnitudes);
}

static void test_auto_leaves_products_to_several_threads(void **state) {
    (void)state;
    if (!openblas_set_num_threads) skip();
    int before = pc_blas_threads();
    room = pc_allocate_floats(pc_backend_room(129, 16, 16), 1);
    openblas_set_num_threads(1);
    assert_true(updates_itself(8) && updates_itself(9) && updates_itself(128) && !updates_itself(129));
    openblas_set_num_threads(2);
    if (pc_blas_threads() == 2) assert_true(updates_itself(8) && !updates_itself(9) && !updates_itself(128));
    openblas_set_num_threads(before);
    pc_release(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_up_to_a_register_and_more),
        cmocka_unit_test(test_small_batches_of_larger_matrices),
        cmocka_unit_test(test_what_is_not_finite_shows),
        cmocka_unit_test(test_the_option_knows_every_backend),
        cmocka_unit_test(test_the_environment_names_what_auto_is),
        cmocka_unit_test(test_auto_leaves_products_to_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
