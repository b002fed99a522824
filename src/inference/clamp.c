/* Clamping a batch: inputs in, feed-forward activities, the target at the output node; and prediction without a target.
 */
#include "base/finite.h"
#include "inference/inference.h"
#include "linalg/passes.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

static pcil_status check_batch(pcil_inference *inference, const void *inputs, const void *targets, int32_t batch) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    if (!inputs || !targets)
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the %s NULL", inputs ? "targets are" : "inputs are");
    if (batch < 1 || batch > inference->state.largest)
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "a batch of %d; this inference was made for 1 ... %lld",
                       batch, (long long)inference->state.largest);
    return PCIL_OK;
}

/* Fails with the sample and the unit that a place in [batch][units] names. */
static pcil_status bad_number(struct pc_error *own, pcil_status status, const char *what, int64_t place, int64_t units,
                              double value, const char *expected) {
    return pc_fail(own, status, "%s of sample %lld, unit %lld is %g; expected %s", what, (long long)(place / units),
                   (long long)(place % units), value, expected);
}

/* Their squares are summed to see that all are finite. */
static pcil_status check_inputs(pcil_inference *inference, const float *inputs, int64_t count, double *squares) {
    int64_t size = pc_state_node_size(&inference->state, 0), numbers;
    if (__builtin_mul_overflow(count, size, &numbers))
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "%lld samples of %lld numbers are too many",
                       (long long)count, (long long)size);
    *squares = PC_VECTOR_PICK(pc_passes)->sum_squares(numbers, inputs);
    int64_t bad = isfinite(*squares) ? -1 : pc_first_not_finite(inputs, numbers);
    if (bad < 0) return PCIL_OK;
    return bad_number(&inference->error, PCIL_ERROR_ARGUMENT, "the input", bad, size, (double)inputs[bad],
                      "a finite number");
}

static void take_inputs(pcil_inference *inference, const float *inputs, int32_t batch) {
    int64_t size = pc_state_node_size(&inference->state, 0);
    memcpy(inference->state.activity[0], inputs, (size_t)(batch * size) * sizeof *inputs);
}

/* From node 0, with its activities set. */
static void feed_forward(pcil_inference *inference, int32_t batch) {
    struct pc_state *state = &inference->state;
    state->call.batch = batch;
    state->check_numbers = pc_setting(&inference->settings, PC_CHECK_NUMBERS) == 1;
    *state->bad = '\0'; /* of a batch that was given up */
    for (int32_t b = 0; b < inference->network->block_count; b++) {
        int32_t to = inference->network->blocks[b].to;
        pc_state_forward(state, b, to + 1 < state->nodes ? state->activity[to] : state->prediction[to]);
    }
}

/* All nodes before this one are finite: a block to it has weights that are not, or too large ones. */
static pcil_status fail_activity(pcil_inference *inference, int32_t node, int64_t sample) {
    const pcil_network *network = inference->network;
    struct pc_bad_weight bad;
    for (int32_t b = 0; b < network->block_count; b++)
        if (network->blocks[b].to == node && pc_network_bad_weight(network, b, &bad))
            return pc_fail(&inference->error, PCIL_ERROR_DIVERGED,
                           "weights of block %d are not finite: number %lld of '%s' is %g; go back to an earlier "
                           "model, with a smaller learning_rate or clip_norm",
                           b, (long long)bad.place, bad.tensor, bad.value);
    return pc_fail(
        &inference->error, PCIL_ERROR_DIVERGED,
        "the feed-forward activity of node %d (block %d) is not finite (sample %lld): weights grew too large; a "
        "smaller learning_rate may help",
        node, pc_state_block_to(&inference->state, node), (long long)sample);
}

/* Weights that are not finite, or that blow up, show in an activity. A finite sum of magnitudes clears a node at once.
 */
static pcil_status check_activities(pcil_inference *inference) {
    struct pc_state *state = &inference->state;
    pcil_status status = pc_inference_check_numbers(inference);
    if (status != PCIL_OK) return status;
    for (int32_t n = 1; n < state->nodes; n++) {
        const float *values = n + 1 < state->nodes ? state->activity[n] : state->prediction[n];
        int64_t count = pc_state_node_count(state, n);
        if (isfinite(PC_VECTOR_PICK(pc_passes)->sum_magnitudes(count, values))) continue;
        int64_t bad = pc_first_not_finite(values, count);
        if (bad >= 0) return fail_activity(inference, n, bad / pc_state_node_size(state, n));
    }
    return PCIL_OK;
}

