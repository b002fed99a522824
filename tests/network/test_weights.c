/* Named tensors in and out, and how weights start. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>

enum { INPUTS = 50, UNITS = 80, MOST = INPUTS * UNITS };

static pcil_network *parse(const char *description) {
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, description));
    return network;
}

static void test_tensors(void **state) {
    (void)state;
    static const char *const names[] = {"block0.dense.weight", "block0.dense.bias", "block1.dense.weight",
                                        "block1.dense.bias"};
    static const int64_t shapes[][2] = {{6, 5}, {5, 0}, {5, 4}, {4, 0}};
    pcil_network *network = parse("6; dense 5; relu, dense 4; softmax");
    assert_int_equal(pcil_network_tensors(network), 4);
    assert_int_equal(pcil_network_tensors(NULL), -1);
    for (int32_t i = 0; i < 4; i++) {
        int32_t rank = -1;
        int64_t shape[4] = {0, 0, 0, 0};
        assert_string_equal(pcil_network_tensor_name(network, i), names[i]);
        check_ok(pcil_network_tensor_shape(network, names[i], &rank, shape));
        assert_int_equal(rank, i % 2 ? 1 : 2);
        assert_memory_equal(shape, shapes[i], (size_t)rank * sizeof *shape);
    }
    pcil_network_free(network);
}

/* Two operations of a kind in one block have tensors of different names. */
static void test_tensor_names_differ(void **state) {
    (void)state;
    pcil_network *network = parse("6; dense 5, dense 4, tanh, dense 3; dense 2");
    assert_int_equal(pcil_network_tensors(network), 8);
    for (int32_t i = 0; i < 8; i++)
        for (int32_t j = 0; j < i; j++)
            assert_string_not_equal(pcil_network_tensor_name(network, i), pcil_network_tensor_name(network, j));
    pcil_network_free(network);
}

static void test_set_and_get(void **state) {
    (void)state;
    float set[30], got[30] = {0}, prediction[5], bias[5] = {0, 0, 0, 0, 0};
    const float input[6] = {0, 1, 0, 0, 0, 0};
    pcil_inference *inference = NULL;
    pcil_network *network = parse("6; dense 5");
    for (int i = 0; i < 30; i++) set[i] = (float)i;
    check_ok(pcil_network_set(network, "block0.dense.weight", set, 30));
    check_ok(pcil_network_set(network, "block0.dense.bias", bias, 5));
    check_ok(pcil_network_get(network, "block0.dense.weight", got, 30));
    assert_memory_equal(set, got, sizeof set);
    check_ok(pcil_inference_create(&inference, network, "sequential", 1));
    check_ok(pcil_predict(inference, input, 1, prediction));
    assert_memory_equal(prediction, set + 5, sizeof prediction); /* [inputs][units]: row 1 */
    pcil_inference_free(inference);
    pcil_network_free(network);
}

static void test_misuse(void **state) {
    (void)state;
    float before[30], after[30], bad[30] = {0};
    int32_t rank = -7;
    int64_t shape[4] = {-7, -7, -7, -7};
    pcil_network *network = parse("6; dense 5");
    check_ok(pcil_network_get(network, "block0.dense.weight", before, 30));
    check_fails(pcil_network_set(network, "block0.dense.weight", bad, 29), PCIL_ERROR_ARGUMENT, "30");
    check_fails(pcil_network_set(network, "block0.dense.weight", bad, -1), PCIL_ERROR_ARGUMENT, "30");
    check_fails(pcil_network_set(network, "block0.dense.wait", bad, 30), PCIL_ERROR_ARGUMENT, "block0.dense.weight");
    assert_int_equal(pcil_network_set(network, "block0.dense.weight", NULL, 30), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_set(network, NULL, bad, 30), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_set(NULL, "block0.dense.weight", bad, 30), PCIL_ERROR_ARGUMENT);
    bad[17] = NAN;
    check_fails(pcil_network_set(network, "block0.dense.weight", bad, 30), PCIL_ERROR_ARGUMENT, "17");
    bad[17] = -INFINITY;
    check_fails(pcil_network_set(network, "block0.dense.weight", bad, 30), PCIL_ERROR_ARGUMENT, "17");
    check_ok(pcil_network_get(network, "block0.dense.weight", after, 30));
    assert_memory_equal(before, after, sizeof before);
    check_fails(pcil_network_get(network, "block0.dense.weight", after, 31), PCIL_ERROR_ARGUMENT, "30");
    check_fails(pcil_network_get(network, "weight", after, 30), PCIL_ERROR_ARGUMENT, "block0.dense.bias");
    assert_int_equal(pcil_network_get(network, "block0.dense.weight", NULL, 30), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_get(NULL, "block0.dense.weight", after, 30), PCIL_ERROR_ARGUMENT);
    assert_memory_equal(before, after, sizeof before);
    check_fails(pcil_network_tensor_shape(network, "x", &rank, shape), PCIL_ERROR_ARGUMENT, "block0.dense.bias");
    assert_int_equal(pcil_network_tensor_shape(network, NULL, &rank, shape), PCIL_ERROR_ARGUMENT);
    assert_int_equal(rank, -7);
    assert_int_equal(shape[0], -7);
    check_ok(pcil_network_tensor_shape(network, "block0.dense.bias", NULL, NULL));
    pcil_network_free(network);
}

