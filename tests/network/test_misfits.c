/* Convolution, pooling and joined blocks whose shapes do not fit: refused, with what does not fit and where. */
#include "test.h"

#include <pcil.h>

/* Nothing comes of such a description; the message names what does not fit. */
static void check_refused(const char *description, pcil_status expected, const char *fragment) {
    pcil_network *network = NULL;
    pcil_status status = pcil_network_parse(&network, description);
    if (status != expected) fail_msg("%s: %s: %s", description, pcil_status_name(status), pcil_last_error());
    if (!strstr(pcil_last_error(), fragment))
        fail_msg("%s: the message lacks '%s': %s", description, fragment, pcil_last_error());
    assert_null(network);
}

static void test_windows_that_do_not_fit(void **state) {
    (void)state;
    const pcil_status argument = PCIL_ERROR_ARGUMENT;
    check_refused("3x4x4; conv 8 5x5; dense 2", argument,
                  "conv: a window of 5x5 does not fit into an image of 4x4 with padding 0");
    check_refused("3x4x6; conv 8 5x2; dense 2", argument, "a window of 5x2 does not fit into an image of 4x6");
    check_refused("3x6x4; conv 8 2x7 padding=1; dense 2", argument,
                  "a window of 2x7 does not fit into an image of 6x4 with padding 1");
    check_refused("12; conv 8 3x3; dense 2", argument, "a window of 3x3 does not fit into an image of 1x1");
    check_refused("3x4x4; conv 8 3x3, max_pool 3x3; dense 2", argument,
                  "max_pool: a window of 3x3 does not fit into an image of 2x2 with padding 0");
    check_refused("3x4x4; avg_pool 4x5/9; dense 2", argument,
                  "avg_pool: a window of 4x5 does not fit into an image of 4x4");
    check_refused("3x32x32; conv 64 5x5/2, relu; conv 128 5x5/2, relu; max_pool 7x7; dense 10", argument,
                  "max_pool: a window of 7x7 does not fit into an image of 5x5 with padding 0\n");
    check_refused("3x4x4; conv 8 2x3 padding=2; dense 2", argument, "a padding of 2 leaves windows of 2x3 empty");
    check_refused("3x4x4; max_pool 2x2 padding=3; dense 2", argument, "max_pool: a padding of 3");
}

static void test_mistakes_in_windows(void **state) {
    (void)state;
    const pcil_status format = PCIL_ERROR_FORMAT;
    check_refused("3x4x4; conv 8; dense 2", PCIL_ERROR_ARGUMENT, "conv CHANNELS HEIGHTxWIDTH[/STRIDE]");
    check_refused("3x4x4; conv; dense 2", PCIL_ERROR_ARGUMENT, "conv CHANNELS HEIGHTxWIDTH[/STRIDE]");
    check_refused("3x4x4; max_pool; dense 2", PCIL_ERROR_ARGUMENT, "max_pool HEIGHTxWIDTH[/STRIDE]");
    check_refused("3x4x4; avg_pool padding=1; dense 2", PCIL_ERROR_ARGUMENT, "avg_pool HEIGHTxWIDTH[/STRIDE]");
    check_refused("3x4x4; conv 8 3y3; dense 2", format, "conv CHANNELS");
    check_refused("3x4x4; conv 8 3; dense 2", format, "'3'");
    check_refused("3x4x4; conv 8 0x3; dense 2", format, "'0x3'");
    check_refused("3x4x4; conv 8 3x3/0; dense 2", format, "'3x3/0'");
    check_refused("3x4x4; conv 8 3x3/; dense 2", format, "'3x3/'");
    check_refused("3x4x4; conv 8 3x3/2/2; dense 2", format, "'3x3/2/2'");
    check_refused("3x4x4; conv 8 3x3x3; dense 2", format, "'3x3x3'");
    check_refused("3x4x4; conv 8 3x3 2; dense 2", format, "'2'");
    check_refused("3x4x4; conv 0 3x3; dense 2", format, "'0'");
    check_refused("3x4x4; max_pool 2x2 2; dense 2", format, "'2'");
    check_refused("3x4x4; conv 8 3x3 padding=-1; dense 2", format, "padding");
    check_refused("3x4x4; conv 8 3x3 padding=1.5; dense 2", format, "padding");
    check_refused("3x4x4; conv 8 3x3 padding=4097; dense 2", format, "padding");
    check_refused("3x4x4; conv 8 3x3 stride=2; dense 2", format, "conv has no option 'stride'; known: padding");
}

