/* Running a block over a batch: forward, backward, the change that a moved activity makes, gradients. */
#include "linalg/passes.h"
#include "network/debt.h"
#include "network/pieces.h"
#include "network/state.h"

#include <string.h>

static const struct pc_block *block_at(const struct pc_state *state, int32_t block) {
    return &state->network->blocks[block];
}

static bool is_only(const struct pc_state *state, int32_t node) {
    return state->first_outgoing[node + 1] - state->first_outgoing[node] == 1;
}

/*
 * How many operations at a block's beginning are fused with its node's move: an activation that others follow, if no
 * other block leaves the node, or none. Not identity, whose move writes no f: it stands for the case that f(activity)
 * and the activity are one array.
 */
static int32_t entry(const struct pc_state *state, int32_t b) {
    const struct pc_block *block = block_at(state, b);
    const struct pc_operation_kind *first = block->operations[0].kind;
    return block->count > 1 && first->activation != NULL && first != &pc_identity && is_only(state, block->from);
}

static const float *parameters(const struct pc_block *block, int32_t k) {
    return block->stored ? pc_block_parameters(block) + block->operations[k].offset : NULL;
}

static int64_t in_count(const struct pc_state *state, const struct pc_block *block, int32_t k) {
    return state->call.batch * block->operations[k].in_size;
}

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
    struct pc_debt *debt = block_at(state, b)->debt;
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    if (!debt || state->call.batch > 1 || !state->call.backend->update_forward) return false;
    pc_block_parameters(block_at(state, b));
    pc_debt_owe(debt, factor, x, e);
    *magnitudes += passes->sum_magnitudes(operation->in_size, x) * passes->sum_magnitudes(operation->out_size, e);
    return true;
}

void pc_state_forward(struct pc_state *state, int32_t b, float *prediction) {
    pc_state_forward_by(state, b, prediction, NULL, NULL);
}

void pc_state_forward_by(struct pc_state *state, int32_t b, float *prediction, pc_forward_visit visit, void *user) {
    const struct pc_block *block = block_at(state, b);
    bool first = pc_network_is_first(state->network, b);
    float *part = first ? prediction : state->scratch[0];
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        float *y = k + 1 < block->count ? state->input[b][k + 1] : part;
        if (visit && operation->rows > 0)
            visit(user, b, operation, state->input[b][k], y);
        else if (!forward_paying(state, block, k, state->input[b][k], y))
            operation->kind->forward(operation, &state->call, parameters(block, k), state->input[b][k], y);
        pc_state_look(state, "the forward pass", b, k, y, operation->out_size);
    }
    if (!first) PC_VECTOR_PICK(pc_passes)->add(pc_state_node_count(state, block->to), part, prediction);
}

void pc_state_forward_operation(struct pc_state *state, int32_t b, const struct pc_operation *operation, const float *x,
                                float *y) {
    operation->kind->forward(operation, &state->call, pc_block_parameters(block_at(state, b)) + operation->offset, x,
                             y);
}

/* The product input's gradient from that of the output of operation `last`; into `out`, or wherever it ends if `out` is
 * NULL. */
static const float *back_through(struct pc_state *state, int32_t b, int32_t last, int32_t first, const float *gy,
                                 float *out) {
    const struct pc_block *block = block_at(state, b);
    for (int32_t k = last; k >= first; k--) {
        const struct pc_operation *operation = &block->operations[k];
        float *gx = gy == state->scratch[0] ? state->scratch[1] : state->scratch[0];
        if (k == first && out) gx = out;
        operation->kind->back(operation, &state->call, parameters(block, k), state->input[b][k], gy, gx);
        pc_state_look(state, "the backward pass", b, k, gx, operation->in_size);
        gy = gx;
    }
    return gy;
}

void pc_state_back(struct pc_state *state, int32_t b) {
    const struct pc_block *block = block_at(state, b);
    back_through(state, b, block->count - 1, entry(state, b), state->error[block->to], state->drive[block->from]);
}

void pc_state_add_back(struct pc_state *state, int32_t b, float weight) {
    const struct pc_block *block = block_at(state, b);
    const struct pc_passes *passes = PC_VECTOR_PICK(pc_passes);
    int64_t count = pc_state_node_count(state, block->from);
    float *part = state->scratch[2];
    back_through(state, b, block->count - 1, entry(state, b), state->error[block->to], part);
    passes->scale(count, weight, part);
    passes->add(count, part, state->drive[block->from]);
}

