#include "analysis/exact.h"

#include "base/memory.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

/* The next `size` doubles of the arena; while it has none they are counted alone. */
static double *take(struct pc_exact *exact, int64_t size) {
    double *place = exact->arena ? exact->arena + exact->used : NULL;
    exact->used += size;
    return place;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void lay_out_block(struct pc_exact *exact, int32_t b, int64_t *largest) {
    const struct pc_block *block = &exact->network->blocks[b];
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        *largest = larger(*largest, larger(operation->in_size, operation->out_size));
        exact->input[b][k] = k == 0 ? exact->activity[block->from] : take(exact, exact->batch * operation->in_size);
    }
}

static void lay_out(struct pc_exact *exact) {
    int64_t largest = 0;
    exact->used = 0;
    exact->start = take(exact, exact->count);
    exact->theta = take(exact, exact->count);
    for (int32_t n = 0; n < exact->network->node_count; n++) {
        int64_t size = exact->batch * pc_shape_size(exact->network->nodes[n]);
        exact->activity[n] = take(exact, size);
        exact->slope[n] = take(exact, size);
    }
    for (int32_t b = 0; b < exact->network->block_count; b++) lay_out_block(exact, b, &largest);
    for (int i = 0; i < 2; i++) exact->scratch[i] = take(exact, exact->batch * largest);
}

static bool reserve(struct pc_exact *exact) {
    size_t nodes = (size_t)exact->network->node_count, blocks = (size_t)exact->network->block_count;
    exact->activity = pc_allocate(nodes, sizeof *exact->activity);
    exact->slope = pc_allocate(nodes, sizeof *exact->slope);
    exact->input = pc_allocate(blocks, sizeof *exact->input);
    if (!exact->activity || !exact->slope || !exact->input) return false;
    for (size_t b = 0; b < blocks; b++) {
        size_t operations = (size_t)exact->network->blocks[b].count;
        if (!(exact->input[b] = pc_allocate(operations, sizeof *exact->input[b]))) return false;
    }
    lay_out(exact);
    exact->arena = pc_allocate((size_t)exact->used, sizeof *exact->arena);
    if (exact->arena) lay_out(exact);
    return exact->arena != NULL;
}

static pcil_status check_numbers(const pcil_network *network, const float *inputs, const float *targets,
                                 int32_t batch) {
    int64_t size = pc_shape_size(network->nodes[0]), units = pc_shape_size(network->nodes[network->node_count - 1]);
    const char *expected;
    for (int64_t i = 0; i < batch * size; i++)
        if (!isfinite(inputs[i]))
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the input of sample %lld, unit %lld is not finite",
                           (long long)(i / size), (long long)(i % size));
    int64_t bad = network->output->check(batch, units, targets, &expected);
    if (bad < 0) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the target of sample %lld, unit %lld is %g; expected %s",
                   (long long)(bad / units), (long long)(bad % units), (double)targets[bad], expected);
}

static pcil_status check_kinds(const pcil_network *network) {
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            const struct pc_operation_kind *kind = network->blocks[b].operations[k].kind;
            if (!kind->exact)
                return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED, "'%s' of block %d is not there in double precision",
                               kind->kind.name, b);
        }
    return PCIL_OK;
}

static pcil_status check(const pcil_network *network, const float *inputs, const float *targets, int32_t batch) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (!pc_network_is_finished(network))
        return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished: call pcil_network_finish first");
    if (!inputs || !targets)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s NULL", inputs ? "targets are" : "inputs are");
    if (batch < 1) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a batch of %d; expected 1 or more", batch);
    pcil_status status = check_kinds(network);
    return status == PCIL_OK ? check_numbers(network, inputs, targets, batch) : status;
}

static void take_weights(struct pc_exact *exact) {
    double *to = exact->start;
    for (int32_t b = 0; b < exact->network->block_count; b++) {
        const struct pc_block *block = &exact->network->blocks[b];
        const float *from = pc_block_parameters(block);
        for (int64_t i = 0; i < block->parameter_count; i++) *to++ = (double)from[i];
    }
}

