/* From settings to the parts of a run: everything is checked here, together, before anything is written. */
#include "base/memory.h"
#include "dataset/dataset.h"
#include "inference/inference.h"
#include "linalg/blas.h"
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "training/checkpoint.h"

#include <math.h>
#include <string.h>

/* A checkpoint's network has no more numbers than its file: a small file asks for little memory. */
static int64_t most_weights(const pcil_trainer *trainer) {
    if (!trainer->checkpoint) return INT64_MAX;
    const struct pc_safetensors *archive = &trainer->checkpoint->archive;
    return (int64_t)((archive->file.size - archive->data) / sizeof(float));
}

static pcil_status fail_network(pcil_trainer *trainer, pcil_status status) {
    if (!trainer->checkpoint || status == PCIL_ERROR_MEMORY) return pc_fail_again(&trainer->error, status);
    return pc_fail(&trainer->error, status, "'%s': settings: network: %s", trainer->checkpoint->archive.path.text,
                   pcil_last_error());
}

static pcil_status make_network(pcil_trainer *trainer, struct pc_parts *parts) {
    const struct pc_choices *choices = &trainer->choices;
    const char *description = pc_choice_text(choices, "network");
    if (!*description)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "no network: set the option 'network', such as \"3x32x32; dense 256; relu, dense 10; softmax\"");
    pcil_status status = pc_network_parse_bounded(&parts->network, description, most_weights(trainer));
    if (status != PCIL_OK) return fail_network(trainer, status);
    status = pcil_network_initialise(parts->network, pc_choice_text(choices, "initialisation"), parts->plan.seed);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}

static pcil_status take_inference(void *handle, const char *name, const char *value) {
    return pcil_inference_set_text(handle, name, value);
}

static pcil_status take_optimizer(void *handle, const char *name, const char *value) {
    return pcil_optimizer_set_text(handle, name, value);
}

static pcil_status make_rules(pcil_trainer *trainer, struct pc_parts *parts) {
    const struct pc_choices *choices = &trainer->choices;
    pcil_status status = pcil_inference_create(&parts->inference, parts->network, pc_choice_text(choices, "inference"),
                                               parts->plan.batch);
    if (status == PCIL_OK)
        status = pcil_optimizer_create(&parts->optimizer, parts->network, pc_choice_text(choices, "optimizer"));
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    status = pc_choices_apply(choices, &trainer->error, &pc_inference_family, parts->inference, take_inference);
    if (status != PCIL_OK) return status;
    return pc_choices_apply(choices, &trainer->error, &pc_optimizer_family, parts->optimizer, take_optimizer);
}

/* Arrays of the caller are read between calls only where that was asked for: they may move or go at any time then.
 * Going on with the run is not asking for it, so that it is written down. */
static pcil_status settle_prefetch(pcil_trainer *trainer) {
    if (!trainer->lent_train || pc_choices_find(&trainer->choices, "prefetch")) return PCIL_OK;
    return pc_choices_set(&trainer->choices, &trainer->error, "prefetch", "0", false);
}

static pcil_status set_batches(const pcil_trainer *trainer, pcil_batches *batches, bool training) {
    const struct pc_choices *choices = &trainer->choices;
    static const char *const alike[] = {"prefetch", "normalise"}, *const augmenting[] = {"drop_last", "flip", "crop"};
    pcil_status status = pcil_batches_set(batches, "shuffle", training);
    for (size_t i = 0; i < 2 && status == PCIL_OK; i++)
        status = pcil_batches_set(batches, alike[i], pc_choice_number(choices, alike[i]));
    for (size_t i = 0; i < 3 && status == PCIL_OK; i++)
        status = pcil_batches_set(batches, augmenting[i], training ? pc_choice_number(choices, augmenting[i]) : 0);
    return status;
}

static pcil_status make_batches(pcil_trainer *trainer, struct pc_parts *parts, pcil_dataset *set, bool training,
                                pcil_batches **batches) {
    pcil_status status = pcil_batches_create(batches, set, parts->plan.batch, parts->plan.seed);
    if (status == PCIL_OK) status = set_batches(trainer, *batches, training);
    if (status == PCIL_OK && !training) status = pcil_batches_normalise_like(*batches, parts->train);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}

