/* What every test includes: cmocka with the headers it wants first, and comparisons of arrays. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The thread sanitizer ends a forked child that starts a thread: "dup thread with used id" (gcc 12). */
#if defined __SANITIZE_THREAD__
#define skip_where_forks_are_unknown() skip()
#else
#define skip_where_forks_are_unknown() (void)0
#endif

/* A call that must succeed; shows the library's message if not. */
#define check_ok(call)                                                                                                 \
    do {                                                                                                               \
        pcil_status status_ = (call);                                                                                  \
        if (status_ != PCIL_OK) fail_msg("%s: %s: %s", #call, pcil_status_name(status_), pcil_last_error());           \
    } while (0)

/* A call that must fail in one way, with a message that holds a text. */
#define check_fails(call, expected, fragment)                                                                          \
    do {                                                                                                               \
        assert_int_equal((call), (expected));                                                                          \
        if (!strstr(pcil_last_error(), (fragment)))                                                                    \
            fail_msg("%s: the message lacks '%s': %s", #call, (fragment), pcil_last_error());                          \
    } while (0)

/* The library's floats against a reference: within `tolerance` of the reference's largest magnitude. */
#define check_close(got, expected, count, tolerance)                                                                   \
    do {                                                                                                               \
        double largest_ = 0, worst_ = 0;                                                                               \
        long place_ = -1;                                                                                              \
        for (long i_ = 0; i_ < (long)(count); i_++) largest_ = fmax(largest_, fabs((double)(expected)[i_]));           \
        for (long i_ = 0; i_ < (long)(count); i_++) {                                                                  \
            double off_ = fabs((double)(got)[i_] - (double)(expected)[i_]);                                            \
            if (!(off_ <= worst_)) worst_ = off_, place_ = i_;                                                         \
        }                                                                                                              \
        if (!(worst_ <= (tolerance)*largest_ + 1e-30))                                                                 \
            fail_msg("%s[%ld] is %.9g, expected %.9g; off by %.3g, largest %.3g", #got, place_, (double)(got)[place_], \
                     (double)(expected)[place_], worst_, largest_);                                                    \
    } while (0)

#endif
