/* Learned numbers as named tensors: "block0.dense.weight", "block0.dense.bias". */
#include "base/finite.h"
#include "base/memory.h"
#include "base/text.h"
#include "network/structure.h"

#include <stdio.h>
#include <string.h>

static int32_t count_tensors(const pcil_network *network) {
    int32_t count = 0;
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++)
            count += network->blocks[b].operations[k].rows > 0 ? 2 : 0;
    return count;
}

/* Which of its kind an operation is within its block, from 1. */
static int32_t ordinal(const struct pc_block *block, int32_t operation) {
    int32_t count = 0;
    for (int32_t k = 0; k <= operation; k++) count += block->operations[k].kind == block->operations[operation].kind;
    return count;
}

static void name_tensor(const struct pc_block *block, struct pc_tensor *tensor, const char *what) {
    const char *kind = block->operations[tensor->operation].kind->kind.name;
    int32_t nth = ordinal(block, tensor->operation);
    if (nth > 1)
        snprintf(tensor->name, sizeof tensor->name, "block%d.%s%d.%s", tensor->block, kind, nth, what);
    else
        snprintf(tensor->name, sizeof tensor->name, "block%d.%s.%s", tensor->block, kind, what);
}

/* The weight and the bias of one operation. */
static void make_pair(const struct pc_block *block, int32_t b, int32_t k, struct pc_tensor *pair) {
    const struct pc_operation *operation = &block->operations[k];
    int64_t weights = (operation->rows - 1) * operation->columns;
    pair[0] = (struct pc_tensor){
        .block = b, .operation = k, .rank = operation->weight_rank, .offset = operation->offset, .count = weights};
    memcpy(pair[0].shape, operation->weight_shape, sizeof pair[0].shape);
    pair[1] = (struct pc_tensor){.block = b,
                                 .operation = k,
                                 .rank = 1,
                                 .shape = {operation->columns},
                                 .offset = operation->offset + weights,
                                 .count = operation->columns};
    name_tensor(block, &pair[0], "weight");
    name_tensor(block, &pair[1], "bias");
}

pcil_status pc_network_name_tensors(pcil_network *network) {
    int32_t count = count_tensors(network);
    struct pc_tensor *tensors = pc_allocate((size_t)count, sizeof *tensors);
    if (!tensors) return pc_fail_memory(&network->error, "the list of tensors");
    struct pc_tensor *next = tensors;
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            if (network->blocks[b].operations[k].rows == 0) continue;
            make_pair(&network->blocks[b], b, k, next);
            next += 2;
        }
    pc_release(network->tensors);
    network->tensors = tensors;
    network->tensor_count = count;
    return PCIL_OK;
}

static void fail_unknown(const pcil_network *network, struct pc_error *own, const char *name) {
    struct pc_text known = {0};
    struct pc_quote quote;
    for (int32_t i = 0; i < network->tensor_count; i++)
        pc_text_append(&known, "%s%s", i ? ", " : "", network->tensors[i].name);
    pc_fail(own, PCIL_ERROR_ARGUMENT, "there is no tensor '%s'; known: %s", pc_quote(&quote, name),
            known.bytes         ? known.bytes
            : network->finished ? "(none)"
                                : "(none before the network is finished)");
    pc_text_free(&known);
}

const struct pc_tensor *pc_network_find_tensor(const pcil_network *network, struct pc_error *own, const char *name) {
    if (!network || !name) {
        pc_fail(own, PCIL_ERROR_ARGUMENT, "the %s is NULL", network ? "tensor's name" : "network");
        return NULL;
    }
    for (int32_t i = 0; i < network->tensor_count; i++)
        if (strcmp(network->tensors[i].name, name) == 0) return &network->tensors[i];
    fail_unknown(network, own, name);
    return NULL;
}

int32_t pcil_network_tensors(const pcil_network *network) {
    return network && network->finished ? network->tensor_count : -1;
}

const char *pcil_network_tensor_name(const pcil_network *network, int32_t index) {
    return network && index >= 0 && index < network->tensor_count ? network->tensors[index].name : NULL;
}

pcil_status pcil_network_tensor_shape(const pcil_network *network, const char *name, int32_t *rank, int64_t *shape) {
    const struct pc_tensor *tensor = pc_network_find_tensor(network, NULL, name);
    if (!tensor) return PCIL_ERROR_ARGUMENT;
    if (rank) *rank = tensor->rank;
    for (int32_t i = 0; shape && i < tensor->rank; i++) shape[i] = tensor->shape[i];
    return PCIL_OK;
}

/* The tensor, if the caller's array fits it. */
static const struct pc_tensor *fitting(const pcil_network *network, struct pc_error *own, const char *name,
                                       const float *values, int64_t count) {
    const struct pc_tensor *tensor = pc_network_find_tensor(network, own, name);
    if (tensor && values && count == tensor->count) return tensor;
    if (tensor)
        pc_fail(own, PCIL_ERROR_ARGUMENT, "tensor '%s' has %lld numbers; the array %s %lld", name,
                (long long)tensor->count, values ? "has" : "is NULL with", (long long)count);
    return NULL;
}

pcil_status pcil_network_get(const pcil_network *network, const char *name, float *values, int64_t count) {
    const struct pc_tensor *tensor = fitting(network, NULL, name, values, count);
    if (!tensor) return PCIL_ERROR_ARGUMENT;
    memcpy(values, pc_block_parameters(&network->blocks[tensor->block]) + tensor->offset,
           (size_t)count * sizeof *values);
    return PCIL_OK;
}

const float *pc_network_tensor_numbers(const pcil_network *network, int32_t index, int64_t *count) {
    const struct pc_tensor *tensor = &network->tensors[index];
    *count = tensor->count;
    return pc_block_parameters(&network->blocks[tensor->block]) + tensor->offset;
}

pcil_status pcil_network_set(pcil_network *network, const char *name, const float *values, int64_t count) {
    struct pc_error *own = network ? &network->error : NULL;
    const struct pc_tensor *tensor = fitting(network, own, name, values, count);
    if (!tensor) return PCIL_ERROR_ARGUMENT;
    int64_t bad = pc_first_not_finite(values, count);
    if (bad >= 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "value %lld for tensor '%s' is not finite", (long long)bad, name);
    memcpy(pc_block_parameters(&network->blocks[tensor->block]) + tensor->offset, values,
           (size_t)count * sizeof *values);
    return PCIL_OK;
}

bool pc_network_bad_weight(const pcil_network *network, int32_t block, struct pc_bad_weight *bad) {
    for (int32_t i = 0; i < network->tensor_count; i++) {
        const struct pc_tensor *tensor = &network->tensors[i];
        if (tensor->block != block) continue;
        const float *values = pc_block_parameters(&network->blocks[block]) + tensor->offset;
        int64_t place = pc_first_not_finite(values, tensor->count);
        if (place < 0) continue;
        *bad = (struct pc_bad_weight){tensor->name, place, (double)values[place]};
        return true;
    }
    return false;
}
