/*
 * The free energy of a clamped batch, summed over units, averaged over samples (eq. 1 of the paper):
 *
 *   F = sum over hidden l of gamma_l 1/2 |e_l|^2  +  gamma_L E_out(activity_L, p_L)  +  loss(y, activity_L)
 *     + sum over hidden l of gamma^decay_l 1/2 |f(activity_l)|^2
 *
 * f is the activation that the one block from node l begins with, before its other operations; for nodes of which that
 * is not so, f(activity) is the activity itself. E_out and loss belong to the output kind: half the squared distance
 * for linear, cross-entropy for softmax, binary cross-entropy for sigmoid.
 */
#ifndef PCIL_ENERGY_H
#define PCIL_ENERGY_H

#include "pcil/inference.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * F of the present activities.
 *
 * @param energy receives it. Not NULL.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch is clamped. Allocates nothing. @since 0.1
 */
pcil_status pcil_energy(const pcil_inference *inference, double *energy);

/**
 * The terms of F that belong to one node; their sum over nodes 1 ... L is F. Pointers may be NULL.
 *
 * @param node       1 ... L.
 * @param prediction receives gamma_l 1/2 |e_l|^2, at the output node gamma_L E_out.
 * @param decay      receives gamma^decay_l 1/2 |f|^2; 0 at the output node.
 * @param loss       receives loss(y, activity_L) at the output node; 0 elsewhere.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE. @since 0.1
 */
pcil_status pcil_energy_node(const pcil_inference *inference, int32_t node, double *prediction, double *decay,
                             double *loss);

/**
 * The same for each sample; the mean over the samples is what pcil_energy_node gives.
 *
 * @param node                    1 ... L.
 * @param prediction, decay, loss receive [batch]; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE. Allocates nothing. @since 0.1
 */
pcil_status pcil_energy_samples(const pcil_inference *inference, int32_t node, double *prediction, double *decay,
                                double *loss);

/**
 * The loss of the present prediction against the target, averaged over the batch (sum over units): squared error / 2,
 * cross-entropy or binary cross-entropy. Right after pcil_clamp it is the network's loss on the batch.
 *
 * @param loss receives it.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE. @since 0.1
 */
pcil_status pcil_loss(const pcil_inference *inference, double *loss);

#ifdef __cplusplus
}
#endif

#endif
