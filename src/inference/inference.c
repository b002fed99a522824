/* The handle of inference: making it, its options, reading its arrays. */
#include "inference/inference.h"

#include "base/memory.h"
#include "linalg/passes.h"

#include <string.h>

static int32_t backend_of(const pcil_inference *inference) {
    return (int32_t)pc_setting(&inference->settings, PC_BACKEND);
}

static pcil_status choose_backend(pcil_inference *inference) {
    return pc_backend_choose(&inference->error, backend_of(inference), &inference->state.call.backend);
}

static pcil_status prepare(pcil_inference *inference, int32_t largest_batch) {
    const struct pc_schedule *schedule = inference->schedule;
    size_t nodes = (size_t)inference->network->node_count;
    pcil_status status =
        pc_settings_create(&inference->settings, NULL, &pc_inference_family, &schedule->kind, (int32_t)nodes);
    if (status != PCIL_OK) return status;
    inference->magnitudes = pc_allocate(nodes, sizeof *inference->magnitudes);
    inference->squares = pc_allocate(nodes, sizeof *inference->squares);
    inference->moving = pc_allocate(nodes, sizeof *inference->moving);
    if (!inference->magnitudes || !inference->squares || !inference->moving)
        return pc_fail_memory(NULL, "an inference");
    status = pc_state_create(&inference->state, NULL, inference->network, largest_batch, !schedule->at_once);
    if (status == PCIL_OK) status = choose_backend(inference);
    if (status != PCIL_OK) return status;
    inference->balances = pc_allocate((size_t)largest_batch, sizeof *inference->balances);
    return inference->balances ? PCIL_OK : pc_fail_memory(NULL, "an inference");
}

pcil_status pcil_inference_create(pcil_inference **inference, pcil_network *network, const char *kind,
                                  int32_t largest_batch) {
    const struct pc_kind *found;
    if (!inference || !network)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s is NULL", network ? "place for the inference" : "network");
    if (!pc_network_is_finished(network))
        return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished: call pcil_network_finish first");
    if (largest_batch < 1)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a largest batch of %d; it is at least 1", largest_batch);
    pcil_status status = pc_family_choose(&pc_inference_family, NULL, kind, &found);
    if (status != PCIL_OK) return status;
    pcil_inference *fresh = pc_allocate(1, sizeof *fresh);
    if (!fresh) return pc_fail_memory(NULL, "an inference");
    fresh->network = network;
    fresh->schedule = (const struct pc_schedule *)found;
    status = prepare(fresh, largest_batch);
    if (status == PCIL_OK)
        *inference = fresh;
    else
        pcil_inference_free(fresh);
    return status;
}

void pcil_inference_free(pcil_inference *inference) {
    if (!inference) return;
    if (inference->state.network) pc_state_free(&inference->state);
    pc_settings_free(&inference->settings);
    pc_release(inference->magnitudes);
    pc_release(inference->squares);
    pc_release(inference->balances);
    pc_release(inference->moving);
    pc_release(inference);
}

const char *pcil_inference_error(const pcil_inference *inference) {
    return inference ? inference->error.text : "";
}

/*
 * Recomputed errors need the predictions of hidden nodes: they are reserved when the option is set, and those of a
 * clamped batch made from its activities and errors.
 */
static pcil_status start_recomputing(pcil_inference *inference) {
    struct pc_state *state = &inference->state;
    pcil_status status = pc_state_keep_predictions(state, &inference->error);
    for (int32_t n = 1; status == PCIL_OK && inference->clamped && n + 1 < state->nodes; n++)
        PC_VECTOR_PICK(pc_passes)->subtract(pc_state_node_count(state, n), state->activity[n], state->error[n],
                                            state->prediction[n]);
    return status;
}

/* The words before an option was set, to go back to. */
struct before {
    bool recomputed;
    int32_t backend;
};

static struct before look(const pcil_inference *inference) {
    return (struct before){pc_inference_recomputes(inference), backend_of(inference)};
}

