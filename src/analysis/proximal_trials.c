/*
 * The proximal loss of any optimizer and any network: each sample's update is made on the weights, measured, and taken
 * back. Per sample and iteration that writes the weights and the optimizer's state twice and reads them four times.
 */
#include "analysis/analysis.h"

struct trials {
    pcil_inference *inference;
    pcil_inference *judge; /* another inference of the network, to take the loss after an update */
    const struct pc_samples *samples;
    struct pc_trial trial;
};

static pcil_status judge(struct trials *trials, int32_t sample, struct pc_proximal_row *row) {
    double loss = 0, square = pc_trial_square(&trials->trial);
    pcil_status status = pc_samples_clamp(trials->samples, trials->judge, sample, 1);
    if (status == PCIL_OK) status = pcil_loss(trials->judge, &loss);
    if (status != PCIL_OK) return pc_fail_again(&trials->inference->error, status);
    row->loss += loss;
    row->square += square;
    return PCIL_OK;
}

static pcil_status try_update(struct trials *trials, int32_t sample, struct pc_proximal_row *row) {
    pcil_status status = pcil_learn(trials->inference, trials->trial.optimizer);
    if (status == PCIL_OK) status = judge(trials, sample, row);
    pc_trial_take_back(&trials->trial);
    return status;
}

static pcil_status try_sample(struct trials *trials, int32_t sample, int32_t iterations, struct pc_proximal_row *rows) {
    pcil_status status = pc_samples_clamp(trials->samples, trials->inference, sample, 1);
    for (int64_t t = 0; t <= iterations && status == PCIL_OK; t++) {
        if (t > 0) status = pcil_infer(trials->inference, 1, NULL);
        if (status == PCIL_OK) status = try_update(trials, sample, &rows[t]);
    }
    return status;
}

pcil_status pc_proximal_by_trials(pcil_inference *inference, pcil_optimizer *optimizer,
                                  const struct pc_samples *samples, int32_t iterations, struct pc_proximal_row *rows) {
    struct trials trials = {.inference = inference, .samples = samples};
    pcil_status status = pcil_inference_create(&trials.judge, inference->network, "backprop", 1);
    if (status != PCIL_OK) return pc_fail_again(&inference->error, status);
    status = pc_trial_create(&trials.trial, &inference->error, inference->network, optimizer);
    for (int32_t s = 0; s < samples->count && status == PCIL_OK; s++) status = try_sample(&trials, s, iterations, rows);
    pc_trial_free(&trials.trial);
    pcil_inference_free(trials.judge);
    return status;
}
