/* The reference's inference: clamping, both schedules, backpropagation, energies; every error is activity minus
 * prediction. */
#include "reference/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t numbers_of(const struct ref_inference *inference, int node) {
    return (size_t)inference->batch * (size_t)inference->network->size[node];
}

static bool output_is(const struct ref_inference *inference, const char *kind) {
    return strcmp(inference->network->output, kind) == 0;
}

static bool schedule_is(const struct ref_inference *inference, const char *kind) {
    return strcmp(inference->schedule, kind) == 0;
}

void ref_inference_create(struct ref_inference *inference, struct ref_network *network, const char *schedule) {
    memset(inference, 0, sizeof *inference);
    inference->network = network;
    snprintf(inference->schedule, sizeof inference->schedule, "%s", schedule);
    inference->iterations = 3;
    inference->step_size = 0.05;
    inference->step_decay = true;
    inference->beta = 100;
    for (int l = 0; l <= network->blocks; l++) {
        size_t count = (size_t)network->largest_batch * (size_t)network->size[l];
        inference->energy_weight[l] = 1;
        inference->activity[l] = ref_numbers(count);
        inference->prediction[l] = ref_numbers(count);
        inference->error[l] = ref_numbers(count);
    }
    size_t outputs = (size_t)network->largest_batch * (size_t)network->size[network->blocks];
    inference->output = ref_numbers(outputs);
    inference->target = ref_numbers(outputs);
}

void ref_inference_free(struct ref_inference *inference) {
    for (int l = 0; inference->network && l <= inference->network->blocks; l++) {
        free(inference->activity[l]);
        free(inference->prediction[l]);
        free(inference->error[l]);
    }
    free(inference->output);
    free(inference->target);
    memset(inference, 0, sizeof *inference);
}

static bool set_per_node(double *values, const char *option, const char *name, double value) {
    size_t length = strlen(option);
    if (strncmp(name, option, length) != 0) return false;
    if (name[length] == '.')
        values[atoi(name + length + 1)] = value;
    else
        for (int l = 0; l < REF_MOST_NODES; l++) values[l] = value;
    return true;
}

void ref_inference_set(struct ref_inference *inference, const char *name, double value) {
    if (strcmp(name, "iterations") == 0)
        inference->iterations = (int)value;
    else if (strcmp(name, "step_size") == 0)
        inference->step_size = value;
    else if (strcmp(name, "step_decay") == 0)
        inference->step_decay = value != 0;
    else if (strcmp(name, "beta") == 0)
        inference->beta = value;
    else if (set_per_node(inference->energy_weight, "energy_weight", name, value))
        return;
    else if (set_per_node(inference->activity_decay, "activity_decay", name, value))
        return;
    else
        ref_stop("no such option", name);
}

/* pi: what the output node is compared with. */
static void predict_output(struct ref_inference *inference) {
    int outputs = inference->network->size[inference->network->blocks];
    const double *p = inference->prediction[inference->network->blocks];
    for (int s = 0; s < inference->batch; s++, p += outputs) {
        double *pi = inference->output + (size_t)s * (size_t)outputs, largest = p[0], sum = 0;
        for (int j = 0; j < outputs; j++) largest = fmax(largest, p[j]);
        for (int j = 0; j < outputs; j++) sum += exp(p[j] - largest);
        for (int j = 0; j < outputs; j++)
            pi[j] = output_is(inference, "softmax")   ? exp(p[j] - largest) / sum
                    : output_is(inference, "sigmoid") ? 1 / (1 + exp(-p[j]))
                                                      : p[j];
    }
}

/* p_{l+1} = B_l(activity_l) */
static void predict(struct ref_inference *inference, int l) {
    ref_block_forward(&inference->network->block[l], inference->batch, inference->activity[l],
                      inference->prediction[l + 1]);
    if (l + 1 == inference->network->blocks) predict_output(inference);
}

/* activity_L = m pi + (1 - m) y */
static void clamp_output(struct ref_inference *inference) {
    int last = inference->network->blocks;
    double m = inference->hard ? 0 : 1 / (1 + inference->beta);
    for (size_t i = 0; i < numbers_of(inference, last); i++)
        inference->activity[last][i] = m * inference->output[i] + (1 - m) * inference->target[i];
}

/* e_l = activity_l - p_l, at the output activity_L - pi */
static void subtract(struct ref_inference *inference, int l) {
    const double *p = l == inference->network->blocks ? inference->output : inference->prediction[l];
    for (size_t i = 0; i < numbers_of(inference, l); i++) inference->error[l][i] = inference->activity[l][i] - p[i];
}

