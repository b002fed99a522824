/* What happens at an evaluation: means of the interval, scores of the test data, the best so far, the run's files. */
#include "training/trainer.h"

#include <math.h>

static void end_interval(struct pc_parts *parts) {
    struct pc_interval *interval = &parts->interval;
    struct pc_counts *counts = &parts->counts;
    counts->train_loss = interval->loss / (double)interval->steps;
    counts->samples_per_second = interval->seconds > 0 ? (double)interval->samples / interval->seconds : NAN;
    pc_measure_take(parts, counts);
    *interval = (struct pc_interval){.steps = 0};
}

static pcil_status score(pcil_trainer *trainer) {
    struct pc_parts *parts = &trainer->parts;
    if (!parts->test_batches) return PCIL_OK;
    pcil_status status = pcil_batches_begin(parts->test_batches, 0, 0);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    status = pc_score(&trainer->error, parts->inference, parts->test_batches, &parts->feed, parts->outputs,
                      &parts->counts.test);
    if (status != PCIL_ERROR_DIVERGED) return status;
    return pc_fail(&trainer->error, status, "epoch %lld, scoring the test data: %s", (long long)parts->counts.epoch,
                   pcil_last_error());
}

/* By test accuracy; without labels by test loss; without test data by training loss. */
static bool is_best(const struct pc_counts *counts, double loss) {
    if (counts->best_epoch == 0) return true;
    if (!isnan(counts->test.accuracy)) return counts->test.accuracy > counts->best_accuracy;
    return loss < counts->best_loss;
}

static bool note_best(struct pc_counts *counts) {
    double loss = isnan(counts->test.loss) ? counts->train_loss : counts->test.loss;
    if (!is_best(counts, loss)) return false;
    counts->best_accuracy = counts->test.accuracy;
    counts->best_loss = loss;
    counts->best_epoch = counts->epoch;
    return true;
}

pcil_status pc_run_evaluate(pcil_trainer *trainer) {
    end_interval(&trainer->parts);
    pcil_status status = score(trainer);
    if (status != PCIL_OK) return status;
    bool best = note_best(&trainer->parts.counts);
    if (!trainer->folder.path) return PCIL_OK;
    status = pc_folder_save(trainer, "model.safetensors");
    if (status == PCIL_OK && best) status = pc_folder_save(trainer, "best.safetensors");
    if (status == PCIL_OK) status = pc_reconstructions_write(trainer);
    return status == PCIL_OK ? pc_folder_write_metrics(trainer) : status;
}
