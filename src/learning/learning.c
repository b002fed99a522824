/* Learning: the Hebbian gradient of every block, handed to the optimizer by panels of rows (eq. 4). */
#include "learning/learning.h"

#include "linalg/passes.h"

#include <math.h>
#include <string.h>

struct learner {
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    pc_gradient_watch watch; /* NULL: nobody looks on */
    void *user;
};

/* -1/B: the gradient to descend, averaged over the batch. */
static float gradient_factor(const pcil_inference *inference) {
    return -1 / (float)inference->state.call.batch;
}

/* Whoever looks on sees each part of a gradient. */
static void show(struct learner *learner, int32_t block, int64_t offset, int64_t count, const float *gradient) {
    if (gradient) pc_state_look_at_numbers(&learner->inference->state, "the gradient", block, offset, gradient, count);
    if (learner->watch) learner->watch(learner->user, block, offset, count, gradient);
}

/* What is done with a part of a gradient; NULL: it is exactly 0. */
typedef void (*use_part)(struct learner *learner, int32_t block, int64_t offset, int64_t count, float *gradient);

static void step_part(struct learner *learner, int32_t block, int64_t offset, int64_t count, float *gradient) {
    show(learner, block, offset, count, gradient);
    pc_optimizer_apply(learner->optimizer, block, offset, count, gradient);
}

static void measure_part(struct learner *learner, int32_t block, int64_t offset, int64_t count, float *gradient) {
    show(learner, block, offset, count, gradient);
    if (pc_optimizer_measures(learner->optimizer))
        pc_optimizer_measure_direct(learner->optimizer, block, offset, count, gradient);
}

/* The gradient of the rows from `first` to `end`, a panel at a time. */
static void by_panels(struct learner *learner, int32_t block, const struct pc_operation *operation, const float *x,
                      const float *gy, int64_t first, int64_t end, use_part use) {
    pcil_inference *inference = learner->inference;
    int64_t most = pc_operation_panel(operation);
    for (; first < end; first += most) {
        int64_t rows = end - first < most ? end - first : most;
        operation->kind->gradient(operation, &inference->state.call, x, gy, gradient_factor(inference), 0, first, rows,
                                  inference->state.panel);
        pc_clock_enter(inference, PC_OPTIMIZER);
        use(learner, block, operation->offset + first * operation->columns, rows * operation->columns,
            inference->state.panel);
        pc_clock_enter(inference, PC_GRADIENT);
    }
}

static bool is_watched(const struct learner *learner) {
    return learner->watch || learner->inference->state.check_numbers || pc_optimizer_measures(learner->optimizer);
}

/* Leaves a sample's step of all rows but the bias to the next forward pass, unless somebody wants to see it made. */
static bool learn_later(struct learner *learner, int32_t block, const struct pc_operation *operation, const float *x,
                        const float *gy, const struct pc_direct_step *step) {
    double to_mean = (double)gradient_factor(learner->inference), magnitudes = 0;
    if (step->keep != 1 || is_watched(learner)) return false;
    if (!pc_state_owe(&learner->inference->state, block, operation, -step->rate * (float)to_mean, x, gy, &magnitudes))
        return false;
    pc_optimizer_add_magnitudes(learner->optimizer, fabs(to_mean) * magnitudes);
    return true;
}

/*
 * Steps rows without their gradient being stored, where the optimizer's step is as plain as that: the product goes
 * straight into the weights. Returns how many rows, from the first on.
 */
static int64_t learn_directly(struct learner *learner, int32_t block, const struct pc_operation *operation,
                              const float *x, const float *gy) {
    struct pc_call *call = &learner->inference->state.call;
    float *weights = pc_network_block_parameters(learner->inference->network, block, NULL) + operation->offset;
    float to_mean = gradient_factor(learner->inference);
    struct pc_direct_step step;
    double magnitudes = 0;
    if (!pc_optimizer_is_direct(learner->optimizer, block, &step)) return 0;
    if (learn_later(learner, block, operation, x, gy, &step)) return operation->in_size;
    if (!step.magnitudes) {
        operation->kind->gradient(operation, call, x, gy, -step.rate * to_mean, step.keep, 0, operation->rows, weights);
        return operation->rows;
    }
    if (!operation->kind->update) return 0;
    int64_t rows =
        operation->kind->update(operation, call, x, gy, -step.rate * to_mean, step.keep, weights, &magnitudes);
    pc_optimizer_add_magnitudes(learner->optimizer, fabs((double)to_mean) * magnitudes);
    return rows;
}

/* Whoever wants to see a gradient that was not made costs its product once more. */
static void show_direct(struct learner *learner, int32_t block, const struct pc_operation *operation, const float *x,
                        const float *gy, int64_t rows) {
    struct pc_state *state = &learner->inference->state;
    if (rows == 0 || !is_watched(learner)) return;
    by_panels(learner, block, operation, x, gy, 0, rows, measure_part);
    state->call.products += operation->kind->products;
}

