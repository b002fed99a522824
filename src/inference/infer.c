/* Running a schedule: iterations, traces, early stop. */
#include "base/finite.h"
#include "inference/inference.h"
#include "linalg/passes.h"

#include <math.h>

double pc_inference_energy(const pcil_inference *inference) {
    const struct pc_state *state = &inference->state;
    double energy = pc_energy_loss(state);
    for (int32_t n = 1; n < state->nodes; n++)
        energy += pc_energy_prediction(state, n, pc_inference_weight(inference, n)) +
                  pc_energy_decay(state, n, pc_inference_decay(inference, n));
    return energy;
}

pcil_status pc_inference_check_clamped(const pcil_inference *inference, struct pc_error *own) {
    if (!inference) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    return inference->clamped ? PCIL_OK : pc_fail(own, PCIL_ERROR_STATE, "no batch is clamped: call pcil_clamp first");
}

double pc_inference_mean_error(const pcil_inference *inference, int32_t node) {
    const struct pc_state *state = &inference->state;
    if (state->zero[node]) return 0;
    int64_t count = pc_state_node_count(state, node);
    return PC_VECTOR_PICK(pc_passes)->sum_magnitudes(count, state->error[node]) / (double)count;
}

/* The batch is of no more use: its node n has errors that are not finite, or whose squares are not. */
static pcil_status fail_errors(pcil_inference *inference, int32_t n) {
    const struct pc_state *state = &inference->state;
    int64_t bad = pc_first_not_finite(state->error[n], pc_state_node_count(state, n));
    int64_t size = pc_state_node_size(state, n);
    int32_t block = pc_state_block_to(state, n);
    const char *advice = "a smaller step_size or learning_rate may help";
    inference->clamped = false;
    if (bad < 0)
        return pc_fail(&inference->error, PCIL_ERROR_DIVERGED,
                       "the error of node %d (block %d) is beyond 1e18 after %d inference iterations; %s", n, block,
                       inference->iterations, advice);
    return pc_fail(&inference->error, PCIL_ERROR_DIVERGED,
                   "the error of node %d (block %d) is not finite after %d inference iterations: sample %lld, unit "
                   "%lld is %g; %s",
                   n, block, inference->iterations, (long long)(bad / size), (long long)(bad % size),
                   (double)state->error[n][bad], advice);
}

pcil_status pc_inference_check_errors(pcil_inference *inference) {
    const struct pc_state *state = &inference->state;
    for (int32_t n = 1; n < state->nodes && !inference->summed; n++) {
        int64_t count = pc_state_node_count(state, n);
        inference->squares[n] = state->zero[n] ? 0 : PC_VECTOR_PICK(pc_passes)->sum_squares(count, state->error[n]);
        if (!isfinite(inference->squares[n])) return fail_errors(inference, n);
    }
    inference->summed = true;
    return PCIL_OK;
}

pcil_status pc_inference_check_numbers(pcil_inference *inference) {
    struct pc_state *state = &inference->state;
    if (!*state->bad) return PCIL_OK;
    pcil_status status = pc_fail(&inference->error, PCIL_ERROR_DIVERGED, "check_numbers: %s", state->bad);
    *state->bad = '\0';
    inference->clamped = false;
    return status;
}

static pcil_status trace(pcil_inference *inference) {
    if (inference->observe) inference->observe(inference->observe_user);
    if (!inference->trace) return PCIL_OK;
    const struct pc_state *state = &inference->state;
    for (int32_t n = 1; n < state->nodes; n++) inference->magnitudes[n] = pc_inference_mean_error(inference, n);
    int32_t stop = inference->trace(inference->trace_user, inference->iterations, pc_inference_energy(inference),
                                    inference->magnitudes, state->nodes);
    pc_state_keep_packed(&inference->state, true); /* the callback may have changed weights */
    return stop ? pc_fail(&inference->error, PCIL_ERROR_INTERRUPTED, "the trace callback asked to stop") : PCIL_OK;
}

static void iterate(pcil_inference *inference) {
    double step = inference->schedule->moves ? pc_inference_step_size(inference, inference->iterations) : 0;
    inference->summed = false;
    inference->schedule->iterate(inference, step);
    inference->iterations++;
    if (!inference->schedule->moves) return;
    pc_clock_enter(inference, PC_CLAMPING);
    pc_clamp_output(&inference->state, pc_inference_m(inference));
    pc_clock_enter(inference, PC_INFERENCE);
}

/* Whether the energy changed by less than the tolerance, relative to what it was; *energy becomes what it is. */
static bool has_settled(pcil_inference *inference, double tolerance, double *energy) {
    if (tolerance == 0) return false;
    double before = *energy;
    pc_clock_enter(inference, PC_CLAMPING);
    *energy = pc_inference_energy(inference);
    pc_clock_enter(inference, PC_INFERENCE);
    return fabs(before - *energy) < tolerance * fabs(before);
}

static pcil_status run(pcil_inference *inference, int32_t iterations) {
    double tolerance = inference->schedule->moves ? pc_setting(&inference->settings, PC_TOLERANCE) : 0;
    double energy = tolerance > 0 ? pc_inference_energy(inference) : 0;
    pcil_status status = inference->iterations == 0 ? trace(inference) : PCIL_OK;
    for (int32_t t = 0; t < iterations && status == PCIL_OK; t++) {
        iterate(inference);
        status = trace(inference);
        if (has_settled(inference, tolerance, &energy)) break;
    }
    return status;
}

/* iterations=auto. */
static pcil_status run_while_worth(pcil_inference *inference) {
    struct pc_auto stop;
    bool enough = false;
    int32_t most = pc_inference_planned(inference);
    pc_auto_begin(&stop, inference);
    pcil_status status = inference->iterations == 0 ? trace(inference) : PCIL_OK;
    while (status == PCIL_OK && !enough && stop.made < most) {
        iterate(inference);
        enough = pc_auto_is_enough(&stop, inference);
        status = trace(inference);
    }
    return status;
}

static pcil_status run_as_asked(pcil_inference *inference, int32_t asked) {
    if (!inference->schedule->moves) return run(inference, inference->iterations == 0);
    if (asked < 0 && pc_setting(&inference->settings, PC_ITERATIONS) < 0) return run_while_worth(inference);
    return run(inference, asked >= 0 ? asked : pc_inference_planned(inference));
}

pcil_status pcil_infer(pcil_inference *inference, int32_t iterations, double *energy) {
    pcil_status status = pc_inference_check_clamped(inference, inference ? &inference->error : NULL);
    if (status != PCIL_OK) return status;
    pc_clock_enter(inference, PC_INFERENCE);
    pc_state_keep_packed(&inference->state, true);
    status = run_as_asked(inference, iterations);
    pc_state_keep_packed(&inference->state, false);
    pc_clock_enter(inference, PC_CLAMPING);
    if (status == PCIL_OK) status = pc_inference_check_numbers(inference);
    if (status == PCIL_OK) status = pc_inference_check_errors(inference);
    if (status == PCIL_OK && energy) *energy = pc_inference_energy(inference);
    pc_clock_enter(inference, PC_IDLE);
    return status;
}
