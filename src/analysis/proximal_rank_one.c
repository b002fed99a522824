/*
 * The proximal loss where updates of one sample have rank one: samples go through in batches, weights are only read. A
 * network of L dense blocks costs L - 1 products of the batch per iteration beside those of inference: the first
 * block's product is made once.
 */
#include "analysis/rank_one.h"

#include <math.h>

bool pc_proximal_has_rank_one(const pcil_network *network, const pcil_optimizer *optimizer) {
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            const struct pc_operation *operation = &network->blocks[b].operations[k];
            if (operation->rows > 0 && !operation->kind->rank_one) return false;
        }
    return pc_optimizer_is_rate(optimizer);
}

static pcil_status measure(struct pc_rank_one *updates, int32_t iteration, struct pc_proximal_row *row) {
    pcil_status status = pc_rank_one_take(updates);
    if (status != PCIL_OK) return status;
    double loss = pc_rank_one_loss(updates), square = pc_rank_one_square(updates);
    if (!isfinite(loss) || !isfinite(square))
        return pc_fail(&updates->inference->error, PCIL_ERROR_DIVERGED,
                       "the loss after an update is not finite (%d iterations of inference): a smaller learning_rate "
                       "may help",
                       iteration);
    row->loss += loss;
    row->square += square;
    return PCIL_OK;
}

static pcil_status measure_batch(struct pc_rank_one *updates, int32_t iterations, struct pc_proximal_row *rows) {
    pcil_status status = PCIL_OK;
    pc_rank_one_begin(updates);
    for (int64_t t = 0; t <= iterations && status == PCIL_OK; t++) {
        if (t > 0) status = pcil_infer(updates->inference, 1, NULL);
        if (status == PCIL_OK) status = measure(updates, (int32_t)t, &rows[t]);
    }
    return status;
}

pcil_status pc_proximal_by_rank_one(pcil_inference *inference, const pcil_optimizer *optimizer,
                                    const struct pc_samples *samples, int32_t iterations,
                                    struct pc_proximal_row *rows) {
    struct pc_rank_one updates;
    pcil_status status = pc_rank_one_create(&updates, inference, optimizer);
    if (status != PCIL_OK) return status;
    for (int32_t done = 0; done < samples->count && status == PCIL_OK;) {
        int32_t batch = pc_samples_batch(samples, inference, done);
        status = pc_samples_clamp(samples, inference, done, batch);
        if (status == PCIL_OK) status = measure_batch(&updates, iterations, rows);
        done += batch;
    }
    pc_rank_one_free(&updates);
    return status;
}
