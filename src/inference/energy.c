/* The free energy of a handle's batch, through the public calls. */
#include "inference/inference.h"

pcil_status pcil_energy(const pcil_inference *inference, double *energy) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    if (!energy) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the energy is NULL");
    *energy = pc_inference_energy(inference);
    return PCIL_OK;
}

static pcil_status check_node(const pcil_inference *inference, int32_t node) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    int32_t last = inference->state.nodes - 1;
    if (node >= 1 && node <= last) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "node %d has no energy; nodes 1 ... %d have", node, last);
}

pcil_status pcil_energy_node(const pcil_inference *inference, int32_t node, double *prediction, double *decay,
                             double *loss) {
    pcil_status status = check_node(inference, node);
    if (status != PCIL_OK) return status;
    int32_t last = inference->state.nodes - 1;
    if (prediction) *prediction = pc_energy_prediction(&inference->state, node, pc_inference_weight(inference, node));
    if (decay) *decay = pc_energy_decay(&inference->state, node, pc_inference_decay(inference, node));
    if (loss) *loss = node == last ? pc_energy_loss(&inference->state) : 0;
    return PCIL_OK;
}

pcil_status pcil_energy_samples(const pcil_inference *inference, int32_t node, double *prediction, double *decay,
                                double *loss) {
    pcil_status status = check_node(inference, node);
    if (status != PCIL_OK) return status;
    const struct pc_state *state = &inference->state;
    double weight = pc_inference_weight(inference, node), decay_weight = pc_inference_decay(inference, node);
    for (int64_t b = 0; b < state->call.batch; b++) {
        if (prediction) prediction[b] = weight * pc_sum_prediction(state, node, b, 1);
        if (decay) decay[b] = decay_weight > 0 ? decay_weight * pc_sum_decay(state, node, b, 1) : 0;
        if (loss) loss[b] = node == state->nodes - 1 ? pc_sum_loss(state, b, 1) : 0;
    }
    return PCIL_OK;
}

pcil_status pcil_loss(const pcil_inference *inference, double *loss) {
    pcil_status status = pc_inference_check_clamped(inference, NULL);
    if (status != PCIL_OK) return status;
    if (!loss) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the loss is NULL");
    *loss = pc_prediction_loss(&inference->state);
    return PCIL_OK;
}
