/*
 * Learning: each block's local, Hebbian gradient G = -(1/B) sum over the batch of f(activity) e^T (eq. 4) goes to the
 * optimizer. With the schedule "backprop" the errors are those of the loss, and the same formula is its gradient.
 */
#ifndef PCIL_LEARNING_H
#define PCIL_LEARNING_H

#include "pcil/inference.h"
#include "pcil/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One optimizer step of every block from the present activities and errors. The batch stays clamped, its activities and
 * errors as they were. A step of a single sample may be left to the network's next use; no call ever shows weights
 * without it.
 *
 * @param inference has a clamped batch.
 * @param optimizer of the same network.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch; PCIL_ERROR_ARGUMENT: different networks; PCIL_ERROR_DIVERGED: errors are
 * not finite (clamp again) or gradients could overflow, no weight was changed. Allocates nothing. @since 0.1
 */
pcil_status pcil_learn(pcil_inference *inference, pcil_optimizer *optimizer);

/**
 * The gradient of one tensor from the present activities and errors, without a step.
 *
 * @param tensor a name of pcil_network_tensor_name.
 * @param values receives `count` numbers; count must be the tensor's size.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE. @since 0.1
 */
pcil_status pcil_gradient(pcil_inference *inference, const char *tensor, float *values, int64_t count);

/**
 * One training step: clamp, infer by the options, learn.
 *
 * @param inputs, targets, batch as pcil_clamp.
 * @param loss   receives the loss before the step; NULL: it is not computed.
 * @return as pcil_clamp, pcil_infer and pcil_learn. Allocates nothing. @since 0.1
 */
pcil_status pcil_train_step(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                            const float *targets, int32_t batch, double *loss);

/** The same with class labels; see pcil_clamp_labels. @since 0.1 */
pcil_status pcil_train_step_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                   const int32_t *labels, int32_t batch, double *loss);

#ifdef __cplusplus
}
#endif

#endif
