/*
 * A node's move and the change that it makes above, for all of the batch at once or in one walk together with the
 * node's drive: unit by unit, image by image, some samples after the others.
 */
#include "linalg/passes.h"
#include "network/block_parts.h"
#include "network/pieces.h"

#include <string.h>

/* The operation whose activation is the node's f, and where f(activity) stands. */
static const struct pc_operation *function_of(const struct pc_state *state, int32_t node, float **values) {
    static const struct pc_operation linear = {.kind = &pc_identity};
    int32_t b = pc_block_from(state, node);
    bool fused = pc_block_entry(state, b);
    *values = state->input[b][fused];
    return fused ? &pc_block_at(state, b)->operations[0] : &linear;
}

/* One node's move. */
struct moving {
    const struct pc_activation_passes *passes;
    struct pc_move move;
    int64_t size, count; /* of the node, of the batch's */
    const float *drive;
    float *activity, *error, *f, *step;
};

static void move_piece(void *task, int64_t index) {
    const struct moving *m = task;
    int64_t first = index * PC_PIECE;
    m->passes->move(pc_piece_length(m->count, index), &m->move, m->drive + first, m->activity + first, m->error + first,
                    m->f + first, m->step + first);
}

static struct moving moving_of(const struct pc_state *state, int32_t node, float drive, float error, float decay) {
    struct moving moving = {
        .size = pc_state_node_size(state, node),
        .count = pc_state_node_count(state, node),
        .drive = state->drive[node],
        .activity = state->activity[node],
        .error = state->error[node],
        .step = state->step,
    };
    const struct pc_operation *activation = function_of(state, node, &moving.f);
    moving.passes = pc_operation_passes(activation);
    moving.move = (struct pc_move){drive, error, decay, pc_operation_parameter(activation)};
    return moving;
}

void pc_state_move(struct pc_state *state, int32_t node, float drive, float error, float decay) {
    struct moving moving = moving_of(state, node, drive, error, decay);
    pc_run_pieces(state->call.team, moving.count, move_piece, &moving);
}

/* What an operation read before its input moved by dx: for the first one the node's move has changed it already. */
static const float *input_before(struct pc_state *state, int32_t b, int32_t k, const float *dx) {
    const struct pc_block *block = pc_block_at(state, b);
    if (k > pc_block_entry(state, b) || !block->operations[k].kind->reads_input) return state->input[b][k];
    PC_VECTOR_PICK(pc_passes)->subtract(pc_block_in_count(state, block, k), state->input[b][k], dx, state->scratch[1]);
    return state->scratch[1];
}

/* The changes from operation `first` on, whose input changes by dx. */
static void change_from(struct pc_state *state, int32_t b, int32_t first, const float *dx, float alpha, float *out) {
    const struct pc_block *block = pc_block_at(state, b);
    for (int32_t k = first; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        bool last = k + 1 == block->count;
        float *dy = last ? out : dx == state->scratch[0] ? state->scratch[2] : state->scratch[0];
        operation->kind->change(operation, &state->call, pc_block_weights(block, k), input_before(state, b, k, dx), dx,
                                last ? alpha : 1, last ? 1 : 0, dy);
        pc_state_look(state, "the change", b, k, dy, operation->out_size);
        if (k > pc_block_entry(state, b))
            PC_VECTOR_PICK(pc_passes)->add(pc_block_in_count(state, block, k), dx, state->input[b][k]);
        dx = dy;
    }
}

void pc_state_change(struct pc_state *state, int32_t b, float alpha, float *out) {
    change_from(state, b, pc_block_entry(state, b), state->step, alpha, out);
}

/* The operation that reads a node's f. */
static const struct pc_operation *reader_of(const struct pc_state *state, int32_t node) {
    int32_t b = pc_block_from(state, node);
    return &pc_block_at(state, b)->operations[pc_block_entry(state, b)];
}

bool pc_state_steps_by_images(const struct pc_state *state, int32_t node) {
    const struct pc_operation *reader = reader_of(state, node);
    int32_t above = pc_block_at(state, pc_block_from(state, node))->to;
    return pc_block_is_only(state, node) && !state->check_numbers && !state->zero[above] && reader->kind->steps &&
           reader->kind->steps(reader, &state->call) > 0;
}

static void move_image(void *user, int64_t image, const float *gx, float *dx) {
    const struct moving *m = user;
    int64_t first = image * m->size;
    m->passes->move(m->size, &m->move, gx, m->activity + first, m->error + first, m->f + first, dx);
}

