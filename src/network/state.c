/* Reserving and freeing the state of a batch. */
#include "network/state.h"

#include "base/memory.h"
#include "base/team.h"

#include <math.h>
#include <string.h>

int64_t pc_state_node_size(const struct pc_state *state, int32_t node) {
    return pc_shape_size(state->network->nodes[node]);
}

int64_t pc_state_node_count(const struct pc_state *state, int32_t node) {
    return state->call.batch * pc_state_node_size(state, node);
}

int32_t pc_state_block_to(const struct pc_state *state, int32_t node) {
    int32_t block = 0;
    while (state->network->blocks[block].to != node) block++;
    return block;
}

/*
 * An array of floats for the largest batch, counted in *bytes; NULL if there is no memory. It is not set to anything:
 * it is written before it is read, and takes no pages until then, so that a network is looked at without them.
 */
static float *reserve(struct pc_state *state, int64_t size, int64_t *bytes) {
    int64_t count;
    if (__builtin_mul_overflow(state->largest, size, &count)) return NULL;
    float *floats = pc_allocate_unset((size_t)count, sizeof *floats);
    if (floats) *bytes += count * (int64_t)sizeof *floats;
    return floats;
}

static bool reserve_tables(struct pc_state *state) {
    size_t nodes = (size_t)state->nodes;
    state->activity = pc_allocate(nodes, sizeof *state->activity);
    state->error = pc_allocate(nodes, sizeof *state->error);
    state->drive = pc_allocate(nodes, sizeof *state->drive);
    state->prediction = pc_allocate(nodes, sizeof *state->prediction);
    state->zero = pc_allocate(nodes, sizeof *state->zero);
    state->input = pc_allocate((size_t)state->network->block_count, sizeof *state->input);
    state->outgoing = pc_allocate((size_t)state->network->block_count, sizeof *state->outgoing);
    state->first_outgoing = pc_allocate(nodes + 1, sizeof *state->first_outgoing);
    if (!state->outgoing || !state->first_outgoing) return false;
    return state->activity && state->error && state->drive && state->prediction && state->zero && state->input;
}

/* Drives of hidden nodes: one for all, or one each. */
static bool reserve_drives(struct pc_state *state) {
    int64_t largest = 0;
    for (int32_t n = 1; n < state->nodes - 1; n++) {
        int64_t size = pc_state_node_size(state, n);
        largest = size > largest ? size : largest;
        if (!state->one_drive && !(state->drive[n] = reserve(state, size, &state->activity_bytes))) return false;
    }
    if (!state->one_drive || largest == 0) return true;
    float *shared = reserve(state, largest, &state->activity_bytes);
    for (int32_t n = 1; n < state->nodes - 1; n++) state->drive[n] = shared;
    return shared != NULL;
}

static bool reserve_nodes(struct pc_state *state) {
    int32_t last = state->nodes - 1;
    int64_t *bytes = &state->activity_bytes, outputs = pc_state_node_size(state, last);
    for (int32_t n = 0; n < state->nodes; n++) {
        int64_t size = pc_state_node_size(state, n);
        if (!(state->activity[n] = reserve(state, size, bytes))) return false;
        if (n > 0 && !(state->error[n] = reserve(state, size, bytes))) return false;
    }
    if (!(state->prediction[last] = reserve(state, outputs, bytes))) return false;
    if (!(state->target = reserve(state, outputs, bytes))) return false;
    bool own_output = state->network->output->predict != NULL;
    state->output = own_output ? reserve(state, outputs, bytes) : state->prediction[last];
    return state->output && reserve_drives(state);
}

/* Sizes of what all blocks share room for. */
struct shared {
    int64_t scratch, workspace, panel, room;
};

static void enlarge(int64_t *room, int64_t needed) {
    if (needed > *room) *room = needed;
}

/* A convolution's samples are the places of its kernel. */
static int64_t room_of(const struct pc_operation *operation, int64_t largest) {
    int64_t samples = largest * (operation->out_size / operation->columns);
    return pc_backend_room(samples, operation->rows - 1, operation->columns);
}

