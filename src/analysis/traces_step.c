/* A training step that is measured while it is made. */
#include "analysis/traces_parts.h"

#include <math.h>
#include <string.h>

static void measure_zeros(pcil_traces *traces) {
    for (int32_t n = 0; n < traces->nodes; n++)
        pcil_inference_zero_share(traces->inference, n, &traces->step[traces->at.zero + n]);
}

/* After each iteration. */
static void measure_iteration(void *user) {
    pcil_traces *traces = user;
    const pcil_inference *inference = traces->inference;
    const struct pc_state *state = &inference->state;
    int64_t t = inference->iterations, row = t * traces->nodes;
    if (t >= traces->rows) return;
    traces->step[traces->at.visits + t] = 1;
    for (int32_t n = 1; n < traces->nodes; n++) {
        traces->step[traces->at.error + row + n] = pc_inference_mean_error(inference, n);
        traces->step[traces->at.prediction + row + n] =
            pc_energy_prediction(state, n, pc_inference_weight(inference, n));
        traces->step[traces->at.decay + row + n] = pc_energy_decay(state, n, pc_inference_decay(inference, n));
    }
    traces->step[traces->at.loss + t] = pc_energy_loss(state);
}

/* The errors of backpropagation at the activities that inference starts from. */
static void backpropagate(pcil_traces *traces) {
    if (!traces->other) return;
    pc_state_copy_batch(&traces->other->state, &traces->inference->state);
    traces->other->schedule->iterate(traces->other, 0);
}

pcil_status pc_traces_infer(pcil_traces *traces, double *energy) {
    pcil_inference *inference = traces->inference;
    pcil_status status = pc_inference_check_clamped(inference, &traces->error);
    if (status != PCIL_OK) return status;
    if (inference->iterations > 0)
        return pc_fail(&traces->error, PCIL_ERROR_STATE,
                       "the batch was inferred already (%d iterations): clamp it again", inference->iterations);
    memset(traces->step, 0, (size_t)traces->at.end * sizeof *traces->step);
    measure_zeros(traces);
    backpropagate(traces);
    inference->observe = measure_iteration;
    inference->observe_user = traces;
    status = pcil_infer(inference, -1, &traces->step[ENERGY]);
    inference->observe = NULL;
    traces->step[ITERATIONS] = inference->iterations;
    if (energy && status == PCIL_OK) *energy = traces->step[ENERGY];
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&traces->error, status);
}

static pcil_status take_gradient(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                                 const float *gy) {
    pcil_traces *traces = user;
    (void)block;
    struct pc_call *call = &traces->other->state.call;
    operation->kind->gradient(operation, call, x, gy, -1 / (float)call->batch, 0, 0, operation->rows,
                              traces->gradient + operation->offset);
    return PCIL_OK;
}

/* Makes backpropagation's gradient of a block when the block begins: its weights have not moved yet. */
static void begin_block(pcil_traces *traces, int32_t block) {
    if (!traces->other || traces->block == block) return;
    traces->block = block;
    pc_state_gradients(&traces->other->state, block, take_gradient, traces);
}

static void measure_part(void *user, int32_t block, int64_t offset, int64_t count, const float *gradient) {
    pcil_traces *traces = user;
    const struct pc_traces_passes *passes = PC_VECTOR_PICK(pc_traces_passes);
    struct pc_likeness *likeness = &traces->likeness[block];
    begin_block(traces, block);
    if (gradient)
        passes->sketch(traces->sketch, offset, count, gradient,
                       traces->step + traces->at.sketch + (int64_t)block * traces->sketch);
    if (!traces->other) return;
    const float *other = traces->gradient + offset;
    struct pc_likeness sums = {0};
    passes->compare(count, gradient ? gradient : other, other, &sums);
    likeness->bb += sums.bb;
    if (!gradient) return;
    likeness->aa += sums.aa;
    likeness->ab += sums.ab;
}

static double cosine(const struct pc_likeness *likeness) {
    bool none = likeness->aa == 0 || likeness->bb == 0;
    return none ? 0 : likeness->ab / (sqrt(likeness->aa) * sqrt(likeness->bb));
}

static void add_blocks(pcil_traces *traces) {
    struct pc_likeness all = {0};
    double *step = traces->step;
    for (int32_t b = 0; b < traces->blocks; b++) {
        const struct pc_likeness *one = &traces->likeness[b];
        const double *sketch = step + traces->at.sketch + (int64_t)b * traces->sketch;
        pcil_optimizer_value(traces->optimizer, "magnitude", b, &step[traces->at.magnitude + b]);
        pcil_optimizer_value(traces->optimizer, "rate", b, &step[traces->at.rate + b]);
        step[traces->at.cosine + b] = cosine(one);
        all = (struct pc_likeness){all.aa + one->aa, all.bb + one->bb, all.ab + one->ab};
        for (int i = 0; i < traces->sketch; i++) step[traces->at.square + b] += sketch[i] * sketch[i];
    }
    step[traces->at.cosine + traces->blocks] = cosine(&all);
    step[STEPS] = 1;
    for (int64_t i = 0; i < traces->at.end; i++) traces->sums[i] += step[i];
}

pcil_status pc_traces_learn(pcil_traces *traces) {
    int32_t measures = pc_optimizer_measures(traces->optimizer);
    memset(traces->likeness, 0, (size_t)traces->blocks * sizeof *traces->likeness);
    traces->block = -1;
    pcil_status status = pcil_optimizer_measure(traces->optimizer, 1);
    if (status == PCIL_OK) status = pc_learn(traces->inference, traces->optimizer, measure_part, traces);
    pcil_optimizer_measure(traces->optimizer, measures);
    if (status != PCIL_OK) return pc_fail_again(&traces->error, status);
    add_blocks(traces);
    return PCIL_OK;
}

pcil_status pcil_traces_step(pcil_traces *traces, double *energy) {
    if (!traces) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the traces are NULL");
    pcil_status status = pc_traces_infer(traces, energy);
    return status == PCIL_OK ? pc_traces_learn(traces) : status;
}
