/* Networks built call by call: the same as from text; calls out of order and out of range change nothing. */
#include "test.h"

#include "pcil.h"

static void check_description(const pcil_network *network, const char *expected) {
    char text[256];
    int64_t length;
    check_ok(pcil_network_describe(network, text, sizeof text, &length));
    assert_string_equal(text, expected);
}

static pcil_network *begin(void) {
    pcil_network *network = NULL;
    check_ok(pcil_network_create(&network));
    check_ok(pcil_network_input(network, 3, 2, 2));
    check_ok(pcil_network_block(network));
    check_ok(pcil_network_dense(network, 5));
    return network;
}

static void test_builds_what_text_does(void **state) {
    (void)state;
    const char *description = "3x2x2; dense 5; leaky_relu slope=0.2, dense 4; softmax";
    float a[60], b[60];
    pcil_network *built = begin(), *parsed = NULL;
    check_ok(pcil_network_block(built));
    check_ok(pcil_network_operation(built, "leaky_relu slope=0.2"));
    check_ok(pcil_network_operation(built, "dense 4"));
    check_ok(pcil_network_output(built, "softmax"));
    check_ok(pcil_network_finish(built));
    check_ok(pcil_network_parse(&parsed, description));
    check_description(built, description);
    check_ok(pcil_network_get(built, "block0.dense.weight", a, 60));
    check_ok(pcil_network_get(parsed, "block0.dense.weight", b, 60));
    assert_memory_equal(a, b, sizeof a);
    pcil_network_free(built);
    pcil_network_free(parsed);
}

static void test_calls_out_of_order(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_ok(pcil_network_create(&network));
    check_fails(pcil_network_block(network), PCIL_ERROR_STATE, "input");
    check_fails(pcil_network_dense(network, 3), PCIL_ERROR_STATE, "block");
    check_fails(pcil_network_operation(network, "relu"), PCIL_ERROR_STATE, "block");
    check_fails(pcil_network_finish(network), PCIL_ERROR_STATE, "block");
    check_fails(pcil_network_initialise(network, "he", 1), PCIL_ERROR_STATE, "finish");
    assert_string_equal(pcil_network_error(network), pcil_last_error());
    check_ok(pcil_network_input(network, 3, 1, 1));
    check_ok(pcil_network_input(network, 4, 1, 1));
    check_ok(pcil_network_block(network));
    check_fails(pcil_network_block(network), PCIL_ERROR_STATE, "block 0");
    check_fails(pcil_network_finish(network), PCIL_ERROR_STATE, "block 0");
    check_fails(pcil_network_input(network, 5, 1, 1), PCIL_ERROR_STATE, "before");
    assert_int_equal(pcil_network_tensors(network), -1);
    pcil_inference *inference = (pcil_inference *)&network;
    pcil_optimizer *optimizer = (pcil_optimizer *)&network;
    check_fails(pcil_inference_create(&inference, network, "sequential", 1), PCIL_ERROR_STATE, "finish");
    check_fails(pcil_optimizer_create(&optimizer, network, "sgd"), PCIL_ERROR_STATE, "finish");
    assert_ptr_equal(inference, &network);
    assert_ptr_equal(optimizer, &network);
    check_ok(pcil_network_dense(network, 1));
    check_ok(pcil_network_finish(network));
    check_fails(pcil_network_input(network, 5, 1, 1), PCIL_ERROR_STATE, "finished");
    check_fails(pcil_network_block(network), PCIL_ERROR_STATE, "finished");
    check_fails(pcil_network_dense(network, 2), PCIL_ERROR_STATE, "finished");
    check_fails(pcil_network_operation(network, "relu"), PCIL_ERROR_STATE, "finished");
    check_fails(pcil_network_output(network, "softmax"), PCIL_ERROR_STATE, "finished");
    check_fails(pcil_network_finish(network), PCIL_ERROR_STATE, "finished");
    check_description(network, "4; dense 1; linear");
    pcil_network_free(network);
}