/* What batches check only when they begin belongs to the checks before anything is written. */
static pcil_status begin_walks(pcil_trainer *trainer, struct pc_parts *parts) {
    pcil_status status = pcil_batches_begin(parts->train_batches, 0, 0);
    if (status == PCIL_OK && parts->test) status = pcil_batches_begin(parts->test_batches, 0, 0);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}

static pcil_status make_walks(pcil_trainer *trainer, struct pc_parts *parts) {
    pcil_status status = make_batches(trainer, parts, parts->train, true, &parts->train_batches);
    if (status == PCIL_OK && parts->test)
        status = make_batches(trainer, parts, parts->test, false, &parts->test_batches);
    if (status != PCIL_OK) return status;
    parts->counts.batches = pcil_batches_per_epoch(parts->train_batches);
    return begin_walks(trainer, parts);
}

/* No batch holds more samples than there are, of training or of the test: nothing is reserved beyond. */
static pcil_status bound_batch(pcil_trainer *trainer, struct pc_parts *parts) {
    int64_t train = pcil_dataset_count(parts->train), test = parts->test ? pcil_dataset_count(parts->test) : 0;
    int64_t most = train > test ? train : test;
    if (parts->plan.batch > train && pc_choice_number(&trainer->choices, "drop_last") != 0)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "batch=%d is more than the %lld training samples, and drop_last drops an incomplete batch: "
                       "lower batch or set drop_last=0",
                       parts->plan.batch, (long long)train);
    if (parts->plan.batch > most) parts->plan.batch = (int32_t)most;
    return PCIL_OK;
}

/* Targets of a sigmoid lie in [0,1], which some normalisations leave. */
static pcil_status check_normalisation(pcil_trainer *trainer, const struct pc_parts *parts, enum pc_target target) {
    const char *normalise = pc_choices_find(&trainer->choices, "normalise");
    bool sigmoid = strcmp(pcil_network_output_kind(parts->network), "sigmoid") == 0;
    bool leaves = normalise && (strcmp(normalise, "centre") == 0 || strcmp(normalise, "standard") == 0);
    if (target != PC_TARGET_INPUT || !sigmoid || !leaves) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                   "target=input with a sigmoid output needs inputs in [0,1]: normalise=none or shrink, not %s",
                   normalise);
}

static pcil_status make_feed(pcil_trainer *trainer, struct pc_parts *parts) {
    enum pc_target target = (enum pc_target)pc_choice_number(&trainer->choices, "target");
    pcil_status status = check_normalisation(trainer, parts, target);
    if (status == PCIL_OK)
        status = pc_feed_create(&parts->feed, &trainer->error, parts->network, parts->train, parts->plan.batch, target);
    if (status == PCIL_OK && parts->test) status = pc_feed_check(&trainer->error, parts->network, parts->test, target);
    if (status != PCIL_OK) return status;
    parts->outputs = pc_allocate_floats(parts->plan.batch, parts->feed.outputs);
    return parts->outputs ? PCIL_OK : pc_fail_memory(&trainer->error, "outputs");
}

static pcil_status make_counts(pcil_trainer *trainer, struct pc_parts *parts) {
    size_t blocks = (size_t)pcil_network_blocks(parts->network);
    struct pc_counts *counts = &parts->counts;
    counts->magnitudes = pc_allocate(blocks, sizeof(double));
    if (!counts->magnitudes) return pc_fail_memory(&trainer->error, "measurements");
    for (size_t b = 0; b < blocks; b++) counts->magnitudes[b] = NAN;
    counts->batch_loss = counts->train_loss = counts->train_energy = counts->samples_per_second = NAN;
    counts->best_accuracy = counts->best_loss = NAN;
    counts->test = (struct pc_scores){NAN, NAN, NAN};
    counts->guard.limit = pc_choice_number(&trainer->choices, "divergence");
    if (parts->plan.measure_interval == 0) return PCIL_OK;
    pcil_status status = pcil_traces_create(&parts->traces, parts->inference, parts->optimizer);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}