void ref_refresh(struct ref_inference *inference) {
    for (int l = 0; l < inference->network->blocks; l++) predict(inference, l);
    for (int l = 1; l <= inference->network->blocks; l++) subtract(inference, l);
}

void ref_clamp(struct ref_inference *inference, const float *inputs, const float *targets, int batch) {
    struct ref_network *network = inference->network;
    inference->batch = batch;
    inference->made = 0;
    for (size_t i = 0; i < numbers_of(inference, 0); i++) inference->activity[0][i] = (double)inputs[i];
    for (size_t i = 0; i < numbers_of(inference, network->blocks); i++) inference->target[i] = (double)targets[i];
    for (int l = 0; l < network->blocks; l++) {
        predict(inference, l);
        memcpy(inference->activity[l + 1], inference->prediction[l + 1], numbers_of(inference, l + 1) * sizeof(double));
    }
    clamp_output(inference);
    for (int l = 1; l <= network->blocks; l++) subtract(inference, l);
}

/* gamma_{l+1} J_l^T e_{l+1} - gamma_l e_l - gamma^decay_l f' f, to a new array */
static double *direction(struct ref_inference *inference, int l) {
    struct ref_block *block = &inference->network->block[l];
    size_t count = numbers_of(inference, l);
    double *d = ref_numbers(count), *f = ref_numbers(count), *slope_f = ref_numbers(count);
    ref_block_backward(block, inference->batch, inference->error[l + 1], d);
    if (inference->activity_decay[l] != 0) ref_block_decay(block, inference->batch, f, slope_f);
    for (size_t i = 0; i < count; i++)
        d[i] = inference->energy_weight[l + 1] * d[i] - inference->energy_weight[l] * inference->error[l][i] -
               inference->activity_decay[l] * slope_f[i];
    free(f);
    free(slope_f);
    return d;
}

static void move(struct ref_inference *inference, int l, const double *direction) {
    double epsilon = inference->step_size / (inference->step_decay ? 1 + inference->made : 1);
    for (size_t i = 0; i < numbers_of(inference, l); i++) inference->activity[l][i] += epsilon * direction[i];
}

/* From the last hidden node down, each with the new error above it. */
static void iterate_sequential(struct ref_inference *inference) {
    for (int l = inference->network->blocks - 1; l >= 1; l--) {
        subtract(inference, l + 1); /* the new activity_{l+1}, the prediction of the old activity_l */
        subtract(inference, l);
        double *d = direction(inference, l);
        move(inference, l, d);
        free(d);
    }
}

/* All errors from the same old activities, then all hidden nodes move. */
static void iterate_simultaneous(struct ref_inference *inference) {
    double *d[REF_MOST_NODES] = {0};
    for (int l = 1; l <= inference->network->blocks; l++) subtract(inference, l);
    for (int l = 1; l < inference->network->blocks; l++) d[l] = direction(inference, l);
    for (int l = 1; l < inference->network->blocks; l++) move(inference, l, d[l]);
    for (int l = 1; l < inference->network->blocks; l++) free(d[l]);
}

/* Errors of the loss: y - pi at the output, J^T e below it. */
static void backpropagate(struct ref_inference *inference) {
    int last = inference->network->blocks;
    for (size_t i = 0; i < numbers_of(inference, last); i++)
        inference->error[last][i] = inference->target[i] - inference->output[i];
    for (int l = last - 1; l >= 1; l--)
        ref_block_backward(&inference->network->block[l], inference->batch, inference->error[l + 1],
                           inference->error[l]);
}

void ref_iterate(struct ref_inference *inference) {
    if (schedule_is(inference, "backprop")) {
        backpropagate(inference);
        return;
    }
    if (schedule_is(inference, "sequential"))
        iterate_sequential(inference);
    else if (schedule_is(inference, "simultaneous"))
        iterate_simultaneous(inference);
    else
        ref_stop("no such schedule", inference->schedule);
    for (int l = 1; l < inference->network->blocks; l++) predict(inference, l);
    clamp_output(inference);
    for (int l = 1; l <= inference->network->blocks; l++) subtract(inference, l);
    inference->made++;
}

void ref_infer(struct ref_inference *inference, int iterations) {
    if (schedule_is(inference, "backprop")) iterations = 1;
    for (int t = 0; t < iterations; t++) ref_iterate(inference);
}

void ref_gradients(struct ref_inference *inference) {
    for (int l = 0; l < inference->network->blocks; l++)
        ref_block_gradient(&inference->network->block[l], inference->batch, inference->error[l + 1]);
}
