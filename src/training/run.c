/* The loop over epochs and batches. */
#include "analysis/traces.h"
#include "linalg/blas.h"
#include "training/trainer.h"

#include <time.h>

static const char model_name[] = "model.safetensors";

double pc_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static pcil_status infer(struct pc_parts *parts, bool measured) {
    return measured ? pc_traces_infer(parts->traces, NULL) : pcil_infer(parts->inference, -1, NULL);
}

static pcil_status learn(struct pc_parts *parts, bool measured) {
    return measured ? pc_traces_learn(parts->traces) : pcil_learn(parts->inference, parts->optimizer);
}

static pcil_status clamp_infer_learn(struct pc_parts *parts, int32_t count, double *loss, bool measured) {
    pcil_status status = pc_feed_clamp(&parts->feed, parts->inference, count);
    if (status == PCIL_OK) status = pcil_loss(parts->inference, loss);
    if (status == PCIL_OK) status = pc_guard_loss(&parts->counts.guard, parts->inference, *loss, parts->outputs);
    if (status == PCIL_OK) status = infer(parts, measured);
    if (status == PCIL_OK) status = pc_guard_energy(&parts->counts.guard, parts->inference);
    return status == PCIL_OK ? learn(parts, measured) : status;
}

/* What was measured stays readable until the first step after the evaluation that told it. */
static pcil_status step(struct pc_parts *parts, int32_t count) {
    double loss;
    struct pc_counts *counts = &parts->counts;
    int64_t every = parts->plan.measure_interval;
    /* The first step after an evaluation too, so that every evaluation has something to tell. */
    bool measured = every > 0 && (counts->iteration % every == 0 || parts->interval.steps == 0);
    if (every > 0 && parts->interval.steps == 0) pcil_traces_clear(parts->traces);
    pcil_status status = clamp_infer_learn(parts, count, &loss, measured);
    if (status != PCIL_OK) return status;
    counts->batch_loss = loss * parts->feed.loss_scale;
    parts->interval.loss += counts->batch_loss;
    parts->interval.steps++;
    return PCIL_OK;
}

static pcil_status describe_failure(pcil_trainer *trainer, pcil_status status) {
    const struct pc_counts *counts = &trainer->parts.counts;
    return pc_fail(&trainer->error, status, "epoch %lld, batch %lld: %s. What was saved stays",
                   (long long)counts->epoch, (long long)counts->batch + 1, pcil_last_error());
}

/* Fetches one batch and learns it; its time counts as training time. */
static pcil_status train_batch(pcil_trainer *trainer) {
    struct pc_parts *parts = &trainer->parts;
    struct pc_counts *counts = &parts->counts;
    double begin = pc_now();
    int32_t count = 0;
    pcil_status status = pc_feed_next(&parts->feed, parts->train_batches, &count);
    double taken = pc_now();
    if (status == PCIL_OK) status = step(parts, count);
    if (status != PCIL_OK) return describe_failure(trainer, status);
    double seconds = pc_now() - begin;
    counts->batch++;
    counts->iteration++;
    counts->samples += count;
    counts->seconds += seconds;
    counts->timed += seconds;
    counts->waited += taken - begin;
    parts->interval.samples += count;
    parts->interval.seconds += seconds;
    return PCIL_OK;
}

/* The checkpoint holds all: where it is saved, nothing is lost with the model, which the next evaluation writes. */
static pcil_status save_at_stop(pcil_trainer *trainer, pcil_event event) {
    if (!trainer->folder.path) return PCIL_OK;
    pcil_status status = pc_checkpoint_stop(trainer);
    const struct pc_error failure = trainer->error;
    if (event == PCIL_EVENT_BATCH && pc_folder_save(trainer, model_name) != PCIL_OK && status == PCIL_OK) {
        pc_run_warn(trainer, "%s. The checkpoint is saved", pcil_trainer_error(trainer));
        pc_run_tell(trainer);
    }
    trainer->error = failure;
    return status;
}

static pcil_status ask(pcil_trainer *trainer, pcil_event event) {
    const struct pc_counts *counts = &trainer->parts.counts;
    if (!trainer->watch || trainer->watch(trainer->user, trainer, event) == 0) return PCIL_OK;
    pcil_status status = save_at_stop(trainer, event);
    const char *failure = status == PCIL_OK ? "" : pcil_trainer_error(trainer);
    return pc_fail(&trainer->error, status == PCIL_OK ? PCIL_ERROR_INTERRUPTED : status,
                   "stopped in epoch %lld after batch %lld of %lld%s%s", (long long)counts->epoch,
                   (long long)counts->batch, (long long)counts->batches, *failure ? ", and not saved: " : "", failure);
}

