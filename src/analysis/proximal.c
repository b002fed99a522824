/* The proximal loss of updates, L(theta') + |theta' - theta|^2 / (2 beta) (eq. 6, fig. 1), over inference iterations.
 */
#include "analysis/analysis.h"
#include "base/memory.h"

static pcil_status check_betas(pcil_inference *inference, const double *betas, int32_t count) {
    if (!betas || count < 1)
        return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "the proximal loss needs an array of one or more betas");
    for (int32_t i = 0; i < count; i++)
        if (!(betas[i] > 0))
            return pc_fail(&inference->error, PCIL_ERROR_ARGUMENT, "beta %d is %g; expected a number above 0", i,
                           betas[i]);
    return PCIL_OK;
}

/* The caller's [T + 1][count] from the sums over the samples. */
static void write_results(const struct pc_proximal_row *rows, int32_t samples, int32_t iterations, const double *betas,
                          int32_t count, double *results) {
    for (int64_t t = 0; t <= iterations; t++)
        for (int64_t i = 0; i < count; i++)
            results[t * count + i] = (rows[t].loss + rows[t].square / (2 * betas[i])) / samples;
}

static pcil_status measure(pcil_inference *inference, pcil_optimizer *optimizer, const struct pc_samples *samples,
                           int32_t iterations, const double *betas, int32_t count, double *results) {
    pcil_status status = pc_samples_check(inference, samples, iterations, results);
    if (status == PCIL_OK) status = pc_learn_check(inference, optimizer);
    if (status == PCIL_OK) status = check_betas(inference, betas, count);
    if (status != PCIL_OK) return status;
    struct pc_proximal_row *rows = pc_allocate((size_t)iterations + 1, sizeof *rows);
    if (!rows) return pc_fail_memory(&inference->error, "the rows of a proximal loss");
    if (pc_proximal_has_rank_one(inference->network, optimizer))
        status = pc_proximal_by_rank_one(inference, optimizer, samples, iterations, rows);
    else
        status = pc_proximal_by_trials(inference, optimizer, samples, iterations, rows);
    if (status == PCIL_OK) write_results(rows, samples->count, iterations, betas, count, results);
    inference->clamped = false;
    pc_release(rows);
    return status;
}

pcil_status pcil_proximal_loss(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                               const float *targets, int32_t samples, int32_t iterations, const double *betas,
                               int32_t count, double *results) {
    struct pc_samples given = {inputs, targets, NULL, samples};
    return measure(inference, optimizer, &given, iterations, betas, count, results);
}

pcil_status pcil_proximal_loss_labels(pcil_inference *inference, pcil_optimizer *optimizer, const float *inputs,
                                      const int32_t *labels, int32_t samples, int32_t iterations, const double *betas,
                                      int32_t count, double *results) {
    struct pc_samples given = {inputs, NULL, labels, samples};
    return measure(inference, optimizer, &given, iterations, betas, count, results);
}