static struct pc_plan read_plan(const struct pc_choices *choices) {
    return (struct pc_plan){
        .epochs = (int64_t)pc_choice_number(choices, "epochs"),
        .steps = (int64_t)pc_choice_number(choices, "steps"),
        .evaluations = (int64_t)pc_choice_number(choices, "evaluations"),
        .measure_interval = (int64_t)pc_choice_number(choices, "measure_interval"),
        .checkpoint_epochs = (int64_t)pc_choice_number(choices, "checkpoint_epochs"),
        .checkpoint_iterations = (int64_t)pc_choice_number(choices, "checkpoint_iterations"),
        .checkpoint_minutes = pc_choice_number(choices, "checkpoint_minutes"),
        .batch = (int32_t)pc_choice_number(choices, "batch"),
        .seed = (uint64_t)pc_choice_number(choices, "seed"),
        .deterministic = pc_choice_number(choices, "deterministic") != 0,
    };
}

/* What a checkpoint tells of the data. */
static pcil_status identify_data(pcil_trainer *trainer, struct pc_parts *parts) {
    pcil_status status = pc_data_identity(parts->train, &trainer->error, &parts->train_identity);
    if (status == PCIL_OK) status = pc_data_identity(parts->test, &trainer->error, &parts->test_identity);
    if (status != PCIL_OK) return status;
    bool failed = parts->train_identity.failed || parts->test_identity.failed;
    return failed ? pc_fail_memory(&trainer->error, "a text") : PCIL_OK;
}

static pcil_status check_blas(pcil_trainer *trainer, const struct pc_plan *plan) {
    if (!plan->deterministic || pc_blas_takes_threads()) return PCIL_OK;
    return pc_fail(
        &trainer->error, PCIL_ERROR_UNSUPPORTED,
        "deterministic=1 tells OpenBLAS its number of threads, but this library runs on another BLAS: leave it "
        "out, and have that BLAS use one thread by its own means");
}

pcil_status pc_parts_make(pcil_trainer *trainer, struct pc_parts *parts) {
    const char *out = pc_choice_text(&trainer->choices, "out");
    parts->plan = read_plan(&trainer->choices);
    pcil_status status = pc_resume_check(trainer);
    if (status == PCIL_OK) status = pc_choices_check_kinds(&trainer->choices, &trainer->error);
    if (status == PCIL_OK) status = check_blas(trainer, &parts->plan);
    if (status == PCIL_OK && *out && !trainer->resumed) status = pc_folder_check(&trainer->error, out);
    if (status == PCIL_OK) status = settle_prefetch(trainer);
    if (status == PCIL_OK) status = make_network(trainer, parts);
    if (status == PCIL_OK) status = pc_parts_open_data(trainer, parts);
    if (status == PCIL_OK) status = bound_batch(trainer, parts);
    if (status == PCIL_OK) status = make_feed(trainer, parts);
    if (status == PCIL_OK) status = make_walks(trainer, parts);
    if (status == PCIL_OK) status = make_rules(trainer, parts);
    if (status == PCIL_OK) status = pc_reconstructions_make(trainer, parts);
    if (status == PCIL_OK) status = make_counts(trainer, parts);
    if (status == PCIL_OK && *out) status = identify_data(trainer, parts);
    return status == PCIL_OK ? pc_resume_parts(trainer, parts) : status;
}

void pc_parts_free(struct pc_parts *parts) {
    pcil_batches_free(parts->train_batches);
    pcil_batches_free(parts->test_batches);
    pcil_traces_free(parts->traces);
    pcil_optimizer_free(parts->optimizer);
    pcil_inference_free(parts->inference);
    pcil_network_free(parts->network);
    pc_feed_free(&parts->feed);
    pc_reconstructions_free(&parts->reconstructions);
    pc_release(parts->outputs);
    pc_release(parts->counts.magnitudes);
    pc_text_free(&parts->train_identity);
    pc_text_free(&parts->test_identity);
    for (int32_t i = parts->opened_count - 1; i >= 0; i--) pcil_dataset_free(parts->opened[i]);
    *parts = (struct pc_parts){.opened_count = 0};
}
