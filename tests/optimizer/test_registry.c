/* Every row of the registry, through the public interface: help, defaults in range, names that no other part of a run
 * uses. */
#include "optimizer/rules.h"

static const char *kind_at(int32_t k) {
    return pcil_kind_name("optimizer", k);
}

static void test_kinds_have_help(void **state) {
    (void)state;
    assert_int_equal(pcil_kind_count("optimizer"), 7);
    for (int32_t k = 0; k < pcil_kind_count("optimizer"); k++) {
        assert_true(strlen(pcil_kind_help("optimizer", kind_at(k))) > 10);
        assert_true(pcil_option_count("optimizer", kind_at(k)) >= 8);
    }
}

/* A default can be set as text, and is what a fresh optimizer has; the ends of its range can be set too. */
static void check_option(pcil_optimizer *optimizer, const char *kind, const char *name) {
    const char *type, *initial, *words, *help;
    double least, most, before, after;
    check_ok(pcil_option_describe("optimizer", kind, name, &type, &initial, &least, &most, &words, &help));
    assert_true(strlen(help) > 5);
    check_ok(pcil_optimizer_get(optimizer, name, &before));
    check_ok(pcil_optimizer_set_text(optimizer, name, initial));
    check_ok(pcil_optimizer_get(optimizer, name, &after));
    assert_true(before == after);
    if (words[0]) return;
    check_ok(pcil_optimizer_set(optimizer, name, least));
    check_ok(pcil_optimizer_set(optimizer, name, most));
    assert_int_equal(pcil_optimizer_set(optimizer, name, least - 1e-3), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pcil_optimizer_set(optimizer, name, most * 1.01), PCIL_ERROR_ARGUMENT);
}

static void test_defaults_and_ranges(void **state) {
    (void)state;
    pcil_network *network = make_network();
    for (int32_t k = 0; k < pcil_kind_count("optimizer"); k++) {
        pcil_optimizer *optimizer = NULL;
        check_ok(pcil_optimizer_create(&optimizer, network, kind_at(k)));
        for (int32_t o = 0; o < pcil_option_count("optimizer", kind_at(k)); o++)
            check_option(optimizer, kind_at(k), pcil_option_name("optimizer", kind_at(k), o));
        pcil_optimizer_free(optimizer);
    }
    pcil_network_free(network);
}

/* At the lower ends of all ranges together steps still give finite weights. */
static void test_least_options_stay_finite(void **state) {
    (void)state;
    for (int32_t k = 0; k < pcil_kind_count("optimizer"); k++) {
        float gradient[76];
        pcil_network *network = make_network();
        pcil_optimizer *optimizer = NULL;
        check_ok(pcil_optimizer_create(&optimizer, network, kind_at(k)));
        for (int32_t o = 0; o < pcil_option_count("optimizer", kind_at(k)); o++) {
            const char *type, *initial, *words, *help, *name = pcil_option_name("optimizer", kind_at(k), o);
            double least, most;
            check_ok(
                pcil_option_describe("optimizer", kind_at(k), name, &type, &initial, &least, &most, &words, &help));
            if (!words[0]) check_ok(pcil_optimizer_set(optimizer, name, least));
        }
        for (int i = 0; i < 76; i++) gradient[i] = (float)(i - 38);
        for (int i = 0; i < 3; i++) {
            pc_optimizer_begin(optimizer);
            pc_optimizer_begin_block(optimizer, 1, 0);
            pc_optimizer_apply(optimizer, 1, 0, 76, gradient);
            check_ok(pc_optimizer_end_block(optimizer, 1));
        }
        for (int i = 0; i < 76; i++) assert_true(isfinite(pc_network_block_parameters(network, 1, NULL)[i]));
        pcil_optimizer_free(optimizer);
        pcil_network_free(network);
    }
}

/* A run's settings hold the options of optimizer, inference and run side by side: no name twice. */
static void check_free(const char *family, const char *name) {
    for (int32_t k = 0; k < pcil_kind_count(family); k++) {
        const char *kind = pcil_kind_name(family, k);
        for (int32_t o = 0; o < pcil_option_count(family, kind); o++)
            if (strcmp(pcil_option_name(family, kind, o), name) == 0)
                fail_msg("'%s' is an option of an optimizer and of %s '%s'", name, family, kind);
    }
}

static void test_names_are_free_elsewhere(void **state) {
    (void)state;
    for (int32_t k = 0; k < pcil_kind_count("optimizer"); k++) {
        for (int32_t o = 0; o < pcil_option_count("optimizer", kind_at(k)); o++) {
            const char *name = pcil_option_name("optimizer", kind_at(k), o);
            check_free("inference", name);
            check_free("run", name);
            for (int32_t other = 0; other < o; other++)
                assert_string_not_equal(pcil_option_name("optimizer", kind_at(k), other), name);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_have_help),
        cmocka_unit_test(test_defaults_and_ranges),
        cmocka_unit_test(test_least_options_stay_finite),
        cmocka_unit_test(test_names_are_free_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
