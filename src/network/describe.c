/* What a network tells of itself: its description, shapes, counts. */
#include "base/text.h"
#include "network/output.h"
#include "network/structure.h"

static void print_block(const struct pc_block *block, struct pc_text *text) {
    for (int32_t k = 0; k < block->count; k++) {
        if (k > 0) pc_text_append(text, ", ");
        pc_operation_print(&block->operations[k], text);
    }
}

pcil_status pcil_network_describe(const pcil_network *network, char *text, int64_t capacity, int64_t *length) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    struct pc_text built = {0};
    struct pc_shape in = network->nodes[0];
    if (in.height == 1 && in.width == 1)
        pc_text_append(&built, "%d", in.channels);
    else
        pc_text_append(&built, "%dx%dx%d", in.channels, in.height, in.width);
    for (int32_t b = 0; b < network->block_count; b++) {
        if (pc_network_is_first(network, b))
            pc_text_append(&built, "; ");
        else
            pc_text_append(&built, " + from %d: ", network->blocks[b].from);
        print_block(&network->blocks[b], &built);
    }
    pc_text_append(&built, "; %s", network->output->kind.name);
    return pc_text_give_built(NULL, &built, text, capacity, length);
}

int32_t pcil_network_blocks(const pcil_network *network) {
    return network ? network->block_count : -1;
}

int32_t pcil_network_nodes(const pcil_network *network) {
    return network ? network->node_count : -1;
}

static bool has_node(const pcil_network *network, int32_t node) {
    return network && node >= 0 && node < network->node_count;
}

int64_t pcil_network_node_size(const pcil_network *network, int32_t node) {
    return has_node(network, node) ? pc_shape_size(network->nodes[node]) : -1;
}

pcil_status pcil_network_node_shape(const pcil_network *network, int32_t node, int32_t *channels, int32_t *height,
                                    int32_t *width) {
    if (!has_node(network, node))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no node %d; nodes are 0 ... %d", node,
                       network ? network->node_count - 1 : -1);
    if (channels) *channels = network->nodes[node].channels;
    if (height) *height = network->nodes[node].height;
    if (width) *width = network->nodes[node].width;
    return PCIL_OK;
}

const char *pcil_network_output_kind(const pcil_network *network) {
    return network ? network->output->kind.name : NULL;
}

int64_t pcil_network_parameters(const pcil_network *network) {
    if (!network) return -1;
    int64_t total = 0;
    for (int32_t b = 0; b < network->block_count; b++) total += network->blocks[b].parameter_count;
    return total;
}

pcil_status pcil_network_block_info(const pcil_network *network, int32_t block, int32_t *from, int32_t *to,
                                    int64_t *parameters, char *text, int64_t capacity, int64_t *length) {
    if (!network || block < 0 || block >= network->block_count)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no block %d; blocks are 0 ... %d", block,
                       network ? network->block_count - 1 : -1);
    const struct pc_block *found = &network->blocks[block];
    struct pc_text built = {0};
    print_block(found, &built);
    pcil_status status = pc_text_give_built(NULL, &built, text, capacity, length);
    if (status != PCIL_OK) return status;
    if (from) *from = found->from;
    if (to) *to = found->to;
    if (parameters) *parameters = found->parameter_count;
    return PCIL_OK;
}

bool pc_network_is_finished(const pcil_network *network) {
    return network->finished;
}

float *pc_network_block_parameters(const pcil_network *network, int32_t block, int64_t *count) {
    if (count) *count = network->blocks[block].parameter_count;
    return pc_block_parameters(&network->blocks[block]);
}
