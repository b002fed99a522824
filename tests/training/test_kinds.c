/* The listing of kinds, and the house rules that every row must keep. */
#include "test.h"

#include "base/text.h"
#include "training/options.h"

static void test_every_row_is_described(void **state) {
    (void)state;
    assert_int_equal(pcil_family_count(), 10);
    for (int32_t f = 0; f < pcil_family_count(); f++) {
        const char *family = pcil_family_name(f);
        assert_true(pcil_kind_count(family) > 0);
        for (int32_t k = 0; k < pcil_kind_count(family); k++) {
            const char *kind = pcil_kind_name(family, k);
            if (!pcil_kind_help(family, kind) || strlen(pcil_kind_help(family, kind)) < 4)
                fail_msg("%s %s has no help", family, kind);
            for (int32_t other = 0; other < k; other++) assert_string_not_equal(kind, pcil_kind_name(family, other));
        }
    }
    assert_null(pcil_family_name(10));
    assert_null(pcil_family_name(-1));
}

static void check_option(const char *family, const char *kind, const char *name) {
    const char *type, *initial, *words, *help;
    double least, most, value;
    check_ok(pcil_option_describe(family, kind, name, &type, &initial, &least, &most, &words, &help));
    if (strlen(help) < 4) fail_msg("%s %s: option %s has no help", family, kind, name);
    bool ranged = strcmp(type, "number") == 0 || strcmp(type, "integer") == 0;
    if (!ranged) return;
    if (!pc_parse_number(initial, &value) || value < least || value > most)
        fail_msg("%s %s: the default of %s is not in its range", family, kind, name);
}

static void test_every_option_has_help_and_a_default_in_range(void **state) {
    (void)state;
    for (int32_t f = 0; f < pcil_family_count(); f++) {
        const char *family = pcil_family_name(f);
        for (int32_t k = 0; k < pcil_kind_count(family); k++) {
            const char *kind = pcil_kind_name(family, k);
            for (int32_t o = 0; o < pcil_option_count(family, kind); o++)
                check_option(family, kind, pcil_option_name(family, kind, o));
        }
    }
}

/* A run's options are flat: one name never means two things. */
static void test_run_options_are_unique_across_families(void **state) {
    (void)state;
    struct pc_owned_option a, b;
    for (int32_t i = 0; pc_run_option_at(i, &a); i++)
        for (int32_t j = 0; j < i && pc_run_option_at(j, &b); j++)
            if (a.family != b.family) assert_string_not_equal(a.option->name, b.option->name);
}

static void test_unknown_names(void **state) {
    (void)state;
    assert_int_equal(pcil_kind_count("weather"), -1);
    assert_int_equal(pcil_kind_count(NULL), -1);
    assert_null(pcil_kind_name("weather", 0));
    assert_null(pcil_kind_name("optimizer", 1000));
    assert_null(pcil_kind_help("optimizer", "adamm"));
    assert_int_equal(pcil_option_count("optimizer", "adamm"), -1);
    assert_null(pcil_option_name("optimizer", "adam", 1000));
    assert_null(pcil_option_name("optimizer", "adam", -1));
    check_fails(pcil_option_describe("weather", "a", "b", NULL, NULL, NULL, NULL, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "unknown family 'weather'");
    check_fails(pcil_option_describe("optimizer", "adamm", "b", NULL, NULL, NULL, NULL, NULL, NULL),
                PCIL_ERROR_ARGUMENT, "did you mean 'adam'");
    check_fails(pcil_option_describe("optimizer", "adam", "b", NULL, NULL, NULL, NULL, NULL, NULL), PCIL_ERROR_ARGUMENT,
                "'adam' has no option 'b'");
}

static void test_an_option_is_described(void **state) {
    (void)state;
    const char *type, *initial, *words;
    double least, most;
    check_ok(pcil_option_describe("run", "run", "normalise", &type, &initial, &least, &most, &words, NULL));
    assert_string_equal(type, "word");
    assert_string_equal(initial, "none");
    assert_string_equal(words, "none centre standard shrink");
    check_ok(pcil_option_describe("optimizer", "adam", "beta1", &type, &initial, &least, &most, &words, NULL));
    assert_string_equal(type, "number");
    assert_string_equal(initial, "0.9");
    assert_string_equal(words, "");
    assert_true(least == 0 && most < 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_described),
        cmocka_unit_test(test_every_option_has_help_and_a_default_in_range),
        cmocka_unit_test(test_run_options_are_unique_across_families),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_an_option_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