static pcil_status after_setting(pcil_inference *inference, struct before before, pcil_status status) {
    if (status != PCIL_OK) return status;
    if (backend_of(inference) != before.backend) status = choose_backend(inference);
    if (status != PCIL_OK) inference->settings.value[PC_BACKEND] = before.backend;
    if (status != PCIL_OK || before.recomputed || !pc_inference_recomputes(inference)) return status;
    status = start_recomputing(inference);
    if (status != PCIL_OK) pc_settings_set(&inference->settings, NULL, "error", 0);
    return status;
}

pcil_status pcil_inference_set(pcil_inference *inference, const char *name, double value) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    struct before before = look(inference);
    return after_setting(inference, before, pc_settings_set(&inference->settings, &inference->error, name, value));
}

pcil_status pcil_inference_set_text(pcil_inference *inference, const char *name, const char *value) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    struct before before = look(inference);
    return after_setting(inference, before, pc_settings_set_text(&inference->settings, &inference->error, name, value));
}

pcil_status pcil_inference_get(const pcil_inference *inference, const char *name, double *value) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    return pc_settings_get(&inference->settings, name, value);
}

int32_t pcil_inference_iterations(const pcil_inference *inference) {
    return inference ? inference->iterations : -1;
}

pcil_status pcil_inference_trace(pcil_inference *inference, pcil_trace_callback callback, void *user) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    inference->trace = callback;
    inference->trace_user = user;
    return PCIL_OK;
}

int32_t pcil_inference_batch(const pcil_inference *inference) {
    if (!inference) return -1;
    return inference->clamped ? (int32_t)inference->state.call.batch : 0;
}

int64_t pcil_inference_products(const pcil_inference *inference) {
    return inference ? inference->state.call.products : -1;
}

int64_t pcil_inference_memory(const pcil_inference *inference, const char *purpose) {
    if (!inference || !purpose) return -1;
    if (strcmp(purpose, "weights") == 0) return pcil_network_parameters(inference->network) * (int64_t)sizeof(float);
    if (strcmp(purpose, "activities") == 0) return inference->state.activity_bytes;
    if (strcmp(purpose, "workspace") == 0) return inference->state.workspace_bytes;
    return -1;
}

/* Copies a node's array out, if the caller's fits it. */
static pcil_status copy_out(const pcil_inference *inference, int32_t node, int32_t first_node, const float *from,
                            float *values, int64_t count) {
    int32_t last = inference->state.nodes - 1;
    if (node < first_node || node > last)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no such array of node %d; nodes %d ... %d have one", node,
                       first_node, last);
    int64_t needed = pc_state_node_count(&inference->state, node);
    if (!values || count != needed)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "node %d holds %lld numbers; the array %s %lld", node,
                       (long long)needed, values ? "has" : "is NULL with", (long long)count);
    memcpy(values, from, (size_t)count * sizeof *values);
    return PCIL_OK;
}

static bool in_range(const pcil_inference *inference, int32_t node) {
    return node >= 0 && node < inference->state.nodes;
}

pcil_status pcil_inference_activity(const pcil_inference *inference, int32_t node, float *values, int64_t count) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    const float *from = in_range(inference, node) ? inference->state.activity[node] : NULL;
    return copy_out(inference, node, 0, from, values, count);
}

pcil_status pcil_inference_node_error(const pcil_inference *inference, int32_t node, float *values, int64_t count) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    const float *from = in_range(inference, node) ? inference->state.error[node] : NULL;
    return copy_out(inference, node, 1, from, values, count);
}

pcil_status pcil_inference_prediction(const pcil_inference *inference, float *values, int64_t count) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    int32_t last = inference->state.nodes - 1;
    return copy_out(inference, last, last, inference->state.output, values, count);
}

/* f(activity) of a node; the output has no block above. */
static const float *function_values(const struct pc_state *state, int32_t node) {
    return node + 1 < state->nodes ? pc_state_function(state, node) : state->prediction[node];
}

pcil_status pcil_inference_zero_share(const pcil_inference *inference, int32_t node, double *share) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    if (!in_range(inference, node) || !share)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "there is no node %d, or no place for its share", node);
    const float *values = function_values(&inference->state, node);
    int64_t count = pc_state_node_count(&inference->state, node), zeros = 0;
    for (int64_t i = 0; i < count; i++) zeros += values[i] == 0;
    *share = (double)zeros / (double)count;
    return PCIL_OK;
}
