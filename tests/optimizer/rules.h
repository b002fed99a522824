/* The update rules written plainly in double, one element at a time, for comparison. */
#ifndef TESTS_OPTIMIZER_RULES_H
#define TESTS_OPTIMIZER_RULES_H

#include "test.h"

#include "network/network.h"
#include "optimizer/optimizer.h"

enum { BLOCKS = 3 };
static const int64_t sizes[BLOCKS] = {30 * 37 + 37, 37 * 2 + 2, 0};

static inline pcil_network *make_network(void) {
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "30; dense 37; relu, dense 2; relu"));
    for (int32_t l = 0; l < BLOCKS; l++) {
        int64_t count = -1;
        pc_network_block_parameters(network, l, &count);
        assert_int_equal(count, sizes[l]);
    }
    return network;
}

/* All options by their public names, and the state. */
struct rule {
    const char *kind;
    double learning_rate, weight_decay, clip_value, clip_norm;
    const char *rate_decay;
    double decay_rate, decay_steps, decay_factor;
    double momentum, beta1, beta2, epsilon, alpha_min, r, rho, v_start;
    double *w[BLOCKS], *m[BLOCKS], *s[BLOCKS];
    double v[BLOCKS], rate[BLOCKS], magnitude[BLOCKS];
    int steps;
};

static inline bool is(const struct rule *rule, const char *kind) {
    return strcmp(rule->kind, kind) == 0;
}

static inline struct rule make_rule(const char *kind) {
    struct rule rule = {.kind = kind, .learning_rate = .01, .rate_decay = "none", .decay_rate = 3e-5};
    rule.decay_steps = 10000;
    rule.decay_factor = .1;
    rule.momentum = rule.beta1 = .9;
    rule.beta2 = .999;
    rule.epsilon = 1e-8;
    rule.alpha_min = .001;
    rule.r = 1e-6;
    rule.rho = .9999;
    return rule;
}

static inline void start_rule(struct rule *rule, const pcil_network *network) {
    for (int l = 0; l < BLOCKS; l++) {
        const float *w = pc_network_block_parameters(network, l, NULL);
        rule->w[l] = calloc((size_t)sizes[l] + 1, sizeof(double));
        rule->m[l] = calloc((size_t)sizes[l] + 1, sizeof(double));
        rule->s[l] = calloc((size_t)sizes[l] + 1, sizeof(double));
        for (int64_t i = 0; i < sizes[l]; i++) rule->w[l][i] = (double)w[i];
        rule->v[l] = rule->v_start > 0 ? rule->v_start : rule->learning_rate;
    }
}

static inline void end_rule(struct rule *rule) {
    for (int l = 0; l < BLOCKS; l++) {
        free(rule->w[l]);
        free(rule->m[l]);
        free(rule->s[l]);
    }
}

static inline double decay_at(const struct rule *rule, int b) {
    if (strcmp(rule->rate_decay, "inverse_time") == 0) return 1 / (1 + rule->decay_rate * b);
    if (strcmp(rule->rate_decay, "step") == 0) return pow(rule->decay_factor, floor(b / rule->decay_steps));
    if (strcmp(rule->rate_decay, "cosine") == 0)
        return (1 + cos(3.14159265358979323846 * fmin(b, rule->decay_steps) / rule->decay_steps)) / 2;
    return 1;
}

static inline void clip(const struct rule *rule, double *g, int64_t count) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        if (rule->clip_value > 0) g[i] = fmin(fmax(g[i], -rule->clip_value), rule->clip_value);
        squares += g[i] * g[i];
    }
    for (int64_t i = 0; i < count; i++)
        if (rule->clip_norm > 0 && sqrt(squares) > rule->clip_norm) g[i] *= rule->clip_norm / sqrt(squares);
}

/* The change of one element: W -= the result. */
static inline double change(const struct rule *rule, int l, int64_t i, double g, double rate) {
    double w = rule->w[l][i], lambda = rule->weight_decay, *m = &rule->m[l][i], *s = &rule->s[l][i];
    double h = g + lambda * w, b = rule->steps + 1, mu = rule->momentum;
    if (is(rule, "sgd")) return rate * h;
    if (is(rule, "nlms") || is(rule, "mq")) return rate * g + rate * lambda * w;
    if (is(rule, "momentum") || is(rule, "nesterov")) {
        *m = mu * *m + h;
        return is(rule, "momentum") ? rate * *m : rate * (h + mu * *m);
    }
    if (is(rule, "adamw")) h = g;
    *m = rule->beta1 * *m + (1 - rule->beta1) * h;
    *s = rule->beta2 * *s + (1 - rule->beta2) * h * h;
    double corrected = *m / (1 - pow(rule->beta1, b)), square = *s / (1 - pow(rule->beta2, b));
    double step = rate * corrected / (sqrt(square) + rule->epsilon);
    return is(rule, "adamw") ? step + rate * lambda * w : step;
}

/* One step of block l by the raw gradient g, which is clipped in place. */
static inline void step_rule(struct rule *rule, int l, double *g, double mean_square) {
    int64_t count = sizes[l];
    double rate = rule->learning_rate, sum = 0, moved = 0, b = rule->steps + 1;
    clip(rule, g, count);
    if (is(rule, "nlms")) rate /= mean_square + 1;
    if (is(rule, "mq")) rate = rate / (rule->v[l] + rule->r) + rule->alpha_min;
    rate *= decay_at(rule, rule->steps);
    for (int64_t i = 0; i < count; i++) {
        double d = change(rule, l, i, g[i], rate);
        rule->w[l][i] -= d;
        sum += fabs(g[i]);
        moved += fabs(d);
    }
    double rho = fmin(b / (b + 1), rule->rho);
    rule->v[l] = rho * rule->v[l] + (1 - rho) * sum / (double)count;
    rule->rate[l] = rate;
    rule->magnitude[l] = moved / (double)count;
}

#endif
