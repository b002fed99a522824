/* The inside of a network, for this folder and for the state of a batch. */
#ifndef PC_NETWORK_STRUCTURE_H
#define PC_NETWORK_STRUCTURE_H

#include "network/network.h"
#include "network/operation.h"

enum { PC_MOST_BLOCKS = 4096, PC_MOST_OPERATIONS = 64, PC_LONGEST_NAME = 64 };

struct pc_block {
    int32_t from, to; /* nodes, from < to */
    struct pc_shape out;
    struct pc_operation *operations;
    int32_t count;
    float *stored; /* the parameters of all its operations, one after the other; read by pc_block_parameters */
    int64_t parameter_count;
    struct pc_debt *debt; /* an update that waits (debt.h); NULL: none ever does */
};

/* The block's parameters with all updates made; NULL if it has none. */
float *pc_block_parameters(const struct pc_block *block);

struct pc_tensor {
    char name[PC_LONGEST_NAME];
    int32_t block, operation;
    int32_t rank;
    int64_t shape[PC_MOST_RANK];
    int64_t offset, count; /* within the block's parameters */
};

struct pcil_network {
    struct pc_error error;
    struct pc_shape *nodes;
    struct pc_block *blocks; /* by their `to`; a node's prediction is the sum of all blocks to it */
    int32_t node_count, block_count;
    const struct pc_output_kind *output;
    struct pc_tensor *tensors; /* made by pcil_network_finish */
    int32_t tensor_count;
    bool has_input, finished;
};

/* Whether the newest block is whole: it has operations, and predicts the shape that its node has. */
pcil_status pc_network_check_newest(pcil_network *network);

/* Whether a block is the first of those to its node. */
bool pc_network_is_first(const pcil_network *network, int32_t block);

/* Names the tensors of a network whose blocks have their parameters; PCIL_ERROR_MEMORY. */
pcil_status pc_network_name_tensors(pcil_network *network);

/* The tensor of that name; NULL with a message that lists the known. */
const struct pc_tensor *pc_network_find_tensor(const pcil_network *network, struct pc_error *own, const char *name);

/* Adds an operation that was read to the newest block. */
pcil_status pc_network_add(pcil_network *network, const struct pc_operation *operation);

#endif