/* Sizes whose products and sums wrap. */
static void test_huge_windows(void **state) {
    (void)state;
    const pcil_status argument = PCIL_ERROR_ARGUMENT;
    check_refused("1x2147483647x1; max_pool 2x2 padding=1; dense 2", argument, "a side of more than 2^31-1");
    check_refused("1x1x2147483647; conv 1 4097x4097 padding=4096; dense 2", argument, "a side of more than 2^31-1");
    check_refused("1x46340x46340; conv 2 1x1; dense 2", argument, "the output of conv has more than 2^31-1 features");
    check_refused("1x46340x46340; max_pool 2x2/1 padding=1; dense 2", argument, "the output of max_pool has more than");
    check_refused("2x1x1073741823; conv 1 2x1073741823 padding=1; dense 2", argument, "sees more than 2^31-2 numbers");
    check_refused("2147483647x1x1; conv 1 1x1; dense 2", argument, "sees more than 2^31-2 numbers");
    check_refused("3x8x8; conv 2147483647 2x2; dense 2", argument, "2^31-1");
    check_refused("3x8x8; conv 2147483647 8x8; dense 2147483647", argument, "too many weights");
    check_refused("3x8x8; conv 2147483648 2x2; dense 2", PCIL_ERROR_FORMAT, "'2147483648'");
    check_refused("1x2000000000x1; conv 1 1000000000x1; dense 1000000000", PCIL_ERROR_MEMORY, "memory");
}

/* The largest sides that there are. */
static void test_the_largest_windows(void **state) {
    (void)state;
    const char *const fit[] = {"1x2147483647x1; max_pool 1x1", "1x1x2147483647; max_pool 1x1",
                               "1x2147483645x1; max_pool 2147483647x2 padding=1",
                               "1x1x2147483645; max_pool 2x2147483647 padding=1"};
    for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++) {
        pcil_network *network;
        check_ok(pcil_network_parse(&network, fit[i]));
        pcil_network_free(network);
    }
}

/* Several blocks to a node give one shape: the same number of features is not enough. */
static void test_skips_between_shapes(void **state) {
    (void)state;
    const pcil_status argument = PCIL_ERROR_ARGUMENT;
    check_refused("3x6x6; conv 4 3x3 + from 0; dense 2", argument,
                  "block 1 gives 3x6x6 (channels, height, width), but the node that it joins has 4x4x4");
    check_refused("3x6x6; conv 4 3x3; conv 4 3x3 padding=1 + from 0: conv 4 3x3/2; dense 2", argument,
                  "block 2 gives 4x2x2 (channels, height, width), but the node that it joins has 4x4x4");
    check_refused("3x6x6; conv 4 3x3, max_pool 2x2; dense 16 + from 1; dense 2", argument,
                  "block 2 gives 4x2x2 (channels, height, width), but the node that it joins has 16x1x1");
    check_refused("4x2x3; conv 4 1x2; avg_pool 1x2 + from 1: max_pool 2x1/1; dense 2", argument,
                  "block 2 gives 4x1x2 (channels, height, width), but the node that it joins has 4x2x1");
}

/* A refused operation changes nothing: the builder goes on with another. */
static void test_building_goes_on(void **state) {
    (void)state;
    char text[100];
    int64_t length;
    pcil_network *network;
    check_ok(pcil_network_create(&network));
    check_ok(pcil_network_input(network, 3, 6, 6));
    check_ok(pcil_network_block(network));
    check_ok(pcil_network_operation(network, "conv 4 3x3"));
    assert_int_equal(pcil_network_operation(network, "max_pool 5x5"), PCIL_ERROR_ARGUMENT);
    assert_non_null(strstr(pcil_network_error(network), "a window of 5x5 does not fit into an image of 4x4"));
    check_ok(pcil_network_operation(network, "max_pool 2x2"));
    check_ok(pcil_network_join(network, 0));
    check_ok(pcil_network_operation(network, "conv 4 3x3"));
    check_fails(pcil_network_block(network), PCIL_ERROR_ARGUMENT, "block 1 gives 4x4x4");
    check_ok(pcil_network_operation(network, "avg_pool 2x2"));
    check_ok(pcil_network_block(network));
    check_ok(pcil_network_dense(network, 2));
    check_ok(pcil_network_finish(network));
    check_ok(pcil_network_describe(network, text, sizeof text, &length));
    assert_string_equal(text, "3x6x6; conv 4 3x3, max_pool 2x2 + from 0: conv 4 3x3, avg_pool 2x2; dense 2; linear");
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_that_do_not_fit),
        cmocka_unit_test(test_mistakes_in_windows),
        cmocka_unit_test(test_huge_windows),
        cmocka_unit_test(test_the_largest_windows),
        cmocka_unit_test(test_skips_between_shapes),
        cmocka_unit_test(test_building_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
