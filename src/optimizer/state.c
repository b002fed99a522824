/* What an optimizer remembers: its measured quantities, its arrays, its count of iterations. */
#include "base/text.h"
#include "optimizer/rule.h"

#include <string.h>

int32_t pc_rule_arrays(const struct pc_rule *rule) {
    return (rule->arrays[0] != NULL) + (rule->arrays[1] != NULL);
}

int64_t pcil_optimizer_iterations(const pcil_optimizer *optimizer) {
    return optimizer ? optimizer->iterations : -1;
}

pcil_status pcil_optimizer_measure(pcil_optimizer *optimizer, int32_t on) {
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    if (on != 0 && on != 1)
        return pc_fail(&optimizer->error, PCIL_ERROR_ARGUMENT, "measuring is 1 (on) or 0 (off), not %d", on);
    optimizer->measuring = on != 0;
    return PCIL_OK;
}

pcil_status pcil_optimizer_reset(pcil_optimizer *optimizer) {
    if (!optimizer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    size_t floats = (size_t)pc_rule_arrays(optimizer->rule) * (size_t)optimizer->parameters;
    memset(optimizer->state, 0, floats * sizeof(float));
    for (int32_t l = 0; l < optimizer->blocks; l++) {
        if (optimizer->averages) optimizer->averages[l] = -1;
        optimizer->block[l].stepped = optimizer->block[l].measured = false;
    }
    optimizer->iterations = 0;
    return PCIL_OK;
}

int64_t pcil_optimizer_memory(const pcil_optimizer *optimizer) {
    if (!optimizer) return -1;
    int64_t floats =
        pc_rule_arrays(optimizer->rule) * optimizer->parameters + (optimizer->whole ? optimizer->largest : 0);
    return floats * (int64_t)sizeof(float) + (optimizer->averages ? optimizer->blocks * (int64_t)sizeof(double) : 0);
}

static pcil_status read_average(const pcil_optimizer *optimizer, int32_t block, double *value) {
    if (!optimizer->averages)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "optimizer '%s' has no 'v': only 'mq' has",
                       optimizer->rule->kind.name);
    *value = pc_mq_average(optimizer, block);
    return PCIL_OK;
}

static pcil_status read_rate(const pcil_optimizer *optimizer, int32_t block, double *value) {
    if (!optimizer->block[block].stepped && optimizer->block[block].count > 0)
        return pc_fail(NULL, PCIL_ERROR_STATE, "block %d has no 'rate' yet: it made no step", block);
    *value = optimizer->block[block].rate;
    return PCIL_OK;
}

static pcil_status read_magnitude(const pcil_optimizer *optimizer, int32_t block, double *value) {
    if (!optimizer->block[block].measured && optimizer->block[block].count > 0)
        return pc_fail(NULL, PCIL_ERROR_STATE,
                       "block %d has no 'magnitude' yet: call pcil_optimizer_measure before a step", block);
    *value = optimizer->block[block].magnitude;
    return PCIL_OK;
}

pcil_status pcil_optimizer_value(const pcil_optimizer *optimizer, const char *name, int32_t block, double *value) {
    struct pc_quote quote;
    if (!optimizer || !name || !value)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the optimizer, the value's name or its place is NULL");
    if (block < 0 || block >= optimizer->blocks)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no block %d: blocks are 0 ... %d", block,
                       optimizer->blocks - 1);
    if (strcmp(name, "v") == 0) return read_average(optimizer, block, value);
    if (strcmp(name, "rate") == 0) return read_rate(optimizer, block, value);
    if (strcmp(name, "magnitude") == 0) return read_magnitude(optimizer, block, value);
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "unknown value '%s' of an optimizer; known: v, rate, magnitude",
                   pc_quote(&quote, name));
}

int32_t pc_optimizer_arrays(const pcil_optimizer *optimizer) {
    return pc_rule_arrays(optimizer->rule) + (optimizer->averages != NULL);
}

struct pc_optimizer_array pc_optimizer_array(pcil_optimizer *optimizer, int32_t index) {
    if (index == pc_rule_arrays(optimizer->rule))
        return (struct pc_optimizer_array){"v", optimizer->averages, optimizer->blocks, sizeof(double)};
    return (struct pc_optimizer_array){optimizer->rule->arrays[index], optimizer->state + index * optimizer->parameters,
                                       optimizer->parameters, sizeof(float)};
}

void pc_optimizer_resume(pcil_optimizer *optimizer, int64_t iterations) {
    optimizer->iterations = iterations;
}
