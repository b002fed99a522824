/*
 * Inference: the activities and errors of one batch, and the schedules that move them (algorithm of
 * Alonso, Krichmar & Neftci, AAAI 2024).
 *
 * The order of calls for one batch: pcil_clamp, pcil_infer, pcil_learn. pcil_train_step does the three.
 *
 * Options (pcil_inference_set, pcil_inference_set_text; the list: pcil_option_* of family "inference"):
 *   iterations      T, steps of one pcil_infer with iterations < 0; "auto" (reads as -1): each batch until the
 *                   energy's predicted further fall is at most auto_tolerance of its fall so far, or auto_most
 *   auto_tolerance, auto_most  of iterations=auto: how much is little, and how many iterations at most
 *   step_size       epsilon
 *   step_decay      1: epsilon_t = epsilon / (1 + t)
 *   tolerance       stop when the energy's relative change falls below it; 0: never
 *   clamp           "soft" (target m*prediction + (1-m)*y with m = 1/(1+beta)) or "hard" (m = 0)
 *   beta            of the soft clamp
 *   error           "carried" (no cancellation; the default) or "recomputed" (activity minus prediction)
 *   energy_weight   gamma_l of node l; "energy_weight" sets all nodes, "energy_weight.2" node 2
 *   activity_decay  gamma^decay_l of node l, likewise
 *   backend         who makes the matrix products: "auto", the default, is the fastest for each product's shape;
 *                   or a name of family "backend". For every kind; results differ by rounding only
 *   check_numbers   1: look through the result of every operation, move, gradient and step; the first that is not
 *                   finite is named (PCIL_ERROR_DIVERGED). For every kind; taken up at pcil_clamp. Slow
 */
#ifndef PCIL_INFERENCE_H
#define PCIL_INFERENCE_H

#include "pcil/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The state of one batch: activities, errors, workspace, and the schedule that moves them. */
typedef struct pcil_inference pcil_inference;

/**
 * Reserves everything that inference, prediction and learning need for up to `largest_batch` samples;
 * no later call on the handle allocates.
 *
 * @param inference     receives the handle; free it with pcil_inference_free. Untouched on failure.
 * @param network       finished; must outlive the handle.
 * @param kind          "sequential", "simultaneous" or "backprop".
 * @param largest_batch >= 1.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (network not finished); PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_inference_create(pcil_inference **inference, pcil_network *network, const char *kind,
                                  int32_t largest_batch);

/** Frees the handle, not its network. NULL is fine. @since 0.1 */
void pcil_inference_free(pcil_inference *inference);

/** The latest message of a failed call on this handle, "" if none. NULL gives "". @since 0.1 */
const char *pcil_inference_error(const pcil_inference *inference);

/**
 * Sets an option by name (see above). The order of calls never matters.
 *
 * @param name  an option, or option.node for those that nodes have.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: unknown name (lists the known), value out of range;
 *         PCIL_ERROR_UNSUPPORTED: this build lacks the backend; PCIL_ERROR_MEMORY ("error" needs some). @since 0.1
 */
pcil_status pcil_inference_set(pcil_inference *inference, const char *name, double value);

/** The same with the value as text, needed where a word is the value ("hard"). @since 0.1 */
pcil_status pcil_inference_set_text(pcil_inference *inference, const char *name, const char *value);

/** Reads an option; words give their place in the option's list of words. @param value receives it. @since 0.1 */
pcil_status pcil_inference_get(const pcil_inference *inference, const char *name, double *value);

/**
 * Clamps a batch and predicts it: node 0 to `inputs`, all activities to their feed-forward values, the output node to
 * its (soft or hard) target. Hidden errors are exactly 0 then.
 *
 * @param inputs  [batch][features of node 0], finite; copied.
 * @param targets [batch][features of the output node]; for "softmax" rows >= 0 that sum to 1, for "sigmoid" in [0,1];
 * copied.
 * @param batch   1 ... largest_batch.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (names the place of a bad number; the handle then has no batch);
 *         PCIL_ERROR_DIVERGED: a prediction is not finite. @since 0.1
 */
pcil_status pcil_clamp(pcil_inference *inference, const float *inputs, const float *targets, int32_t batch);

/**
 * The same with one class label per sample instead of targets.
 *
 * @param labels [batch], each 0 ... features of the output node - 1.
 * @return as pcil_clamp. @since 0.1
 */
pcil_status pcil_clamp_labels(pcil_inference *inference, const float *inputs, const int32_t *labels, int32_t batch);

/**
 * Moves the activities by the schedule; weights stay. May be called again: iterations count on.
 *
 * @param iterations >= 0; < 0: as many as the option "iterations" says. "backprop" ignores it: its one pass
 *                   turns the output's error into the loss gradient's error at every node.
 * @param energy     receives F (pcil_energy) after the last iteration; NULL: it is not computed.
 * @return PCIL_OK; PCIL_ERROR_STATE: no batch is clamped; PCIL_ERROR_DIVERGED: activities not finite, clamp again;
 *         PCIL_ERROR_INTERRUPTED: the trace callback asked to stop. @since 0.1
 */
pcil_status pcil_infer(pcil_inference *inference, int32_t iterations, double *energy);

/**
 * How far the batch is from rest, where F's gradient is 0 in every hidden activity: the relative gradient norm
 *
 *   |gamma_l e_l - drive_l + decay_l| / (|gamma_l e_l| + |drive_l| + |decay_l|)
 *
 * with drive_l = sum over the blocks above of gamma J^T e and decay_l = gamma^decay_l f' f. It is 1 before the first
 * iteration, 0 at rest, whatever the scale of errors and weights; 0 where nothing
 * pulls. It costs the backward products of the blocks above hidden nodes; the state of the batch stays.
 *
 * @param all     receives it with norms over all hidden nodes and samples; may be NULL.
 * @param nodes   receives [nodes] those of each node over samples, 0 for input and output; may be NULL.
 * @param samples receives [batch] those of each sample over hidden nodes; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE: no batch is clamped. Allocates nothing. @since 0.1
 */