static void step_images(struct pc_state *state, int32_t node, const struct pc_node_step *step, float *above) {
    int32_t b = pc_block_from(state, node), k = pc_block_entry(state, b);
    const struct pc_block *block = pc_block_at(state, b);
    const struct pc_operation *reader = &block->operations[k];
    struct moving moving = moving_of(state, node, step->drive, step->error, step->decay);
    struct pc_images_move move = {move_image, &moving, state->drive[node], state->step};
    const float *gy = pc_block_back_through(state, b, block->count - 1, k + 1, state->error[block->to], NULL);
    bool last = k + 1 == block->count;
    float *out = last ? above : state->scratch[2];
    reader->kind->step(reader, &state->call, pc_block_weights(block, k), gy, &move, last ? step->change : 1, last, out);
    if (!last) change_from(state, b, k + 1, out, step->change, above);
}

/* Whether nothing else in the block multiplies by weights. */
static bool multiplies_alone(const struct pc_block *block, const struct pc_operation *reader) {
    bool alone = true;
    for (int32_t k = 0; k < block->count; k++)
        alone = alone && (block->operations[k].rows == 0 || &block->operations[k] == reader);
    return alone;
}

/* The images of one product at a time, so that what lies above the product stays in a cache as well. */
void pc_state_step_by_images(struct pc_state *state, int32_t node, const struct pc_node_step *step) {
    int32_t b = pc_block_from(state, node);
    const struct pc_block *block = pc_block_at(state, b);
    const struct pc_operation *reader = reader_of(state, node);
    int64_t batch = state->call.batch, above = pc_state_node_size(state, block->to), products = state->call.products;
    int64_t at_once = multiplies_alone(block, reader) ? reader->kind->steps(reader, &state->call) : batch;
    for (int64_t first = 0; first < batch; first += at_once) {
        state->call.products = products;
        pc_state_shift(state, b, 0, batch - first < at_once ? batch - first : at_once);
        step_images(state, node, step, step->above + first * above);
        pc_state_shift(state, b, state->call.batch, batch);
    }
    pc_state_shift(state, b, -batch, batch);
}

/* Units whose rows of W are walked through at once: they are to stay in the second cache. */
enum { TOGETHER = 64 };

bool pc_state_steps_by_units(const struct pc_state *state, int32_t node) {
    int32_t b = pc_block_from(state, node);
    const struct pc_block *block = pc_block_at(state, b);
    int32_t first = pc_block_entry(state, b);
    bool matrix_alone = block->count == first + 1 && block->operations[first].kind->rank_one;
    return state->call.batch == 1 && pc_block_is_only(state, node) && matrix_alone && !state->check_numbers &&
           !state->zero[block->to];
}

/* The drive of some units, all that is to be had from their rows of W: where the slope is 0, the move does not look. */
static void drive_units(struct pc_state *state, const struct moving *m, int64_t first, int32_t units, int64_t outputs,
                        const float *e, const float *weights, float *drive) {
    float slope[TOGETHER];
    int32_t active[TOGETHER], count = 0;
    for (int32_t i = 0; i < units; i++) slope[i] = 1;
    m->passes->back(units, m->move.parameter, m->activity + first, slope, slope);
    memset(drive, 0, (size_t)units * sizeof *drive);
    for (int32_t i = 0; i < units; i++)
        if (slope[i] != 0) active[count++] = i;
    state->call.backend->backward_of(count, active, outputs, e, weights, drive);
}

void pc_state_step_by_units(struct pc_state *state, int32_t node, const struct pc_node_step *step) {
    int32_t b = pc_block_from(state, node), k = pc_block_entry(state, b);
    const struct pc_block *block = pc_block_at(state, b);
    const struct pc_operation *matrix = &block->operations[k];
    struct moving m = moving_of(state, node, step->drive, step->error, step->decay);
    float *e = memcpy(state->scratch[0], state->error[block->to], (size_t)matrix->out_size * sizeof *e);
    for (int64_t i = 0; i < m.size; i += TOGETHER) {
        int32_t units = (int32_t)(m.size - i < TOGETHER ? m.size - i : TOGETHER);
        const float *weights = pc_block_weights(block, k) + i * matrix->out_size;
        drive_units(state, &m, i, units, matrix->out_size, e, weights, state->drive[node] + i);
        m.passes->move(units, &m.move, m.drive + i, m.activity + i, m.error + i, m.f + i, m.step + i);
        state->call.backend->forward(state->call.room, 1, units, matrix->out_size, step->change, m.step + i, weights, 1,
                                     step->above);
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
    const struct pc_block *block = pc_block_at(state, b);
    bool whole =
        state->call.team || state->check_numbers || !pc_block_is_only(state, block->from) || state->zero[block->to];
    if (whole || !splits(state, block)) return state->call.batch;
    int64_t below = pc_state_node_size(state, block->from), above = pc_state_node_size(state, block->to);
    int64_t samples = AT_ONCE / (4 * below + 3 * above);
    return (samples / TILE_SAMPLES + 1) * TILE_SAMPLES;
}

static void shift(float **array, int64_t floats) {
    if (*array) *array += floats;
}

void pc_state_shift(struct pc_state *state, int32_t b, int64_t by, int64_t count) {
    const struct pc_block *block = pc_block_at(state, b);
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
