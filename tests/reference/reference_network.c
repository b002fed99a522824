/* The reference's networks: blocks of operations, forwards and backwards. */
#include "reference/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ref_stop(const char *message, const char *detail) {
    fprintf(stderr, "reference: %s: %s\n", message, detail);
    abort();
}

double *ref_numbers(size_t count) {
    double *numbers = calloc(count ? count : 1, sizeof *numbers);
    if (!numbers) ref_stop("no memory", "numbers");
    return numbers;
}

static bool is(const struct ref_operation *operation, const char *name) {
    return strcmp(operation->name, name) == 0;
}

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

/* The normal distribution up to x. */
static double normal_below(double x) {
    return 0.5 * erfc(-x / sqrt(2.0));
}

double ref_activate(const struct ref_operation *operation, double x) {
    if (is(operation, "identity")) return x;
    if (is(operation, "relu")) return x > 0 ? x : 0;
    if (is(operation, "leaky_relu")) return x > 0 ? x : operation->slope * x;
    if (is(operation, "tanh")) return tanh(x);
    if (is(operation, "sigmoid")) return logistic(x);
    if (is(operation, "gelu")) return x * normal_below(x);
    ref_stop("no such activation", operation->name);
}

double ref_activate_slope(const struct ref_operation *operation, double x) {
    if (is(operation, "identity")) return 1;
    if (is(operation, "relu")) return x > 0 ? 1 : 0;
    if (is(operation, "leaky_relu")) return x > 0 ? 1 : operation->slope;
    if (is(operation, "tanh")) return 1 - tanh(x) * tanh(x);
    if (is(operation, "sigmoid")) return logistic(x) * (1 - logistic(x));
    if (is(operation, "gelu")) return normal_below(x) + x * exp(-x * x / 2) / sqrt(2 * acos(-1.0));
    ref_stop("no such activation", operation->name);
}

/* y = x W + b, W being [inputs][outputs]. */
static void dense(const struct ref_operation *operation, int batch, double *y) {
    size_t inputs = (size_t)operation->inputs, outputs = (size_t)operation->outputs;
    for (size_t s = 0; s < (size_t)batch; s++) {
        memcpy(y + s * outputs, operation->bias, outputs * sizeof *y);
        for (size_t i = 0; i < inputs; i++) {
            double x = operation->input[s * inputs + i];
            const double *row = operation->weight + i * outputs;
            for (size_t j = 0; j < outputs; j++) y[s * outputs + j] += x * row[j];
        }
    }
}

/* d = e W^T */
static void dense_back(const struct ref_operation *operation, int batch, const double *e, double *d) {
    size_t inputs = (size_t)operation->inputs, outputs = (size_t)operation->outputs;
    for (size_t s = 0; s < (size_t)batch; s++)
        for (size_t i = 0; i < inputs; i++) {
            double sum = 0;
            for (size_t j = 0; j < outputs; j++) sum += e[s * outputs + j] * operation->weight[i * outputs + j];
            d[s * inputs + i] = sum;
        }
}

/* G_W = -(1/B) sum x^T e, G_b = -(1/B) sum e */
static void dense_gradient(struct ref_operation *operation, int batch, const double *e) {
    size_t inputs = (size_t)operation->inputs, outputs = (size_t)operation->outputs;
    memset(operation->weight_gradient, 0, inputs * outputs * sizeof *e);
    memset(operation->bias_gradient, 0, outputs * sizeof *e);
    for (size_t s = 0; s < (size_t)batch; s++) {
        for (size_t j = 0; j < outputs; j++) operation->bias_gradient[j] -= e[s * outputs + j] / batch;
        for (size_t i = 0; i < inputs; i++) {
            double x = operation->input[s * inputs + i] / batch;
            double *row = operation->weight_gradient + i * outputs;
            for (size_t j = 0; j < outputs; j++) row[j] -= x * e[s * outputs + j];
        }
    }
}

int ref_weights(const struct ref_operation *operation) {
    if (is(operation, "dense")) return operation->inputs * operation->outputs;
    if (!is(operation, "conv")) return 0;
    return operation->window_height * operation->window_width * operation->in.channels * operation->out.channels;
}