pcil_status pcil_inference_residual(pcil_inference *inference, double *all, double *nodes, double *samples);

/**
 * Iterates until the residual of all (pcil_inference_residual) is at most `tolerance`, or `most` iterations are made.
 * With step_decay the steps become too small to get there: set it to 0.
 *
 * @param tolerance >= 0.
 * @param most      >= 0.
 * @param residual  receives the residual reached: the batch has settled if it is at most the tolerance; may be NULL.
 * @return as pcil_infer and pcil_inference_residual. @since 0.1
 */
pcil_status pcil_settle(pcil_inference *inference, double tolerance, int32_t most, double *residual);

/** Iterations made since the batch was clamped; -1 for NULL. @since 0.1 */
int32_t pcil_inference_iterations(const pcil_inference *inference);

/**
 * Called after each inference iteration, and once with iteration 0 before the first.
 *
 * @param user      as given to pcil_inference_trace.
 * @param iteration iterations made.
 * @param energy    F, averaged over the batch.
 * @param errors    [nodes]: mean |e| of each node, node 0's is 0.
 * @param nodes     the number of nodes.
 * @return 0 to go on; anything else stops pcil_infer.
 */
typedef int32_t (*pcil_trace_callback)(void *user, int32_t iteration, double energy, const double *errors,
                                       int32_t nodes);

/**
 * Sets the trace callback, on the caller's thread; NULL ends tracing. Tracing computes the energy at each iteration.
 * The callback may read the inference: pcil_energy_node splits the energy by term and node, pcil_energy_samples by
 * sample too.
 * @since 0.1
 */
pcil_status pcil_inference_trace(pcil_inference *inference, pcil_trace_callback callback, void *user);

/**
 * Predicts without targets: pi of the output kind (probabilities for softmax and sigmoid, values for linear).
 * The handle has no batch afterwards.
 *
 * @param inputs  [count][features of node 0], finite; any count >= 1, worked off in batches.
 * @param outputs receives [count][features of the output node].
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT, nothing changed; PCIL_ERROR_DIVERGED: a prediction is not finite, outputs of
 * the samples before it may have been written. @since 0.1
 */
pcil_status pcil_predict(pcil_inference *inference, const float *inputs, int64_t count, float *outputs);

/** Samples of the clamped batch, 0 if none; -1 for NULL. @since 0.1 */
int32_t pcil_inference_batch(const pcil_inference *inference);

/**
 * Copies a node's activities out.
 *
 * @param values receives [batch][features of the node]; count must be their number.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE: no batch is clamped. @since 0.1
 */
pcil_status pcil_inference_activity(const pcil_inference *inference, int32_t node, float *values, int64_t count);

/** Copies a node's errors e_l out, node >= 1; otherwise as pcil_inference_activity. @since 0.1 */
pcil_status pcil_inference_node_error(const pcil_inference *inference, int32_t node, float *values, int64_t count);

/**
 * Copies the output node's present prediction pi out (section "output kinds" of the guide).
 *
 * @param values receives [batch][features of the output node]; count must be their number.
 * @return as pcil_inference_activity. @since 0.1
 */
pcil_status pcil_inference_prediction(const pcil_inference *inference, float *values, int64_t count);

/**
 * The share of a node's units, over the batch, whose f(activity) is exactly 0: silent ones of relu. f as in
 * pcil/energy.h; of the output node its prediction p.
 *
 * @param share receives 0 ... 1.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE: no batch is clamped. @since 0.1
 */
pcil_status pcil_inference_zero_share(const pcil_inference *inference, int32_t node, double *share);

/**
 * Matrix products made by this handle since its creation, by clamp, infer, learn and predict; a convolution's product
 * counts as one however it is cut up; products with an error that is exactly zero are not made. -1 for NULL. @since 0.1
 */
int64_t pcil_inference_products(const pcil_inference *inference);

/**
 * The products of one training step that the schedule plans for a block: forward (feed-forward included), backward,
 * gradient. Their sum over the blocks is what a step adds to pcil_inference_products; with iterations=auto, of a step
 * with auto_most iterations.
 *
 * @param forward, backward, gradient receive them; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_inference_plan(const pcil_inference *inference, int32_t block, int64_t *forward, int64_t *backward,
                                int64_t *gradient);

/**
 * Bytes held: "weights" of its network, "activities" (activities, errors, predictions, targets),
 * "workspace".
 *
 * @return bytes, or -1 for an unknown purpose. @since 0.1
 */
int64_t pcil_inference_memory(const pcil_inference *inference, const char *purpose);

/**
 * Starts the clock of a handle from 0, or stops it. While it runs, each call tells which phase its time belongs to; a
 * phase costs a reading of the system's clock. Where a call fails, it counts too much.
 *
 * @param on 1: starts from 0; 0: stops, and what was counted stays.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: the handle is NULL. @since 0.1
 */
pcil_status pcil_inference_clock(pcil_inference *inference, int32_t on);

/**
 * Seconds that a phase took since the clock was started: "forward" (feed-forward of clamped batches), "inference" (the
 * schedule's iterations), "clamp" (checks, clamps and energies), "gradient" (of the weights; with the step, where one
 * product makes both), "optimizer" (the rule, where it works on a gradient that was made first).
 *
 * @return seconds; -1 for NULL or a phase that there is not. @since 0.1
 */
double pcil_inference_seconds(const pcil_inference *inference, const char *phase);

#ifdef __cplusplus
}
#endif

#endif
