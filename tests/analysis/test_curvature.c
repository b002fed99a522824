/* Gradient, Hessian and theorem 2 in double precision, against the reference and plain linear algebra. */
#include "test.h"

#include "network/network.h"
#include "network/operation.h"
#include "reference/pair.h"

enum { MOST = 600, SMALL = 90 };

static const char *const networks[] = {
    "5; dense 4; tanh, dense 3",
    "6; dense 5; gelu, dense 4; sigmoid, dense 3; softmax",
    "4; dense 5, sigmoid; dense 4, tanh; tanh, dense 3; gelu, dense 3; sigmoid",
    "2x5x5; conv 3 3x3 padding=1, tanh; max_pool 2x2, conv 2 2x2, gelu; dense 3; softmax",
    "2x6x6; conv 3 3x3/2 padding=1, sigmoid, avg_pool 2x2 padding=1; tanh, dense 4",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* The reference's gradient of the mean loss at its first weights + scale change, and that loss. */
static double ref_gradient(struct pair *pair, const double *change, double scale, double *gradient) {
    int place = 0;
    for (int b = 0; b < pair->ref_network.blocks; b++)
        for (int j = 0; j < pair->ref_network.block[b].parameters; j++, place++)
            pair->ref_network.block[b].parameter[j] = pair->start[place] + (change ? scale * change[place] : 0);
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, pair->batch);
    double loss = ref_loss(&pair->ref_inference);
    ref_iterate(&pair->ref_inference);
    ref_gradients(&pair->ref_inference);
    place = 0;
    for (int b = 0; b < pair->ref_network.blocks; b++)
        for (int j = 0; j < pair->ref_network.block[b].parameters; j++, place++)
            gradient[place] = pair->ref_network.block[b].gradient[j];
    return loss;
}

static int create(struct pair *pair, const char *description, int batch, uint64_t seed) {
    pair_create(pair, description, "backprop", "sgd", batch, seed);
    pair_draw(pair, batch, -1);
    int count = (int)pcil_network_parameters(pair->network);
    assert_true(count <= MOST);
    return count;
}

static void draw(struct pair *pair, double *vector, int count) {
    for (int i = 0; i < count; i++) vector[i] = pc_random_uniform(&pair->random) - .5;
}

static void test_gradient(void **state) {
    (void)state;
    static const char *const kinked[] = {"6; dense 5; relu, dense 4; leaky_relu slope=0.2, dense 3; softmax",
                                         "2x5x5; conv 3 3x3, relu, max_pool 2x2/1; identity, dense 3; sigmoid"};
    for (int k = 0; k < NETWORKS + 2; k++) {
        struct pair pair;
        double change[MOST], expected[MOST], got[MOST], loss;
        int count = create(&pair, k < NETWORKS ? networks[k] : kinked[k - NETWORKS], 3, (uint64_t)k);
        draw(&pair, change, count);
        for (int at = 0; at < 2; at++) {
            double reference = ref_gradient(&pair, at ? change : NULL, 1, expected);
            check_ok(
                pcil_loss_gradient(pair.network, pair.inputs, pair.targets, 3, at ? change : NULL, got, count, &loss));
            /* leaky_relu's slope is a float in the library */
            check_close(got, expected, count, k < NETWORKS ? 1e-12 : 1e-7);
            assert_true(fabs(loss - reference) <= (k < NETWORKS ? 1e-12 : 1e-7) * fabs(reference));
        }
        pair_free(&pair);
    }
}

