/* The reference's optimizers, written out one by one. A block's bias belongs to its matrix. */
#include "reference/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool kind_is(const struct ref_optimizer *optimizer, const char *kind) {
    return strcmp(optimizer->kind, kind) == 0;
}

void ref_optimizer_create(struct ref_optimizer *optimizer, struct ref_network *network, const char *kind) {
    memset(optimizer, 0, sizeof *optimizer);
    optimizer->network = network;
    snprintf(optimizer->kind, sizeof optimizer->kind, "%s", kind);
    strcpy(optimizer->rate_decay, "none");
    optimizer->momentum = 0.9;
    optimizer->beta1 = 0.9;
    optimizer->beta2 = 0.999;
    optimizer->epsilon = 1e-8;
    optimizer->alpha_min = 0.001;
    optimizer->r = 1e-6;
    optimizer->rho = 0.9999;
    for (int l = 0; l < network->blocks; l++) {
        optimizer->first[l] = ref_numbers((size_t)network->block[l].parameters);
        optimizer->second[l] = ref_numbers((size_t)network->block[l].parameters);
    }
}

void ref_optimizer_free(struct ref_optimizer *optimizer) {
    for (int l = 0; optimizer->network && l < optimizer->network->blocks; l++) {
        free(optimizer->first[l]);
        free(optimizer->second[l]);
    }
    memset(optimizer, 0, sizeof *optimizer);
}

void ref_optimizer_set(struct ref_optimizer *optimizer, const char *name, double value) {
    const struct {
        const char *name;
        double *place;
    } options[] = {{"weight_decay", &optimizer->weight_decay},
                   {"clip_value", &optimizer->clip_value},
                   {"clip_norm", &optimizer->clip_norm},
                   {"decay_rate", &optimizer->decay_rate},
                   {"decay_steps", &optimizer->decay_steps},
                   {"decay_factor", &optimizer->decay_factor},
                   {"momentum", &optimizer->momentum},
                   {"beta1", &optimizer->beta1},
                   {"beta2", &optimizer->beta2},
                   {"epsilon", &optimizer->epsilon},
                   {"alpha_min", &optimizer->alpha_min},
                   {"r", &optimizer->r},
                   {"rho", &optimizer->rho},
                   {"v_start", &optimizer->v_start}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(name, options[i].name) == 0) {
            *options[i].place = value;
            return;
        }
    if (strncmp(name, "learning_rate", 13) != 0) ref_stop("no such option", name);
    for (int l = 0; l < REF_MOST_BLOCKS; l++)
        if (name[13] == 0 || atoi(name + 14) == l) optimizer->learning_rate[l] = value;
}

/* d(b), b = 0 at the first step */
static double decayed(const struct ref_optimizer *optimizer) {
    double b = optimizer->steps, steps = optimizer->decay_steps;
    const char *kind = optimizer->rate_decay;
    if (strcmp(kind, "inverse_time") == 0) return 1 / (1 + optimizer->decay_rate * b);
    if (strcmp(kind, "step") == 0) return pow(optimizer->decay_factor, floor(b / steps));
    if (strcmp(kind, "cosine") == 0) return (1 + cos(acos(-1.0) * fmin(b, steps) / steps)) / 2;
    return 1;
}

static void clip(const struct ref_optimizer *optimizer, double *G, int count) {
    double square = 0, c = optimizer->clip_value;
    for (int i = 0; i < count; i++) {
        if (c > 0) G[i] = fmax(-c, fmin(c, G[i]));
        square += G[i] * G[i];
    }
    if (optimizer->clip_norm == 0 || sqrt(square) <= optimizer->clip_norm) return;
    for (int i = 0; i < count; i++) G[i] *= optimizer->clip_norm / sqrt(square);
}

static double mean_magnitude(const double *G, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += fabs(G[i]);
    return sum / count;
}

