#include "test.h"

#include "base/api.h"

#include <stdio.h>
#include <unistd.h>

static void test_version_as_text_and_number(void **state) {
    (void)state;
    int major, minor, patch;
    assert_int_equal(sscanf(pcil_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(pcil_version_number(), major * 1000000 + minor * 1000 + patch);
    assert_int_equal(pcil_version_number(), PCIL_HEADER_VERSION);
}

static void test_build_info_tells_of_each_topic(void **state) {
    (void)state;
    const char *topics[] = {"blas", "blas_threads", "vector", "compiler", "readers", "libraries"};
    for (size_t i = 0; i < 6; i++) assert_non_null(pcil_build_info(topics[i]));
    assert_non_null(strstr(pcil_build_info("readers"), "digits"));
    assert_true(strlen(pcil_build_info("compiler")) > 0);
    assert_null(pcil_build_info("weather"));
    assert_null(pcil_build_info(NULL));
}

/* What an unnamed BLAS is called is its file. */
static void test_the_blas_has_a_name(void **state) {
    (void)state;
    const char *name = pcil_build_info("blas");
    if (strncmp(name, "OpenBLAS ", 9) == 0) return;
    assert_int_equal(name[0], '/');
    assert_int_equal(access(name, R_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_as_text_and_number),
        cmocka_unit_test(test_build_info_tells_of_each_topic),
        cmocka_unit_test(test_the_blas_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
