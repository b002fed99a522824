/* One training step: clamp, infer, learn. */
#include "inference/inference.h"
#include "learning/learning.h"

static pcil_status infer_and_learn(pcil_inference *inference, pcil_optimizer *optimizer, double *loss) {
    double before = 0;
    pcil_status status = loss ? pcil_loss(inference, &before) : PCIL_OK;
    if (status == PCIL_OK) status = pcil_infer(inference, -1, NULL);
    if (status == PCIL_OK) status = pcil_learn(inference, optimizer);
    if (status == PCIL_OK && loss) *loss = before;
    return status;
}

pcil_status pcil_train_step(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                            const float *targets, int32_t batch, double *loss) {
    pcil_status status = pc_learn_check(inference, optimizer);
    if (status == PCIL_OK) status = pcil_clamp(inference, inputs, targets, batch);
    return status == PCIL_OK ? infer_and_learn(inference, optimizer, loss) : status;
}

pcil_status pcil_train_step_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                   const int32_t *labels, int32_t batch, double *loss) {
    pcil_status status = pc_learn_check(inference, optimizer);
    if (status == PCIL_OK) status = pcil_clamp_labels(inference, inputs, labels, batch);
    return status == PCIL_OK ? infer_and_learn(inference, optimizer, loss) : status;
}