/* m = mu m + G; W -= rate m; nesterov: W -= rate (G + mu m) */
static void step_momentum(struct ref_optimizer *optimizer, int l, double rate, double *W, const double *G, int count) {
    double *m = optimizer->first[l], mu = optimizer->momentum;
    for (int i = 0; i < count; i++) {
        m[i] = mu * m[i] + G[i];
        W[i] -= rate * (kind_is(optimizer, "nesterov") ? G[i] + mu * m[i] : m[i]);
    }
}

/* Kingma & Ba, algorithm 1. */
static void step_adam(struct ref_optimizer *optimizer, int l, double rate, double *W, const double *G, int count) {
    double *m = optimizer->first[l], *s = optimizer->second[l], b1 = optimizer->beta1, b2 = optimizer->beta2;
    int b = optimizer->steps + 1;
    for (int i = 0; i < count; i++) {
        m[i] = b1 * m[i] + (1 - b1) * G[i];
        s[i] = b2 * s[i] + (1 - b2) * G[i] * G[i];
        W[i] -= rate * (m[i] / (1 - pow(b1, b))) / (sqrt(s[i] / (1 - pow(b2, b))) + optimizer->epsilon);
    }
}

/* The number that multiplies G. */
static double effective_rate(const struct ref_optimizer *optimizer, int l, double mean_square) {
    double rate = optimizer->learning_rate[l];
    if (kind_is(optimizer, "nlms")) rate /= mean_square + 1;
    if (kind_is(optimizer, "mq")) rate = rate / (optimizer->v[l] + optimizer->r) + optimizer->alpha_min;
    return rate * decayed(optimizer);
}

/* v = rho_b v + (1 - rho_b) mean|G|, rho_b = min(b/(b+1), rho), b = 1 at the first step */
static void refresh_v(struct ref_optimizer *optimizer, int l, const double *G, int count) {
    double b = optimizer->steps + 1, rho = fmin(b / (b + 1), optimizer->rho);
    optimizer->v[l] = rho * optimizer->v[l] + (1 - rho) * mean_magnitude(G, count);
}

static void step_block(struct ref_optimizer *optimizer, int l, double mean_square) {
    struct ref_block *block = &optimizer->network->block[l];
    double *W = block->parameter, *G = block->gradient, lambda = optimizer->weight_decay;
    int count = block->parameters;
    if (optimizer->steps == 0)
        optimizer->v[l] = optimizer->v_start > 0 ? optimizer->v_start : optimizer->learning_rate[l];
    if (count == 0) return; /* the rate stays 0, and v as it starts */
    clip(optimizer, G, count);
    double rate = optimizer->rate[l] = effective_rate(optimizer, l, mean_square);
    if (kind_is(optimizer, "mq")) refresh_v(optimizer, l, G, count);
    bool apart = kind_is(optimizer, "adamw") || kind_is(optimizer, "nlms") || kind_is(optimizer, "mq");
    for (int i = 0; i < count; i++) {
        if (apart)
            W[i] -= rate * lambda * W[i];
        else
            G[i] += lambda * W[i];
    }
    if (kind_is(optimizer, "momentum") || kind_is(optimizer, "nesterov"))
        step_momentum(optimizer, l, rate, W, G, count);
    else if (kind_is(optimizer, "adam") || kind_is(optimizer, "adamw"))
        step_adam(optimizer, l, rate, W, G, count);
    else if (kind_is(optimizer, "sgd") || apart)
        for (int i = 0; i < count; i++) W[i] -= rate * G[i];
    else
        ref_stop("no such optimizer", optimizer->kind);
}

void ref_optimizer_step(struct ref_optimizer *optimizer, const double *mean_square) {
    for (int l = 0; l < optimizer->network->blocks; l++) step_block(optimizer, l, mean_square[l]);
    optimizer->steps++;
}

void ref_learn(struct ref_inference *inference, struct ref_optimizer *optimizer) {
    double mean_square[REF_MOST_BLOCKS];
    ref_gradients(inference);
    for (int l = 0; l < inference->network->blocks; l++)
        mean_square[l] = ref_block_mean_square(&inference->network->block[l], inference->batch);
    ref_optimizer_step(optimizer, mean_square);
}
