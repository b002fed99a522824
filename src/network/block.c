/* Running a block over a batch: forward, backward, gradients. */
#include "linalg/passes.h"
#include "network/block_parts.h"
#include "network/debt.h"

/* The product of one sample is no dearer where it pays a debt on the way. */
static bool forward_paying(struct pc_state *state, const struct pc_block *block, int32_t k, const float *x, float *y) {
    const struct pc_operation *operation = &block->operations[k];
    bool able = state->call.batch == 1 && operation->rows > 0 && state->call.backend->update_forward;
    struct pc_debt *debt = able ? pc_debt_hold(block->debt) : NULL;
    if (!debt) return false;
    operation->kind->forward_paying(operation, &state->call, debt->factor, debt->x, debt->e, block->stored, x, y);
    pc_debt_paid(debt);
    return true;
}

bool pc_state_owe(struct pc_state *state, int32_t b, const struct pc_operation *operation, float factor, const float *x,
                  const float *e, double *magnitudes) {
    struct pc_debt *debt = pc_block_at(state, b)->debt;
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    if (!debt || state->call.batch > 1 || !state->call.backend->update_forward) return false;
    pc_block_parameters(pc_block_at(state, b));
    pc_debt_owe(debt, factor, x, e);
    *magnitudes += passes->sum_magnitudes(operation->in_size, x) * passes->sum_magnitudes(operation->out_size, e);
    return true;
}

void pc_state_forward(struct pc_state *state, int32_t b, float *prediction) {
    pc_state_forward_by(state, b, prediction, NULL, NULL);
}

void pc_state_forward_by(struct pc_state *state, int32_t b, float *prediction, pc_forward_visit visit, void *user) {
    const struct pc_block *block = pc_block_at(state, b);
    bool first = pc_network_is_first(state->network, b);
    float *part = first ? prediction : state->scratch[0];
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        float *y = k + 1 < block->count ? state->input[b][k + 1] : part;
        if (visit && operation->rows > 0)
            visit(user, b, operation, state->input[b][k], y);
        else if (!forward_paying(state, block, k, state->input[b][k], y))
            operation->kind->forward(operation, &state->call, pc_block_weights(block, k), state->input[b][k], y);
        pc_state_look(state, "the forward pass", b, k, y, operation->out_size);
    }
    if (!first) PC_VECTOR_PICK(pc_passes)->add(pc_state_node_count(state, block->to), part, prediction);
}

void pc_state_forward_operation(struct pc_state *state, int32_t b, const struct pc_operation *operation, const float *x,
                                float *y) {
    operation->kind->forward(operation, &state->call, pc_block_parameters(pc_block_at(state, b)) + operation->offset, x,
                             y);
}

const float *pc_block_back_through(struct pc_state *state, int32_t b, int32_t last, int32_t first, const float *gy,
                                   float *out) {
    const struct pc_block *block = pc_block_at(state, b);
    for (int32_t k = last; k >= first; k--) {
        const struct pc_operation *operation = &block->operations[k];
        float *gx = gy == state->scratch[0] ? state->scratch[1] : state->scratch[0];
        if (k == first && out) gx = out;
        operation->kind->back(operation, &state->call, pc_block_weights(block, k), state->input[b][k], gy, gx);
        pc_state_look(state, "the backward pass", b, k, gx, operation->in_size);
        gy = gx;
    }
    return gy;
}

void pc_state_back(struct pc_state *state, int32_t b) {
    const struct pc_block *block = pc_block_at(state, b);
    pc_block_back_through(state, b, block->count - 1, pc_block_entry(state, b), state->error[block->to],
                          state->drive[block->from]);
}

void pc_state_add_back(struct pc_state *state, int32_t b, float weight) {
    const struct pc_block *block = pc_block_at(state, b);
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    int64_t count = pc_state_node_count(state, block->from);
    float *part = state->scratch[2];
    pc_block_back_through(state, b, block->count - 1, pc_block_entry(state, b), state->error[block->to], part);
    passes->scale(count, weight, part);
    passes->add(count, part, state->drive[block->from]);
}

/* The lowest operation with parameters; `count` if there is none. */
static int32_t lowest_learner(const struct pc_block *block) {
    int32_t k = 0;
    while (k < block->count && block->operations[k].rows == 0) k++;
    return k;
}

const float *pc_state_learned_input(const struct pc_state *state, int32_t b, int64_t *count) {
    const struct pc_block *block = pc_block_at(state, b);
    int32_t k = lowest_learner(block);
    *count = pc_block_in_count(state, block, k);
    return state->input[b][k];
}

pcil_status pc_state_gradients(struct pc_state *state, int32_t b, pc_gradient_visit visit, void *user) {
    const struct pc_block *block = pc_block_at(state, b);
    const float *gy = state->error[block->to];
    int32_t lowest = lowest_learner(block);
    for (int32_t k = block->count - 1; k >= lowest; k--) {
        const struct pc_operation *operation = &block->operations[k];
        /* Before the visit, which may step the very weights that this goes back through. */
        const float *below = k > lowest ? pc_block_back_through(state, b, k, k, gy, NULL) : NULL;
        if (operation->rows > 0) {
            pcil_status status = visit(user, b, operation, state->input[b][k], gy);
            if (status != PCIL_OK) return status;
            state->call.products += operation->kind->products;
        }
        gy = below;
    }
    return PCIL_OK;
}

void pc_block_products(const pcil_network *network, int32_t b, int64_t *forward, int64_t *backward, int64_t *gradient) {
    const struct pc_block *block = &network->blocks[b];
    int32_t lowest = lowest_learner(block);
    *forward = *gradient = 0;
    for (int32_t k = 0; k < block->count; k++) {
        *forward += block->operations[k].kind->products;
        if (k >= lowest) *gradient += (block->operations[k].rows > 0) * block->operations[k].kind->products;
        if (k > lowest) *gradient += block->operations[k].kind->products;
    }
    *backward = *forward;
}
