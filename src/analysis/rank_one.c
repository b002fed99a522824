/* The updates of samples as what they are made of, never made: see the header. */
#include "analysis/rank_one.h"

#include "base/memory.h"
#include "linalg/passes.h"

#include <string.h>

static pcil_network *network_of(const struct pc_rank_one *updates) {
    return updates->inference->network;
}

static int32_t count_steps(const pcil_network *network) {
    int32_t count = 0;
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) count += network->blocks[b].operations[k].rows > 0;
    return count;
}

/* A step for each operation that has parameters, in order; the first of a block from node 0 sees the same always. */
static bool lay_out(struct pc_rank_one *updates) {
    const pcil_network *network = network_of(updates);
    int64_t largest = updates->inference->state.largest;
    struct pc_rank_one_step *step = updates->steps;
    for (int32_t b = 0; b < network->block_count; b++) {
        bool constant = network->blocks[b].from == 0;
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            const struct pc_operation *operation = &network->blocks[b].operations[k];
            if (operation->rows == 0) continue;
            *step = (struct pc_rank_one_step){.block = b, .operation = operation};
            if (!(step->e = pc_allocate_floats(largest, operation->out_size))) return false;
            if (constant && !(step->constant = pc_allocate_floats(largest, operation->out_size))) return false;
            constant = false;
            step++;
        }
    }
    return true;
}

pcil_status pc_rank_one_create(struct pc_rank_one *updates, pcil_inference *inference,
                               const pcil_optimizer *optimizer) {
    const pcil_network *network = inference->network;
    *updates = (struct pc_rank_one){.inference = inference, .optimizer = optimizer, .count = count_steps(network)};
    updates->steps = pc_allocate((size_t)updates->count, sizeof *updates->steps);
    updates->rates = pc_allocate((size_t)network->block_count, (size_t)inference->state.largest * sizeof(double));
    pcil_status status = PCIL_OK;
    if (!updates->steps || !updates->rates || !lay_out(updates))
        status = pc_fail_memory(&inference->error, "the updates of a batch's samples");
    if (status == PCIL_OK)
        status = pc_state_create(&updates->state, &inference->error, network, inference->state.largest, true);
    updates->state.call.backend = inference->state.call.backend;
    if (status != PCIL_OK) pc_rank_one_free(updates);
    return status;
}

void pc_rank_one_free(struct pc_rank_one *updates) {
    for (int32_t i = 0; updates->steps && i < updates->count; i++) {
        pc_release(updates->steps[i].e);
        pc_release(updates->steps[i].constant);
    }
    if (updates->state.network) pc_state_free(&updates->state);
    pc_release(updates->steps);
    pc_release(updates->rates);
    *updates = (struct pc_rank_one){0};
}

void pc_rank_one_begin(struct pc_rank_one *updates) {
    const struct pc_state *from = &updates->inference->state;
    struct pc_state *to = &updates->state;
    to->call.batch = from->call.batch;
    memcpy(to->activity[0], from->activity[0], (size_t)pc_state_node_count(from, 0) * sizeof(float));
    memcpy(to->target, from->target, (size_t)pc_state_node_count(from, from->nodes - 1) * sizeof(float));
    for (int32_t i = 0; i < updates->count; i++) updates->steps[i].known = false;
}

static struct pc_rank_one_step *find(struct pc_rank_one *updates, const struct pc_operation *operation) {
    struct pc_rank_one_step *step = updates->steps;
    while (step->operation != operation) step++;
    return step;
}

/* The product that the visitor's caller counts is not made. */
static pcil_status take(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                        const float *gy) {
    struct pc_rank_one *updates = user;
    struct pc_rank_one_step *step = find(updates, operation);
    struct pc_call *call = &updates->inference->state.call;
    (void)block;
    step->x = x;
    memcpy(step->e, gy, (size_t)(call->batch * operation->out_size) * sizeof *gy);
    call->products -= operation->kind->products;
    return PCIL_OK;
}

