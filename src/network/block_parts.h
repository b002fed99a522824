/* What running a block and moving the node below it share. */
#ifndef PC_NETWORK_BLOCK_PARTS_H
#define PC_NETWORK_BLOCK_PARTS_H

#include "network/state.h"

static inline const struct pc_block *pc_block_at(const struct pc_state *state, int32_t block) {
    return &state->network->blocks[block];
}

/* The first of the blocks that leave a hidden node. */
static inline int32_t pc_block_from(const struct pc_state *state, int32_t node) {
    return state->outgoing[state->first_outgoing[node]];
}

/* Whether one block alone leaves the node. */
static inline bool pc_block_is_only(const struct pc_state *state, int32_t node) {
    return state->first_outgoing[node + 1] - state->first_outgoing[node] == 1;
}

/*
 * How many operations at a block's beginning are fused with its node's move: an activation that others follow, if no
 * other block leaves the node, or none. Not identity, whose move writes no f: it stands for the case that f(activity)
 * and the activity are one array.
 */
static inline int32_t pc_block_entry(const struct pc_state *state, int32_t b) {
    const struct pc_block *block = pc_block_at(state, b);
    const struct pc_operation_kind *first = block->operations[0].kind;
    return block->count > 1 && first->activation != NULL && first != &pc_identity &&
           pc_block_is_only(state, block->from);
}

/* What operation k has learned; NULL where the block has nothing to learn. */
static inline const float *pc_block_weights(const struct pc_block *block, int32_t k) {
    return block->stored ? pc_block_parameters(block) + block->operations[k].offset : NULL;
}

static inline int64_t pc_block_in_count(const struct pc_state *state, const struct pc_block *block, int32_t k) {
    return state->call.batch * block->operations[k].in_size;
}

/* The gradient at the input of operation `first`, from that at the output of `last`; into `out`, or wherever it ends if
 * `out` is NULL. */
const float *pc_block_back_through(struct pc_state *state, int32_t block, int32_t last, int32_t first, const float *gy,
                                   float *out);

#endif