/* Nodes that several blocks reach, which the reference has not: differences of the loss. */
static void test_gradient_of_joined_blocks(void **state) {
    (void)state;
    pcil_network *network;
    float inputs[6], targets[3];
    double gradient[MOST], unused[MOST], change[MOST] = {0}, up, down;
    check_ok(pcil_network_parse(&network, "6; dense 4; tanh, dense 4 + from 1; gelu, dense 3 + from 0: tanh, dense 3"));
    int64_t count = pcil_network_parameters(network);
    for (int i = 0; i < 6; i++) inputs[i] = (float)sin(i + 1);
    for (int i = 0; i < 3; i++) targets[i] = (float)cos(i);
    check_ok(pcil_loss_gradient(network, inputs, targets, 1, NULL, gradient, count, NULL));
    for (int64_t i = 0; i < count; i++) {
        change[i] = 1e-5;
        check_ok(pcil_loss_gradient(network, inputs, targets, 1, change, unused, count, &up));
        change[i] = -1e-5;
        check_ok(pcil_loss_gradient(network, inputs, targets, 1, change, unused, count, &down));
        change[i] = 0;
        if (fabs((up - down) / 2e-5 - gradient[i]) > 1e-8) fail_msg("parameter %d", (int)i);
    }
    pcil_network_free(network);
}

/* Differences of the reference's gradient, with a step of another size. */
static void test_product(void **state) {
    (void)state;
    for (int k = 0; k < NETWORKS; k++) {
        struct pair pair;
        double vector[MOST], plus[MOST], minus[MOST], got[MOST];
        int count = create(&pair, networks[k], 2, (uint64_t)k);
        draw(&pair, vector, count);
        ref_gradient(&pair, vector, 3e-6, plus);
        ref_gradient(&pair, vector, -3e-6, minus);
        for (int i = 0; i < count; i++) plus[i] = (plus[i] - minus[i]) / 6e-6;
        check_ok(pcil_hessian_product(pair.network, pair.inputs, pair.targets, 2, vector, got, count));
        check_close(got, plus, count, 1e-7);
        memset(vector, 0, sizeof vector);
        check_ok(pcil_hessian_product(pair.network, pair.inputs, pair.targets, 2, vector, got, count));
        for (int i = 0; i < count; i++) assert_true(got[i] == 0);
        pair_free(&pair);
    }
}

/* One linear block, one sample: H = (x, 1)(x, 1)^T for each output. */
static void test_hessian_of_a_line(void **state) {
    (void)state;
    struct pair pair;
    double hessian[15 * 15], expected[15 * 15] = {0}, norm, square = 1;
    assert_int_equal(create(&pair, "4; dense 3", 1, 5), 15);
    for (int i = 0; i < 15; i++)
        for (int j = 0; j < 15; j++) {
            double a = i < 12 ? (double)pair.inputs[i / 3] : 1, b = j < 12 ? (double)pair.inputs[j / 3] : 1;
            if (i % 3 == j % 3) expected[i * 15 + j] = a * b;
        }
    for (int i = 0; i < 4; i++) square += pow((double)pair.inputs[i], 2);
    check_ok(pcil_hessian(pair.network, pair.inputs, pair.targets, 1, hessian, 15));
    check_close(hessian, expected, 225, 1e-9);
    check_ok(pcil_hessian_norm(pair.network, pair.inputs, pair.targets, 1, 1e-8, 1000, &norm));
    assert_true(fabs(norm - square) < 1e-6 * square);
    pair_free(&pair);
}

/* The Hessian of the reference, column by column. */
static void ref_hessian(struct pair *pair, int count, double *hessian) {
    static double unit[SMALL], plus[SMALL], minus[SMALL];
    for (int i = 0; i < count; i++) {
        unit[i] = 1;
        ref_gradient(pair, unit, 1e-5, plus);
        ref_gradient(pair, unit, -1e-5, minus);
        for (int j = 0; j < count; j++) hessian[i * count + j] = (plus[j] - minus[j]) / 2e-5;
        unit[i] = 0;
    }
}

/* The largest magnitude of an eigenvalue, by Jacobi's rotations. */
static double largest_eigenvalue(double *a, int n) {
    double largest = 0;
    for (int sweep = 0; sweep < 12; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (fabs(a[p * n + q]) < 1e-14) continue;
                double t = .5 * atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]), c = cos(t), s = sin(t);
                for (int k = 0; k < n; k++) {
                    double x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (int k = 0; k < n; k++) {
                    double x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                }
            }
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(a[i * n + i]));
    return largest;
}

