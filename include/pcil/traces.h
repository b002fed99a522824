/*
 * Traces: what training steps do, measured while they are made: the sizes of updates, errors and energies over the
 * iterations of inference, silent units, the noise of gradients, their likeness to backpropagation's. A step that is
 * traced is the step that would have been made, to the bit. docs/guide.md says how to read them; a trainer keeps
 * traces by itself (option measure_interval) and writes them into its metrics.
 *
 *   for each batch: pcil_clamp, then pcil_traces_step in place of pcil_infer and pcil_learn
 *   now and then:   pcil_traces_value for each quantity, pcil_traces_clear
 *
 * Quantities, means over the traced steps:
 *
 *   name               of what               meaning
 *   iterations                               iterations of inference made
 *   energy                                   F after the last of them
 *   magnitude          block                 mean |change| of its weights and bias
 *   rate               block                 the number that multiplied its gradient (pcil_optimizer_value's "rate")
 *   signal_to_noise    block; blocks: all    |E G| / sqrt(E |G - E G|^2) of its gradient G, E over the traced batches
 *   cosine             block; blocks: all    cosine between G and backpropagation's gradient of the same batch; 0 where
 *                                            one of them is 0; NaN of kind "backprop", which is it
 *   zero_share         node                  share of units, over the batch, whose f(activity) is exactly 0 before
 *                                            inference; f as in pcil/energy.h
 *   error              node, iteration       mean |e| after so many iterations
 *   prediction, decay  node, iteration       the node's terms of F (pcil_energy_node)
 *   loss               iteration             loss(y, activity_L), F's term
 *
 * signal_to_noise is free of the bias that few batches give: with N batches, M the mean of their gradients and
 * V = sum |G - M|^2 / (N - 1) it is sqrt(max(0, |M|^2 - V/N) / V), NaN if N < 2 or V = 0. Gradients are not kept but in
 * 1024 sums per block (a count sketch of random signs; fewer in networks of more than 64 blocks): exact for blocks of
 * up to 1024 weights and biases, within a few per cent of |M| and V for larger ones.
 */
#ifndef PCIL_TRACES_H
#define PCIL_TRACES_H

#include "pcil/learning.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Sums of what was measured, and the room that measuring needs. */
typedef struct pcil_traces pcil_traces;

/**
 * Reserves all that tracing needs: a second set of activities and one block's gradient to compare with
 * backpropagation's (not for kind "backprop"), and the sums. No later call allocates.
 *
 * @param traces    receives the handle; free it with pcil_traces_free. Untouched on failure.
 * @param inference, optimizer of the same network; must outlive the handle. At most 101 iterations (0 ... 100) are told
 *                  apart, fewer where the inference's options plan fewer, or in networks of more than 80 nodes.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_traces_create(pcil_traces **traces, pcil_inference *inference, pcil_optimizer *optimizer);

/** Frees the handle, not its inference and optimizer. NULL is fine. @since 0.1 */
void pcil_traces_free(pcil_traces *traces);

/** The latest message of a failed call on this handle, "" if none. NULL gives "". @since 0.1 */
const char *pcil_traces_error(const pcil_traces *traces);

/**
 * Infers by the options and learns, as pcil_infer and pcil_learn do, and adds what it measures to the sums. Beside the
 * step's own products it makes one backward pass and one gradient (for the comparison), and where steps go straight
 * into the weights (sgd, nlms, on some backends mq) one more gradient.
 *
 * @param energy receives F after inference; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch is clamped, or it was inferred already; what pcil_infer and pcil_learn
 *         return: nothing is added then. Allocates nothing. @since 0.1
 */
pcil_status pcil_traces_step(pcil_traces *traces, double *energy);

/** Steps traced since creation or the latest clear; -1 for NULL. @since 0.1 */
int64_t pcil_traces_steps(const pcil_traces *traces);

/** How many iterations are told apart, iteration 0 (before the first) among them; -1 for NULL. @since 0.1 */
int32_t pcil_traces_iterations(const pcil_traces *traces);

/**
 * Reads a quantity (see above).
 *
 * @param name      a quantity.
 * @param place     the block or node; else 0.
 * @param iteration 0 ... pcil_traces_iterations - 1 where the quantity has one; else 0.
 * @param value     receives it; NaN if nothing was measured.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (unknown names list the known). @since 0.1
 */
pcil_status pcil_traces_value(const pcil_traces *traces, const char *name, int32_t place, int32_t iteration,
                              double *value);

/** Forgets what was measured. @since 0.1 */
pcil_status pcil_traces_clear(pcil_traces *traces);

/** Bytes held; -1 for NULL. @since 0.1 */
int64_t pcil_traces_memory(const pcil_traces *traces);

#ifdef __cplusplus
}
#endif

#endif
