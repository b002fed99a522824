/* Batches: the handle, its options, the order of an epoch. */
#include "dataset/batches.h"

#include "base/memory.h"
#include "base/random.h"

#include <string.h>

static const struct pc_option options[PC_BATCHES_OPTIONS] = {
    [PC_SHUFFLE] = {.name = "shuffle", .type = PC_FLAG, .initial = 1, .help = "a new order of the images each epoch"},
    [PC_DROP_LAST] = {.name = "drop_last", .type = PC_FLAG, .help = "an incomplete last batch is dropped"},
    [PC_FLIP] = {.name = "flip", .type = PC_FLAG, .help = "half of the images are mirrored left to right"},
    [PC_CROP] = {.name = "crop",
                 .type = PC_INTEGER,
                 .most = 1024,
                 .help = "images are padded by so many black pixels on each side, then cut at random; 0: not"},
    [PC_NORMALISE] = {.name = "normalise",
                      .type = PC_WORD,
                      .words = "none centre standard shrink",
                      .help = "none: [0,1]; centre: (x-.5)/.5; standard: (x-mean)/deviation of each channel; shrink: "
                              ".99x+.005"},
    [PC_PREFETCH] = {.name = "prefetch", .type = PC_FLAG, .help = "the next batch is made by a thread of its own"},
};

static const struct pc_kind batches_kind = {.name = "batches", .help = "how images are put into batches"};
static const struct pc_kind *const kinds[] = {&batches_kind};

const struct pc_family pc_batches_family = {
    .name = "batches",
    .noun = "batches",
    .kinds = kinds,
    .count = 1,
    .common = {options, PC_BATCHES_OPTIONS},
};

static bool has_memory(const struct pcil_batches *batches) {
    return batches->order && batches->image && batches->scale && batches->shift;
}

pcil_status pcil_batches_create(pcil_batches **batches, const pcil_dataset *dataset, int32_t batch, uint64_t seed) {
    if (!batches || !dataset)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%s is NULL",
                       batches ? "the data set" : "the place for the batches' handle");
    if (batch < 1) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a batch of %d images; at least 1 is needed", batch);
    struct pcil_batches *made = pc_allocate(1, sizeof *made);
    if (!made) return pc_fail_memory(NULL, "batches");
    *made = (struct pcil_batches){.set = dataset, .reference = dataset, .batch = batch, .seed = seed};
    made->order = pc_allocate((size_t)dataset->count, sizeof(int64_t));
    made->image = pc_allocate_floats(1, pc_dataset_image_size(dataset));
    made->scale = pc_allocate_floats(dataset->width, dataset->channels);
    made->shift = pc_allocate_floats(dataset->width, dataset->channels);
    pcil_status status = has_memory(made) ? PCIL_OK : pc_fail_memory(NULL, "batches");
    if (status == PCIL_OK) status = pc_settings_create(&made->settings, NULL, &pc_batches_family, &batches_kind, 0);
    if (status == PCIL_OK)
        *batches = made;
    else
        pcil_batches_free(made);
    return status;
}

void pcil_batches_free(pcil_batches *batches) {
    if (!batches) return;
    pc_prefetch_free(batches->prefetch);
    pc_settings_free(&batches->settings);
    pc_release(batches->order);
    pc_release(batches->image);
    pc_release(batches->scale);
    pc_release(batches->shift);
    pc_release(batches);
}

const char *pcil_batches_error(const pcil_batches *batches) {
    return batches ? batches->error.text : "";
}

/* Options and reference are fixed once a walk began: what a thread is making must not change under it. */
static pcil_status check_changeable(struct pcil_batches *batches) {
    if (!batches) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the batches are NULL");
    if (batches->begun)
        return pc_fail(&batches->error, PCIL_ERROR_STATE, "options of batches are set before pcil_batches_begin");
    return PCIL_OK;
}

pcil_status pcil_batches_set(pcil_batches *batches, const char *name, double value) {
    pcil_status status = check_changeable(batches);
    return status == PCIL_OK ? pc_settings_set(&batches->settings, &batches->error, name, value) : status;
}

pcil_status pcil_batches_set_text(pcil_batches *batches, const char *name, const char *value) {
    pcil_status status = check_changeable(batches);
    return status == PCIL_OK ? pc_settings_set_text(&batches->settings, &batches->error, name, value) : status;
}

pcil_status pcil_batches_normalise_like(pcil_batches *batches, const pcil_dataset *reference) {
    pcil_status status = check_changeable(batches);
    if (status != PCIL_OK) return status;
    if (!reference) return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT, "the reference data set is NULL");
    if (reference->channels != batches->set->channels)
        return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT,
                       "the reference data set has %d channels, the batches' data set has %d", reference->channels,
                       batches->set->channels);
    batches->reference = reference;
    return PCIL_OK;
}

static int64_t count_batches(const struct pcil_batches *batches) {
    int64_t whole = batches->set->count / batches->batch;
    bool rest = batches->set->count % batches->batch != 0 && pc_setting(&batches->settings, PC_DROP_LAST) == 0;
    return whole + rest;
}

int32_t pc_batches_most(const struct pcil_batches *batches) {
    return batches->batch < batches->set->count ? batches->batch : (int32_t)batches->set->count;
}