/* x = A^-1 b by elimination with pivots; both are overwritten. */
static void solve(double *a, double *b, double *x, int n) {
    for (int p = 0; p < n; p++) {
        int best = p;
        for (int i = p; i < n; i++) best = fabs(a[i * n + p]) > fabs(a[best * n + p]) ? i : best;
        for (int j = 0; j < n; j++) {
            double kept = a[p * n + j];
            a[p * n + j] = a[best * n + j];
            a[best * n + j] = kept;
        }
        double kept = b[p];
        b[p] = b[best];
        b[best] = kept;
        for (int i = p + 1; i < n; i++) {
            double factor = a[i * n + p] / a[p * n + p];
            for (int j = p; j < n; j++) a[i * n + j] -= factor * a[p * n + j];
            b[i] -= factor * b[p];
        }
    }
    for (int p = n - 1; p >= 0; p--) {
        x[p] = b[p];
        for (int j = p + 1; j < n; j++) x[p] -= a[p * n + j] * x[j];
        x[p] /= a[p * n + p];
    }
}

static const char *const smalls[] = {"4; dense 4; tanh, dense 3; softmax", "3; dense 4; gelu, dense 4; tanh, dense 3",
                                     "1x4x4; conv 2 3x3, sigmoid; tanh, dense 3; softmax"};

