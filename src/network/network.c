/* The handle of a network and the calls that build one. */
#include "base/memory.h"
#include "base/text.h"
#include "network/debt.h"
#include "network/output.h"
#include "network/structure.h"

#include <string.h>

pcil_status pcil_network_create(pcil_network **network) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the network is NULL");
    pcil_network *fresh = pc_allocate(1, sizeof *fresh);
    if (!fresh) return pc_fail_memory(NULL, "a network");
    fresh->nodes = pc_allocate(1, sizeof *fresh->nodes);
    fresh->node_count = 1;
    fresh->output = &pc_linear;
    if (!fresh->nodes) {
        pcil_network_free(fresh);
        return pc_fail_memory(NULL, "a network");
    }
    *network = fresh;
    return PCIL_OK;
}

static void release_parameters(pcil_network *network) {
    for (int32_t b = 0; b < network->block_count; b++) {
        struct pc_block *block = &network->blocks[b];
        pc_release(block->stored);
        pc_debt_free(block->debt);
        block->stored = NULL;
        block->debt = NULL;
    }
}

void pcil_network_free(pcil_network *network) {
    if (!network) return;
    release_parameters(network);
    for (int32_t b = 0; b < network->block_count; b++) pc_release(network->blocks[b].operations);
    pc_release(network->blocks);
    pc_release(network->nodes);
    pc_release(network->tensors);
    pc_release(network);
}

const char *pcil_network_error(const pcil_network *network) {
    return network ? network->error.text : "";
}

/* Whether a builder call may go on. */
static pcil_status check_building(pcil_network *network) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (network->finished)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "the network is finished; build another one");
    return PCIL_OK;
}

pcil_status pcil_network_input(pcil_network *network, int32_t channels, int32_t height, int32_t width) {
    pcil_status status = check_building(network);
    if (status != PCIL_OK) return status;
    if (network->block_count > 0)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "the input's shape is set before the first block");
    struct pc_shape shape = {channels, height, width};
    if (channels < 1 || height < 1 || width < 1 || pc_shape_size(shape) < 0)
        return pc_fail(&network->error, PCIL_ERROR_ARGUMENT,
                       "an input of %d channels, height %d, width %d: each is at least 1, their product at most 2^31-1",
                       channels, height, width);
    network->nodes[0] = shape;
    network->has_input = true;
    return PCIL_OK;
}

/* Makes room for one more block and node. */
static pcil_status grow(pcil_network *network) {
    size_t count = (size_t)network->block_count, node_count = (size_t)network->node_count;
    struct pc_shape *nodes = pc_reallocate(network->nodes, node_count * sizeof *nodes, node_count + 1, sizeof *nodes);
    if (!nodes) return pc_fail_memory(&network->error, "another node");
    network->nodes = nodes;
    struct pc_block *blocks = pc_reallocate(network->blocks, count * sizeof *blocks, count + 1, sizeof *blocks);
    if (!blocks) return pc_fail_memory(&network->error, "another block");
    network->blocks = blocks;
    return PCIL_OK;
}

pcil_status pc_network_check_newest(pcil_network *network) {
    if (network->block_count == 0) return PCIL_OK;
    int32_t newest = network->block_count - 1;
    const struct pc_block *block = &network->blocks[newest];
    struct pc_shape node = network->nodes[block->to], own = block->out;
    if (block->count == 0) return pc_fail(&network->error, PCIL_ERROR_STATE, "block %d has no operation", newest);
    if (own.channels == node.channels && own.height == node.height && own.width == node.width) return PCIL_OK;
    return pc_fail(&network->error, PCIL_ERROR_ARGUMENT,
                   "block %d gives %dx%dx%d (channels, height, width), but the node that it joins has %dx%dx%d", newest,
                   own.channels, own.height, own.width, node.channels, node.height, node.width);
}

static pcil_status check_beginning(pcil_network *network) {
    pcil_status status = check_building(network);
    if (status != PCIL_OK) return status;
    if (!network->has_input)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "the input's shape comes before the first block");
    if (network->block_count == PC_MOST_BLOCKS)
        return pc_fail(&network->error, PCIL_ERROR_ARGUMENT, "a network has at most %d blocks", PC_MOST_BLOCKS);
    return pc_network_check_newest(network);
}

pcil_status pcil_network_block(pcil_network *network) {
    pcil_status status = check_beginning(network);
    if (status == PCIL_OK) status = grow(network);
    if (status != PCIL_OK) return status;
    int32_t to = network->node_count++;
    network->nodes[to] = network->nodes[to - 1];
    network->blocks[network->block_count++] =
        (struct pc_block){.from = to - 1, .to = to, .out = network->nodes[to - 1]};
    return PCIL_OK;
}

pcil_status pcil_network_join(pcil_network *network, int32_t from) {
    pcil_status status = check_beginning(network);
    if (status != PCIL_OK) return status;
    int32_t to = network->node_count - 1;
    if (from < 0 || from >= to)
        return pc_fail(&network->error, PCIL_ERROR_ARGUMENT, "node %d cannot be joined from node %d; from 0 ... %d", to,
                       from, to - 1);
    status = grow(network);
    if (status != PCIL_OK) return status;
    network->blocks[network->block_count++] = (struct pc_block){.from = from, .to = to, .out = network->nodes[from]};
    return PCIL_OK;
}

bool pc_network_is_first(const pcil_network *network, int32_t block) {
    return block == 0 || network->blocks[block - 1].to != network->blocks[block].to;
}

