/* An optimizer's life and options. */
#include "optimizer/optimizer.h"

#include "base/memory.h"
#include "network/network.h"
#include "optimizer/rule.h"

/* Finds the blocks' weights and lays their state out one after the other. */
static pcil_status lay_out(pcil_optimizer *optimizer) {
    optimizer->blocks = pcil_network_blocks(optimizer->network);
    optimizer->block = pc_allocate((size_t)optimizer->blocks, sizeof *optimizer->block);
    if (!optimizer->block) return pc_fail_memory(NULL, "the optimizer's blocks");
    for (int32_t l = 0; l < optimizer->blocks; l++) {
        struct pc_optimizer_block *block = &optimizer->block[l];
        block->weights = pc_network_block_parameters(optimizer->network, l, &block->count);
        block->offset = optimizer->parameters;
        optimizer->parameters += block->count;
        if (block->count > optimizer->largest) optimizer->largest = block->count;
    }
    return PCIL_OK;
}

static pcil_status reserve_state(pcil_optimizer *optimizer) {
    int32_t arrays = pc_rule_arrays(optimizer->rule);
    optimizer->state = pc_allocate_floats(arrays, optimizer->parameters);
    if (optimizer->rule->has_averages)
        optimizer->averages = pc_allocate((size_t)optimizer->blocks, sizeof *optimizer->averages);
    if (optimizer->state && (optimizer->averages || !optimizer->rule->has_averages)) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_MEMORY, "no memory for the state of optimizer '%s': %d x %lld floats",
                   optimizer->rule->kind.name, arrays, (long long)optimizer->parameters);
}

static pcil_status build(pcil_optimizer *optimizer) {
    pcil_status status = lay_out(optimizer);
    if (status == PCIL_OK) status = reserve_state(optimizer);
    if (status == PCIL_OK)
        status = pc_settings_create(&optimizer->settings, NULL, &pc_optimizer_family, &optimizer->rule->kind,
                                    optimizer->blocks);
    if (status == PCIL_OK) status = pcil_optimizer_reset(optimizer);
    return status;
}

pcil_status pcil_optimizer_create(pcil_optimizer **optimizer, pcil_network *network, const char *kind) {
    const struct pc_kind *chosen = NULL;
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the optimizer is NULL");
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer's network is NULL");
    pcil_status status = pc_family_choose(&pc_optimizer_family, NULL, kind, &chosen);
    if (status != PCIL_OK) return status;
    if (!pc_network_is_finished(network))
        return pc_fail(NULL, PCIL_ERROR_STATE,
                       "the network is not finished: call pcil_network_finish before making an optimizer");
    pcil_optimizer *fresh = pc_allocate(1, sizeof *fresh);
    if (!fresh) return pc_fail_memory(NULL, "an optimizer");
    fresh->network = network;
    fresh->rule = (const struct pc_rule *)chosen; /* a rule begins with its kind */
    fresh->kernels = PC_VECTOR_PICK(pc_step_kernels);
    status = build(fresh);
    if (status == PCIL_OK)
        *optimizer = fresh;
    else
        pcil_optimizer_free(fresh);
    return status;
}

void pcil_optimizer_free(pcil_optimizer *optimizer) {
    if (!optimizer) return;
    pc_settings_free(&optimizer->settings);
    pc_release(optimizer->block);
    pc_release(optimizer->state);
    pc_release(optimizer->averages);
    pc_release(optimizer->whole);
    pc_release(optimizer);
}

const char *pcil_optimizer_error(const pcil_optimizer *optimizer) {
    return optimizer ? optimizer->error.text : "";
}

const pcil_network *pc_optimizer_network(const pcil_optimizer *optimizer) {
    return optimizer->network;
}

/* After an option was set: clip_norm needs room for a whole gradient, or goes back to what it was. */
static pcil_status reserve_whole(pcil_optimizer *optimizer, double old_norm) {
    if (optimizer->whole || pc_setting(&optimizer->settings, PC_CLIP_NORM) <= 0) return PCIL_OK;
    optimizer->whole = pc_allocate_floats(1, optimizer->largest);
    if (optimizer->whole) return PCIL_OK;
    pcil_status status = pc_settings_set(&optimizer->settings, NULL, "clip_norm", old_norm);
    if (status == PCIL_OK) status = pc_fail_memory(&optimizer->error, "the whole gradient that clip_norm needs");
    return status;
}

pcil_status pcil_optimizer_set(pcil_optimizer *optimizer, const char *name, double value) {
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    double old_norm = pc_setting(&optimizer->settings, PC_CLIP_NORM);
    pcil_status status = pc_settings_set(&optimizer->settings, &optimizer->error, name, value);
    return status == PCIL_OK ? reserve_whole(optimizer, old_norm) : status;
}

pcil_status pcil_optimizer_set_text(pcil_optimizer *optimizer, const char *name, const char *value) {
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    double old_norm = pc_setting(&optimizer->settings, PC_CLIP_NORM);
    pcil_status status = pc_settings_set_text(&optimizer->settings, &optimizer->error, name, value);
    return status == PCIL_OK ? reserve_whole(optimizer, old_norm) : status;
}

pcil_status pcil_optimizer_get(const pcil_optimizer *optimizer, const char *name, double *value) {
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    return pc_settings_get(&optimizer->settings, name, value);
}
