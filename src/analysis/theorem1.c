/*
 * Theorem 1's mode: the energy weights of a batch of one are set anew at each iteration, so that what inference lowers
 * is beta L + 1/2 |theta' - theta|^2 of the update that it prepares.
 *
 * With S_l = |f(activity_l)|^2 + 1 (the 1 for the bias) and a_l the rate of block l, the paper prints
 *
 *   gamma_l = a_{l-1}^2 S_{l-1}   gamma^decay_l = a_l^2 |e_{l+1}|^2   gamma_L = a_{L-1} (1/beta + S_{L-1}) - 1.
 *
 * Of a normalised step a_l = 1/S_l the square of block l's change is |e_{l+1}|^2 / S_l, which falls as activities grow;
 * and beside a loss that is not weighted it has the weight 1/beta. So for such steps
 *
 *   gamma_l = a_{l-1}^2 S_{l-1} / beta   gamma^decay_l = -a_l^2 |e_{l+1}|^2 / beta.
 */
#include "analysis/analysis.h"
#include "base/memory.h"
#include "linalg/passes.h"

#include <math.h>
#include <string.h>

/* What the closed forms are taken of. */
struct mode {
    pcil_inference *inference;
    const pcil_optimizer *optimizer;
    double beta;
    bool printed;
    double *weights, *decays; /* [nodes] */
    double *before;           /* [nodes][2], of the inference's options */
};

/* A block whose prediction is W f(activity) + b, and whose matrix so changes by a product of two vectors. */
static bool fits(const struct pc_block *block, int32_t number) {
    const struct pc_operation *last = &block->operations[block->count - 1];
    bool alone = block->count == 1 || (block->count == 2 && block->operations[0].kind->activation);
    return block->from == number && block->to == number + 1 && last->kind->rank_one && alone;
}

static pcil_status check_network(pcil_inference *inference) {
    const pcil_network *network = inference->network;
    for (int32_t b = 0; b < network->block_count; b++)
        if (!fits(&network->blocks[b], b))
            return pc_fail(&inference->error, PCIL_ERROR_UNSUPPORTED,
                           "theorem 1 is about chains of 'dense' blocks, each behind at most one activation; block %d "
                           "is another",
                           b);
    return PCIL_OK;
}

static pcil_status check(const struct mode *mode, const char *form) {
    pcil_inference *inference = mode->inference;
    pcil_status status = pc_inference_check_clamped(inference, inference ? &inference->error : NULL);
    if (status == PCIL_OK) status = pc_learn_check(inference, mode->optimizer);
    if (status == PCIL_OK) status = check_network(inference);
    if (status != PCIL_OK) return status;
    struct pc_error *own = &inference->error;
    if (!inference->schedule->moves)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "'%s' moves no activities: there is no energy to weight",
                       inference->schedule->kind.name);
    if (inference->state.call.batch != 1)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "a batch of %lld; theorem 1 is about one sample",
                       (long long)inference->state.call.batch);
    if (!pc_optimizer_is_rate(mode->optimizer))
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "theorem 1 is about steps of a rate times the gradient: sgd, nlms or mq, without weight_decay "
                       "and clipping");
    if (!(mode->beta > 0) || !isfinite(mode->beta))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "beta is %g; expected a finite number above 0", mode->beta);
    if (!form || (strcmp(form, "exact") != 0 && strcmp(form, "printed") != 0))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "the energy weights' form is '%s'; expected 'exact' or 'printed'",
                       form ? form : "");
    return PCIL_OK;
}

/* S of a block's input, and its rate. */
static double square_of(const struct mode *mode, int32_t block) {
    int64_t count;
    const float *f = pc_state_learned_input(&mode->inference->state, block, &count);
    return PC_VECTOR_PICK(pc_passes)->sum_squares(count, f) + 1;
}

static double rate_of(const struct mode *mode, int32_t block) {
    return pc_optimizer_next_rate(mode->optimizer, block, square_of(mode, block) - 1);
}

static double error_square(const struct mode *mode, int32_t node) {
    const struct pc_state *state = &mode->inference->state;
    if (state->zero[node]) return 0;
    return PC_VECTOR_PICK(pc_passes)->sum_squares(pc_state_node_count(state, node), state->error[node]);
}

/* gamma_L, and with it the clamp of the output node, whose error counts below. */
static pcil_status clamp_output(const struct mode *mode) {
    int32_t last = mode->inference->state.nodes - 1;
    double square = square_of(mode, last - 1), rate = rate_of(mode, last - 1);
    double weight = rate * (1 / mode->beta + square) - 1;
    if (!(weight > -1e-6))
        return pc_fail(&mode->inference->error, PCIL_ERROR_ARGUMENT,
                       "gamma_L is %g: the rate of block %d, %g, is below 1 / (1/beta + |f|^2 + 1) = %g; raise its "
                       "learning_rate",
                       weight, last - 1, rate, 1 / (1 / mode->beta + square));
    mode->weights[last] = fmax(weight, 0); /* rounding */
    mode->decays[last] = 0;
    pc_clamp_output(&mode->inference->state, mode->weights[last] / (1 + mode->weights[last]));
    mode->inference->summed = false;
    return PCIL_OK;
}

