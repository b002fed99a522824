/*
 * The proximal step by brute force: gradient descent on L(theta + change) + |change|^2 / (2 beta), its step halved
 * whenever it would raise that. The change is held in double; the weights that the loss is taken with are its sum with
 * theta, rounded.
 */
#include "analysis/analysis.h"
#include "base/memory.h"
#include "linalg/inner.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

struct descent {
    pcil_network *network;
    const float *inputs, *targets;
    int32_t batch;
    double beta;
    int64_t count;
    pcil_inference *inference; /* backpropagation */
    pcil_optimizer *optimizer; /* of rate 1, whose steps are -dL/dtheta */
    float *start;              /* theta */
    float *slope;              /* -dL/dtheta */
    double *change, *next, *direction;
};

static bool reserve(struct descent *descent) {
    size_t count = (size_t)descent->count;
    descent->start = pc_allocate(count, sizeof *descent->start);
    descent->slope = pc_allocate(count, sizeof *descent->slope);
    descent->change = pc_allocate(count, sizeof *descent->change);
    descent->next = pc_allocate(count, sizeof *descent->next);
    descent->direction = pc_allocate(count, sizeof *descent->direction);
    return descent->start && descent->slope && descent->change && descent->next && descent->direction;
}

static pcil_status create(struct descent *descent) {
    pcil_status status = pcil_inference_create(&descent->inference, descent->network, "backprop", descent->batch);
    if (status == PCIL_OK) status = pcil_optimizer_create(&descent->optimizer, descent->network, "sgd");
    if (status == PCIL_OK) status = pcil_optimizer_set(descent->optimizer, "learning_rate", 1);
    if (status == PCIL_OK && !reserve(descent)) status = pc_fail_memory(NULL, "the search for a proximal step");
    if (status == PCIL_OK) pc_weights_copy(descent->network, descent->start);
    return status;
}

static void release(struct descent *descent) {
    pc_release(descent->start);
    pc_release(descent->slope);
    pc_release(descent->change);
    pc_release(descent->next);
    pc_release(descent->direction);
    pcil_optimizer_free(descent->optimizer);
    pcil_inference_free(descent->inference);
}

/* theta + change into the network; theta alone for NULL. */
static void set_weights(const struct descent *descent, const double *change) {
    int64_t place = 0;
    for (int32_t b = 0; b < descent->network->block_count; b++) {
        int64_t count;
        float *weights = pc_network_block_parameters(descent->network, b, &count);
        for (int64_t i = 0; change && i < count; i++)
            weights[i] = (float)((double)descent->start[place + i] + change[place + i]);
        if (!change && count > 0) memcpy(weights, descent->start + place, (size_t)count * sizeof *weights);
        place += count;
    }
}

/* The proximal loss at a change, infinite where the network's output is; it stays clamped. */
static pcil_status evaluate(struct descent *descent, const double *change, double *value) {
    double loss;
    set_weights(descent, change);
    pcil_status status = pcil_clamp(descent->inference, descent->inputs, descent->targets, descent->batch);
    *value = INFINITY;
    if (status == PCIL_ERROR_DIVERGED && change != descent->change) return PCIL_OK;
    if (status == PCIL_OK) status = pcil_loss(descent->inference, &loss);
    if (status == PCIL_OK) *value = loss + pc_inner(change, change, descent->count) / (2 * descent->beta);
    return status;
}

/* Minus the gradient of the proximal loss at the change evaluated last, and its norm. */
static pcil_status look_down(struct descent *descent, double *norm) {
    pcil_status status = pcil_infer(descent->inference, 1, NULL);
    if (status == PCIL_OK) status = pc_update_take(descent->inference, descent->optimizer, descent->slope);
    for (int64_t i = 0; i < descent->count; i++)
        descent->direction[i] = (double)descent->slope[i] - descent->change[i] / descent->beta;
    *norm = sqrt(pc_inner(descent->direction, descent->direction, descent->count));
    return status;
}

/* What a loss in single precision may rise by without rising. */
static const double rounding = 1e-6;

/* One step that does not raise the proximal loss; *rate is halved until it does not. 0 in *rate: there is none. */
static pcil_status step_down(struct descent *descent, double *rate, double *value) {
    double before = *value;
    for (; *rate > 1e-30; *rate /= 2) {
        for (int64_t i = 0; i < descent->count; i++)
            descent->next[i] = descent->change[i] + *rate * descent->direction[i];
        pcil_status status = evaluate(descent, descent->next, value);
        if (status != PCIL_OK) return status;
        if (!(*value <= before + rounding * fabs(before))) continue;
        double *old = descent->change;
        descent->change = descent->next;
        descent->next = old;
        return PCIL_OK;
    }
    *rate = 0;
    return evaluate(descent, descent->change, value);
}

/* Steps without a lower norm after which the search ends: at a kink the gradient jumps, and never becomes 0. */
enum { PATIENCE = 200 };

static pcil_status search(struct descent *descent, double tolerance, int32_t most, double *value, double *norm) {
    double rate = descent->beta, first = 0, now, least;
    pcil_status status = evaluate(descent, descent->change, value);
    if (status == PCIL_OK) status = look_down(descent, &first);
    now = least = first;
    for (int32_t i = 0, waited = 0; i < most && waited < PATIENCE && now > tolerance * first && rate > 0; i++) {
        status = step_down(descent, &rate, value);
        if (status == PCIL_OK && rate > 0) status = look_down(descent, &now);
        if (status != PCIL_OK) break;
        waited = now < .99 * least ? 0 : waited + 1;
        if (waited == 0) least = now;
    }
    *norm = first > 0 ? now / first : 0;
    return status;
}

static pcil_status check(const pcil_network *network, double beta, double tolerance, int32_t most, const float *change,
                         int64_t count) {
    if (!(beta > 0) || !isfinite(beta))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "beta is %g; expected a finite number above 0", beta);
    if (!(tolerance > 0) || most < 1)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                       "a tolerance of %g and at most %d steps; expected a number above 0 and 1 or more", tolerance,
                       most);
    return pc_update_check(NULL, network, change, count);
}

pcil_status pcil_proximal_step(pcil_network *network, const float *inputs, const float *targets, int32_t batch,
                               double beta, double tolerance, int32_t most, float *change, int64_t count, double *loss,
                               double *norm) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (!pc_network_is_finished(network))
        return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished: call pcil_network_finish first");
    pcil_status status = check(network, beta, tolerance, most, change, count);
    if (status != PCIL_OK) return status;
    struct descent descent = {network, inputs, targets, batch, beta, count, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    double value, part;
    status = create(&descent);
    if (status == PCIL_OK) {
        status = search(&descent, tolerance, most, &value, &part);
        set_weights(&descent, NULL);
    }
    for (int64_t i = 0; status == PCIL_OK && i < count; i++) change[i] = (float)descent.change[i];
    if (status == PCIL_OK && loss) *loss = value;
    if (status == PCIL_OK && norm) *norm = part;
    release(&descent);
    return status;
}
