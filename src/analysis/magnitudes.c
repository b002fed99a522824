/* The size of the update that each block would get, over inference iterations (fig. 2). */
#include "analysis/analysis.h"
#include "base/memory.h"

#include <string.h>

/* One update, measured block by block and taken back. */
static pcil_status try_update(pcil_inference *inference, const struct pc_trial *trial, double *magnitudes) {
    pcil_status status = pcil_optimizer_measure(trial->optimizer, 1);
    if (status == PCIL_OK) status = pcil_learn(inference, trial->optimizer);
    for (int32_t b = 0; b < trial->network->block_count && status == PCIL_OK; b++)
        status = pcil_optimizer_value(trial->optimizer, "magnitude", b, &magnitudes[b]);
    pc_trial_take_back(trial);
    return status;
}

static pcil_status follow(pcil_inference *inference, const struct pc_trial *trial, const struct pc_samples *samples,
                          int32_t iterations, double *magnitudes) {
    pcil_status status = pc_samples_clamp(samples, inference, 0, samples->count);
    for (int64_t t = 0; t <= iterations && status == PCIL_OK; t++) {
        if (t > 0) status = pcil_infer(inference, 1, NULL);
        if (status == PCIL_OK) status = try_update(inference, trial, magnitudes + t * trial->network->block_count);
    }
    return status;
}

static pcil_status measure_into(pcil_inference *inference, pcil_optimizer *optimizer, const struct pc_samples *samples,
                                int32_t iterations, double *magnitudes) {
    struct pc_trial trial;
    pcil_status status = pc_trial_create(&trial, &inference->error, inference->network, optimizer);
    if (status != PCIL_OK) return status;
    status = follow(inference, &trial, samples, iterations, magnitudes);
    inference->clamped = false;
    pc_trial_free(&trial);
    return status;
}

/* Into an array of our own first: the caller's stays untouched on failure. */
static pcil_status measure(pcil_inference *inference, pcil_optimizer *optimizer, const struct pc_samples *samples,
                           int32_t iterations, double *magnitudes) {
    pcil_status status = pc_samples_check(inference, samples, iterations, magnitudes);
    if (status == PCIL_OK) status = pc_learn_check(inference, optimizer);
    if (status != PCIL_OK) return status;
    size_t row = (size_t)inference->network->block_count * sizeof(double), rows = (size_t)iterations + 1;
    double *fresh = pc_allocate(rows, row);
    if (!fresh) return pc_fail_memory(&inference->error, "the magnitudes of blocks and iterations");
    status = measure_into(inference, optimizer, samples, iterations, fresh);
    if (status == PCIL_OK) memcpy(magnitudes, fresh, rows * row);
    pc_release(fresh);
    return status;
}

pcil_status pcil_update_magnitudes(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                   const float *targets, int32_t batch, int32_t iterations, double *magnitudes) {
    struct pc_samples given = {inputs, targets, NULL, batch};
    return measure(inference, optimizer, &given, iterations, magnitudes);
}

pcil_status pcil_update_magnitudes_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                          const int32_t *labels, int32_t batch, int32_t iterations,
                                          double *magnitudes) {
    struct pc_samples given = {inputs, NULL, labels, batch};
    return measure(inference, optimizer, &given, iterations, magnitudes);
}
