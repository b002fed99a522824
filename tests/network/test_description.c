/* The text description of networks: what it reads, what it prints back, and how it refuses what it cannot read. */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* AddressSanitizer would end the program where malloc says no. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void check_describes(const char *description, const char *expected) {
    char text[1024];
    int64_t length = -1;
    pcil_network *network = NULL, *again = NULL;
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_network_describe(network, text, sizeof text, &length));
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    check_ok(pcil_network_parse(&again, text));
    check_ok(pcil_network_describe(again, text, sizeof text, &length));
    assert_string_equal(text, expected);
    pcil_network_free(network);
    pcil_network_free(again);
}

static void test_prints_back(void **state) {
    (void)state;
    check_describes("12;dense 3", "12; dense 3; linear");
    check_describes("  12 ; dense   3 ;softmax ", "12; dense 3; softmax");
    check_describes("3x4x5; dense 7; relu, dense 6; sigmoid", "3x4x5; dense 7; relu, dense 6; sigmoid");
    check_describes("12;\n dense 7,\trelu;\n dense 2; linear\n", "12; dense 7, relu; dense 2; linear");
    check_describes("9; tanh,gelu,dense 2,sigmoid,identity", "9; tanh, gelu, dense 2, sigmoid, identity; linear");
    check_describes("9; dense 4; leaky_relu slope=0.25, dense 2", "9; dense 4; leaky_relu slope=0.25, dense 2; linear");
    check_describes("9;\n\tdense\t4;\r\nleaky_relu\n\tslope=0.25, dense 2",
                    "9; dense 4; leaky_relu slope=0.25, dense 2; linear");
    check_describes("9; dense 4, dense 3, dense 2; softmax", "9; dense 4, dense 3, dense 2; softmax");
}

static void test_shapes(void **state) {
    (void)state;
    pcil_network *network = NULL;
    int32_t channels = 0, height = 0, width = 0, from = -1, to = -1;
    int64_t parameters = -1, length = -1;
    char text[64];
    check_ok(pcil_network_parse(&network, "3x4x5; dense 7, tanh; relu, dense 6; sigmoid"));
    assert_int_equal(pcil_network_blocks(network), 2);
    assert_int_equal(pcil_network_nodes(network), 3);
    assert_int_equal(pcil_network_node_size(network, 0), 60);
    assert_int_equal(pcil_network_node_size(network, 1), 7);
    assert_int_equal(pcil_network_node_size(network, 2), 6);
    check_ok(pcil_network_node_shape(network, 0, &channels, &height, &width));
    assert_int_equal(channels * 100 + height * 10 + width, 345);
    check_ok(pcil_network_node_shape(network, 2, &channels, &height, &width));
    assert_int_equal(channels * 100 + height * 10 + width, 611);
    assert_string_equal(pcil_network_output_kind(network), "sigmoid");
    assert_int_equal(pcil_network_parameters(network), 61 * 7 + 8 * 6);
    check_ok(pcil_network_block_info(network, 1, &from, &to, &parameters, text, sizeof text, &length));
    assert_int_equal(from, 1);
    assert_int_equal(to, 2);
    assert_int_equal(parameters, 48);
    assert_string_equal(text, "relu, dense 6");
    pcil_network_free(network);
}

/*
 * A description that does not parse: the message's last two lines are an excerpt and a caret under the mistake; `at` is
 * what the excerpt shows from the caret on.
 */
static void check_refused(const char *description, const char *at, const char *fragment) {
    pcil_network *network = (pcil_network *)&network;
    char message[1024];
    pcil_status status = pcil_network_parse(&network, description);
    snprintf(message, sizeof message, "%s", pcil_last_error());
    if (status != PCIL_ERROR_FORMAT && status != PCIL_ERROR_ARGUMENT)
        fail_msg("'%s' gives %s: %s", description, pcil_status_name(status), message);
    assert_ptr_equal(network, &network);
    if (!strstr(message, fragment)) fail_msg("'%s': the message lacks '%s': %s", description, fragment, message);
    char *caret_line = strrchr(message, '\n');
    if (!caret_line) fail_msg("'%s': no caret line: %s", description, message);
    *caret_line++ = '\0';
    char *excerpt = strrchr(message, '\n');
    if (!excerpt) fail_msg("'%s': no excerpt: %s", description, message);
    excerpt++;
    size_t column = strspn(caret_line, " ");
    if (strcmp(caret_line + column, "^") != 0 || column > strlen(excerpt))
        fail_msg("'%s': the last line is no caret: '%s'", description, caret_line);
    if (strncmp(excerpt + column, at, strlen(at)) != 0)
        fail_msg("'%s': the caret stands at '%s', expected '%s'", description, excerpt + column, at);
    if (*at == '\0' && excerpt[column] != '\0') fail_msg("'%s': the caret stands before the end", description);
}

