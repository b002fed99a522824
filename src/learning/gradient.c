/* The gradient of one tensor, for those who want to see it rather than step by it. */
#include "inference/inference.h"

#include <string.h>

struct wanted {
    const pcil_inference *inference;
    const struct pc_tensor *tensor;
    float *values;
};

static pcil_status take(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                        const float *gy) {
    struct wanted *wanted = user;
    const struct pc_tensor *tensor = wanted->tensor;
    if (operation != &wanted->inference->network->blocks[block].operations[tensor->operation]) return PCIL_OK;
    struct pc_call call = wanted->inference->state.call;
    int64_t first = (tensor->offset - operation->offset) / operation->columns;
    operation->kind->gradient(operation, &call, x, gy, -1 / (float)call.batch, 0, first,
                              tensor->count / operation->columns, wanted->values);
    return PCIL_OK;
}

pcil_status pcil_gradient(pcil_inference *inference, const char *tensor, float *values, int64_t count) {
    struct pc_error *own = inference ? &inference->error : NULL;
    pcil_status status = pc_inference_check_clamped(inference, own);
    if (status != PCIL_OK) return status;
    const struct pc_tensor *found = pc_network_find_tensor(inference->network, own, tensor);
    if (!found) return PCIL_ERROR_ARGUMENT;
    if (!values || count != found->count)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "tensor '%s' has %lld numbers; the array %s %lld", tensor,
                       (long long)found->count, values ? "has" : "is NULL with", (long long)count);
    memset(values, 0, (size_t)count * sizeof *values);
    if (inference->state.zero[inference->network->blocks[found->block].to]) return PCIL_OK;
    struct wanted wanted = {inference, found, values};
    return pc_state_gradients(&inference->state, found->block, take, &wanted);
}
