/* The optimizers' element-wise passes; step.h has the formulas. */
#include "optimizer/step.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 512, LANES = 16, WIDE = 8 };

static const float no_gradient[CHUNK];

/* A register's worth of lanes: gcc 12 handles wider vectors through memory. */
#if defined(__AVX512F__)
enum { REGISTER = 16 };
#elif defined(__AVX__)
enum { REGISTER = 8 };
#else
enum { REGISTER = 4 };
#endif
enum { REGISTERS = LANES / REGISTER };
typedef float part_t __attribute__((vector_size(REGISTER * sizeof(float))));
typedef int32_t bits_t __attribute__((vector_size(REGISTER * sizeof(float))));

static double sum_lanes(const float lane[LANES]) {
    double sum = 0;
    for (int32_t j = 0; j < LANES; j++) sum += (double)lane[j];
    return sum;
}

/* Sums run over 16 lanes whatever the registers' width is, so that all instruction sets agree to the bit. */
static double sum_magnitudes(const float *values, int32_t count) {
    part_t sum[REGISTERS] = {{0}}, next;
    float lane[LANES] = {0};
    int32_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int32_t k = 0; k < REGISTERS; k++) {
            memcpy(&next, values + i + k * REGISTER, sizeof next);
            sum[k] += (part_t)((bits_t)next & 0x7fffffff);
        }
    }
    memcpy(lane, sum, sizeof lane);
    for (int32_t j = 0; i < count; i++, j++) lane[j] += fabsf(values[i]);
    return sum_lanes(lane);
}

/* plain_chunk's step of finite weights, and that sum, where nothing is clipped, scaled, decayed or measured: no number
 * is kept beside W. */
static double bare_chunk(float rate, float *restrict weights, const float *restrict gradient, int32_t count) {
    part_t sum[REGISTERS] = {{0}}, g, w;
    float lane[LANES] = {0};
    int32_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int32_t k = 0; k < REGISTERS; k++) {
            memcpy(&g, gradient + i + k * REGISTER, sizeof g);
            memcpy(&w, weights + i + k * REGISTER, sizeof w);
            w -= rate * g;
            sum[k] += (part_t)((bits_t)g & 0x7fffffff);
            memcpy(weights + i + k * REGISTER, &w, sizeof w);
        }
    }
    memcpy(lane, sum, sizeof lane);
    for (int32_t j = 0; i < count; i++, j++) {
        weights[i] -= rate * gradient[i];
        lane[j] += fabsf(gradient[i]);
    }
    return sum_lanes(lane);
}

/* Both choices keep a NaN. */
static inline float clamp(float value, float limit) {
    value = value > limit ? limit : value;
    return value < -limit ? -limit : value;
}

static inline float without_denormals(float value, float least) {
    return fabsf(value) < least ? 0.0F : value;
}

static void plain_chunk(const struct pc_step *step, float *restrict weights, const float *restrict gradient,
                        float *restrict clipped, float *restrict moved, int32_t count) {
    const float limit = step->limit, scale = step->scale, rate = step->rate, coupled = step->coupled;
    for (int32_t i = 0; i < count; i++) {
        float g = clamp(gradient[i], limit) * scale;
        float d = rate * (g + coupled * weights[i]);
        clipped[i] = g;
        moved[i] = d;
        weights[i] -= d;
    }
}

static void momentum_chunk(const struct pc_step *step, float *restrict weights, const float *restrict gradient,
                           float *restrict momentum, float *restrict clipped, float *restrict moved, int32_t count) {
    const float limit = step->limit, scale = step->scale, rate = step->rate, coupled = step->coupled;
    const float keep = step->keep, from_gradient = step->from_gradient, from_momentum = step->from_momentum;
    for (int32_t i = 0; i < count; i++) {
        float g = clamp(gradient[i], limit) * scale;
        float h = g + coupled * weights[i];
        float m = without_denormals(keep * momentum[i] + h, 1e-30F);
        float d = rate * (from_gradient * h + from_momentum * m);
        momentum[i] = m;
        clipped[i] = g;
        moved[i] = d;
        weights[i] -= d;
    }
}