/* The operation whose activation is the node's f, and where f(activity) stands. */
static const struct pc_operation *function_of(const struct pc_state *state, int32_t node, float **values) {
    static const struct pc_operation linear = {.kind = &pc_identity};
    int32_t b = state->outgoing[state->first_outgoing[node]];
    bool fused = entry(state, b);
    *values = state->input[b][fused];
    return fused ? &block_at(state, b)->operations[0] : &linear;
}

/* One node's move, in pieces. */
struct moving {
    const struct pc_activation_passes *passes;
    struct pc_move move;
    int64_t count;
    const float *drive;
    float *activity, *error, *f, *step;
};

static void move_piece(void *task, int64_t index) {
    const struct moving *m = task;
    int64_t first = index * PC_PIECE;
    m->passes->move(pc_piece_length(m->count, index), &m->move, m->drive + first, m->activity + first, m->error + first,
                    m->f + first, m->step + first);
}

void pc_state_move(struct pc_state *state, int32_t node, float drive, float error, float decay) {
    float *f;
    const struct pc_operation *activation = function_of(state, node, &f);
    struct moving moving = {
        .passes = pc_operation_passes(activation),
        .move = {drive, error, decay, pc_operation_parameter(activation)},
        .count = pc_state_node_count(state, node),
        .drive = state->drive[node],
        .activity = state->activity[node],
        .error = state->error[node],
        .f = f,
        .step = state->step,
    };
    pc_run_pieces(state->call.team, moving.count, move_piece, &moving);
}

/* What an operation read before its input moved by dx: for the first one the node's move has changed it already. */
static const float *input_before(struct pc_state *state, int32_t b, int32_t k, const float *dx) {
    const struct pc_block *block = block_at(state, b);
    if (k > entry(state, b) || !block->operations[k].kind->reads_input) return state->input[b][k];
    PC_VECTOR_PICK(pc_passes)->subtract(in_count(state, block, k), state->input[b][k], dx, state->scratch[1]);
    return state->scratch[1];
}

void pc_state_change(struct pc_state *state, int32_t b, float alpha, float *out) {
    const struct pc_block *block = block_at(state, b);
    const float *dx = state->step;
    for (int32_t k = entry(state, b); k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        bool last = k + 1 == block->count;
        float *dy = last ? out : dx == state->scratch[0] ? state->scratch[2] : state->scratch[0];
        operation->kind->change(operation, &state->call, parameters(block, k), input_before(state, b, k, dx), dx,
                                last ? alpha : 1, last ? 1 : 0, dy);
        pc_state_look(state, "the change", b, k, dy, operation->out_size);
        if (k > entry(state, b)) PC_VECTOR_PICK(pc_passes)->add(in_count(state, block, k), dx, state->input[b][k]);
        dx = dy;
    }
}

/* Units whose rows of W are walked through at once: they are to stay in the second cache. */
enum { TOGETHER = 64 };

bool pc_state_steps_by_units(const struct pc_state *state, int32_t node) {
    int32_t b = state->outgoing[state->first_outgoing[node]];
    const struct pc_block *block = block_at(state, b);
    int32_t first = entry(state, b);
    bool matrix_alone = block->count == first + 1 && block->operations[first].kind->rank_one;
    return state->call.batch == 1 && is_only(state, node) && matrix_alone && !state->check_numbers &&
           !state->zero[block->to];
}

/* The drive of some units, all that is to be had from their rows of W: where the slope is 0, the move does not look. */
static void drive_units(struct pc_state *state, const struct pc_operation *activation, int32_t units, int64_t outputs,
                        const float *x, const float *e, const float *weights, float *drive) {
    float slope[TOGETHER];
    int32_t active[TOGETHER], count = 0;
    for (int32_t i = 0; i < units; i++) slope[i] = 1;
    pc_operation_passes(activation)->back(units, pc_operation_parameter(activation), x, slope, slope);
    memset(drive, 0, (size_t)units * sizeof *drive);
    for (int32_t i = 0; i < units; i++)
        if (slope[i] != 0) active[count++] = i;
    state->call.backend->backward_of(count, active, outputs, e, weights, drive);
}