/* What a block's operations but the last give to the next. */
static bool reserve_block(struct pc_state *state, int32_t b, struct shared *shared) {
    const struct pc_block *block = &state->network->blocks[b];
    state->input[b] = pc_allocate((size_t)block->count, sizeof *state->input[b]);
    if (!state->input[b]) return false;
    state->input[b][0] = state->activity[block->from];
    for (int32_t k = 0; k < block->count; k++) {
        const struct pc_operation *operation = &block->operations[k];
        enlarge(&shared->scratch, operation->in_size);
        enlarge(&shared->scratch, operation->out_size);
        enlarge(&shared->panel, pc_operation_panel(operation) * operation->columns);
        if (operation->rows > 0) enlarge(&shared->room, room_of(operation, state->largest));
        if (operation->kind->workspace)
            enlarge(&shared->workspace, operation->kind->workspace(operation, state->largest));
        if (k == 0) continue;
        state->input[b][k] = reserve(state, operation->in_size, &state->activity_bytes);
        if (!state->input[b][k]) return false;
    }
    return true;
}

static bool reserve_blocks(struct pc_state *state) {
    struct shared shared = {0};
    for (int32_t b = 0; b < state->network->block_count; b++)
        if (!reserve_block(state, b, &shared)) return false;
    if (!(state->step = reserve(state, shared.scratch, &state->workspace_bytes))) return false;
    for (int i = 0; i < 3; i++)
        if (!(state->scratch[i] = reserve(state, shared.scratch, &state->workspace_bytes))) return false;
    state->call.workspace = pc_allocate_unset((size_t)shared.workspace, sizeof(float));
    state->call.room = pc_allocate_floats(shared.room, 1);
    state->panel = pc_allocate_floats(shared.panel, 1);
    state->workspace_bytes += (shared.workspace + shared.room + shared.panel) * (int64_t)sizeof(float);
    state->scratch_bytes = state->workspace_bytes;
    return state->call.workspace && state->call.room && state->panel;
}

static bool reserve_kept_of(struct pc_state *state, const struct pc_operation *operation) {
    int64_t floats = operation->kind->packed(operation);
    struct pc_kept *kept = &state->call.kept[state->call.kept_count++];
    kept->operation = operation;
    for (int back = 0; back < 2; back++)
        if (!(kept->packed[back] = pc_allocate_floats(floats, 1))) return false;
    state->workspace_bytes += 2 * floats * (int64_t)sizeof(float);
    return true;
}

/* Packed weights of all operations that have such. */
static bool reserve_kept(struct pc_state *state) {
    size_t operations = 0;
    for (int32_t b = 0; b < state->network->block_count; b++) operations += (size_t)state->network->blocks[b].count;
    state->call.kept = pc_allocate(operations, sizeof *state->call.kept);
    if (!state->call.kept) return false;
    for (int32_t b = 0; b < state->network->block_count; b++)
        for (int32_t k = 0; k < state->network->blocks[b].count; k++) {
            const struct pc_operation *operation = &state->network->blocks[b].operations[k];
            if (operation->kind->packed && !reserve_kept_of(state, operation)) return false;
        }
    return true;
}

static void free_kept(struct pc_call *call) {
    for (int32_t i = 0; i < call->kept_count; i++)
        for (int back = 0; back < 2; back++) pc_release(call->kept[i].packed[back]);
    pc_release(call->kept);
}

void pc_state_keep_packed(struct pc_state *state, bool keeps) {
    state->call.keeps = keeps;
    for (int32_t i = 0; i < state->call.kept_count; i++)
        state->call.kept[i].made[0] = state->call.kept[i].made[1] = false;
}

/* Lists the blocks by the nodes that they leave. */
static void sort_outgoing(struct pc_state *state) {
    int32_t listed = 0;
    for (int32_t n = 0; n < state->nodes; n++) {
        state->first_outgoing[n] = listed;
        for (int32_t b = 0; b < state->network->block_count; b++)
            if (state->network->blocks[b].from == n) state->outgoing[listed++] = b;
    }
    state->first_outgoing[state->nodes] = listed;
}

static double workspace_of(const struct pc_operation *operation, int64_t largest) {
    return operation->kind->workspace ? (double)operation->kind->workspace(operation, largest) : 0;
}

/* Whether the arrays of nodes and operations and the largest workspace, the larger part, can fit the machine; see
 * check_size in network.c. */
static bool fits_machine(const pcil_network *network, int64_t largest) {
    double floats = 0, workspace = 0, machine = (double)pc_machine_memory();
    for (int32_t n = 0; n < network->node_count; n++) floats += 2 * (double)pc_shape_size(network->nodes[n]);
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            const struct pc_operation *operation = &network->blocks[b].operations[k];
            if (k > 0) floats += (double)operation->in_size;
            workspace = fmax(workspace, workspace_of(operation, largest));
        }
    return machine <= 0 || (floats * (double)largest + workspace) * (double)sizeof(float) <= machine;
}