/* Each sample's rate: |f|^2 is its own, as in a batch of one. */
static void take_rates(struct pc_rank_one *updates, int32_t block) {
    const struct pc_state *state = &updates->inference->state;
    int64_t count, batch = state->call.batch;
    const float *f = pc_state_learned_input(state, block, &count);
    for (int64_t s = 0; s < batch; s++) {
        double square = 0;
        if (pc_optimizer_needs_mean_square(updates->optimizer))
            square = PC_VECTOR_PICK(pc_passes)->sum_squares(count / batch, f + s * (count / batch));
        updates->rates[block * state->largest + s] = pc_optimizer_next_rate(updates->optimizer, block, square);
    }
}

pcil_status pc_rank_one_take(struct pc_rank_one *updates) {
    struct pc_state *state = &updates->inference->state;
    pcil_status status = PCIL_OK;
    int32_t block = -1;
    for (int32_t i = 0; i < updates->count && status == PCIL_OK; i++) {
        struct pc_rank_one_step *step = &updates->steps[i];
        step->moves = !state->zero[network_of(updates)->blocks[step->block].to];
        if (!step->moves || step->block == block) continue;
        block = step->block; /* all its operations at once */
        take_rates(updates, block);
        status = pc_state_gradients(state, block, take, updates);
    }
    return status;
}

static double rate_of(const struct pc_rank_one *updates, const struct pc_rank_one_step *step, int64_t sample) {
    return updates->rates[step->block * updates->inference->state.largest + sample];
}

double pc_rank_one_square(const struct pc_rank_one *updates) {
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    double sum = 0;
    for (int32_t i = 0; i < updates->count; i++) {
        const struct pc_rank_one_step *step = &updates->steps[i];
        int64_t inputs = step->operation->in_size, units = step->operation->out_size;
        for (int64_t s = 0; step->moves && s < updates->state.call.batch; s++) {
            double rate = rate_of(updates, step, s);
            sum += rate * rate * (passes->sum_squares(inputs, step->x + s * inputs) + 1) *
                   passes->sum_squares(units, step->e + s * units);
        }
    }
    return sum;
}

static double inner(int64_t count, const float *a, const float *b) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* y += rate (x . x' + 1) e, each sample by its own update. */
static void add_changes(const struct pc_rank_one *updates, const struct pc_rank_one_step *step, const float *x,
                        float *y) {
    int64_t inputs = step->operation->in_size, units = step->operation->out_size;
    for (int64_t s = 0; s < updates->state.call.batch; s++) {
        double along = inner(inputs, step->x + s * inputs, x + s * inputs) + 1;
        float factor = (float)(rate_of(updates, step, s) * along);
        const float *e = step->e + s * units;
        for (int64_t u = 0; u < units; u++) y[s * units + u] += factor * e[u];
    }
}

static void forward(void *user, int32_t block, const struct pc_operation *operation, const float *x, float *y) {
    struct pc_rank_one *updates = user;
    struct pc_rank_one_step *step = find(updates, operation);
    size_t bytes = (size_t)(updates->state.call.batch * operation->out_size) * sizeof *y;
    if (step->known)
        memcpy(y, step->constant, bytes);
    else
        pc_state_forward_operation(&updates->state, block, operation, x, y);
    if (step->constant && !step->known) memcpy(step->constant, y, bytes);
    step->known = step->constant != NULL;
    if (step->moves) add_changes(updates, step, x, y);
}

double pc_rank_one_loss(struct pc_rank_one *updates) {
    struct pc_state *state = &updates->state;
    int64_t before = state->call.products;
    for (int32_t b = 0; b < network_of(updates)->block_count; b++) {
        int32_t to = network_of(updates)->blocks[b].to;
        pc_state_forward_by(state, b, to + 1 < state->nodes ? state->activity[to] : state->prediction[to], forward,
                            updates);
    }
    updates->inference->state.call.products += state->call.products - before;
    return pc_prediction_loss(state) * (double)state->call.batch;
}