static double distance(const double *a, const double *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* Hessian, its norm, both steps and the errors of theorem 2, all from the reference's gradient. */
static void test_steps(void **state) {
    (void)state;
    static double expected[SMALL * SMALL], hessian[SMALL * SMALL], shifted[SMALL * SMALL];
    static const double zero[SMALL];
    for (int k = 0; k < 3; k++) {
        struct pair pair;
        double gradient[SMALL], there[SMALL], right[SMALL], predicted[SMALL], step[SMALL], norm, second, first, same;
        int count = create(&pair, smalls[k], 1, (uint64_t)k + 7);
        assert_true(count <= SMALL);
        ref_hessian(&pair, count, expected);
        check_ok(pcil_hessian(pair.network, pair.inputs, pair.targets, 1, hessian, count));
        check_close(hessian, expected, count * count, 1e-7);
        memcpy(shifted, expected, sizeof shifted);
        double largest = largest_eigenvalue(shifted, count);
        check_ok(pcil_hessian_norm(pair.network, pair.inputs, pair.targets, 1, 1e-9, 10000, &norm));
        assert_true(fabs(norm - largest) < 1e-5 * largest);
        double beta = .3 / largest;
        ref_gradient(&pair, NULL, 0, gradient);
        for (int i = 0; i < count * count; i++) shifted[i] = beta * expected[i] + (i % (count + 1) == 0);
        for (int i = 0; i < count; i++) right[i] = -beta * gradient[i];
        solve(shifted, right, predicted, count);
        check_ok(pcil_second_order_step(pair.network, pair.inputs, pair.targets, 1, beta, step, count));
        check_close(step, predicted, count, 1e-7);
        check_ok(pcil_implicit_step(pair.network, pair.inputs, pair.targets, 1, beta, step, count));
        ref_gradient(&pair, step, 1, there);
        for (int i = 0; i < count; i++) there[i] *= -beta;
        check_close(step, there, count, 1e-11);
        for (int i = 0; i < count; i++) gradient[i] *= -beta;
        check_ok(pcil_theorem2(pair.network, pair.inputs, pair.targets, 1, &beta, 1, &second, &first, &same));
        double length = distance(step, zero, count);
        assert_true(fabs(second - distance(step, predicted, count) / length) < 1e-7);
        assert_true(fabs(first - distance(step, gradient, count) / length) < 1e-10);
        assert_true(fabs(same - largest) < 1e-2 * largest && second < first);
        pair_free(&pair);
    }
}

/* The implicit step is what gradient descent on the proximal loss finds. */
static void test_implicit_is_proximal(void **state) {
    (void)state;
    struct pair pair;
    float change[SMALL];
    double step[SMALL];
    int count = create(&pair, smalls[0], 1, 3);
    check_ok(pcil_implicit_step(pair.network, pair.inputs, pair.targets, 1, .1, step, count));
    check_ok(
        pcil_proximal_step(pair.network, pair.inputs, pair.targets, 1, .1, 1e-5, 10000, change, count, NULL, NULL));
    check_close(change, step, count, 1e-3);
    pair_free(&pair);
}

static void test_slopes(void **state) {
    (void)state;
    for (int k = 0; k < NETWORKS; k++) {
        struct pair pair;
        double betas[7], second[7], first[7], norm, slope;
        create(&pair, networks[k], 1, (uint64_t)k + 20);
        check_ok(pcil_hessian_norm(pair.network, pair.inputs, pair.targets, 1, 1e-3, 1000, &norm));
        for (int i = 0; i < 7; i++) betas[i] = pow(10, -3 + i / 3.) / norm;
        check_ok(pcil_theorem2(pair.network, pair.inputs, pair.targets, 1, betas, 7, second, first, NULL));
        check_ok(pcil_log_slope(betas, second, 7, &slope));
        if (fabs(slope - 2) > .15) fail_msg("%s: second order %g", networks[k], slope);
        check_ok(pcil_log_slope(betas, first, 7, &slope));
        if (fabs(slope - 1) > .15) fail_msg("%s: first order %g", networks[k], slope);
        pair_free(&pair);
    }
}

static void test_log_slope(void **state) {
    (void)state;
    const double x[] = {1, 10, 100}, y[] = {2, 200, 20000}, kinked[] = {1, 1, 100};
    double slope;
    check_ok(pcil_log_slope(x, y, 3, &slope));
    assert_true(fabs(slope - 2) < 1e-12);
    check_ok(pcil_log_slope(x, kinked, 3, &slope));
    assert_true(fabs(slope - 1) < 1e-12);
    check_fails(pcil_log_slope(x, y, 1, &slope), PCIL_ERROR_ARGUMENT, "two or more points");
    check_fails(pcil_log_slope((const double[]){1, -1}, y, 2, &slope), PCIL_ERROR_ARGUMENT, "point 1 is (-1, 200)");
    check_fails(pcil_log_slope((const double[]){3, 3}, y, 2, &slope), PCIL_ERROR_ARGUMENT, "the same x");
}

/* Every operation there is can be analysed. */
static void test_all_kinds(void **state) {
    (void)state;
    for (int32_t i = 0; i < pc_operation_family.count; i++) {
        const struct pc_operation_kind *kind = (const struct pc_operation_kind *)pc_operation_family.kinds[i];
        if (!kind->exact) fail_msg("'%s' has no maps in double precision", kind->kind.name);
    }
}

static void test_refusals(void **state) {
    (void)state;
    struct pair pair;
    double step[SMALL] = {7}, second, first, norm, betas[2] = {.01, 1e6};
    int count = create(&pair, smalls[0], 1, 3);
    pcil_network *n = pair.network;
    const float *x = pair.inputs, *y = pair.targets;
    check_fails(pcil_second_order_step(n, x, y, 1, 1e6, step, count), PCIL_ERROR_DIVERGED, "below 1/lambda_max = ");
    check_fails(pcil_implicit_step(n, x, y, 1, 1e6, step, count), PCIL_ERROR_DIVERGED, "beta is 1e+06");
    check_fails(pcil_implicit_step(n, x, y, 1, 0, step, count), PCIL_ERROR_ARGUMENT, "beta is 0");
    check_fails(pcil_implicit_step(n, x, y, 1, .1, step, count - 1), PCIL_ERROR_ARGUMENT, "has 35 numbers");
    double largest;
    check_ok(pcil_hessian_norm(n, x, y, 1, 1e-4, 1000, &largest));
    check_fails(pcil_theorem2(n, x, y, 1, betas, 2, &second, &first, &norm), PCIL_ERROR_DIVERGED, "lambda_max");
    assert_true(norm == largest);
    check_fails(pcil_theorem2(n, x, y, 1, NULL, 1, &second, &first, &norm), PCIL_ERROR_ARGUMENT, "one or more betas");
    check_fails(pcil_theorem2(NULL, x, y, 1, betas, 1, &second, &first, &norm), PCIL_ERROR_ARGUMENT, "network is NULL");
    check_fails(pcil_hessian_product(n, x, y, 1, NULL, step, count), PCIL_ERROR_ARGUMENT, "vector is NULL");
    check_fails(pcil_hessian(n, x, NULL, 1, step, count), PCIL_ERROR_ARGUMENT, "targets are NULL");
    check_fails(pcil_hessian_norm(n, x, y, 1, 0, 10, &norm), PCIL_ERROR_ARGUMENT, "tolerance of 0");
    check_fails(pcil_hessian_norm(n, x, y, 1, .1, 10, NULL), PCIL_ERROR_ARGUMENT, "place for the norm");
    check_fails(pcil_loss_gradient(n, x, y, 0, NULL, step, count, NULL), PCIL_ERROR_ARGUMENT, "batch of 0");
    check_fails(pcil_loss_gradient(n, (const float[]){0, 0, NAN, 0}, y, 1, NULL, step, count, NULL),
                PCIL_ERROR_ARGUMENT, "sample 0, unit 2 is not finite");
    check_fails(pcil_loss_gradient(n, x, (const float[]){0, 2, 0}, 1, NULL, step, count, NULL), PCIL_ERROR_ARGUMENT,
                "expected a number from 0 to 1");
    assert_true(step[0] == 7);
    pair_free(&pair);
}

/* Numbers that are none, and those whose squares are none. */
static void test_numbers_that_are_not_finite(void **state) {
    (void)state;
    struct pair pair;
    static const double sizes[] = {1e-200, 1e200};
    double vector[SMALL] = {0}, usual[SMALL], product[SMALL], gradient[SMALL] = {7}, loss = 7;
    int count = create(&pair, smalls[0], 1, 3);
    pcil_network *n = pair.network;
    const float *x = pair.inputs, *y = pair.targets;
    vector[3] = 1;
    check_ok(pcil_hessian_product(n, x, y, 1, vector, usual, count));
    for (int k = 0; k < 2; k++) {
        vector[3] = sizes[k];
        check_ok(pcil_hessian_product(n, x, y, 1, vector, product, count));
        for (int i = 0; i < count; i++) product[i] /= sizes[k];
        check_close(product, usual, count, 1e-6);
    }
    vector[3] = NAN;
    check_fails(pcil_hessian_product(n, x, y, 1, vector, product, count), PCIL_ERROR_ARGUMENT,
                "number 3 of the vector is nan");
    check_fails(pcil_loss_gradient(n, x, y, 1, vector, gradient, count, &loss), PCIL_ERROR_ARGUMENT,
                "number 3 of the change is nan");
    for (int i = 0; i < count; i++) vector[i] = 1e308;
    check_fails(pcil_loss_gradient(n, x, y, 1, vector, gradient, count, &loss), PCIL_ERROR_DIVERGED, "is not finite");
    assert_true(gradient[0] == 7 && loss == 7);
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_gradient_of_joined_blocks),
        cmocka_unit_test(test_product),
        cmocka_unit_test(test_hessian_of_a_line),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_implicit_is_proximal),
        cmocka_unit_test(test_slopes),
        cmocka_unit_test(test_log_slope),
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_numbers_that_are_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