static void adam_chunk(const struct pc_step *step, float *restrict weights, const float *restrict gradient,
                       float *restrict first, float *restrict second, float *restrict clipped, float *restrict moved,
                       int32_t count) {
    const float limit = step->limit, scale = step->scale, rate = step->rate, coupled = step->coupled;
    const float keep = step->keep, take = step->take, square_keep = step->square_keep;
    const float square_take = step->square_take, root = step->root, epsilon = step->epsilon;
    const float decoupled = step->decoupled;
    for (int32_t i = 0; i < count; i++) {
        float g = clamp(gradient[i], limit) * scale;
        float h = g + coupled * weights[i];
        float m = without_denormals(keep * first[i] + take * h, 1e-30F);
        float s = without_denormals(square_keep * second[i] + square_take * h * h, 1e-36F);
        float d = rate * m / (root * sqrtf(s) + epsilon) + decoupled * weights[i];
        first[i] = m;
        second[i] = s;
        clipped[i] = g;
        moved[i] = d;
        weights[i] -= d;
    }
}

static void add_sums(const struct pc_step *step, const float *clipped, const float *moved, int32_t count,
                     struct pc_step_sums *sums) {
    if (step->average) sums->gradient += sum_magnitudes(clipped, count);
    if (step->measure) sums->moved += sum_magnitudes(moved, count);
}

static int32_t chunk_at(int64_t begin, int64_t count) {
    return count - begin < CHUNK ? (int32_t)(count - begin) : CHUNK;
}

static bool is_bare(const struct pc_step *step) {
    return step->limit == INFINITY && step->scale == 1 && step->coupled == 0 && step->average && !step->measure;
}

static void plain(const struct pc_step *step, float *weights, const float *gradient, float *first, float *second,
                  int64_t count, struct pc_step_sums *sums) {
    (void)first;
    (void)second;
    float clipped[CHUNK], moved[CHUNK];
    bool bare = gradient && is_bare(step);
    for (int64_t i = 0; i < count; i += CHUNK) {
        int32_t n = chunk_at(i, count);
        if (bare) {
            sums->gradient += bare_chunk(step->rate, weights + i, gradient + i, n);
            continue;
        }
        plain_chunk(step, weights + i, gradient ? gradient + i : no_gradient, clipped, moved, n);
        add_sums(step, clipped, moved, n, sums);
    }
}

static void momentum(const struct pc_step *step, float *weights, const float *gradient, float *first, float *second,
                     int64_t count, struct pc_step_sums *sums) {
    (void)second;
    float clipped[CHUNK], moved[CHUNK];
    for (int64_t i = 0; i < count; i += CHUNK) {
        int32_t n = chunk_at(i, count);
        momentum_chunk(step, weights + i, gradient ? gradient + i : no_gradient, first + i, clipped, moved, n);
        add_sums(step, clipped, moved, n, sums);
    }
}

static void adam(const struct pc_step *step, float *weights, const float *gradient, float *first, float *second,
                 int64_t count, struct pc_step_sums *sums) {
    float clipped[CHUNK], moved[CHUNK];
    for (int64_t i = 0; i < count; i += CHUNK) {
        int32_t n = chunk_at(i, count);
        adam_chunk(step, weights + i, gradient ? gradient + i : no_gradient, first + i, second + i, clipped, moved, n);
        add_sums(step, clipped, moved, n, sums);
    }
}

/* In double: squares of gradients leave the range of float easily. */
static double squares(const float *gradient, int64_t count, float limit) {
    double lane[WIDE] = {0};
    int64_t i = 0;
    for (; i + WIDE <= count; i += WIDE) {
        for (int32_t j = 0; j < WIDE; j++) {
            double g = (double)clamp(gradient[i + j], limit);
            lane[j] += g * g;
        }
    }
    for (; i < count; i++) {
        double g = (double)clamp(gradient[i], limit);
        lane[0] += g * g;
    }
    double total = 0;
    for (int32_t j = 0; j < WIDE; j++) total += lane[j];
    return total;
}

const struct pc_step_kernels PC_VECTOR_NAME(pc_step_kernels) = {{plain, momentum, adam}, squares};