pcil_status pc_state_create(struct pc_state *state, struct pc_error *own, const pcil_network *network, int64_t largest,
                            bool one_drive) {
    *state =
        (struct pc_state){.network = network, .nodes = network->node_count, .largest = largest, .one_drive = one_drive};
    if (fits_machine(network, largest) && reserve_tables(state) && reserve_nodes(state) && reserve_blocks(state) &&
        reserve_kept(state)) {
        sort_outgoing(state);
        pcil_status status = pc_team_create(&state->call.team, pcil_threads());
        if (status != PCIL_OK) {
            pc_state_free(state);
            return pc_fail_again(own, status);
        }
        return PCIL_OK;
    }
    pc_state_free(state);
    return pc_fail(own, PCIL_ERROR_MEMORY, "no memory for the activities of a batch of %lld", (long long)largest);
}

static void free_arrays(float **arrays, int32_t first, int32_t end) {
    for (int32_t i = first; arrays && i < end; i++) pc_release(arrays[i]);
    pc_release(arrays);
}

static void free_inputs(struct pc_state *state) {
    for (int32_t b = 0; state->input && b < state->network->block_count; b++)
        free_arrays(state->input[b], 1, state->network->blocks[b].count);
    pc_release(state->input);
}

static void free_scratch(struct pc_state *state) {
    pc_release(state->step);
    for (int i = 0; i < 3; i++) pc_release(state->scratch[i]);
    pc_release(state->call.workspace);
    pc_release(state->call.room);
    pc_release(state->panel);
}

void pc_state_borrow_scratch(struct pc_state *state, const struct pc_state *from) {
    free_scratch(state);
    state->borrows = true;
    state->step = from->step;
    for (int i = 0; i < 3; i++) state->scratch[i] = from->scratch[i];
    state->call.workspace = from->call.workspace;
    state->call.room = from->call.room;
    state->panel = from->panel;
    state->workspace_bytes -= from->scratch_bytes;
}

void pc_state_free(struct pc_state *state) {
    int32_t last = state->nodes - 1;
    if (state->prediction && state->output != state->prediction[last]) pc_release(state->output);
    free_inputs(state);
    free_arrays(state->activity, 0, state->nodes);
    free_arrays(state->error, 0, state->nodes);
    free_arrays(state->prediction, 0, state->nodes);
    if (state->drive && state->one_drive && state->nodes > 3)
        for (int32_t n = 2; n < last; n++) state->drive[n] = NULL;
    free_arrays(state->drive, 0, state->nodes);
    if (!state->borrows) free_scratch(state);
    pc_release(state->outgoing);
    pc_release(state->first_outgoing);
    pc_release(state->target);
    pc_release(state->zero);
    free_kept(&state->call);
    pc_team_free(state->call.team);
    *state = (struct pc_state){0};
}

pcil_status pc_state_keep_predictions(struct pc_state *state, struct pc_error *own) {
    for (int32_t n = 1; n < state->nodes - 1; n++) {
        if (state->prediction[n]) continue;
        state->prediction[n] = reserve(state, pc_state_node_size(state, n), &state->activity_bytes);
        if (!state->prediction[n]) return pc_fail_memory(own, "the predictions of hidden nodes");
    }
    return PCIL_OK;
}

static void copy_floats(float *to, const float *from, int64_t count) {
    memcpy(to, from, (size_t)count * sizeof *to);
}

void pc_state_copy_batch(struct pc_state *to, const struct pc_state *from) {
    int32_t last = from->nodes - 1;
    to->call.batch = from->call.batch;
    for (int32_t n = 0; n < last; n++) copy_floats(to->activity[n], from->activity[n], pc_state_node_count(from, n));
    for (int32_t b = 0; b < from->network->block_count; b++) {
        const struct pc_block *block = &from->network->blocks[b];
        for (int32_t k = 1; k < block->count; k++)
            copy_floats(to->input[b][k], from->input[b][k], from->call.batch * block->operations[k].in_size);
    }
    copy_floats(to->error[last], from->error[last], pc_state_node_count(from, last));
    memcpy(to->zero, from->zero, (size_t)from->nodes * sizeof *to->zero);
}
