/* Welch, "The generalization of Student's problem", Biometrika 34 (1947); the incomplete beta function by its continued
 * fraction (Abramowitz & Stegun 26.5.8), summed by Lentz's method. */
#include "welch.h"

#include <math.h>

struct cli_sample cli_sample_of(const double *values, int count) {
    struct cli_sample sample = {0, 0, NAN};
    double squares = 0;
    for (int i = 0; i < count; i++) sample.count += isfinite(values[i]) != 0;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) sample.mean += values[i] / sample.count;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) squares += (values[i] - sample.mean) * (values[i] - sample.mean);
    if (sample.count == 0) sample.mean = NAN;
    if (sample.count > 1) sample.deviation = sqrt(squares / (sample.count - 1));
    return sample;
}

static double away_from_zero(double value) {
    return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* Coefficient number n = 1, 2, ... of the continued fraction. */
static double coefficient(double a, double b, double x, int n) {
    int half = n / 2;
    double m = half;
    if (n % 2) return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
}

/* 1 / (1 + c1 / (1 + c2 / (1 + ...))) */
static double fraction(double a, double b, double x) {
    double value = 1, above = 1, below = 0, change = 0;
    for (int n = 1; n < 10000 && fabs(change - 1) > 1e-15; n++) {
        double next = coefficient(a, b, x, n);
        above = away_from_zero(1 + next / above);
        below = 1 / away_from_zero(1 + next * below);
        change = above * below;
        value *= change;
    }
    return 1 / value;
}

double cli_incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    /* The fraction converges fast on this side of the mean only. */
    if (x < (a + 1) / (a + b + 2)) return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

double cli_welch(const struct cli_sample *a, const struct cli_sample *b) {
    if (a->count < 2 || b->count < 2) return NAN;
    double u = a->deviation * a->deviation / a->count, v = b->deviation * b->deviation / b->count;
    double apart = a->mean - b->mean;
    if (!(u + v > 0)) return fabs(apart) > 0 ? 0 : 1;
    double t = apart / sqrt(u + v);
    double freedom = (u + v) * (u + v) / (u * u / (a->count - 1) + v * v / (b->count - 1));
    return cli_incomplete_beta(freedom / 2, .5, freedom / (freedom + t * t));
}