static pcil_status learn_operation(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                                   const float *gy) {
    struct learner *learner = user;
    float *whole = pc_optimizer_whole(learner->optimizer);
    if (whole) {
        operation->kind->gradient(operation, &learner->inference->state.call, x, gy,
                                  gradient_factor(learner->inference), 0, 0, operation->rows,
                                  whole + operation->offset);
        return PCIL_OK;
    }
    int64_t rows = learn_directly(learner, block, operation, x, gy);
    show_direct(learner, block, operation, x, gy, rows);
    by_panels(learner, block, operation, x, gy, rows, operation->rows, step_part);
    return PCIL_OK;
}

/* The batch's mean |f|^2 of what the block's first weights multiply; that of the input is known since it was clamped.
 */
static double mean_square(const pcil_inference *inference, int32_t block) {
    int64_t count;
    const float *f = pc_state_learned_input(&inference->state, block, &count);
    bool input = f == inference->state.activity[0];
    double squares = input ? inference->squares[0] : PC_VECTOR_PICK(pc_passes)->sum_squares(count, f);
    return squares / (double)inference->state.call.batch;
}

/*
 * No element of a gradient, nor of any part of its sum, is beyond |f| |e| (Cauchy & Schwarz; 1 for the bias). Below
 * this limit nothing overflows, the squares that optimizers keep neither; beyond it training has diverged, and no
 * weight shall move.
 */
static const double largest_gradient = 1e18;

static pcil_status check_gradient(pcil_inference *inference, int32_t block) {
    double squares = inference->squares[inference->network->blocks[block].to];
    double bound = sqrt((mean_square(inference, block) + 1) * (double)inference->state.call.batch * squares);
    if (bound < largest_gradient) return PCIL_OK;
    return pc_fail(
        &inference->error, PCIL_ERROR_DIVERGED,
        "the gradient of block %d may reach %.1g, far beyond what training gives; no weight was changed: try "
        "a lower learning_rate or step_size",
        block, bound);
}

static pcil_status check_gradients(pcil_inference *inference) {
    pcil_status status = pc_inference_check_errors(inference);
    for (int32_t b = 0; status == PCIL_OK && b < inference->network->block_count; b++) {
        const struct pc_block *block = &inference->network->blocks[b];
        if (block->parameter_count > 0 && !inference->state.zero[block->to]) status = check_gradient(inference, b);
    }
    return status;
}

/* With check_numbers: the weights after their step. */
static pcil_status check_block(pcil_inference *inference, int32_t block) {
    int64_t count;
    if (!inference->state.check_numbers) return PCIL_OK;
    const float *weights = pc_network_block_parameters(inference->network, block, &count);
    pc_state_look_at_numbers(&inference->state, "the step", block, 0, weights, count);
    return pc_inference_check_numbers(inference);
}

static pcil_status learn_block(struct learner *learner, int32_t block) {
    pcil_inference *inference = learner->inference;
    pcil_optimizer *optimizer = learner->optimizer;
    int64_t parameters;
    pc_network_block_parameters(inference->network, block, &parameters);
    if (parameters == 0) return PCIL_OK;
    bool zero = inference->state.zero[inference->network->blocks[block].to];
    float *whole = pc_optimizer_whole(optimizer);
    pc_clock_enter(inference, PC_OPTIMIZER);
    pcil_status status = pc_optimizer_begin_block(
        optimizer, block, pc_optimizer_needs_mean_square(optimizer) ? mean_square(inference, block) : 0);
    if (status != PCIL_OK) return status;
    show(learner, block, 0, 0, NULL);
    if (zero) {
        step_part(learner, block, 0, parameters, NULL);
    } else {
        pc_clock_enter(inference, PC_GRADIENT);
        status = pc_state_gradients(&inference->state, block, learn_operation, learner);
        pc_clock_enter(inference, PC_OPTIMIZER);
    }
    if (!zero && whole) step_part(learner, block, 0, parameters, whole);
    if (status == PCIL_OK) status = check_block(inference, block);
    return status == PCIL_OK ? pc_optimizer_end_block(optimizer, block) : status;
}

pcil_status pc_learn_check(pcil_inference *inference, const pcil_optimizer *optimizer) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    if (!optimizer) return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    if (pc_optimizer_network(optimizer) == inference->network) return PCIL_OK;
    return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "inference and optimizer were made for different networks");
}

pcil_status pc_learn(pcil_inference *inference, pcil_optimizer *optimizer, pc_gradient_watch watch, void *user) {
    struct pc_error *own = inference ? &inference->error : NULL;
    pcil_status status = pc_inference_check_clamped(inference, own);
    if (status == PCIL_OK) status = pc_learn_check(inference, optimizer);
    if (status != PCIL_OK) return status;
    pc_clock_enter(inference, PC_CLAMPING);
    status = check_gradients(inference);
    if (status != PCIL_OK) return status;
    struct learner learner = {inference, optimizer, watch, user};
    pc_optimizer_begin(optimizer);
    for (int32_t b = 0; b < inference->network->block_count && status == PCIL_OK; b++)
        status = learn_block(&learner, b);
    pc_clock_enter(inference, PC_IDLE);
    return status == PCIL_OK ? status : pc_fail_again(own, status);
}

pcil_status pcil_learn(pcil_inference *inference, pcil_optimizer *optimizer) {
    return pc_learn(inference, optimizer, NULL, NULL);
}
