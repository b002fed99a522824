/* How far a batch is from the rest that inference seeks, where the energy's gradient is 0 in every activity. */
#include "inference/inference.h"
#include "linalg/passes.h"

#include <math.h>
#include <string.h>

static void add_balance(struct pc_balance *sum, const struct pc_balance *part) {
    sum->gradient += part->gradient;
    sum->drive += part->drive;
    sum->error += part->error;
    sum->decay += part->decay;
}

static double relative(const struct pc_balance *sum) {
    double scale = sqrt(sum->drive) + sqrt(sum->error) + sqrt(sum->decay);
    return scale > 0 ? sqrt(sum->gradient) / scale : 0;
}

/* The pulls on one node's units in one sample; `drive` and `function` have the slope in them. */
static struct pc_balance weigh(int64_t units, struct pc_node_weights weights, const float *drive, const float *error,
                               const float *function) {
    struct pc_balance sum = {0};
    for (int64_t i = 0; i < units; i++) {
        double up = weights.drive * (double)drive[i], down = weights.error * (double)error[i];
        double decay = weights.decay > 0 ? weights.decay * (double)function[i] : 0;
        double gradient = down + decay - up;
        sum.gradient += gradient * gradient;
        sum.drive += up * up;
        sum.error += down * down;
        sum.decay += decay * decay;
    }
    return sum;
}

/* Adds one node's pulls to the sums of the samples; returns those of the node. */
static struct pc_balance weigh_node(pcil_inference *inference, int32_t node) {
    struct pc_state *state = &inference->state;
    struct pc_balance sum = {0};
    struct pc_node_weights weights = pc_node_weights(inference, node);
    int64_t units = pc_state_node_size(state, node);
    pc_node_drive(inference, node);
    pc_state_slope(state, node, state->drive[node], state->scratch[0]);
    if (weights.decay > 0) pc_state_slope(state, node, pc_state_function(state, node), state->scratch[1]);
    for (int64_t b = 0; b < state->call.batch; b++) {
        struct pc_balance part = weigh(units, weights, state->scratch[0] + b * units, state->error[node] + b * units,
                                       state->scratch[1] + b * units);
        add_balance(&inference->balances[b], &part);
        add_balance(&sum, &part);
    }
    return sum;
}

pcil_status pcil_inference_residual(pcil_inference *inference, double *all, double *nodes, double *samples) {
    pcil_status status = pc_inference_check_clamped(inference, inference ? &inference->error : NULL);
    if (status != PCIL_OK) return status;
    struct pc_state *state = &inference->state;
    struct pc_balance sum = {0};
    memset(inference->balances, 0, (size_t)state->call.batch * sizeof *inference->balances);
    if (nodes) nodes[0] = nodes[state->nodes - 1] = 0;
    for (int32_t n = state->nodes - 2; n >= 1; n--) {
        struct pc_balance of_node = weigh_node(inference, n);
        if (nodes) nodes[n] = relative(&of_node);
        add_balance(&sum, &of_node);
    }
    for (int64_t b = 0; samples && b < state->call.batch; b++) samples[b] = relative(&inference->balances[b]);
    if (all) *all = relative(&sum);
    return PCIL_OK;
}

pcil_status pcil_settle(pcil_inference *inference, double tolerance, int32_t most, double *residual) {
    double reached = 0;
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    if (!(tolerance >= 0) || most < 0)
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT,
                       "a tolerance of %g and at most %d iterations; both are at least 0", tolerance, most);
    pcil_status status = pcil_inference_residual(inference, &reached, NULL, NULL);
    for (int32_t t = 0; status == PCIL_OK && reached > tolerance && t < most; t++) {
        status = pcil_infer(inference, 1, NULL);
        if (status == PCIL_OK) status = pcil_inference_residual(inference, &reached, NULL, NULL);
    }
    if (status == PCIL_OK && residual) *residual = reached;
    return status;
}
