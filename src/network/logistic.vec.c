/*
 * exp(x) = 2^n exp(r) with n the integer nearest to x / log 2, so that |r| <= log(2) / 2, where eight terms of the
 * series leave less than a tenth of the last bit. log 2 is taken off in two parts, of which n times the first is exact.
 */
#include "network/logistic.h"

#include "linalg/lanes.h"

static const float most = 87, log2_first = 0x1.62ep-1F, log2_rest = 0x1.0bfbe8p-15F;

/* Adding and taking off 1.5 * 2^23 rounds to an integer, which then stands in the last bits. */
static const float rounder = 0x1.8p23F;

static inline lanes_t exponential(lanes_t x) {
    static const float terms[] = {1 / 720.F, 1 / 120.F, 1 / 24.F, 1 / 6.F, 1 / 2.F, 1, 1};
    lanes_t rounded = x * 0x1.715476p0F + rounder, n = rounded - rounder;
    lanes_t r = x - n * log2_first - n * log2_rest, sum = all(1 / 5040.F);
    for (unsigned k = 0; k < sizeof terms / sizeof *terms; k++) sum = sum * r + terms[k];
    return sum * (lanes_t)(((bits_t)rounded << 23) + 0x3f800000);
}

/* `first` where `chosen`, else `second`. */
static inline lanes_t choose(bits_t chosen, lanes_t first, lanes_t second) {
    return (lanes_t)((chosen & (bits_t)first) | (~chosen & (bits_t)second));
}

static inline lanes_t logistic(lanes_t x) {
    x = choose(x > most, all(most), x);
    x = choose(x < -most, all(-most), x);
    return 1.0F / (1.0F + exponential(-x));
}

void PC_VECTOR_NAME(pc_logistic_pass)(int64_t count, const float *x, float *out) {
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) store(out + i, logistic(load(x + i)));
    if (i == count) return;
    lanes_t last = all(0);
    memcpy(&last, x + i, (size_t)(count - i) * sizeof *x);
    last = logistic(last);
    memcpy(out + i, &last, (size_t)(count - i) * sizeof *out);
}
