/*
 * The state of one batch: each node's activity, error and drive, and what the blocks keep between calls. A block is its
 * operations; the functions below run it as a whole, so that inference and learning see blocks and nodes alone.
 *
 * Where a node's one outgoing block begins with an activation, that is left to the node: pc_state_move applies the
 * node's step, f and the change of f in one pass. f is that activation; for other nodes it is the identity.
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
    float **drive;      /* room for J^T e of the blocks above, before the slope of an activation that is the node's */
    bool *zero;         /* whether a node's error is exactly 0 */
    float **prediction; /* p of the output node; of hidden nodes where errors are recomputed, else NULL */
    float *output;      /* pi; p itself where the kind has no other */
    float *target;
    float ***input; /* [blocks][operations]: what each operation read; [0] is the node's activity */
    float *step;    /* the change of f(activity) by the latest pc_state_move */
    float *scratch[3];
    int32_t *outgoing; /* the blocks by their `from`; those of node n are [first_outgoing[n], first_outgoing[n + 1]) */
    int32_t *first_outgoing;
    float *panel;   /* room for a panel of any operation's gradient */
    bool one_drive; /* all nodes share one drive */
    struct pc_call call;
    int64_t activity_bytes, workspace_bytes, scratch_bytes; /* the last are a part of the workspace's */
    bool borrows;                                           /* its scratch is another state's */
    bool check_numbers;                                     /* look through every result */
    char bad[160];                                          /* the first that was not finite, in words; "" if none */
};

/* Reserves a state for batches of up to `largest`; on failure nothing stays reserved. */
pcil_status pc_state_create(struct pc_state *state, struct pc_error *own, const pcil_network *network, int64_t largest,
                            bool one_drive);
void pc_state_free(struct pc_state *state);

/*
 * Uses the scratch of another state of the same network and size in place of its own: for one that works only between
 * the other's calls, which leave nothing in it. The other outlives it.
 */
void pc_state_borrow_scratch(struct pc_state *state, const struct pc_state *from);

/* Reserves hidden predictions. */
pcil_status pc_state_keep_predictions(struct pc_state *state, struct pc_error *own);

/* Whether packed weights are kept from product to product, which is right while no weight changes; forgets those that
 * there are. */
void pc_state_keep_packed(struct pc_state *state, bool keeps);

int64_t pc_state_node_size(const struct pc_state *state, int32_t node);

/* Numbers in a node's array for the present batch. */
int64_t pc_state_node_count(const struct pc_state *state, int32_t node);

/* The first of the blocks to a node from 1 on. */
int32_t pc_state_block_to(const struct pc_state *state, int32_t node);

/* What backpropagation needs of another state of the same network: activities, what operations read, the output's
 * error. */
void pc_state_copy_batch(struct pc_state *to, const struct pc_state *from);

/* The block's part of its `to` node's prediction: set, or added where another block of the node was first. */
void pc_state_forward(struct pc_state *state, int32_t block, float *prediction);

/*
 * The same with each operation that has parameters left to `visit`, which fills y: for weights that the block does not
 * have. pc_state_forward_operation is what it would be with those that it has.
 */
typedef void (*pc_forward_visit)(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                                 float *y);
void pc_state_forward_by(struct pc_state *state, int32_t block, float *prediction, pc_forward_visit visit, void *user);
void pc_state_forward_operation(struct pc_state *state, int32_t block, const struct pc_operation *operation,
                                const float *x, float *y);

/* J^T e of a block into the drive of its `from` node, or added to it with a weight. */
void pc_state_back(struct pc_state *state, int32_t block);
void pc_state_add_back(struct pc_state *state, int32_t block, float weight);

/*
 * Moves a node's activity by d = drive * f' g - error * e - decay * f' f, its error too, and keeps what that changes
 * for pc_state_change. The node is a hidden one.
 */
void pc_state_move(struct pc_state *state, int32_t node, float drive, float error, float decay);

/*
 * A node's drive, its move and `above` += change times the change that the move makes in the prediction above, all in
 * one walk through the units: each row of W is read once for the three. Ask whether the node has it: a batch of one
 * sample, whose one block is a matrix behind, at most, the node's activation.
 */
struct pc_node_step {
    float drive, error, decay; /* as in pc_state_move */
    float change, *above;
};
bool pc_state_steps_by_units(const struct pc_state *state, int32_t node);
void pc_state_step_by_units(struct pc_state *state, int32_t node, const struct pc_node_step *step);

/* The same, each image moved between a convolution's products, while what is read and written of it is in a cache. */
bool pc_state_steps_by_images(const struct pc_state *state, int32_t node);
void pc_state_step_by_images(struct pc_state *state, int32_t node, const struct pc_node_step *step);

/* out += alpha times the change of the block's prediction that the latest pc_state_move of its `from` node makes. Once
 * per move. */
void pc_state_change(struct pc_state *state, int32_t block, float alpha, float *out);

/*
 * How many samples to step at a time through the block, so that what a step writes is still in a cache when it reads
 * that again; fewer than the batch only where a sample's bits do not depend on the others.
 */
int64_t pc_state_samples_at_once(const struct pc_state *state, int32_t block);

/* Has the functions above see `count` samples, those `by` samples further than before, of a block and its nodes. */
void pc_state_shift(struct pc_state *state, int32_t block, int64_t by, int64_t count);

/* out = f'(activity) * values, element by element; out may be values. */
void pc_state_slope(const struct pc_state *state, int32_t node, const float *values, float *out);

/* f(activity) of a node. */
const float *pc_state_function(const struct pc_state *state, int32_t node);

/* What the block's first operation with parameters reads; the block has one. */
const float *pc_state_learned_input(const struct pc_state *state, int32_t block, int64_t *count);

/* The block's operations from last to first that have parameters, each with the error at its output. */
typedef pcil_status (*pc_gradient_visit)(void *user, int32_t block, const struct pc_operation *operation,
                                         const float *x, const float *gy);
pcil_status pc_state_gradients(struct pc_state *state, int32_t block, pc_gradient_visit visit, void *user);

/*
 * The update W += factor x^T e of a sample may wait until the next forward pass (debt.h), if that makes both at once:
 * the sum of |x^T e| is added to *magnitudes. False: it may not, nothing was done.
 */
bool pc_state_owe(struct pc_state *state, int32_t block, const struct pc_operation *operation, float factor,
                  const float *x, const float *e, double *magnitudes);

/* Where check_numbers is set: notes what is not finite among an operation's results [batch][units], a node's
 * numbers, a block's parameters or their gradient from `offset` on. `what` begins the words. */
void pc_state_look(struct pc_state *state, const char *what, int32_t b, int32_t k, const float *values, int64_t units);
void pc_state_look_at_node(struct pc_state *state, const char *what, int32_t node, const float *values);
void pc_state_look_at_numbers(struct pc_state *state, const char *what, int32_t b, int64_t offset, const float *values,
                              int64_t count);

/* Products that one forward, backward or gradient run of a block makes. */
void pc_block_products(const pcil_network *network, int32_t block, int64_t *forward, int64_t *backward,
                       int64_t *gradient);

#endif
