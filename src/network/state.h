/*
 * The state of one batch: each node's activity, error and drive, and what the blocks keep between calls. A block is its
 * operations; the functions below run it as a whole, so that inference and learning see blocks and nodes alone.
 *
 * A block that begins with an activation leaves it to the node: pc_state_move applies the node's step, f and the change
 * of f in one pass. "The block's product input" is therefore f(activity) for such a block and the activity itself for
 * others.
 */
#ifndef PC_NETWORK_STATE_H
#define PC_NETWORK_STATE_H

#include "network/output.h"
#include "network/structure.h"

struct pc_state {
    const pcil_network *network;
    int32_t nodes;
    int64_t largest; /* batch that there is room for */
    float **activity;
    float **error;
    float **drive;      /* J^T e of the block above, before the entry activation's slope */
    bool *zero;         /* whether a node's error is exactly 0 */
    float **prediction; /* p of the output node; of hidden nodes where errors are recomputed, else NULL */
    float *output;      /* pi; p itself where the kind has no other */
    float *target;
    float ***input; /* [blocks][operations]: what each operation read; [0] is the node's activity */
    float *scratch[3];
    float *panel;   /* room for a panel of any operation's gradient */
    bool one_drive; /* all nodes share one drive */
    struct pc_call call;
    int64_t activity_bytes, workspace_bytes;
};

/* Reserves a state for batches of up to `largest`; on failure nothing stays reserved. */
pcil_status pc_state_create(struct pc_state *state, struct pc_error *own, const pcil_network *network, int64_t largest,
                            bool one_drive);
void pc_state_free(struct pc_state *state);

/* Reserves hidden predictions. */
pcil_status pc_state_keep_predictions(struct pc_state *state, struct pc_error *own);

int64_t pc_state_node_size(const struct pc_state *state, int32_t node);

/* Numbers in a node's array for the present batch. */
int64_t pc_state_node_count(const struct pc_state *state, int32_t node);

/* The block's prediction from its node's activity, into `prediction`. */
void pc_state_forward(struct pc_state *state, int32_t block, float *prediction);

/* Fills the drive of the block's `from` node from the error of its `to` node. */
void pc_state_back(struct pc_state *state, int32_t block);

/*
 * Moves the activity of the block's `from` node by d = drive * f' g - error * e - decay * f' f, its error too, and
 * leaves the change of the block's product input for pc_state_change.
 */
void pc_state_move(struct pc_state *state, int32_t block, float drive, float error, float decay);

/* out += alpha times the change of the block's prediction that the latest pc_state_move of its node makes. */
void pc_state_change(struct pc_state *state, int32_t block, float alpha, float *out);

/* error of the `from` node = f' * drive: the loss gradient's error, for backpropagation. */
void pc_state_error_from_drive(struct pc_state *state, int32_t block);

/* f(activity) of the block's entry activation, or the activity. */
const float *pc_state_product_input(const struct pc_state *state, int32_t block, int64_t *count);

/* What the block's first operation with parameters reads; the block has one. */
const float *pc_state_learned_input(const struct pc_state *state, int32_t block, int64_t *count);

/* The block's operations from last to first that have parameters, each with the error at its output. */
typedef pcil_status (*pc_gradient_visit)(void *user, int32_t block, const struct pc_operation *operation,
                                         const float *x, const float *gy);
pcil_status pc_state_gradients(struct pc_state *state, int32_t block, pc_gradient_visit visit, void *user);

/* Products that one forward, backward or gradient run of a block makes. */
void pc_block_products(const pcil_network *network, int32_t block, int64_t *forward, int64_t *backward,
                       int64_t *gradient);

#endif
