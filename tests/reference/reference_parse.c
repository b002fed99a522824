/* Reads the reference's networks from the library's description language, without any of its niceties. */
#include "reference/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "12" or "3x2x2": the number of features. */
static int features(const char *text) {
    int a = 0, b = 1, c = 1;
    if (sscanf(text, "%dx%dx%d", &a, &b, &c) < 1 || a < 1) ref_stop("not an input", text);
    return a * b * c;
}

static void read_operation(struct ref_operation *operation, const char *text, int inputs) {
    int units = inputs;
    operation->inputs = inputs;
    operation->slope = 0.01;
    if (sscanf(text, " %15s", operation->name) != 1) ref_stop("not an operation", text);
    if (strcmp(operation->name, "dense") == 0 && sscanf(text, " dense %d", &units) != 1) ref_stop("no units", text);
    if (strcmp(operation->name, "leaky_relu") == 0) sscanf(text, " leaky_relu slope=%lf", &operation->slope);
    operation->outputs = units;
}

static int parameters(const struct ref_operation *operation) {
    return strcmp(operation->name, "dense") == 0 ? (operation->inputs + 1) * operation->outputs : 0;
}

/* Parameters lie one operation after another, each as weight then bias. */
static void reserve(struct ref_block *block, int largest_batch) {
    for (int o = 0; o < block->operations; o++) block->parameters += parameters(&block->operation[o]);
    block->parameter = ref_numbers((size_t)block->parameters);
    block->gradient = ref_numbers((size_t)block->parameters);
    int offset = 0;
    for (int o = 0; o < block->operations; o++) {
        struct ref_operation *operation = &block->operation[o];
        int weights = operation->inputs * operation->outputs;
        operation->input = ref_numbers((size_t)largest_batch * (size_t)operation->inputs);
        if (parameters(operation) == 0) continue;
        operation->weight = block->parameter + offset;
        operation->weight_gradient = block->gradient + offset;
        operation->bias = operation->weight + weights;
        operation->bias_gradient = operation->weight_gradient + weights;
        offset += parameters(operation);
    }
}

static int read_block(struct ref_block *block, char *text, int inputs, int largest_batch) {
    char *rest = NULL;
    for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        if (block->operations == REF_MOST_OPERATIONS) ref_stop("too many operations", part);
        struct ref_operation *operation = &block->operation[block->operations++];
        read_operation(operation, part, inputs);
        inputs = operation->outputs;
    }
    reserve(block, largest_batch);
    return inputs;
}

static bool is_output(const char *text) {
    return strchr(text, ',') == NULL &&
           (strcmp(text, "linear") == 0 || strcmp(text, "softmax") == 0 || strcmp(text, "sigmoid") == 0);
}

void ref_network_parse(struct ref_network *network, const char *description, int largest_batch) {
    char text[512], *rest = NULL;
    memset(network, 0, sizeof *network);
    strcpy(network->output, "linear");
    network->largest_batch = largest_batch;
    if (strlen(description) >= sizeof text) ref_stop("too long", description);
    strcpy(text, description);
    char *part = strtok_r(text, ";", &rest);
    network->size[0] = features(part);
    while ((part = strtok_r(NULL, ";", &rest)) != NULL) {
        part += strspn(part, " ");
        if (is_output(part)) {
            strcpy(network->output, part);
            return;
        }
        int l = network->blocks++;
        if (l == REF_MOST_BLOCKS) ref_stop("too many blocks", description);
        network->size[l + 1] = read_block(&network->block[l], part, network->size[l], largest_batch);
    }
}

void ref_network_free(struct ref_network *network) {
    for (int l = 0; l < network->blocks; l++) {
        struct ref_block *block = &network->block[l];
        for (int o = 0; o < block->operations; o++) free(block->operation[o].input);
        free(block->parameter);
        free(block->gradient);
    }
    memset(network, 0, sizeof *network);
}
