#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/unknown.h"

#include <locale.h>
#include <stdio.h>

static void test_failure_keeps_its_message(void **state) {
    (void)state;
    struct pc_error own = {""};
    assert_int_equal(pc_fail(&own, PCIL_ERROR_FORMAT, "line %d", 7), PCIL_ERROR_FORMAT);
    assert_string_equal(pcil_last_error(), "line 7");
    assert_string_equal(own.text, "line 7");
    pc_fail(NULL, PCIL_ERROR_IO, "around: %s", pcil_last_error());
    assert_string_equal(pcil_last_error(), "around: line 7");
    assert_string_equal(own.text, "line 7");
    assert_string_equal(pcil_status_name(PCIL_ERROR_DIVERGED), "PCIL_ERROR_DIVERGED");
}

/* What is no number has no sign; names that look like it stay. */
static void test_failure_shows_nan_without_sign(void **state) {
    (void)state;
    pc_fail(NULL, PCIL_ERROR_DIVERGED, "unit 5 is %g (%g, %.3f), '/a-nan/ -nan-' %g", -(double)NAN, -(double)NAN,
            -(double)NAN, -(double)NAN);
    assert_string_equal(pcil_last_error(), "unit 5 is nan (nan, nan), '/a-nan/ -nan-' nan");
}

/* What a file says reaches no terminal as it stands, and no message is flooded by it. */
static void test_quotes_are_short_and_plain(void **state) {
    (void)state;
    struct pc_quote quote;
    char text[300];
    assert_string_equal(pc_quote(&quote, "a b\x1b[2J\x7f\xff\n"), "a b\\x1b[2J\\x7f\\xff\\x0a");
    memset(text, '\x01', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_in_range(strlen(pc_quote(&quote, text)), 400, 419);
    for (const char *c = quote.text; *c; c++) assert_true(*c >= 32 && *c < 127);
    assert_string_equal(pc_quote_bytes(&quote, "ab\0c", 4), "ab\\x00c");
}

static void test_memory_refuses_products_that_wrap(void **state) {
    (void)state;
    assert_null(pc_allocate(SIZE_MAX / 2, 3));
    assert_null(pc_allocate_floats(INT64_MAX, 2));
    assert_null(pc_allocate_floats(-1, 2));
    float *values = pc_allocate_floats(3, 5);
    assert_non_null(values);
    assert_int_equal((uintptr_t)values % 64, 0);
    for (int i = 0; i < 15; i++) assert_true(values[i] == 0);
    pc_release(values);
}

/* The large ones too, whatever pages the system gives: as wanted up to the last byte. */
static void test_large_memory_is_whole(void **state) {
    (void)state;
    for (size_t size = ((size_t)4 << 20) - 64; size <= ((size_t)6 << 20) + 64; size += ((size_t)1 << 20) + 64) {
        unsigned char *bytes = pc_allocate(size, 1);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t i = 0; i < size; i++) assert_int_equal(bytes[i], 0);
        memset(bytes, 1, size);
        pc_release(bytes);
    }
    assert_null(pc_allocate(PTRDIFF_MAX - 64, 1));
}

static void test_streams_are_reproducible_and_apart(void **state) {
    (void)state;
    struct pc_random a, b, c, d;
    pc_random_seed(&a, 1, "weights", 0);
    pc_random_seed(&b, 1, "weights", 0);
    pc_random_seed(&c, 1, "shuffle", 0);
    pc_random_seed(&d, 1, "weights", 1);
    int same_name = 0, same_index = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = pc_random_next(&a);
        assert_true(x == pc_random_next(&b));
        same_name += x == pc_random_next(&c);
        same_index += x == pc_random_next(&d);
    }
    assert_int_equal(same_name + same_index, 0);
}

static void test_random_moments(void **state) {
    (void)state;
    struct pc_random r;
    pc_random_seed(&r, 5, "test", 0);
    double sum = 0, square = 0, uniform = 0;
    int below[3] = {0};
    for (int i = 0; i < 30000; i++) {
        double x = pc_random_normal(&r);
        sum += x;
        square += x * x;
        uniform += pc_random_uniform(&r);
        below[pc_random_below(&r, 3)]++;
    }
    assert_true(sum / 30000 < .03 && sum / 30000 > -.03);
    assert_true(square / 30000 < 1.05 && square / 30000 > .95);
    assert_true(uniform / 30000 < .51 && uniform / 30000 > .49);
    for (int i = 0; i < 3; i++) assert_in_range(below[i], 9600, 10400);
}

static void test_numbers_ignore_the_locale(void **state) {
    (void)state;
    const char *old = setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed */
    double x = 0;
    assert_true(pc_parse_number("2.5e-1", &x));
    assert_true(x == .25);
    assert_false(pc_parse_number("2,5", &x));
    assert_false(pc_parse_number("nan", &x));
    assert_false(pc_parse_number("0x10", &x));
    assert_false(pc_parse_number("1e999", &x));
    assert_false(pc_parse_number("", &x));
    assert_false(pc_parse_number("1 ", &x));
    struct pc_number number;
    assert_string_equal(pc_format_number(&number, .1), "0.1");
    assert_string_equal(pc_format_number(&number, 3e-5), "3e-05");
    assert_string_equal(pc_format_number(&number, 50000), "50000");
    (void)old;
    setlocale(LC_ALL, "C");
}

static void test_distance(void **state) {
    (void)state;
    assert_int_equal(pc_distance("relu", "relu"), 0);
    assert_int_equal(pc_distance("rleu", "relu"), 1);
    assert_int_equal(pc_distance("dens", "dense"), 1);
    assert_int_equal(pc_distance("", "abc"), 3);
}

