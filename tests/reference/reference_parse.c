/* Reads the reference's networks from the library's description language, without any of its niceties. */
#include "reference/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int numbers(struct ref_image image) {
    return image.channels * image.height * image.width;
}

/* "12" or "3x2x2" */
static struct ref_image read_input(const char *text) {
    struct ref_image image = {0, 1, 1};
    if (sscanf(text, "%dx%dx%d", &image.channels, &image.height, &image.width) < 1 || image.channels < 1)
        ref_stop("not an input", text);
    return image;
}

/* " 5x5/2 padding=1" */
static void read_window(struct ref_operation *operation, const char *text, int stride) {
    const char *slash = strchr(text, '/'), *padding = strstr(text, "padding=");
    if (sscanf(text, " %dx%d", &operation->window_height, &operation->window_width) != 2) ref_stop("no window", text);
    operation->stride = slash ? atoi(slash + 1) : stride > 0 ? stride : operation->window_height;
    operation->padding = padding ? atoi(padding + strlen("padding=")) : 0;
    operation->out.height =
        (operation->in.height + 2 * operation->padding - operation->window_height) / operation->stride + 1;
    operation->out.width =
        (operation->in.width + 2 * operation->padding - operation->window_width) / operation->stride + 1;
}

static void read_operation(struct ref_operation *operation, const char *text, struct ref_image in) {
    int place = 0;
    operation->in = operation->out = in;
    operation->slope = 0.01;
    if (sscanf(text, " %15s%n", operation->name, &place) != 1) ref_stop("not an operation", text);
    text += place;
    if (strcmp(operation->name, "leaky_relu") == 0) sscanf(text, " slope=%lf", &operation->slope);
    if (strstr(operation->name, "_pool")) read_window(operation, text, 0);
    if (strcmp(operation->name, "dense") == 0) operation->out = (struct ref_image){atoi(text), 1, 1};
    if (strcmp(operation->name, "conv") == 0) {
        if (sscanf(text, "%d%n", &operation->out.channels, &place) != 1) ref_stop("no channels", text);
        read_window(operation, text + place, 1);
    }
    operation->inputs = numbers(in);
    operation->outputs = numbers(operation->out);
    if (operation->outputs < 1) ref_stop("no outputs", text);
}

static int biases(const struct ref_operation *operation) {
    return ref_weights(operation) > 0 ? operation->out.channels : 0;
}

/* Parameters lie one operation after another, each as weight then bias. */
static void reserve(struct ref_block *block, int largest_batch) {
    for (int o = 0; o < block->operations; o++)
        block->parameters += ref_weights(&block->operation[o]) + biases(&block->operation[o]);
    block->parameter = ref_numbers((size_t)block->parameters);
    block->gradient = ref_numbers((size_t)block->parameters);
    int offset = 0;
    for (int o = 0; o < block->operations; o++) {
        struct ref_operation *operation = &block->operation[o];
        int weights = ref_weights(operation);
        operation->input = ref_numbers((size_t)largest_batch * (size_t)operation->inputs);
        if (weights == 0) continue;
        operation->weight = block->parameter + offset;
        operation->weight_gradient = block->gradient + offset;
        operation->bias = operation->weight + weights;
        operation->bias_gradient = operation->weight_gradient + weights;
        offset += weights + biases(operation);
    }
}

static struct ref_image read_block(struct ref_block *block, char *text, struct ref_image in, int largest_batch) {
    char *rest = NULL;
    for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        if (block->operations == REF_MOST_OPERATIONS) ref_stop("too many operations", part);
        struct ref_operation *operation = &block->operation[block->operations++];
        read_operation(operation, part, in);
        in = operation->out;
    }
    reserve(block, largest_batch);
    return in;
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
    network->image[0] = read_input(part);
    network->size[0] = numbers(network->image[0]);
    while ((part = strtok_r(NULL, ";", &rest)) != NULL) {
        part += strspn(part, " ");
        if (is_output(part)) {
            strcpy(network->output, part);
            return;
        }
        int l = network->blocks++;
        if (l == REF_MOST_BLOCKS) ref_stop("too many blocks", description);
        network->image[l + 1] = read_block(&network->block[l], part, network->image[l], largest_batch);
        network->size[l + 1] = numbers(network->image[l + 1]);
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
