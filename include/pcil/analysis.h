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
 *                  single precision, did not suffice, or if it came no lower for 200 steps, as at a kink (relu,
 *                  max_pool), where there is no gradient; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished); PCIL_ERROR_MEMORY;
 *         PCIL_ERROR_DIVERGED. Allocates for the time of the call. @since 0.1
 */
pcil_status pcil_proximal_step(pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               double beta, double tolerance, int32_t most, float *change, int64_t count, double *loss,
                               double *norm);

/**
 * How alike two changes are (pcil_update, pcil_proximal_step), block by block and, in the last place, in all.
 *
 * @param a, b      [count], finite, count the network's parameters.
 * @param cosines   receives [blocks + 1]: the cosine between them, 0 where one of them is 0; may be NULL.
 * @param distances receives [blocks + 1]: |a - b|; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished). Allocates nothing. @since 0.1
 */
pcil_status pcil_compare_updates(const pcil_network *network, const float *a, const float *b, int64_t count,
                                 double *cosines, double *distances);

/**
 * The gradient of a batch's mean loss in double precision, at the network's weights or near them. Plain loops: for
 * checks and small networks.
 *
 * @param network  finished; read only. These functions work on a copy in double precision; any thread.
 * @param inputs, targets, batch as pcil_clamp, batch >= 1; targets of "softmax" are rows, one-hot for a label.
 * @param change   [count], finite, added to the weights; NULL: none.
 * @param gradient receives `count` numbers as pcil_update; count must be the network's parameters.
 * @param loss     receives the mean loss there; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished); PCIL_ERROR_MEMORY;
 *         PCIL_ERROR_DIVERGED: loss or gradient are not finite there; nothing is written on failure. Allocates for the
 *         time of the call, as the functions below. @since 0.1
 */
pcil_status pcil_loss_gradient(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               const double *change, double *gradient, int64_t count, double *loss);

/**
 * H v: the Hessian of a batch's mean loss, H = d2L/dtheta2, times a vector, by central differences of the gradient in
 * double precision (relative error some 1e-9): two passes forward and two
 * backward, so for large networks too. Where v
 * leads over the kink of a piecewise linear activation, H is not defined and neither is the result.
 *
 * @param network, inputs, targets, batch as pcil_loss_gradient.
 * @param vector  [count], finite, count the network's parameters.
 * @param product receives [count]; may not be vector.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED: loss, gradient or
 *         product are not finite. @since 0.1
 */
pcil_status pcil_hessian_product(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                                 const double *vector, double *product, int64_t count);

/**
 * The whole Hessian, symmetric, by `count` products: for networks of up to some thousand parameters.
 *
 * @param hessian receives [count][count], count the network's parameters.
 * @return as pcil_hessian_product. @since 0.1
 */
pcil_status pcil_hessian(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                         double *hessian, int64_t count);

/**
 * lambda_max, the largest magnitude of an eigenvalue of the Hessian, by power iteration from below.
 *
 * @param tolerance stop when it changes by less than this part of it, > 0.
 * @param most      stop after so many products, >= 1.
 * @param norm      receives it.
 * @return as pcil_hessian_product. @since 0.1
 */
pcil_status pcil_hessian_norm(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                              double tolerance, int32_t most, double *norm);

/**
 * Theorem 2's prediction of the implicit step: -(I + beta H)^-1 beta dL/dtheta, by conjugate gradients.
 *
 * @param network, inputs, targets, batch as pcil_loss_gradient.
 * @param beta above 0 and below 1/lambda_max.
 * @param step receives `count` numbers as pcil_update; untouched on failure.
 * @return as pcil_hessian_product; PCIL_ERROR_DIVERGED too where beta is 1/lambda_max or more. @since 0.1
 */
pcil_status pcil_second_order_step(const pcil_network *network, const float *inputs, const float *targets,
                                   int32_t batch, double beta, double *step, int64_t count);

/**
 * Implicit SGD's step (eq. 5), which theorem 2 predicts: step = -beta dL/dtheta at theta + step, in double precision,
 * by repeating that until it stands. It is the proximal step, found in another way.
 *
 * @param network, inputs, targets, batch as pcil_loss_gradient.
 * @param beta, step as pcil_second_order_step.
 * @return as pcil_second_order_step. @since 0.1
 */
pcil_status pcil_implicit_step(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               double beta, double *step, int64_t count);

