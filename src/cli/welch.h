/* Means, deviations and Welch's two-sample t-test. */
#ifndef CLI_WELCH_H
#define CLI_WELCH_H

struct cli_sample {
    int count;
    double mean, deviation; /* deviation: of the sample, with count - 1; NaN below two values */
};

/* Of the finite ones of `count` values. */
struct cli_sample cli_sample_of(const double *values, int count);

/* The regularised incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1. */
double cli_incomplete_beta(double a, double b, double x);

/* The two-sided p-value of equal means, without equal variances; NaN where a sample has fewer than two values. */
double cli_welch(const struct cli_sample *a, const struct cli_sample *b);

#endif