int64_t pcil_batches_per_epoch(const pcil_batches *batches) {
    return batches ? count_batches(batches) : -1;
}

/* Fisher-Yates from the epoch's own stream. */
static void order_epoch(struct pcil_batches *batches) {
    struct pc_random random;
    int64_t *order = batches->order, count = batches->set->count;
    for (int64_t i = 0; i < count; i++) order[i] = i;
    if (pc_setting(&batches->settings, PC_SHUFFLE) == 0) return;
    pc_random_seed(&random, batches->seed, "shuffle", (uint64_t)batches->epoch);
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)pc_random_below(&random, (uint64_t)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static pcil_status check_begin(struct pcil_batches *batches, int64_t epoch, int64_t first) {
    if (!batches) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the batches are NULL");
    int64_t count = count_batches(batches);
    int32_t crop = (int32_t)pc_setting(&batches->settings, PC_CROP);
    if (epoch < 0)
        return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT, "epoch %lld; it is at least 0", (long long)epoch);
    if (first < 0 || first > count)
        return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT, "first batch %lld; an epoch has batches 0 ... %lld",
                       (long long)first, (long long)count - 1);
    if (crop >= batches->set->height || crop >= batches->set->width)
        return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT, "option 'crop' is %d; it is less than the images' %d x %d",
                       crop, batches->set->height, batches->set->width);
    return PCIL_OK;
}

/* What only the first walk needs. */
static pcil_status prepare(struct pcil_batches *batches) {
    if (batches->begun) return PCIL_OK;
    pcil_status status = pc_batches_find_scale(batches);
    bool ahead = pc_setting(&batches->settings, PC_PREFETCH) != 0;
    if (status == PCIL_OK && ahead && !batches->prefetch) status = pc_prefetch_create(&batches->prefetch, batches);
    return status;
}

/* Asks for the next batch, if there is one and a thread to make it. */
static void ask(struct pcil_batches *batches) {
    if (!batches->prefetch || batches->asked || batches->next >= count_batches(batches)) return;
    pc_prefetch_ask(batches->prefetch, batches->next);
    batches->asked = true;
}

/* After a failure nothing is asked for until the caller comes again: what it repaired by then counts. */
static pcil_status take_ahead(struct pcil_batches *batches, struct pc_batch *batch) {
    ask(batches);
    batches->asked = false;
    return pc_prefetch_take(batches->prefetch, &batches->error, batch);
}

pcil_status pcil_batches_begin(pcil_batches *batches, int64_t epoch, int64_t first) {
    pcil_status status = check_begin(batches, epoch, first);
    if (status == PCIL_OK) status = prepare(batches);
    if (status != PCIL_OK) return status;
    if (batches->prefetch) pc_prefetch_rest(batches->prefetch);
    bool ordered = batches->begun && batches->epoch == epoch;
    batches->begun = true;
    batches->epoch = epoch;
    batches->next = first;
    if (!ordered) order_epoch(batches);
    batches->asked = false;
    ask(batches);
    return PCIL_OK;
}

static pcil_status check_next(struct pcil_batches *batches, const float *inputs, const int32_t *count) {
    if (!batches) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the batches are NULL");
    if (!inputs || !count)
        return pc_fail(&batches->error, PCIL_ERROR_ARGUMENT, "the place for %s is NULL",
                       inputs ? "the count" : "the inputs");
    return PCIL_OK;
}

pcil_status pc_batches_take(struct pcil_batches *batches, struct pc_batch *batch) {
    pcil_status status = PCIL_OK;
    batch->count = 0;
    if (!batches->begun)
        return pc_fail(&batches->error, PCIL_ERROR_STATE, "no epoch was begun: call pcil_batches_begin first");
    if (batches->next >= count_batches(batches)) return PCIL_OK;
    if (batches->prefetch)
        status = take_ahead(batches, batch);
    else if ((status = pc_batch_make(batches, batches->next, batch)) != PCIL_OK)
        pc_fail_again(&batches->error, status);
    if (status != PCIL_OK) return status;
    batches->next++;
    ask(batches);
    return PCIL_OK;
}

static void copy(const struct pcil_dataset *set, const struct pc_batch *from, float *inputs, int32_t *labels,
                 float *targets) {
    size_t count = (size_t)from->count;
    memcpy(inputs, from->inputs, count * (size_t)pc_dataset_image_size(set) * sizeof *inputs);
    if (labels && from->labels) memcpy(labels, from->labels, count * sizeof *labels);
    if (targets && from->targets) memcpy(targets, from->targets, count * (size_t)set->target_size * sizeof *targets);
}

pcil_status pcil_batches_next(pcil_batches *batches, float *inputs, int32_t *labels, float *targets, int32_t *count) {
    pcil_status status = check_next(batches, inputs, count);
    if (status != PCIL_OK) return status;
    struct pc_batch batch = {.inputs = inputs, .labels = labels, .targets = targets};
    status = pc_batches_take(batches, &batch);
    if (status != PCIL_OK) return status;
    *count = batch.count;
    if (batch.count > 0 && batch.inputs != inputs) copy(batches->set, &batch, inputs, labels, targets);
    return PCIL_OK;
}
