/* Activations: value, slope and the change of value that does not cancel, against plain double-precision formulas. */
#include "test.h"

#include "base/random.h"
#include "network/operation.h"

enum { COUNT = 4000 };

struct formula {
    const struct pc_operation_kind *kind;
    double (*value)(double x);
    double (*slope)(double x);
};

static double identity(double x) {
    return x;
}
static double one(double x) {
    return x == x;
}
static double relu(double x) {
    return x > 0 ? x : 0;
}
static double relu_slope(double x) {
    return x > 0;
}
static double leaky(double x) {
    return x > 0 ? x : .01 * x;
}
static double leaky_slope(double x) {
    return x > 0 ? 1 : .01;
}
static double tanh_slope(double x) {
    return 1 / (cosh(x) * cosh(x));
}
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double sigmoid_slope(double x) {
    return sigmoid(x) * sigmoid(-x);
}
static double normal(double x) {
    return erfc(-x / sqrt(2)) / 2;
}
static double gelu(double x) {
    return x * normal(x);
}
static double gelu_slope(double x) {
    return normal(x) + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
}

static const struct formula formulas[] = {
    {&pc_identity, identity, one}, {&pc_relu, relu, relu_slope},          {&pc_leaky_relu, leaky, leaky_slope},
    {&pc_tanh, tanh, tanh_slope},  {&pc_sigmoid, sigmoid, sigmoid_slope}, {&pc_gelu, gelu, gelu_slope},
};
enum { FORMULAS = sizeof formulas / sizeof formulas[0] };

/* A change small enough for its value difference to follow from the slope, and large ones, of either sign. */
static void draw(struct pc_random *random, float *x, float *d) {
    static const double sizes[] = {1e-7, 1e-5, 1e-3, .1, 1, 4};
    for (int i = 0; i < COUNT; i++) {
        x[i] = (float)(3 * pc_random_normal(random));
        d[i] = (float)(sizes[pc_random_below(random, 6)] * pc_random_normal(random));
    }
}

static void check_kind(const struct formula *formula, const struct pc_activation_passes *passes, float parameter) {
    static float x[COUNT], d[COUNT], y[COUNT], slopes[COUNT], change[COUNT], ones[COUNT];
    struct pc_random random;
    pc_random_seed(&random, 3, "test", 0);
    draw(&random, x, d);
    for (int i = 0; i < COUNT; i++) ones[i] = 1;
    passes->value(COUNT, parameter, x, y);
    passes->back(COUNT, parameter, x, ones, slopes);
    passes->change(COUNT, parameter, x, d, 1, 0, change);
    for (int i = 0; i < COUNT; i++) {
        double at = (double)x[i], by = (double)d[i];
        double value = formula->value(at), slope = formula->slope(at), moved = formula->value(at + by) - value;
        if (!(fabs((double)y[i] - value) <= 2e-6 * fmax(fabs(value), 1e-3)))
            fail_msg("%s(%g) = %g, expected %g", formula->kind->kind.name, at, (double)y[i], value);
        if (!(fabs((double)slopes[i] - slope) <= 3e-6))
            fail_msg("%s'(%g) = %g, expected %g", formula->kind->kind.name, at, (double)slopes[i], slope);
        if (!(fabs((double)change[i] - moved) <= 4e-6 * fabs(by)))
            fail_msg("%s changes from %g by %g: %g, expected %g", formula->kind->kind.name, at, by, (double)change[i],
                     moved);
    }
}

/* 4e-6 of d, however small d is: what subtracting two floats near 1 could never give. */
static void test_values_slopes_and_changes(void **state) {
    (void)state;
    for (int k = 0; k < FORMULAS; k++) {
        struct pc_operation operation = {.kind = formulas[k].kind, .options = {.01}};
        check_kind(&formulas[k], pc_operation_passes(&operation), pc_operation_parameter(&operation));
    }
}

static void check_near(float got, double expected, double tolerance) {
    if (!(fabs((double)got - expected) <= tolerance)) fail_msg("%.9g, expected %.9g", (double)got, expected);
}

static void check_move(const struct pc_activation_passes *passes, float parameter, const struct formula *formula) {
    static float x[COUNT], g[COUNT], e[COUNT], f[COUNT], df[COUNT];
    static float x0[COUNT], e0[COUNT];
    struct pc_random random;
    pc_random_seed(&random, 4, "test", 0);
    draw(&random, x, g);
    draw(&random, e, f);
    memcpy(x0, x, sizeof x);
    memcpy(e0, e, sizeof e);
    passes->value(COUNT, parameter, x, f);
    const struct pc_move move = {.3f, .2f, .1f, parameter};
    passes->move(COUNT, &move, g, x, e, f, df);
    for (int i = 0; i < COUNT; i++) {
        double at = (double)x0[i], slope = formula->slope(at);
        double d = .3 * slope * (double)g[i] - .2 * (double)e0[i] - .1 * slope * formula->value(at);
        check_near(x[i], at + d, 3e-6 * (1 + fabs(at)));
        check_near(e[i], (double)e0[i] + d, 3e-6 * (1 + fabs(at)));
        check_near(df[i], formula->value(at + d) - formula->value(at), 5e-6 * (1 + fabs(at)));
        if (formula->kind != &pc_identity) check_near(f[i], formula->value(at + d), 5e-6 * (1 + fabs(at)));
    }
}

static void test_one_pass_moves_a_node(void **state) {
    (void)state;
    for (int k = 0; k < FORMULAS; k++) {
        struct pc_operation operation = {.kind = formulas[k].kind, .options = {.01}};
        check_move(pc_operation_passes(&operation), pc_operation_parameter(&operation), &formulas[k]);
    }
}

static void test_sets_agree_to_the_bit(void **state) {
    (void)state;
#ifdef PC_HAS_AVX
    static float x[COUNT], d[COUNT], a[COUNT], b[COUNT];
    struct pc_random random;
    pc_random_seed(&random, 5, "test", 0);
    draw(&random, x, d);
    for (int k = 0; k < FORMULAS; k++) {
        const struct pc_activation_passes *const *sets = formulas[k].kind->activation;
        for (int set = 1; set <= (int)pc_vector_set(); set++) {
            sets[0]->change(COUNT, .01f, x, d, -1, 0, a);
            sets[set]->change(COUNT, .01f, x, d, -1, 0, b);
            assert_memory_equal(a, b, sizeof a);
            sets[0]->back(COUNT, .01f, x, d, a);
            sets[set]->back(COUNT, .01f, x, d, b);
            assert_memory_equal(a, b, sizeof a);
            sets[0]->value(COUNT, .01f, x, a);
            sets[set]->value(COUNT, .01f, x, b);
            assert_memory_equal(a, b, sizeof a);
        }
    }
#endif
}

static void test_relu_crossing_is_exact(void **state) {
    (void)state;
    const float x[6] = {1, -1, 1, -1, 0, 0}, d[6] = {1e-8f, 1e-8f, -3, 3, 2, -2};
    const float expected[6] = {1e-8f, 0, -1, 2, 2, 0};
    float out[6];
    struct pc_operation operation = {.kind = &pc_relu};
    pc_operation_passes(&operation)->change(6, 0, x, d, 1, 0, out);
    for (int i = 0; i < 6; i++) assert_true(out[i] == expected[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_slopes_and_changes),
        cmocka_unit_test(test_one_pass_moves_a_node),
        cmocka_unit_test(test_sets_agree_to_the_bit),
        cmocka_unit_test(test_relu_crossing_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