static void test_mistakes(void **state) {
    (void)state;
    check_refused("", "", "input");
    check_refused("dense 3", "dense 3", "input");
    check_refused("0; dense 3", "0; dense", "input");
    check_refused("-4; dense 3", "-4", "input");
    check_refused("1e3; dense 3", "1e3", "input");
    check_refused("3x32; dense 3", "3x32;", "input");
    check_refused("3x32x32x1; dense 3", "3x32x32x1", "input");
    check_refused("3x0x32; dense 3", "3x0x32", "input");
    check_refused("2147483648; dense 3", "2147483648", "input");
    check_refused("99999999999999999999; dense 3", "999999", "input");
    check_refused("12", "", "block");
    check_refused("12;", "", "operation");
    check_refused("12; ; dense 3", "; dense 3", "operation");
    check_refused("12; dense 3;", "", "operation");
    check_refused("12; dense 3,", "", "operation");
    check_refused("12; , dense 3", ", dense 3", "operation");
    check_refused("12; dens 3", "dens 3", "dense");
    check_refused("12; dense 3; rleu, dense 4", "rleu, dense 4", "relu");
    check_refused("12; dense 3; softmx", "softmx", "softmx");
    check_refused("12; softmax; dense 3", "softmax; dense 3", "softmax");
    check_refused("12; dense 3; softmax; softmax", "softmax; softmax", "softmax");
    check_refused("12; dense", "dense", "UNITS");
    check_refused("12; dense 0", "0", "dense");
    check_refused("12; dense -3", "-3", "dense");
    check_refused("12; dense 3.5", "3.5", "dense");
    check_refused("12; dense 0x10", "0x10", "dense");
    check_refused("12; dense 2147483648", "2147483648", "dense");
    check_refused("12; dense 3 4", "4", "dense");
    check_refused("12; dense 3; relu 4, dense 4", "4, dense 4", "relu");
    check_refused("12; dense 3 slope=2", "slope=2", "slope");
    check_refused("12; dense 3; leaky_relu slope=, dense 2", "slope=", "slope");
    check_refused("12; dense 3; leaky_relu slope=x, dense 2", "slope=x", "slope");
    check_refused("12; dense 3; leaky_relu slope=nan, dense 2", "slope=nan", "slope");
    check_refused("12; dense 3; leaky_relu slope=0,1, dense 2", "1, dense 2", "1");
    check_refused("12; dense 3; leaky_relu slop=0.1, dense 2", "slop=0.1", "slope");
    check_refused("12; dense 3: softmax", "3:", "dense");
    check_refused("3x8x8; conv", "conv", "CHANNELS");
    check_refused("3x8x8; conv 8", "8", "kernel");
    check_refused("3x8x8; conv 0 3x3", "0 3x3", "CHANNELS");
    check_refused("12; d\xc3\xa9nse 3", "d??nse", "operation");
    check_refused("12; \x01\x02", "??", "operation");
}

/* The excerpt of a long description is a part around the mistake. */
static void test_mistakes_far_in(void **state) {
    (void)state;
    char text[4096] = "12";
    for (int i = 0; i < 200; i++) strcat(text, "; dense 11");
    strcat(text, "; densse 12; dense 13; softmax");
    check_refused(text, "densse 12; dense 13", "densse");
    assert_true(strlen(pcil_last_error()) < 500);
}

static void check_hostile(const char *description, pcil_status expected, const char *fragment) {
    pcil_network *network = (pcil_network *)&network;
    pcil_status status = pcil_network_parse(&network, description);
    if (status != expected) fail_msg("%.60s...: %s: %s", description, pcil_status_name(status), pcil_last_error());
    if (!strstr(pcil_last_error(), fragment)) fail_msg("the message lacks '%s': %s", fragment, pcil_last_error());
    assert_ptr_equal(network, &network);
}

/* Sizes that no machine holds, products that wrap. */
static void test_huge_sizes(void **state) {
    (void)state;
    check_hostile("2147483647; dense 2147483647", PCIL_ERROR_ARGUMENT, "too many weights");
    check_hostile("1; dense 2147483647, dense 2147483647; dense 2147483647", PCIL_ERROR_ARGUMENT, "too many weights");
    check_hostile("2147483647; dense 1000000", PCIL_ERROR_MEMORY, "memory");
    check_hostile("65536x65536x65536; dense 1", PCIL_ERROR_ARGUMENT, "2^31-1");
    check_hostile("2x1073741824x1; dense 1", PCIL_ERROR_ARGUMENT, "2^31-1");
    check_hostile("2147483647x2147483647x2147483647; dense 1", PCIL_ERROR_ARGUMENT, "2^31-1");
    check_hostile("46341x46341x1; dense 1", PCIL_ERROR_ARGUMENT, "2^31-1");
}

