/*
 * Analysis: what inference learning does, as numbers (the theory of Alonso, Krichmar & Neftci, AAAI 2024): the proximal
 * loss of an update (their eq. 6, fig. 1), the error's way down the nodes (their figure of the error-propagation
 * delay), the size of updates (fig. 2). docs/theory.md has the definitions and the costs.
 *
 * These functions work out updates that are never made: network and optimizer are, to the bit, as they were when a
 * function returns, whether it succeeds or fails. While it runs they belong to it: nothing else may use the network,
 * not even through another handle. Functions that take samples and an inference run them through it, with its schedule
 * and options (`iterations` and `tolerance` aside: the number of iterations is an argument); it has no batch
 * afterwards. A trace callback that it has is called, and may stop the whole: PCIL_ERROR_INTERRUPTED.
 */
#ifndef PCIL_ANALYSIS_H
#define PCIL_ANALYSIS_H

#include "pcil/inference.h"
#include "pcil/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The proximal loss L(theta') + |theta' - theta|^2 / (2 beta) of the update that a training step of one sample would
 * make after t = 0 ... iterations of inference; computed for each sample by itself (batch 1), averaged over samples.
 * L is the loss of the output kind (pcil_loss) on that sample; theta are all weights and biases.
 *
 * Steps that are a rate times the gradient (sgd, nlms and mq without weight decay and clipping) of networks whose
 * weights are all dense have rank one in each block and need no copy of the weights; samples then go through in batches
 * of up to the inference's largest. All others are made on the weights, one sample at a time, and taken back. Both give
 * the same numbers to rounding.
 *
 * @param inference  any schedule; with "backprop", t = 0 moves the output's weights alone and t >= 1 is its one pass.
 * @param optimizer  of the same network; its state counts (v, momenta, iterations): it is the next step that is meant.
 * @param inputs     [samples][features of node 0], finite.
 * @param targets    [samples][features of the output node], as pcil_clamp.
 * @param samples    >= 1.
 * @param iterations T >= 0.
 * @param betas      [count], each > 0; infinity gives L(theta') alone.
 * @param count      >= 1.
 * @param results    receives [T + 1][count].
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED: activities, or the loss after an
 *         update, are not finite; PCIL_ERROR_INTERRUPTED. Allocates for the time of the call. @since 0.1
 */
pcil_status pcil_proximal_loss(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                               const float *targets, int32_t samples, int32_t iterations, const double *betas,
                               int32_t count, double *results);

/**
 * The same with one class label per sample.
 *
 * @param labels [samples], each 0 ... features of the output node - 1.
 * @return as pcil_proximal_loss. @since 0.1
 */
pcil_status pcil_proximal_loss_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                      const int32_t *labels, int32_t samples, int32_t iterations, const double *betas,
                                      int32_t count, double *results);

/**
 * Mean |e_l| of each node after t = 0 ... iterations of inference, over all units and samples: how the error comes down
 * from the output node. Simultaneous schedules need a further iteration for each node, sequential ones reach all in the
 * first. Samples go through in batches of up to the inference's largest; that changes nothing but rounding.
 *
 * @param inputs, targets, samples, iterations as pcil_proximal_loss.
 * @param errors receives [T + 1][nodes]; node 0's are 0.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED; PCIL_ERROR_INTERRUPTED. Allocates for
 *         the time of the call. @since 0.1
 */
pcil_status pcil_error_delay(pcil_inference *inference, const float *inputs, const float *targets, int32_t samples,
                             int32_t iterations, double *errors);

/**
 * The same with one class label per sample.
 *
 * @param labels [samples], each 0 ... features of the output node - 1.
 * @return as pcil_error_delay. @since 0.1
 */
pcil_status pcil_error_delay_labels(pcil_inference *inference, const float *inputs, const int32_t *labels,
                                    int32_t samples, int32_t iterations, double *errors);

/**
 * Mean |change| of each block's weights and bias (pcil_optimizer_value's "magnitude") in the update that a training
 * step of one batch would make after t = 0 ... iterations of inference.
 *
 * @param optimizer  of the same network; its next step is meant.
 * @param inputs, targets, batch as pcil_clamp.
 * @param iterations T >= 0.
 * @param magnitudes receives [T + 1][blocks]; 0 for a block without weights.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED; PCIL_ERROR_INTERRUPTED. Allocates for
 *         the time of the call. @since 0.1
 */
pcil_status pcil_update_magnitudes(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                   const float *targets, int32_t batch, int32_t iterations, double *magnitudes);

/**
 * The same with one class label per sample.
 *
 * @param labels [batch], each 0 ... features of the output node - 1.
 * @return as pcil_update_magnitudes. @since 0.1
 */
pcil_status pcil_update_magnitudes_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                          const int32_t *labels, int32_t batch, int32_t iterations, double *magnitudes);

/**
 * The change of all weights and biases that a training step from the present batch would make (pcil_learn), as one
 * array: blocks in order, [weights][bias] each, pcil_network_parameters numbers. It is the step before it is rounded
 * into the weights; with weight_decay, after. The batch stays clamped.
 *
 * @param inference has a clamped batch, inferred as far as wanted.
 * @param optimizer of the same network; its next step is meant.
 * @param change    receives `count` numbers; count must be the network's parameters.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED. Allocates
 *         for the time of the call. @since 0.1
 */
pcil_status pcil_update(pcil_inference *inference, pcil_optimizer *optimizer, float *change, int64_t count);

/**
 * The proximal step itself (eq. 6), as a reference for small networks: the change that minimises
 * L(theta + change) + |change|^2 / (2 beta), L the batch's mean loss, by gradient descent from no change, its step
 * beginning at beta and halved whenever it would raise the proximal loss. The gradient's norm shrinks to what single
 * precision leaves of it, some 1e-5 of its first one; a large beta needs more steps.
 *
 * @param network   its weights move while the function runs, and are put back.
 * @param inputs, targets, batch as pcil_clamp, batch >= 1.
 * @param beta      > 0, finite.
 * @param tolerance stop when the gradient's norm is at most this part of its first one, > 0.
 * @param most      stop after so many steps, >= 1.
 * @param change    receives `count` numbers as pcil_update; count must be the network's parameters.
 * @param loss      receives the proximal loss reached; may be NULL.
 * @param norm      receives the gradient's norm reached, as a part of the first: above tolerance if `most` steps, or
 *                  single precision, did not suffice; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished); PCIL_ERROR_MEMORY;
 *         PCIL_ERROR_DIVERGED. Allocates for the time of the call. @since 0.1
 */
pcil_status pcil_proximal_step(pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               double beta, double tolerance, int32_t most, float *change, int64_t count, double *loss,
                               double *norm);

/**
 * How alike two changes are (pcil_update, pcil_proximal_step), block by block and, in the last place, in all.
 *
 * @param a, b      [count], count the network's parameters.
 * @param cosines   receives [blocks + 1]: the cosine between them, 0 where one of them is 0; may be NULL.
 * @param distances receives [blocks + 1]: |a - b|; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished). Allocates nothing. @since 0.1
 */
pcil_status pcil_compare_updates(const pcil_network *network, const float *a, const float *b, int64_t count,
                                 double *cosines, double *distances);

#ifdef __cplusplus
}
#endif

#endif