pcil_status pc_exact_create(struct pc_exact *exact, const pcil_network *network, const float *inputs,
                            const float *targets, int32_t batch) {
    pcil_status status = check(network, inputs, targets, batch);
    if (status != PCIL_OK) return status;
    *exact = (struct pc_exact){
        .network = network, .targets = targets, .batch = batch, .count = pcil_network_parameters(network)};
    if (!reserve(exact)) {
        pc_exact_free(exact);
        return pc_fail_memory(NULL, "a network in double precision");
    }
    take_weights(exact);
    for (int64_t i = 0; i < batch * pc_shape_size(network->nodes[0]); i++) exact->activity[0][i] = (double)inputs[i];
    return PCIL_OK;
}

void pc_exact_free(struct pc_exact *exact) {
    for (int32_t b = 0; exact->input && b < exact->network->block_count; b++) pc_release(exact->input[b]);
    pc_release(exact->input);
    pc_release(exact->activity);
    pc_release(exact->slope);
    pc_release(exact->arena);
    *exact = (struct pc_exact){0};
}

/* theta's part of a block, or the gradient's. */
static double *part_of(const struct pc_exact *exact, double *whole, int32_t b) {
    for (int32_t before = 0; before < b; before++) whole += exact->network->blocks[before].parameter_count;
    return whole;
}

/* Adds the block's part to its `to` node's activity. */
static void forward(struct pc_exact *exact, int32_t b) {
    const struct pc_block *block = &exact->network->blocks[b];
    const double *parameters = part_of(exact, exact->theta, b);
    double *out = exact->activity[block->to];
    int64_t size = exact->batch * pc_shape_size(block->out);
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        double *y = k + 1 < block->count ? exact->input[b][k + 1] : exact->scratch[0];
        operation->kind->exact->forward(operation, exact->batch, parameters + operation->offset, exact->input[b][k], y);
    }
    if (pc_network_is_first(exact->network, b)) memset(out, 0, (size_t)size * sizeof *out);
    for (int64_t i = 0; i < size; i++) out[i] += exact->scratch[0][i];
}

/* Adds the block's gradient, and to the slope of its `from` node. */
static void back(struct pc_exact *exact, int32_t b, double *gradient) {
    const struct pc_block *block = &exact->network->blocks[b];
    const double *parameters = part_of(exact, exact->theta, b), *gy = exact->slope[block->to];
    double *of_block = part_of(exact, gradient, b), *below = exact->slope[block->from];
    for (int32_t k = block->count - 1; k >= 0; k--) {
        const struct pc_operation *operation = &block->operations[k];
        const struct pc_exact_operation *maps = operation->kind->exact;
        double *gx = exact->scratch[k % 2];
        if (operation->rows > 0)
            maps->gradient(operation, exact->batch, exact->input[b][k], gy, of_block + operation->offset);
        if (k == 0 && block->from == 0) return; /* nobody asks for the input's */
        maps->back(operation, exact->batch, parameters + operation->offset, exact->input[b][k], gy, gx);
        gy = gx;
    }
    for (int64_t i = 0; i < exact->batch * pc_shape_size(exact->network->nodes[block->from]); i++) below[i] += gy[i];
}

double pc_exact_gradient(struct pc_exact *exact, const double *change, double scale, double *gradient) {
    const pcil_network *network = exact->network;
    int32_t last = network->node_count - 1;
    for (int64_t i = 0; i < exact->count; i++) exact->theta[i] = exact->start[i] + (change ? scale * change[i] : 0);
    for (int32_t b = 0; b < network->block_count; b++) forward(exact, b);
    for (int32_t n = 0; n < last; n++)
        memset(exact->slope[n], 0, (size_t)(exact->batch * pc_shape_size(network->nodes[n])) * sizeof(double));
    double loss = network->output->exact(exact->batch, pc_shape_size(network->nodes[last]), exact->targets,
                                         exact->activity[last], exact->slope[last]);
    memset(gradient, 0, (size_t)exact->count * sizeof *gradient);
    for (int32_t b = network->block_count - 1; b >= 0; b--) back(exact, b, gradient);
    for (int64_t i = 0; i < exact->count; i++) gradient[i] /= (double)exact->batch;
    return loss / (double)exact->batch;
}