int64_t pc_steps(const struct pc_parts *parts) {
    int64_t whole = parts->plan.epochs * parts->counts.batches, most = parts->plan.steps;
    return most > 0 && most < whole ? most : whole;
}

static bool is_done(const struct pc_parts *parts) {
    return parts->counts.iteration >= pc_steps(parts);
}

/* Evaluation i of n stands behind batch ceil(i batches / n): the last always behind the epoch's last batch. A run that
 * ends within an epoch is evaluated there. */
static bool is_due(const struct pc_parts *parts) {
    const struct pc_counts *counts = &parts->counts;
    int64_t wanted = parts->plan.evaluations;
    return is_done(parts) || counts->batch * wanted / counts->batches > (counts->batch - 1) * wanted / counts->batches;
}

/* What follows a step: an evaluation, a checkpoint. A run that was stopped between them goes on here. */
static pcil_status settle(pcil_trainer *trainer) {
    pcil_status status = PCIL_OK;
    if (is_due(&trainer->parts) && trainer->parts.interval.steps > 0) {
        status = pc_run_evaluate(trainer);
        if (status == PCIL_OK) status = ask(trainer, PCIL_EVENT_EVALUATION);
    }
    return status == PCIL_OK ? pc_checkpoint_step(trainer) : status;
}

/* The epoch's batches from the one that the counts stand at. */
static pcil_status train_epoch(pcil_trainer *trainer) {
    struct pc_parts *parts = &trainer->parts;
    struct pc_counts *counts = &parts->counts;
    pcil_status status = pcil_batches_begin(parts->train_batches, counts->epoch - 1, counts->batch);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    if (counts->batch > 0) status = settle(trainer);
    while (status == PCIL_OK && counts->batch < counts->batches && !is_done(parts)) {
        status = train_batch(trainer);
        if (status == PCIL_OK) status = ask(trainer, PCIL_EVENT_BATCH);
        if (status == PCIL_OK) status = settle(trainer);
    }
    return status;
}

/* Goes to the next epoch if the present one is done with its last evaluation; false at the end. */
static bool find_epoch(struct pc_parts *parts) {
    struct pc_counts *counts = &parts->counts;
    if (parts->interval.steps > 0) return true;
    if (is_done(parts)) return false;
    if (counts->epoch > 0 && counts->batch < counts->batches) return true;
    counts->epoch++;
    counts->batch = 0;
    return true;
}

/* A run that was at its end has its model in the checkpoint, whatever became of the file since. */
static pcil_status save_again(pcil_trainer *trainer) {
    bool idle = trainer->checkpoint && is_done(&trainer->parts) && trainer->parts.interval.steps == 0;
    return idle ? pc_folder_save(trainer, model_name) : PCIL_OK;
}

static pcil_status train(pcil_trainer *trainer) {
    pcil_status status = pc_checkpoint_begin(trainer);
    if (status == PCIL_OK) status = save_again(trainer);
    while (status == PCIL_OK && find_epoch(&trainer->parts)) status = train_epoch(trainer);
    return status;
}

static pcil_status run(pcil_trainer *trainer) {
    pcil_status status = pc_folder_begin(trainer);
    if (status != PCIL_OK) return status;
    pc_run_tell(trainer);
    bool deterministic = trainer->parts.plan.deterministic;
    if (deterministic) pc_blas_hold_one_thread();
    status = train(trainer);
    if (deterministic) pc_blas_release_threads();
    trainer->ended = true;
    pc_folder_end(&trainer->folder);
    return status;
}

pcil_status pcil_trainer_run(pcil_trainer *trainer) {
    pcil_status status = pcil_trainer_prepare(trainer);
    if (status != PCIL_OK) return status;
    if (trainer->ended) return pc_fail(&trainer->error, PCIL_ERROR_STATE, "the run has ended: make a new trainer");
    if (trainer->running)
        return pc_fail(&trainer->error, PCIL_ERROR_STATE,
                       "the run is at work already: its callback cannot begin it again");
    trainer->running = true;
    status = run(trainer);
    trainer->running = false;
    return status;
}