static pcil_status shape_operation(struct pc_operation *operation, struct pc_error *own, struct pc_shape in) {
    operation->in = in;
    operation->in_size = pc_shape_size(in);
    pcil_status status = operation->kind->shape(operation, own);
    if (status != PCIL_OK) return status;
    operation->out_size = pc_shape_size(operation->out);
    if (operation->out_size < 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "the output of %s has more than 2^31-1 features",
                       operation->kind->kind.name);
    return PCIL_OK;
}

/* How many parameters the block has with one operation more; -1 if they are too many to hold. */
static int64_t count_parameters(const struct pc_block *block, const struct pc_operation *operation) {
    int64_t own, all, bytes;
    if (__builtin_mul_overflow(operation->rows, operation->columns, &own)) return -1;
    if (__builtin_add_overflow(block->parameter_count, own, &all)) return -1;
    return __builtin_mul_overflow(all, (int64_t)sizeof(float), &bytes) ? -1 : all;
}

static pcil_status check_adding(pcil_network *network) {
    pcil_status status = check_building(network);
    if (status != PCIL_OK) return status;
    if (network->block_count == 0)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "an operation belongs to a block: begin one first");
    if (network->blocks[network->block_count - 1].count == PC_MOST_OPERATIONS)
        return pc_fail(&network->error, PCIL_ERROR_ARGUMENT, "a block has at most %d operations", PC_MOST_OPERATIONS);
    return PCIL_OK;
}

pcil_status pc_network_add(pcil_network *network, const struct pc_operation *operation) {
    pcil_status status = check_adding(network);
    if (status != PCIL_OK) return status;
    struct pc_block *block = &network->blocks[network->block_count - 1];
    struct pc_operation added = *operation;
    status = shape_operation(&added, &network->error, block->out);
    if (status != PCIL_OK) return status;
    int64_t parameters = count_parameters(block, &added);
    if (parameters < 0)
        return pc_fail(&network->error, PCIL_ERROR_ARGUMENT, "%s from %lld to %lld features has too many weights",
                       added.kind->kind.name, (long long)added.in_size, (long long)added.out_size);
    size_t count = (size_t)block->count;
    struct pc_operation *operations =
        pc_reallocate(block->operations, count * sizeof *operations, count + 1, sizeof *operations);
    if (!operations) return pc_fail_memory(&network->error, "another operation");
    added.offset = block->parameter_count;
    operations[count] = added;
    block->operations = operations;
    block->count++;
    block->parameter_count = parameters;
    block->out = added.out;
    if (pc_network_is_first(network, network->block_count - 1)) network->nodes[block->to] = added.out;
    return PCIL_OK;
}

pcil_status pcil_network_dense(pcil_network *network, int32_t units) {
    struct pc_operation operation = {.kind = &pc_dense, .sizes = {units}};
    return pc_network_add(network, &operation);
}

pcil_status pcil_network_operation(pcil_network *network, const char *text) {
    struct pc_operation operation;
    const char *where;
    pcil_status status = check_adding(network);
    if (status != PCIL_OK) return status;
    if (!text) return pc_fail(&network->error, PCIL_ERROR_ARGUMENT, "the operation's text is NULL");
    status = pc_operation_read(&operation, &network->error, text, strlen(text), &where);
    return status == PCIL_OK ? pc_network_add(network, &operation) : status;
}

pcil_status pcil_network_output(pcil_network *network, const char *kind) {
    const struct pc_kind *found;
    pcil_status status = check_building(network);
    if (status == PCIL_OK) status = pc_family_choose(&pc_output_family, &network->error, kind, &found);
    if (status == PCIL_OK) network->output = (const struct pc_output_kind *)found;
    return status;
}

/* Systems that lend more memory than they have end the process that uses it: what cannot fit is not asked for. */
static pcil_status check_size(pcil_network *network) {
    double bytes = 0, machine = (double)pc_machine_memory();
    for (int32_t b = 0; b < network->block_count; b++)
        bytes += (double)network->blocks[b].parameter_count * (double)sizeof(float);
    if (machine <= 0 || bytes <= machine) return PCIL_OK;
    return pc_fail(&network->error, PCIL_ERROR_MEMORY,
                   "the network's weights need %.1f GiB of memory; this machine has %.1f", bytes / 0x1p30,
                   machine / 0x1p30);
}

static pcil_status reserve_parameters(pcil_network *network) {
    pcil_status status = check_size(network);
    if (status != PCIL_OK) return status;
    for (int32_t b = 0; b < network->block_count; b++) {
        struct pc_block *block = &network->blocks[b];
        if (block->parameter_count == 0) continue;
        block->stored = pc_allocate_floats(block->parameter_count, 1);
        if (!block->stored || !pc_debt_reserve(block))
            return pc_fail(&network->error, PCIL_ERROR_MEMORY, "no memory for the %lld weights of block %d",
                           (long long)block->parameter_count, b);
    }
    return PCIL_OK;
}

pcil_status pcil_network_finish(pcil_network *network) {
    pcil_status status = check_building(network);
    if (status != PCIL_OK) return status;
    if (network->block_count == 0)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "a network needs at least one block");
    status = pc_network_check_newest(network);
    if (status == PCIL_OK) status = reserve_parameters(network);
    if (status == PCIL_OK) status = pc_network_name_tensors(network);
    if (status != PCIL_OK) {
        release_parameters(network); /* which operations to come may not fit */
        return status;
    }
    network->finished = true;
    return pcil_network_initialise(network, "fan_in", 0);
}