static void activate_all(const struct ref_operation *operation, int batch, double *y) {
    size_t count = (size_t)batch * (size_t)operation->outputs;
    for (size_t i = 0; i < count; i++) y[i] = ref_activate(operation, operation->input[i]);
}

static void activate_back(const struct ref_operation *operation, int batch, const double *e, double *d) {
    size_t count = (size_t)batch * (size_t)operation->inputs;
    for (size_t i = 0; i < count; i++) d[i] = e[i] * ref_activate_slope(operation, operation->input[i]);
}

/* Operations that are not element-wise, and what they do. */
static const struct {
    const char *name;
    void (*forward)(const struct ref_operation *operation, int batch, double *y);
    void (*back)(const struct ref_operation *operation, int batch, const double *e, double *d);
    void (*gradient)(struct ref_operation *operation, int batch, const double *e);
} kinds[] = {
    {"dense", dense, dense_back, dense_gradient},
    {"conv", ref_conv, ref_conv_back, ref_conv_gradient},
    {"max_pool", ref_max_pool, ref_max_pool_back, NULL},
    {"avg_pool", ref_avg_pool, ref_avg_pool_back, NULL},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* KINDS for an activation. */
static int kind_of(const struct ref_operation *operation) {
    int kind = 0;
    while (kind < KINDS && !is(operation, kinds[kind].name)) kind++;
    return kind;
}

void ref_block_forward(struct ref_block *block, int batch, const double *x, double *p) {
    memcpy(block->operation[0].input, x, (size_t)batch * (size_t)block->operation[0].inputs * sizeof *x);
    for (int o = 0; o < block->operations; o++) {
        struct ref_operation *operation = &block->operation[o];
        double *result = o + 1 < block->operations ? block->operation[o + 1].input : p;
        int kind = kind_of(operation);
        (kind < KINDS ? kinds[kind].forward : activate_all)(operation, batch, result);
    }
}

/* Takes e back through one operation, to a new array. */
static double *back(const struct ref_operation *operation, int batch, const double *e) {
    int kind = kind_of(operation);
    double *d = ref_numbers((size_t)batch * (size_t)operation->inputs);
    (kind < KINDS ? kinds[kind].back : activate_back)(operation, batch, e, d);
    return d;
}

static double *copy(const double *values, size_t count) {
    double *made = ref_numbers(count);
    memcpy(made, values, count * sizeof *made);
    return made;
}

/* The errors at the output of operation `o`: e taken back through the operations after it. */
static double *error_at(const struct ref_block *block, int batch, const double *e, int o) {
    int last = block->operations - 1;
    double *d = copy(e, (size_t)batch * (size_t)block->operation[last].outputs);
    for (int i = last; i > o; i--) {
        double *next = back(&block->operation[i], batch, d);
        free(d);
        d = next;
    }
    return d;
}

void ref_block_backward(const struct ref_block *block, int batch, const double *e, double *below) {
    double *d = error_at(block, batch, e, -1);
    memcpy(below, d, (size_t)batch * (size_t)block->operation[0].inputs * sizeof *d);
    free(d);
}

void ref_block_gradient(struct ref_block *block, int batch, const double *e) {
    for (int o = 0; o < block->operations; o++) {
        if (ref_weights(&block->operation[o]) == 0) continue;
        double *d = error_at(block, batch, e, o);
        kinds[kind_of(&block->operation[o])].gradient(&block->operation[o], batch, d);
        free(d);
    }
}

void ref_block_decay(const struct ref_block *block, int batch, double *f, double *slope_f) {
    const struct ref_operation *first = &block->operation[0];
    bool linear = kind_of(first) < KINDS;
    for (size_t i = 0; i < (size_t)batch * (size_t)first->inputs; i++) {
        double x = first->input[i];
        f[i] = linear ? x : ref_activate(first, x);
        slope_f[i] = linear ? x : ref_activate_slope(first, x) * f[i];
    }
}

double ref_block_mean_square(const struct ref_block *block, int batch) {
    int o = 0;
    while (o < block->operations && ref_weights(&block->operation[o]) == 0) o++;
    if (o == block->operations) return 0;
    const struct ref_operation *operation = &block->operation[o];
    double sum = 0;
    for (size_t i = 0; i < (size_t)batch * (size_t)operation->inputs; i++)
        sum += operation->input[i] * operation->input[i];
    return sum / batch;
}