static void test_numbers_out_of_range(void **state) {
    (void)state;
    static const int32_t bad[][3] = {{0, 1, 1},  {1, 0, 1},  {1, 1, 0},         {-3, 1, 1},
                                     {1, -1, 1}, {1, 1, -1}, {65536, 65536, 1}, {INT32_MAX, 2, 1}};
    pcil_network *network = NULL;
    check_ok(pcil_network_create(&network));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(pcil_network_input(network, bad[i][0], bad[i][1], bad[i][2]), PCIL_ERROR_ARGUMENT, "2^31-1");
    check_fails(pcil_network_block(network), PCIL_ERROR_STATE, "input"); /* none of them was taken */
    pcil_network_free(network);
    network = begin();
    check_fails(pcil_network_dense(network, 0), PCIL_ERROR_ARGUMENT, "from 1 on");
    check_fails(pcil_network_dense(network, -4), PCIL_ERROR_ARGUMENT, "from 1 on");
    check_fails(pcil_network_operation(network, "dens 4"), PCIL_ERROR_FORMAT, "dense");
    check_fails(pcil_network_operation(network, "dense 4, relu"), PCIL_ERROR_FORMAT, "4,");
    check_fails(pcil_network_operation(network, ""), PCIL_ERROR_FORMAT, "operation");
    check_fails(pcil_network_output(network, "softmx"), PCIL_ERROR_ARGUMENT, "softmax");
    assert_int_equal(pcil_network_operation(network, NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_output(network, NULL), PCIL_ERROR_ARGUMENT);
    check_ok(pcil_network_finish(network));
    check_description(network, "3x2x2; dense 5; linear");
    pcil_network_free(network);
}

static void test_null(void **state) {
    (void)state;
    int32_t number = -7;
    int64_t length = -7;
    assert_int_equal(pcil_network_create(NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_input(NULL, 1, 1, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_block(NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_dense(NULL, 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_operation(NULL, "relu"), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_output(NULL, "linear"), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_finish(NULL), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_initialise(NULL, "he", 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_blocks(NULL), -1);
    assert_int_equal(pcil_network_nodes(NULL), -1);
    assert_int_equal(pcil_network_node_size(NULL, 0), -1);
    assert_int_equal(pcil_network_parameters(NULL), -1);
    assert_int_equal(pcil_network_tensors(NULL), -1);
    assert_null(pcil_network_output_kind(NULL));
    assert_null(pcil_network_tensor_name(NULL, 0));
    assert_int_equal(pcil_network_node_shape(NULL, 0, &number, &number, &number), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_block_info(NULL, 0, &number, &number, &length, NULL, 0, &length),
                     PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_network_error(NULL), "");
    assert_int_equal(number, -7);
    assert_int_equal(length, -7);
}

static void test_places_out_of_range(void **state) {
    (void)state;
    pcil_network *network = begin();
    int32_t number = -7;
    int64_t length = -7;
    check_ok(pcil_network_finish(network));
    static const int32_t bad[] = {-1, 2, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pcil_network_node_size(network, bad[i]), -1);
        assert_null(pcil_network_tensor_name(network, bad[i]));
        check_fails(pcil_network_node_shape(network, bad[i], &number, NULL, NULL), PCIL_ERROR_ARGUMENT, "node");
        check_fails(pcil_network_block_info(network, bad[i], &number, NULL, NULL, NULL, 0, &length),
                    PCIL_ERROR_ARGUMENT, "block");
    }
    assert_int_equal(number, -7);
    assert_int_equal(length, -7);
    check_ok(pcil_network_node_shape(network, 1, NULL, NULL, NULL));
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builds_what_text_does), cmocka_unit_test(test_calls_out_of_order),
        cmocka_unit_test(test_numbers_out_of_range),  cmocka_unit_test(test_null),
        cmocka_unit_test(test_places_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
