/*
 * Random descriptions of small networks: convolution, pooling, dense operations and activations in any order, and nodes
 * that several blocks lead to. They are written as the library writes them.
 */
#ifndef TESTS_INFERENCE_DRAWN_H
#define TESTS_INFERENCE_DRAWN_H

#include "base/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DRAWN_NODES = 5, DRAWN_SIDE = 8, DRAWN_OUTPUTS = 4 };

struct drawn_shape {
    int channels, height, width;
};

struct drawn {
    struct pc_random random;
    char text[1024];
    struct drawn_shape node[DRAWN_NODES];
    int nodes;
};

static inline int drawn_below(struct drawn *drawn, int bound) {
    return (int)pc_random_below(&drawn->random, (uint64_t)bound);
}

static inline int drawn_size(struct drawn_shape shape) {
    return shape.channels * shape.height * shape.width;
}

__attribute__((format(printf, 2, 3))) static inline void drawn_write(struct drawn *drawn, const char *format, ...) {
    size_t length = strlen(drawn->text);
    va_list values;
    va_start(values, format);
    vsnprintf(drawn->text + length, sizeof drawn->text - length, format, values);
    va_end(values);
}

static inline int drawn_least(int a, int b) {
    return a < b ? a : b;
}

/*
 * conv or pooling: any window that fits once. But windows of max_pool do not overlap, nor padded ones of avg_pool: they
 * would make equal numbers of the same pixels, and which of them a later maximum takes would be a matter of rounding.
 */
static inline void drawn_window(struct drawn *drawn, const char *name, struct drawn_shape *shape) {
    bool conv = strcmp(name, "conv") == 0;
    int padding = drawn_below(drawn, 3) == 0 ? 1 + drawn_below(drawn, 2) : 0;
    int height = padding + 1 + drawn_below(drawn, drawn_least(3, shape->height + padding));
    int width = padding + 1 + drawn_below(drawn, drawn_least(3, shape->width + padding));
    int stride = 1 + drawn_below(drawn, 3), widest = height > width ? height : width;
    bool apart = strcmp(name, "max_pool") == 0 || (!conv && padding > 0);
    if (apart && stride < widest) stride = widest;
    drawn_write(drawn, "%s", name);
    if (conv) shape->channels = 1 + drawn_below(drawn, 5);
    if (conv) drawn_write(drawn, " %d", shape->channels);
    drawn_write(drawn, " %dx%d", height, width);
    if (stride != (conv ? 1 : height)) drawn_write(drawn, "/%d", stride);
    if (padding > 0) drawn_write(drawn, " padding=%d", padding);
    shape->height = (shape->height + 2 * padding - height) / stride + 1;
    shape->width = (shape->width + 2 * padding - width) / stride + 1;
}

static inline void drawn_dense(struct drawn *drawn, struct drawn_shape *shape, int units) {
    drawn_write(drawn, "dense %d", units);
    *shape = (struct drawn_shape){units, 1, 1};
}

static inline void drawn_activation(struct drawn *drawn) {
    static const char *const names[] = {"relu", "relu", "leaky_relu slope=0.25", "tanh", "sigmoid", "gelu", "identity"};
    drawn_write(drawn, "%s", names[drawn_below(drawn, 7)]);
}

static inline void drawn_operation(struct drawn *drawn, struct drawn_shape *shape) {
    bool image = shape->height * shape->width > 1;
    int kind = drawn_below(drawn, 14);
    if (kind < 4)
        drawn_activation(drawn);
    else if (!image && kind > 4 && kind < 12)
        drawn_dense(drawn, shape, 1 + drawn_below(drawn, 7));
    else if (kind < 8)
        drawn_window(drawn, "conv", shape);
    else if (kind < 13)
        drawn_window(drawn, kind < 11 ? "max_pool" : "avg_pool", shape);
    else
        drawn_dense(drawn, shape, 1 + drawn_below(drawn, 7));
}

/* A block from another node that gives the shape of the newest, if there is a way. */
static inline void drawn_join(struct drawn *drawn) {
    int to = drawn->nodes - 1, from = drawn_below(drawn, to);
    struct drawn_shape have = drawn->node[from], want = drawn->node[to];
    bool side = have.height == want.height && have.width == want.width;
    bool same = side && have.channels == want.channels;
    bool flat = want.height == 1 && want.width == 1;
    if (!side && !flat) return;
    drawn_write(drawn, " + from %d: ", from);
    if (same && drawn_below(drawn, 2)) {
        drawn_activation(drawn);
        return;
    }
    if (drawn_below(drawn, 2)) drawn_activation(drawn), drawn_write(drawn, ", ");
    if (flat)
        drawn_write(drawn, "dense %d", want.channels);
    else
        drawn_write(drawn, drawn_below(drawn, 2) ? "conv %d 1x1" : "conv %d 3x3 padding=1", want.channels);
}

static inline void drawn_node(struct drawn *drawn, bool last) {
    struct drawn_shape shape = drawn->node[drawn->nodes - 1];
    int operations = drawn_below(drawn, last ? 2 : 4) + !last;
    drawn_write(drawn, "; ");
    for (int k = 0; k < operations; k++) {
        if (k > 0) drawn_write(drawn, ", ");
        drawn_operation(drawn, &shape);
    }
    if (last && operations > 0) drawn_write(drawn, ", ");
    if (last) drawn_dense(drawn, &shape, DRAWN_OUTPUTS);
    drawn->node[drawn->nodes++] = shape;
    while (drawn_below(drawn, 3) == 0) drawn_join(drawn);
}

static inline void drawn_network(struct drawn *drawn, uint64_t index) {
    static const char *const outputs[] = {"linear", "softmax", "sigmoid"};
    *drawn = (struct drawn){.nodes = 1};
    pc_random_seed(&drawn->random, 1, "drawn", index);
    drawn->node[0].channels = 1 + drawn_below(drawn, 3);
    drawn->node[0].height = 2 + drawn_below(drawn, DRAWN_SIDE - 1);
    drawn->node[0].width = 2 + drawn_below(drawn, DRAWN_SIDE - 1);
    drawn_write(drawn, "%dx%dx%d", drawn->node[0].channels, drawn->node[0].height, drawn->node[0].width);
    int nodes = 2 + drawn_below(drawn, DRAWN_NODES - 1);
    while (drawn->nodes < nodes) drawn_node(drawn, drawn->nodes + 1 == nodes);
    drawn_write(drawn, "; %s", outputs[drawn_below(drawn, 3)]);
}

#endif
