/* The t-test of the reports against known values. */
#include "test.h"

#include "cli/welch.c"

#include <math.h>

static void check_near(double got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance)) fail_msg("%.17g, not %.17g", got, expected);
}

/* Closed forms: I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a, I_x(2, 3) = x^2 (6 - 8 x + 3 x^2), arcsine law. */
static void incomplete_beta_is_its_closed_forms(void **state) {
    (void)state;
    for (double x = 0; x <= 1; x += .0625) {
        check_near(cli_incomplete_beta(1, 4.5, x), 1 - pow(1 - x, 4.5), 1e-13);
        check_near(cli_incomplete_beta(7.25, 1, x), pow(x, 7.25), 1e-13);
        check_near(cli_incomplete_beta(2, 3, x), x * x * (6 - 8 * x + 3 * x * x), 1e-13);
        check_near(cli_incomplete_beta(.5, .5, x), 2 / acos(-1) * asin(sqrt(x)), 1e-13);
    }
    check_near(cli_incomplete_beta(500, 500, .5), .5, 1e-12);
}

/* Student's t with 1 and 2 degrees of freedom has closed forms: equal spreads and n = 2 give 2. */
static void welch_is_student_where_spreads_are_equal(void **state) {
    (void)state;
    struct cli_sample a = {2, 0, 1}, b = {2, 3, 1};
    double t = 3;
    check_near(cli_welch(&a, &b), 1 - t / sqrt(2 + t * t), 1e-12);
    check_near(cli_welch(&b, &a), cli_welch(&a, &b), 1e-15);
}

/* One mean known almost exactly leaves five degrees of freedom: 2.571 and 4.032 stand in every table. */
static void welch_is_what_tables_say(void **state) {
    (void)state;
    struct cli_sample a = {6, 0, 1}, b = {1000000, 2.571 * sqrt(1. / 6), 1e-6};
    check_near(cli_welch(&a, &b), .05, 1e-4);
    b.mean = 4.032 * sqrt(1. / 6);
    check_near(cli_welch(&a, &b), .01, 1e-4);
}

static void samples_are_counted(void **state) {
    (void)state;
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct cli_sample all = cli_sample_of(values, 8), one = cli_sample_of(values, 1);
    check_near(all.mean, 5, 1e-14);
    check_near(all.deviation, sqrt(32. / 7), 1e-14);
    assert_true(isnan(one.deviation));
    assert_true(isnan(cli_welch(&all, &one)));
    const double gaps[] = {NAN, 1, INFINITY, 3, NAN};
    struct cli_sample some = cli_sample_of(gaps, 5), none = cli_sample_of(gaps, 1);
    assert_int_equal(some.count, 2);
    check_near(some.mean, 2, 1e-14);
    check_near(some.deviation, sqrt(2), 1e-14);
    assert_true(none.count == 0 && isnan(none.mean));
    struct cli_sample flat = {3, 1, 0}, other = {3, 2, 0};
    assert_true(cli_welch(&flat, &other) <= 0);
    assert_true(cli_welch(&flat, &flat) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incomplete_beta_is_its_closed_forms),
        cmocka_unit_test(welch_is_student_where_spreads_are_equal),
        cmocka_unit_test(welch_is_what_tables_say),
        cmocka_unit_test(samples_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
