#include "test.h"

#include "base/api.h"

#include <stdio.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_as_text_and_number),
        cmocka_unit_test(test_build_info_tells_of_each_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