/* Blocks that fit the machine one by one, but not together: told, instead of filling the memory until the process dies.
 */
static void test_more_than_the_machine(void **state) {
    (void)state;
    char text[256];
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    int n = (int)fmin(2e9, sqrt(0.4 * machine / 4));
    snprintf(text, sizeof text, "%d; dense %d; relu, dense %d; relu, dense %d; relu, dense 10", n, n, n, n);
    check_hostile(text, PCIL_ERROR_MEMORY, "GiB of memory; this machine has");
}

/* 64 KiB, 4096 blocks, 64 operations: the last that is allowed, the first that is not. */
static char *repeated(const char *head, const char *piece, int count, const char *tail) {
    size_t length = strlen(piece);
    char *text = malloc(strlen(head) + length * (size_t)count + strlen(tail) + 1), *end = text;
    assert_non_null(text);
    end = stpcpy(end, head);
    for (int i = 0; i < count; i++) end = stpcpy(end, piece);
    stpcpy(end, tail);
    return text;
}

static void check_limit(char *text, bool allowed, const char *fragment) {
    pcil_network *network = NULL;
    pcil_status status = pcil_network_parse(&network, text);
    if (allowed)
        assert_int_equal(status, PCIL_OK);
    else {
        if (status != PCIL_ERROR_FORMAT && status != PCIL_ERROR_ARGUMENT)
            fail_msg("%s: %s", pcil_status_name(status), pcil_last_error());
        if (!strstr(pcil_last_error(), fragment)) fail_msg("the message lacks '%s': %s", fragment, pcil_last_error());
        assert_null(network);
    }
    pcil_network_free(network);
    free(text);
}

static void test_limits(void **state) {
    (void)state;
    check_limit(repeated("2", ";dense 2", 4096, ""), true, "");
    check_limit(repeated("2", ";dense 2", 4097, ""), false, "4096 blocks");
    check_limit(repeated("2;dense 2", ",relu", 63, ""), true, "");
    check_limit(repeated("2;dense 2", ",relu", 64, ""), false, "64 operations");
    check_limit(repeated("2;dense 2", " ", 65536 - 9, ""), true, "");
    check_limit(repeated("2;dense 2", " ", 65536 - 8, ""), false, "65536");
    check_limit(repeated("2;dense 2", "x", 65536 - 9, ""), false, "x");
    check_limit(repeated("", ";", 65536, ""), false, "input");
    check_limit(repeated("2;", ",", 65000, ""), false, "operation");
    check_limit(repeated("", "9", 65536, ""), false, "input");
    check_limit(repeated("2;dense 2;leaky_relu slope=0.", "1", 60000, ",dense 2"), false, "slope");
    check_limit(repeated("2;dense 2;leaky_relu slope=0.", "1", 50, ",dense 2"), true, "");
    check_limit(repeated("2;dense 2;leaky_relu slope=0.", "1", 56, "e-5,dense 2"), false, "slope");
    check_limit(repeated("2;dense 2;", "leaky_relu slope=0.1 ", 1000, ""), false, "'leaky_relu' makes no sense here");
}

static void test_misuse(void **state) {
    (void)state;
    pcil_network *network = NULL;
    assert_int_equal(pcil_network_parse(NULL, "2; dense 2"), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_network_parse(&network, NULL), PCIL_ERROR_ARGUMENT);
    assert_null(network);
    check_ok(pcil_network_parse(&network, "2; dense 2"));
    char text[8] = "kept";
    int64_t length = -1;
    assert_int_equal(pcil_network_describe(NULL, text, 8, &length), PCIL_ERROR_ARGUMENT);
    assert_int_equal(length, -1);
    check_ok(pcil_network_describe(network, NULL, 0, &length));
    assert_int_equal(length, strlen("2; dense 2; linear"));
    length = -1;
    assert_int_equal(pcil_network_describe(network, text, 8, &length), PCIL_ERROR_ARGUMENT);
    assert_int_equal(length, strlen("2; dense 2; linear"));
    pcil_network_free(network);
    pcil_network_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_back), cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_mistakes),    cmocka_unit_test(test_mistakes_far_in),
        cmocka_unit_test(test_huge_sizes),  cmocka_unit_test(test_more_than_the_machine),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
