/* A snapshot of all that steps change in an optimizer, so that a step can be tried and taken back; and steps of
 * other weights than the network's. */
#include "base/memory.h"
#include "optimizer/rule.h"

#include <string.h>

struct pc_optimizer_snapshot {
    pcil_optimizer scalars; /* its pointers are the optimizer's own: only the numbers count */
    struct pc_optimizer_block *block;
    float *state;
    double *averages;
};

static size_t state_floats(const pcil_optimizer *optimizer) {
    return (size_t)pc_rule_arrays(optimizer->rule) * (size_t)optimizer->parameters;
}

static void copy(void *to, const void *from, size_t count, size_t size) {
    if (from && count > 0) memcpy(to, from, count * size);
}

pcil_status pc_optimizer_snapshot_create(struct pc_optimizer_snapshot **snapshot, struct pc_error *own,
                                         const pcil_optimizer *optimizer) {
    struct pc_optimizer_snapshot *fresh = pc_allocate(1, sizeof *fresh);
    if (!fresh) return pc_fail_memory(own, "a copy of the optimizer");
    size_t blocks = (size_t)optimizer->blocks, floats = state_floats(optimizer);
    fresh->block = pc_allocate(blocks, sizeof *fresh->block);
    fresh->state = pc_allocate(floats, sizeof *fresh->state);
    fresh->averages = pc_allocate(blocks, sizeof *fresh->averages);
    if (!fresh->block || !fresh->state || !fresh->averages) {
        pc_optimizer_snapshot_free(fresh);
        return pc_fail_memory(own, "a copy of the optimizer's state");
    }
    fresh->scalars = *optimizer;
    copy(fresh->block, optimizer->block, blocks, sizeof *fresh->block);
    copy(fresh->state, optimizer->state, floats, sizeof *fresh->state);
    copy(fresh->averages, optimizer->averages, blocks, sizeof *fresh->averages);
    *snapshot = fresh;
    return PCIL_OK;
}

void pc_optimizer_snapshot_free(struct pc_optimizer_snapshot *snapshot) {
    if (!snapshot) return;
    pc_release(snapshot->block);
    pc_release(snapshot->state);
    pc_release(snapshot->averages);
    pc_release(snapshot);
}

void pc_optimizer_restore(pcil_optimizer *optimizer, const struct pc_optimizer_snapshot *snapshot) {
    size_t blocks = (size_t)optimizer->blocks;
    struct pc_error error = optimizer->error; /* the latest message stays */
    *optimizer = snapshot->scalars;
    optimizer->error = error;
    copy(optimizer->block, snapshot->block, blocks, sizeof *snapshot->block);
    copy(optimizer->state, snapshot->state, state_floats(optimizer), sizeof *snapshot->state);
    if (optimizer->averages) copy(optimizer->averages, snapshot->averages, blocks, sizeof *snapshot->averages);
}

void pc_optimizer_redirect(pcil_optimizer *optimizer, float *weights) {
    for (int32_t l = 0; l < optimizer->blocks; l++) optimizer->block[l].weights = weights + optimizer->block[l].offset;
    optimizer->redirected = true; /* no step is direct then */
}

bool pc_optimizer_reads_weights(const pcil_optimizer *optimizer) {
    return pc_setting(&optimizer->settings, PC_WEIGHT_DECAY) != 0;
}
