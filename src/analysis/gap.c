/* How near the limit of theorem 1 a batch is: whether its update makes the last hidden node's feed-forward activity
 * what inference made of it. */
#include "analysis/analysis.h"

#include <math.h>

static double apart(const float *a, const float *b, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = (double)a[i] - (double)b[i];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* The distance from the inferred activity to the present weights' feed-forward one. */
static pcil_status distance(pcil_inference *inference, pcil_inference *judge, double *from) {
    const struct pc_state *state = &inference->state;
    int32_t node = state->nodes - 2;
    pcil_status status = pcil_clamp(judge, state->activity[0], state->target, (int32_t)state->call.batch);
    if (status != PCIL_OK) return pc_fail_again(&inference->error, status);
    *from = apart(state->activity[node], judge->state.activity[node], pc_state_node_count(state, node));
    return PCIL_OK;
}

static pcil_status measure(pcil_inference *inference, pcil_optimizer *optimizer, pcil_inference *judge, double *gap) {
    struct pc_trial trial;
    double before, after = 0;
    pcil_status status = distance(inference, judge, &before);
    if (status == PCIL_OK) status = pc_trial_create(&trial, &inference->error, inference->network, optimizer);
    if (status != PCIL_OK) return status;
    status = pcil_learn(inference, optimizer);
    if (status == PCIL_OK) status = distance(inference, judge, &after);
    pc_trial_take_back(&trial);
    pc_trial_free(&trial);
    if (status == PCIL_OK) *gap = before > 0 ? after / before : 0;
    return status;
}

pcil_status pcil_theorem1_gap(pcil_inference *inference, pcil_optimizer *optimizer, double *gap) {
    pcil_inference *judge = NULL;
    pcil_status status = pc_inference_check_clamped(inference, inference ? &inference->error : NULL);
    if (status == PCIL_OK) status = pc_learn_check(inference, optimizer);
    if (status == PCIL_OK && !gap)
        status = pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the place for the gap is NULL");
    if (status != PCIL_OK) return status;
    status = pcil_inference_create(&judge, inference->network, "backprop", (int32_t)inference->state.call.batch);
    if (status != PCIL_OK) return pc_fail_again(&inference->error, status);
    judge->state.call.backend = inference->state.call.backend; /* the same rounding */
    status = measure(inference, optimizer, judge, gap);
    pcil_inference_free(judge);
    return status;
}
