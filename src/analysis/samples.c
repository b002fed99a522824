/* Samples on their way into an inference. */
#include "analysis/analysis.h"

pcil_status pc_samples_check(pcil_inference *inference, const struct pc_samples *samples, int32_t iterations,
                             const void *results) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    struct pc_error *own = &inference->error;
    if (!samples->inputs || (!samples->targets && !samples->labels))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "the %s NULL",
                       samples->inputs ? "targets or labels are" : "inputs are");
    if (samples->count < 1) return pc_fail(own, PCIL_ERROR_ARGUMENT, "%d samples; expected 1 or more", samples->count);
    if (iterations < 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "%d inference iterations; expected 0 or more", iterations);
    if (!results) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the place for the results is NULL");
    return PCIL_OK;
}

pcil_status pc_samples_clamp(const struct pc_samples *samples, pcil_inference *inference, int32_t first,
                             int32_t batch) {
    const struct pc_state *state = &inference->state;
    const float *inputs = samples->inputs + first * pc_state_node_size(state, 0);
    if (samples->labels) return pcil_clamp_labels(inference, inputs, samples->labels + first, batch);
    return pcil_clamp(inference, inputs, samples->targets + first * pc_state_node_size(state, state->nodes - 1), batch);
}

int32_t pc_samples_batch(const struct pc_samples *samples, const pcil_inference *inference, int32_t done) {
    int32_t left = samples->count - done;
    return left < inference->state.largest ? left : (int32_t)inference->state.largest;
}
