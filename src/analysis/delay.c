/* The error's way down the nodes, iteration by iteration: the error-propagation delay of the schedules. */
#include "analysis/analysis.h"
#include "base/memory.h"
#include "linalg/passes.h"

/* Adds each node's sum of |e| over units and samples. */
static void add_errors(const struct pc_state *state, double *sums) {
    for (int32_t n = 1; n < state->nodes; n++)
        if (!state->zero[n])
            sums[n] += PC_VECTOR_PICK(pc_passes)->sum_magnitudes(pc_state_node_count(state, n), state->error[n]);
}

static pcil_status follow_batch(pcil_inference *inference, int32_t iterations, double *sums) {
    pcil_status status = PCIL_OK;
    for (int64_t t = 0; t <= iterations && status == PCIL_OK; t++) {
        if (t > 0) status = pcil_infer(inference, 1, NULL);
        if (status == PCIL_OK) add_errors(&inference->state, sums + t * inference->state.nodes);
    }
    return status;
}

static pcil_status follow(pcil_inference *inference, const struct pc_samples *samples, int32_t iterations,
                          double *sums) {
    pcil_status status = PCIL_OK;
    for (int32_t done = 0; done < samples->count && status == PCIL_OK;) {
        int32_t batch = pc_samples_batch(samples, inference, done);
        status = pc_samples_clamp(samples, inference, done, batch);
        if (status == PCIL_OK) status = follow_batch(inference, iterations, sums);
        done += batch;
    }
    return status;
}

static void write_means(const pcil_inference *inference, int32_t samples, int32_t iterations, const double *sums,
                        double *errors) {
    int32_t nodes = inference->state.nodes;
    for (int64_t t = 0; t <= iterations; t++)
        for (int32_t n = 0; n < nodes; n++)
            errors[t * nodes + n] = sums[t * nodes + n] / ((double)pc_state_node_size(&inference->state, n) * samples);
}

static pcil_status measure(pcil_inference *inference, const struct pc_samples *samples, int32_t iterations,
                           double *errors) {
    pcil_status status = pc_samples_check(inference, samples, iterations, errors);
    if (status != PCIL_OK) return status;
    size_t row = (size_t)inference->state.nodes * sizeof(double);
    double *sums = pc_allocate((size_t)iterations + 1, row);
    if (!sums) return pc_fail_memory(&inference->error, "the errors of nodes and iterations");
    status = follow(inference, samples, iterations, sums);
    if (status == PCIL_OK) write_means(inference, samples->count, iterations, sums, errors);
    inference->clamped = false;
    pc_release(sums);
    return status;
}

pcil_status pcil_error_delay(pcil_inference *inference, const float *inputs, const float *targets, int32_t samples,
                             int32_t iterations, double *errors) {
    struct pc_samples given = {inputs, targets, NULL, samples};
    return measure(inference, &given, iterations, errors);
}

pcil_status pcil_error_delay_labels(pcil_inference *inference, const float *inputs, const int32_t *labels,
                                    int32_t samples, int32_t iterations, double *errors) {
    struct pc_samples given = {inputs, NULL, labels, samples};
    return measure(inference, &given, iterations, errors);
}