static void start(pcil_inference *inference) {
    struct pc_state *state = &inference->state;
    for (int32_t n = 1; n + 1 < state->nodes; n++) {
        size_t bytes = (size_t)pc_state_node_count(state, n) * sizeof(float);
        memset(state->error[n], 0, bytes);
        state->zero[n] = true;
        if (pc_inference_recomputes(inference)) memcpy(state->prediction[n], state->activity[n], bytes);
    }
    state->zero[0] = true;
    pc_clamp_output(state, pc_inference_m(inference));
    inference->iterations = 0;
    inference->summed = false;
    inference->clamped = true;
}

static pcil_status clamp(pcil_inference *inference, const float *inputs, int32_t batch) {
    /* kept for learning, which asks for them */
    pcil_status status = check_inputs(inference, inputs, batch, &inference->squares[0]);
    if (status != PCIL_OK) return status;
    take_inputs(inference, inputs, batch);
    pc_clock_enter(inference, PC_FORWARD);
    feed_forward(inference, batch);
    pc_clock_enter(inference, PC_CLAMPING);
    status = check_activities(inference);
    if (status == PCIL_OK) start(inference);
    pc_clock_enter(inference, PC_IDLE);
    return status;
}

pcil_status pcil_clamp(pcil_inference *inference, const float *inputs, const float *targets, int32_t batch) {
    pcil_status status = check_batch(inference, inputs, targets, batch);
    if (status != PCIL_OK) return status;
    inference->clamped = false;
    pc_clock_enter(inference, PC_CLAMPING);
    int64_t units = pc_state_node_size(&inference->state, inference->state.nodes - 1);
    const char *expected;
    int64_t bad = inference->network->output->check(batch, units, targets, &expected);
    if (bad >= 0)
        return bad_number(&inference->error, PCIL_ERROR_ARGUMENT, "the target", bad, units, (double)targets[bad],
                          expected);
    memcpy(inference->state.target, targets, (size_t)(batch * units) * sizeof *targets);
    return clamp(inference, inputs, batch);
}

pcil_status pcil_clamp_labels(pcil_inference *inference, const float *inputs, const int32_t *labels, int32_t batch) {
    pcil_status status = check_batch(inference, inputs, labels, batch);
    if (status != PCIL_OK) return status;
    inference->clamped = false;
    pc_clock_enter(inference, PC_CLAMPING);
    int64_t units = pc_state_node_size(&inference->state, inference->state.nodes - 1);
    for (int32_t b = 0; b < batch; b++)
        if (labels[b] < 0 || labels[b] >= units)
            return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the label of sample %d is %d; expected 0 ... %lld",
                           b, labels[b], (long long)units - 1);
    memset(inference->state.target, 0, (size_t)(batch * units) * sizeof(float));
    for (int32_t b = 0; b < batch; b++) inference->state.target[b * units + labels[b]] = 1;
    return clamp(inference, inputs, batch);
}

static pcil_status predict_some(pcil_inference *inference, const float *inputs, int32_t batch, float *outputs) {
    struct pc_state *state = &inference->state;
    int32_t last = state->nodes - 1;
    take_inputs(inference, inputs, batch);
    feed_forward(inference, batch);
    pcil_status status = check_activities(inference);
    if (status != PCIL_OK) return status;
    const struct pc_output_kind *kind = inference->network->output;
    if (kind->predict) kind->predict(batch, pc_state_node_size(state, last), state->prediction[last], state->output);
    memcpy(outputs, state->output, (size_t)pc_state_node_count(state, last) * sizeof *outputs);
    return PCIL_OK;
}

pcil_status pcil_predict(pcil_inference *inference, const float *inputs, int64_t count, float *outputs) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    if (!inputs || !outputs || count < 1)
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT,
                       "prediction needs inputs, a place for outputs and a count from 1 on");
    struct pc_state *state = &inference->state;
    int64_t in = pc_state_node_size(state, 0), out = pc_state_node_size(state, state->nodes - 1);
    double squares;
    pcil_status status = check_inputs(inference, inputs, count, &squares);
    if (status != PCIL_OK) return status;
    inference->clamped = false;
    for (int64_t done = 0; done < count; done += state->largest) {
        int64_t batch = count - done < state->largest ? count - done : state->largest;
        status = predict_some(inference, inputs + done * in, (int32_t)batch, outputs + done * out);
        if (status != PCIL_OK) return status;
    }
    return PCIL_OK;
}