struct drawn {
    float weight[MOST], bias[UNITS];
};

static void draw(struct drawn *drawn, const char *kind, uint64_t seed) {
    pcil_network *network = parse("50; dense 80");
    check_ok(pcil_network_initialise(network, kind, seed));
    check_ok(pcil_network_get(network, "block0.dense.weight", drawn->weight, MOST));
    check_ok(pcil_network_get(network, "block0.dense.bias", drawn->bias, UNITS));
    pcil_network_free(network);
}

struct moments {
    double mean, variance, largest;
};

static struct moments moments_of(const float *values, int count) {
    struct moments moments = {0, 0, 0};
    for (int i = 0; i < count; i++) {
        moments.mean += (double)values[i] / count;
        moments.variance += (double)values[i] * (double)values[i] / count;
        moments.largest = fmax(moments.largest, fabs((double)values[i]));
    }
    return moments;
}

/* Mean 0 and the variance within what 4000 draws allow: 5 standard deviations. */
static void check_weights(const char *kind, double variance, double largest) {
    static struct drawn drawn;
    draw(&drawn, kind, 3);
    struct moments moments = moments_of(drawn.weight, MOST);
    assert_true(fabs(moments.mean) < 5 * sqrt(variance / MOST));
    assert_true(fabs(moments.variance / variance - 1) < 5 * sqrt(2.0 / MOST));
    if (largest > 0)
        assert_true(moments.largest <= largest * (1 + 1e-6) && moments.largest > 0.99 * largest);
    else
        assert_true(moments.largest > 3 * sqrt(variance)); /* a normal's tail */
    double bias = moments_of(drawn.bias, UNITS).largest;
    if (strcmp(kind, "fan_in") == 0)
        assert_true(bias > 0.8 * largest && bias <= largest * (1 + 1e-6));
    else
        assert_true(bias == 0);
}

static void test_initialisations(void **state) {
    (void)state;
    double fan_in = 1 / sqrt(INPUTS), xavier = sqrt(6.0 / (INPUTS + UNITS));
    check_weights("fan_in", fan_in * fan_in / 3, fan_in);
    check_weights("xavier", xavier * xavier / 3, xavier);
    check_weights("he", 2.0 / INPUTS, 0);
}

/* With fewer inputs than units the rows are orthonormal, else the columns. */
static void check_orthonormal(const char *description, int64_t inputs, int64_t units) {
    static float w[MOST];
    pcil_network *network = parse(description);
    check_ok(pcil_network_initialise(network, "orthogonal", 4));
    check_ok(pcil_network_get(network, "block0.dense.weight", w, inputs * units));
    bool rows = inputs <= units;
    int64_t vectors = rows ? inputs : units, length = rows ? units : inputs;
    for (int64_t a = 0; a < vectors; a++)
        for (int64_t b = 0; b <= a; b++) {
            double dot = 0;
            for (int64_t i = 0; i < length; i++)
                dot += rows ? (double)w[a * units + i] * (double)w[b * units + i]
                            : (double)w[i * units + a] * (double)w[i * units + b];
            assert_true(fabs(dot - (a == b)) < 1e-5);
        }
    pcil_network_free(network);
}

static void test_orthogonal(void **state) {
    (void)state;
    check_orthonormal("50; dense 80", 50, 80);
    check_orthonormal("80; dense 50", 80, 50);
    check_orthonormal("30; dense 30", 30, 30);
    check_orthonormal("1; dense 1", 1, 1);
}

static void test_seeds(void **state) {
    (void)state;
    static const char *const kinds[] = {"fan_in", "xavier", "he", "orthogonal"};
    for (int i = 0; i < 4; i++) {
        static struct drawn first, again, other;
        draw(&first, kinds[i], 7);
        draw(&again, kinds[i], 7);
        draw(&other, kinds[i], 8);
        assert_memory_equal(&first, &again, sizeof first);
        assert_memory_not_equal(first.weight, other.weight, sizeof first.weight);
    }
    pcil_network *network = parse("6; dense 5"), *same = parse("6; dense 5");
    float a[30], b[30];
    check_ok(pcil_network_initialise(same, "fan_in", 0));
    check_ok(pcil_network_get(network, "block0.dense.weight", a, 30));
    check_ok(pcil_network_get(same, "block0.dense.weight", b, 30));
    assert_memory_equal(a, b, sizeof a);
    check_fails(pcil_network_initialise(network, "hee", 1), PCIL_ERROR_ARGUMENT, "xavier");
    assert_int_equal(pcil_network_initialise(network, NULL, 1), PCIL_ERROR_ARGUMENT);
    check_ok(pcil_network_get(network, "block0.dense.weight", b, 30));
    assert_memory_equal(a, b, sizeof a);
    pcil_network_free(network);
    pcil_network_free(same);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensors), cmocka_unit_test(test_tensor_names_differ), cmocka_unit_test(test_set_and_get),
        cmocka_unit_test(test_misuse),  cmocka_unit_test(test_initialisations),     cmocka_unit_test(test_orthogonal),
        cmocka_unit_test(test_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
