/*
 * Optimizers turn each block's gradient into a step of its weights. A block's bias belongs to its matrix.
 *
 *   sgd        W -= rate G (the paper's "IL, no optimizer"); state 0
 *   momentum, nesterov                               state 1 x weights
 *   nlms       rate / (|f|^2 + 1), |f|^2 averaged over the batch (IL-prox); state 0
 *   adam, adamw                                      state 2 x weights
 *   mq         matrix update equalization (eqs. 7, 8): one scalar v per block
 *
 * Options of all kinds: learning_rate (and learning_rate.BLOCK), weight_decay, clip_value, clip_norm (per block),
 * rate_decay with decay_rate, decay_steps, decay_factor; each kind adds its own (pcil_option_* of family "optimizer").
 */
#ifndef PCIL_OPTIMIZER_H
#define PCIL_OPTIMIZER_H

#include "pcil/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An update rule with its state for one network. */
typedef struct pcil_optimizer pcil_optimizer;

/**
 * Reserves an optimizer's state for a network; no later call allocates but the first that sets clip_norm, which needs
 * room for the largest block's whole gradient.
 *
 * @param optimizer receives the handle; free it with pcil_optimizer_free. Untouched on failure.
 * @param network   finished; must outlive the handle.
 * @param kind      a name of family "optimizer".
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (lists the known kinds); PCIL_ERROR_STATE; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_optimizer_create(pcil_optimizer **optimizer, pcil_network *network, const char *kind);

/** Frees the handle, not its network. NULL is fine. @since 0.1 */
void pcil_optimizer_free(pcil_optimizer *optimizer);

/** The latest message of a failed call on this handle, "" if none. NULL gives "". @since 0.1 */
const char *pcil_optimizer_error(const pcil_optimizer *optimizer);

/**
 * Sets an option by name; `learning_rate.2` is that of block 2 alone. The order of calls never matters, except that
 * `learning_rate` sets all blocks.
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: unknown name (lists the known), value out of range; PCIL_ERROR_MEMORY
 *         (clip_norm). @since 0.1
 */
pcil_status pcil_optimizer_set(pcil_optimizer *optimizer, const char *name, double value);

/** The same with the value as text, needed where a word is the value ("cosine"). @since 0.1 */
pcil_status pcil_optimizer_set_text(pcil_optimizer *optimizer, const char *name, const char *value);

/** Reads an option; words give their place in the option's list of words. @param value receives it. @since 0.1 */
pcil_status pcil_optimizer_get(const pcil_optimizer *optimizer, const char *name, double *value);

/** Training iterations made, b of the equations; -1 for NULL. @since 0.1 */
int64_t pcil_optimizer_iterations(const pcil_optimizer *optimizer);

/**
 * Reads a measured quantity of a block:
 *   "v"          MQ's moving average of mean |G|, before the first step where it will start (other kinds:
 *                PCIL_ERROR_ARGUMENT)
 *   "rate"       the scalar that multiplied G in the latest step: MQ's decayed (alpha/(v+r) + alpha_min), nlms's
 *                normalised rate, for others the decayed learning rate
 *   "magnitude"  mean |change| over the block's weights and bias in the latest measured step
 *                (pcil_optimizer_measure); the step itself, before it is rounded into the weights
 *
 * A block without weights has a rate and a magnitude of 0.
 *
 * @param value receives it.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE: nothing was measured yet. @since 0.1
 */
pcil_status pcil_optimizer_value(const pcil_optimizer *optimizer, const char *name, int32_t block, double *value);

/** Turns the measuring of update magnitudes on (1) or off (0, the default) for the steps that follow. @since 0.1 */
pcil_status pcil_optimizer_measure(pcil_optimizer *optimizer, int32_t on);

/** Forgets all state: momenta, averages, v, the count of iterations. Options stay. @since 0.1 */
pcil_status pcil_optimizer_reset(pcil_optimizer *optimizer);

/** Bytes of state; -1 for NULL. @since 0.1 */
int64_t pcil_optimizer_memory(const pcil_optimizer *optimizer);

#ifdef __cplusplus
}
#endif

#endif