/**
 * Theorem 2: how far the two approximations are from the implicit step, |approximation - step| / |step|, for each beta.
 * That of -(I + beta H)^-1 beta dL/dtheta shrinks as beta^2, that of the explicit step -beta dL/dtheta as beta.
 *
 * @param network, inputs, targets, batch as pcil_loss_gradient. The theorem is about a batch of one; it holds for any.
 * @param betas        [count], each above 0 and below 1/lambda_max.
 * @param count        >= 1.
 * @param second_order receives [count], the errors of the first; on failure some may be written, as of first_order.
 * @param first_order  receives [count], those of the second.
 * @param norm         receives lambda_max (pcil_hessian_norm within 1e-4), with PCIL_ERROR_DIVERGED too; may be NULL.
 * @return as pcil_second_order_step. @since 0.1
 */
pcil_status pcil_theorem2(const pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                          const double *betas, int32_t count, double *second_order, double *first_order, double *norm);

/**
 * The slope of the line of least squares through points (log x, log y): the power of x that y goes with.
 *
 * @param x, y  [count], above 0, finite.
 * @param count >= 2.
 * @param slope receives it.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_log_slope(const double *x, const double *y, int32_t count, double *slope);

/**
 * Inference in theorem 1's mode: as pcil_infer, but before each iteration the energy weights are set from closed forms,
 * so that the update to come is the proximal step of beta. With S_l = |f(activity_l)|^2 + 1 (the 1 for the bias) and
 * a_l the rate of block l in the optimizer's next step,
 *
 *   "printed"  gamma_l = a_{l-1}^2 S_{l-1},         gamma^decay_l =  a_l^2 |e_{l+1}|^2           as the paper prints
 *   "exact"    gamma_l = a_{l-1}^2 S_{l-1} / beta,  gamma^decay_l = -a_l^2 |e_{l+1}|^2 / beta    see docs/theory.md
 *   both       gamma_L = a_{L-1} (1/beta + S_{L-1}) - 1,  the output node clamped with m = gamma_L / (1 + gamma_L)
 *
 * Nodes move one after the other from the last hidden one down, whatever the schedule's kind, each by step_size divided
 * by gamma_l + gamma_{l+1}, which does not decay. With "exact", normalised steps (nlms of learning_rate 1), a linear
 * output and enough iterations the update of pcil_learn is the proximal step. Learning after it is pcil_learn; the
 * options of the inference stay as they are.
 *
 * @param inference  of a kind that moves activities, with one sample clamped; of a chain of dense blocks, each behind
 *                   at most one activation.
 * @param optimizer  of the same network, whose steps are a rate times the gradient: sgd, nlms, mq; its next step is
 *                   meant.
 * @param beta       of the proximal step, > 0, finite.
 * @param form       "exact" or "printed".
 * @param iterations >= 0.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch; PCIL_ERROR_ARGUMENT (a rate of 0 too, or gamma_L below 0: the last
 *         block's rate is too small; the handle then has no batch); PCIL_ERROR_UNSUPPORTED: another network;
 *         PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED: smaller inputs or a smaller step_size may help; the handle then has
 * no batch. Allocates for the time of the call. @since 0.1
 */
pcil_status pcil_theorem1_infer(pcil_inference *inference, const pcil_optimizer *optimizer, double beta,
                                const char *form, int32_t iterations);

/**
 * The energy weights of theorem 1 for the present activities: what the next iteration of pcil_theorem1_infer would use.
 * The output node is clamped by its gamma_L.
 *
 * @param inference, optimizer, beta, form as pcil_theorem1_infer.
 * @param weights receives [nodes], gamma_l; node 0's is 0.
 * @param decays  receives [nodes], gamma^decay_l; 0 at node 0 and the output node.
 * @return as pcil_theorem1_infer. @since 0.1
 */
pcil_status pcil_theorem1_weights(pcil_inference *inference, const pcil_optimizer *optimizer, double beta,
                                  const char *form, double *weights, double *decays);

/**
 * How near the limit of theorem 1 the present batch is, in which the update makes the last hidden node's feed-forward
 * activity what inference made of it: |activity - h'| / |activity - h|, h the feed-forward activity before the update
 * and h' after it, over the whole batch. 0: the limit. 1: the update has brought it no nearer. Any network and
 * optimizer.
 *
 * @param inference has a clamped batch, inferred as far as wanted.
 * @param optimizer of the same network; its next step is meant.
 * @param gap       receives it; 0 where inference has not moved that node.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_DIVERGED. Allocates
 *         for the time of the call. @since 0.1
 */
pcil_status pcil_theorem1_gap(pcil_inference *inference, pcil_optimizer *optimizer, double *gap);

#ifdef __cplusplus
}
#endif

#endif