void pc_state_step_by_units(struct pc_state *state, int32_t node, const struct pc_node_step *step) {
    float *f, *drive = state->drive[node];
    const struct pc_operation *activation = function_of(state, node, &f);
    int32_t b = state->outgoing[state->first_outgoing[node]], k = entry(state, b);
    const struct pc_block *block = block_at(state, b);
    const struct pc_operation *matrix = &block->operations[k];
    struct pc_move move = {step->drive, step->error, step->decay, pc_operation_parameter(activation)};
    float *e = memcpy(state->scratch[0], state->error[block->to], (size_t)matrix->out_size * sizeof *e);
    for (int64_t i = 0; i < matrix->in_size; i += TOGETHER) {
        int32_t units = (int32_t)(matrix->in_size - i < TOGETHER ? matrix->in_size - i : TOGETHER);
        const float *weights = parameters(block, k) + i * matrix->out_size;
        drive_units(state, activation, units, matrix->out_size, state->activity[node] + i, e, weights, drive + i);
        pc_operation_passes(activation)
            ->move(units, &move, drive + i, state->activity[node] + i, state->error[node] + i, f + i, state->step + i);
        state->call.backend->forward(state->call.room, 1, units, matrix->out_size, step->change, state->step + i,
                                     weights, 1, step->above);
    }
    state->call.products += 2;
}

/* Floats of the arrays that a step through some samples goes through. These are a multiple of TILE_SAMPLES: a border's
 * pixel of each sample is a row of the own kernels' tiles, which are best whole. */
enum { AT_ONCE = 1 << 18, TILE_SAMPLES = 6 };

static bool splits(const struct pc_state *state, const struct pc_block *block) {
    bool all = true;
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        all = all &&
              (operation->rows == 0 || (operation->kind->splits && operation->kind->splits(operation, &state->call)));
    }
    return all;
}

int64_t pc_state_samples_at_once(const struct pc_state *state, int32_t b) {
    const struct pc_block *block = block_at(state, b);
    bool whole = state->call.team || state->check_numbers || !is_only(state, block->from) || state->zero[block->to];
    if (whole || !splits(state, block)) return 0;
    int64_t below = pc_state_node_size(state, block->from), above = pc_state_node_size(state, block->to);
    int64_t samples = AT_ONCE / (4 * below + 3 * above);
    return (samples / TILE_SAMPLES + 1) * TILE_SAMPLES;
}

static void shift(float **array, int64_t floats) {
    if (*array) *array += floats;
}

void pc_state_shift(struct pc_state *state, int32_t b, int64_t by, int64_t count) {
    const struct pc_block *block = block_at(state, b);
    const int32_t nodes[] = {block->from, block->to};
    for (int i = 0; i < 2; i++) {
        int64_t floats = by * pc_state_node_size(state, nodes[i]);
        shift(&state->activity[nodes[i]], floats);
        shift(&state->error[nodes[i]], floats);
        shift(&state->prediction[nodes[i]], floats);
    }
    for (int32_t k = 0; k < block->count; k++) shift(&state->input[b][k], by * block->operations[k].in_size);
    state->call.batch = count;
}

void pc_state_slope(const struct pc_state *state, int32_t node, const float *values, float *out) {
    float *f;
    const struct pc_operation *activation = function_of(state, node, &f);
    pc_operation_passes(activation)
        ->back(pc_state_node_count(state, node), pc_operation_parameter(activation), state->activity[node], values,
               out);
}

const float *pc_state_function(const struct pc_state *state, int32_t node) {
    float *f;
    function_of(state, node, &f);
    return f;
}

/* The lowest operation with parameters; `count` if there is none. */
static int32_t lowest_learner(const struct pc_block *block) {
    int32_t k = 0;
    while (k < block->count && block->operations[k].rows == 0) k++;
    return k;
}

const float *pc_state_learned_input(const struct pc_state *state, int32_t b, int64_t *count) {
    const struct pc_block *block = block_at(state, b);
    int32_t k = lowest_learner(block);
    *count = in_count(state, block, k);
    return state->input[b][k];
}

pcil_status pc_state_gradients(struct pc_state *state, int32_t b, pc_gradient_visit visit, void *user) {
    const struct pc_block *block = block_at(state, b);
    const float *gy = state->error[block->to];
    int32_t lowest = lowest_learner(block);
    for (int32_t k = block->count - 1; k >= lowest; k--) {
        const struct pc_operation *operation = &block->operations[k];
        /* Before the visit, which may step the very weights that this goes back through. */
        const float *below = k > lowest ? back_through(state, b, k, k, gy, NULL) : NULL;
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