static void test_text_convention(void **state) {
    (void)state;
    char text[8] = "same";
    int64_t length = 0;
    assert_int_equal(pc_text_give(NULL, "12345678", text, 8, &length), PCIL_ERROR_ARGUMENT);
    assert_int_equal(length, 8);
    assert_string_equal(text, "same");
    assert_int_equal(pc_text_give(NULL, "1234567", text, 8, &length), PCIL_OK);
    assert_string_equal(text, "1234567");
    assert_int_equal(pc_text_give(NULL, "123", NULL, 0, &length), PCIL_OK);
    assert_int_equal(length, 3);
}

static const struct pc_option common_options[] = {
    {.name = "rate", .type = PC_NUMBER, .each = true, .initial = .1, .least = 0, .most = 10, .help = "a rate"},
    {.name = "mode", .type = PC_WORD, .initial = 1, .words = "soft hard", .help = "a mode"},
};
static const struct pc_option own_options[] = {
    {.name = "steps", .type = PC_INTEGER, .initial = 3, .least = 1, .most = 9, .help = "steps"},
    {.name = "on", .type = PC_FLAG, .initial = 0, .help = "a flag"},
};
static const struct pc_kind kind = {"some", "a kind", PC_TABLE(own_options)};
static const struct pc_kind *const kinds[] = {&kind};
static const struct pc_family family = {"things", "thing", kinds, 1, PC_TABLE(common_options)};

static void test_settings_by_name(void **state) {
    (void)state;
    struct pc_settings s;
    double x;
    assert_int_equal(pc_settings_create(&s, NULL, &family, &kind, 3), PCIL_OK);
    assert_true(pc_setting(&s, 0) == .1 && pc_setting_at(&s, 0, 2) == .1);
    assert_int_equal(pc_settings_set(&s, NULL, "rate.1", 2), PCIL_OK);
    assert_true(pc_setting_at(&s, 0, 0) == .1 && pc_setting_at(&s, 0, 1) == 2);
    assert_int_equal(pc_settings_get(&s, "rate.1", &x), PCIL_OK);
    assert_true(x == 2);
    assert_int_equal(pc_settings_set_text(&s, NULL, "mode", "soft"), PCIL_OK);
    assert_true(pc_setting(&s, 1) == 0);
    assert_int_equal(pc_settings_set_text(&s, NULL, "steps", "7"), PCIL_OK);
    assert_true(pc_own_setting(&s, 0) == 7);
    assert_int_equal(pc_settings_set_text(&s, NULL, "on", "true"), PCIL_OK);
    assert_true(pc_own_setting(&s, 1) == 1);
    pc_settings_free(&s);
}

static void test_settings_refuse(void **state) {
    (void)state;
    struct pc_settings s;
    assert_int_equal(pc_settings_create(&s, NULL, &family, &kind, 3), PCIL_OK);
    assert_int_equal(pc_settings_set(&s, NULL, "rat", 1), PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_last_error(), "unknown option 'rat', did you mean 'rate'?; known: rate, mode, steps, on");
    assert_int_equal(pc_settings_set(&s, NULL, "rate.3", 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pc_settings_set(&s, NULL, "steps.0", 1), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pc_settings_set(&s, NULL, "rate", -1), PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_last_error(), "option 'rate' is a number from 0 to 10, not -1");
    assert_int_equal(pc_settings_set(&s, NULL, "steps", 2.5), PCIL_ERROR_ARGUMENT);
    assert_int_equal(pc_settings_set_text(&s, NULL, "mode", "warm"), PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_last_error(), "option 'mode' is one of: soft hard; not 'warm'");
    assert_int_equal(pc_settings_set(&s, NULL, "mode", 2), PCIL_ERROR_ARGUMENT);
    assert_true(pc_setting(&s, 0) == .1 && pc_setting(&s, 1) == 1 && pc_own_setting(&s, 0) == 3);
    pc_settings_free(&s);
}

static void test_unknown_kind_suggests(void **state) {
    (void)state;
    const struct pc_kind *found = NULL;
    assert_int_equal(pc_family_choose(&family, NULL, "soem", &found), PCIL_ERROR_ARGUMENT);
    assert_string_equal(pcil_last_error(), "unknown thing 'soem', did you mean 'some'?; known: some");
    assert_null(found);
}

static void test_long_lists_of_names_are_cut(void **state) {
    (void)state;
    struct pc_unknown unknown = {.name = "name-2499"};
    static char names[500][20];
    for (int i = 0; i < 500; i++) {
        snprintf(names[i], sizeof names[i], "name-%d", 2000 + i);
        pc_unknown_add(&unknown, names[i]);
    }
    assert_int_equal(pc_unknown_fail(&unknown, NULL, "thing"), PCIL_ERROR_ARGUMENT);
    const char *message = pcil_last_error();
    assert_non_null(strstr(message, "did you mean 'name-2499'?; known: name-2000, name-2001, "));
    assert_string_equal(message + strlen(message) - strlen(" and 364 more"), " and 364 more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure_keeps_its_message),
        cmocka_unit_test(test_failure_shows_nan_without_sign),
        cmocka_unit_test(test_quotes_are_short_and_plain),
        cmocka_unit_test(test_memory_refuses_products_that_wrap),
        cmocka_unit_test(test_large_memory_is_whole),
        cmocka_unit_test(test_streams_are_reproducible_and_apart),
        cmocka_unit_test(test_random_moments),
        cmocka_unit_test(test_numbers_ignore_the_locale),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_text_convention),
        cmocka_unit_test(test_settings_by_name),
        cmocka_unit_test(test_settings_refuse),
        cmocka_unit_test(test_unknown_kind_suggests),
        cmocka_unit_test(test_long_lists_of_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