static pcil_status check_activities(const struct mode *mode) {
    for (int32_t node = 0; node + 1 < mode->inference->state.nodes; node++)
        if (!isfinite(square_of(mode, node)))
            return pc_fail(&mode->inference->error, PCIL_ERROR_DIVERGED,
                           "the activity of node %d is too large after %d iterations of theorem 1's inference: "
                           "smaller inputs or a smaller step_size may help",
                           node, mode->inference->iterations);
    return PCIL_OK;
}

/* The closed forms for the present activities. */
static pcil_status refresh(const struct mode *mode) {
    double factor = mode->printed ? 1 : 1 / mode->beta, sign = mode->printed ? 1 : -1;
    pcil_status status = check_activities(mode);
    if (status == PCIL_OK) status = clamp_output(mode);
    for (int32_t node = 1; status == PCIL_OK && node + 1 < mode->inference->state.nodes; node++) {
        double below = rate_of(mode, node - 1), own = rate_of(mode, node);
        mode->weights[node] = factor * below * below * square_of(mode, node - 1);
        mode->decays[node] = sign * factor * own * own * error_square(mode, node + 1);
        if (!(mode->weights[node] > 0))
            status = pc_fail(&mode->inference->error, PCIL_ERROR_ARGUMENT,
                             "the rate of block %d is %g; theorem 1 needs one above 0", node - 1, below);
    }
    return status;
}

/*
 * One iteration from the last hidden node down. A node's step is scaled by the weights that pull at it: they differ by
 * orders of magnitude between nodes, and where inference comes to rest does not depend on the steps.
 */
static pcil_status iterate(const struct mode *mode, double step) {
    pcil_inference *inference = mode->inference;
    pcil_status status = refresh(mode);
    if (status != PCIL_OK) return status;
    for (int32_t node = 1; node < inference->state.nodes; node++)
        pc_inference_weigh(inference, node, mode->weights[node], mode->decays[node]);
    for (int32_t node = inference->state.nodes - 2; node >= 1; node--) {
        if (!pc_inference_moves(inference, inference->state.zero, node)) continue;
        pc_node_drive(inference, node);
        pc_node_move(inference, node, step / (mode->weights[node] + mode->weights[node + 1]));
    }
    inference->iterations++;
    return PCIL_OK;
}

static pcil_status infer(const struct mode *mode, int32_t iterations) {
    double step = pc_setting(&mode->inference->settings, PC_STEP_SIZE);
    pcil_status status = PCIL_OK;
    for (int32_t t = 0; t < iterations && status == PCIL_OK; t++) status = iterate(mode, step);
    if (status == PCIL_OK) status = refresh(mode); /* the output's error, as learning sees it */
    return status == PCIL_OK ? pc_inference_check_errors(mode->inference) : status;
}

static pcil_status reserve(struct mode *mode) {
    size_t nodes = (size_t)mode->inference->state.nodes;
    mode->weights = pc_allocate(4 * nodes, sizeof *mode->weights);
    if (!mode->weights) return pc_fail_memory(&mode->inference->error, "the energy weights of theorem 1");
    mode->decays = mode->weights + nodes;
    mode->before = mode->weights + 2 * nodes;
    return PCIL_OK;
}

/* Runs with the options as they are, and puts those that it changes back. */
static pcil_status infer_and_restore(struct mode *mode, int32_t iterations) {
    pcil_inference *inference = mode->inference;
    int32_t nodes = inference->state.nodes;
    double *before = mode->before;
    for (int32_t n = 0; n < nodes; n++) {
        before[2 * n] = pc_inference_weight(inference, n);
        before[2 * n + 1] = pc_inference_decay(inference, n);
    }
    pcil_status status = infer(mode, iterations);
    for (int32_t n = 0; n < nodes; n++) pc_inference_weigh(inference, n, before[2 * n], before[2 * n + 1]);
    return status;
}

pcil_status pcil_theorem1_infer(pcil_inference *inference, const pcil_optimizer *optimizer, double beta,
                                const char *form, int32_t iterations) {
    struct mode mode = {.inference = inference, .optimizer = optimizer, .beta = beta};
    pcil_status status = check(&mode, form);
    if (status == PCIL_OK && iterations < 0)
        status =
            pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "%d inference iterations; expected 0 or more", iterations);
    if (status == PCIL_OK) status = reserve(&mode);
    if (status != PCIL_OK) return status;
    mode.printed = strcmp(form, "printed") == 0;
    status = infer_and_restore(&mode, iterations);
    if (status != PCIL_OK) inference->clamped = false;
    pc_release(mode.weights);
    return status;
}

pcil_status pcil_theorem1_weights(pcil_inference *inference, const pcil_optimizer *optimizer, double beta,
                                  const char *form, double *weights, double *decays) {
    struct mode mode = {.inference = inference, .optimizer = optimizer, .beta = beta};
    pcil_status status = check(&mode, form);
    if (status == PCIL_OK && (!weights || !decays))
        status = pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the place for the energy weights is NULL");
    if (status == PCIL_OK) status = reserve(&mode);
    if (status != PCIL_OK) return status;
    mode.printed = strcmp(form, "printed") == 0;
    status = refresh(&mode);
    size_t bytes = (size_t)inference->state.nodes * sizeof(double);
    if (status != PCIL_OK) inference->clamped = false;
    if (status == PCIL_OK) memcpy(weights, mode.weights, bytes);
    if (status == PCIL_OK) memcpy(decays, mode.decays, bytes);
    pc_release(mode.weights);
    return status;
}
