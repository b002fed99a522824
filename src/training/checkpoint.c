/* Writing checkpoints: when, and what is in them. */
#include "training/checkpoint.h"

#include "base/finite.h"
#include "base/memory.h"
#include "file/checksum.h"
#include "network/network.h"
#include "optimizer/optimizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_STATE = 4 }; /* arrays of an optimizer */

const char pc_checkpoint_name[] = "checkpoint.safetensors",
           pc_checkpoint_previous[] = "checkpoint.safetensors.previous";
const char pc_checkpoint_format[] = "1", pc_checkpoint_header_sum[] = "header_crc32",
           pc_checkpoint_data_sum[] = "data_crc32";
const char *const pc_checkpoint_keys[PC_CHECKPOINT_TEXTS] = {
    [PC_TEXT_FORMAT] = "pcil_checkpoint", [PC_TEXT_NETWORK] = "description",
    [PC_TEXT_SETTINGS] = "settings",      [PC_TEXT_STATE] = "state",
    [PC_TEXT_TRAIN] = "train_data",       [PC_TEXT_TEST] = "test_data",
    [PC_TEXT_MACHINE] = "machine"};

const char *pc_checksum_text(struct pc_checksum_text *text, uint32_t sum) {
    snprintf(text->text, sizeof text->text, "%08x", (unsigned)sum);
    return text->text;
}

uint32_t pc_checkpoint_sum_tensors(uint32_t sum, const struct pc_stored_tensor *tensors, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        const struct pc_stored_tensor *tensor = &tensors[i];
        sum = pc_checksum(sum, tensor->name, strlen(tensor->name) + 1);
        sum = pc_checksum(sum, tensor->shape, (size_t)tensor->rank * sizeof *tensor->shape);
        sum = pc_checksum(sum, &tensor->end, sizeof tensor->end);
    }
    return sum;
}

/* --- numbers --- */

struct contents {
    struct pc_stored_tensor *tensors;
    const void **data;
    int32_t count;
    char names[MOST_STATE][40];
    uint32_t sum;
};

static void contents_free(struct contents *contents) {
    pc_release(contents->tensors);
    pc_release(contents->data);
}

/* Adds a tensor whose name and shape are set. No checkpoint holds a number that is not finite. */
static pcil_status add(struct contents *contents, struct pc_error *own, const float *numbers, int64_t count) {
    struct pc_stored_tensor *tensor = &contents->tensors[contents->count];
    size_t bytes = (size_t)count * sizeof *numbers;
    if (pc_first_not_finite(numbers, count) >= 0)
        return pc_fail(own, PCIL_ERROR_DIVERGED, "a number of '%s' is not finite: a smaller learning_rate may help",
                       tensor->name);
    tensor->begin = contents->count > 0 ? tensor[-1].end : 0;
    tensor->end = tensor->begin + bytes;
    contents->sum = pc_checksum(contents->sum, numbers, bytes);
    contents->data[contents->count++] = numbers;
    return PCIL_OK;
}

static pcil_status add_weights(struct contents *contents, struct pc_error *own, const pcil_network *network) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < pcil_network_tensors(network) && status == PCIL_OK; i++) {
        struct pc_stored_tensor *tensor = &contents->tensors[contents->count];
        int64_t count;
        const float *numbers = pc_network_tensor_numbers(network, i, &count);
        tensor->name = pcil_network_tensor_name(network, i);
        status = pcil_network_tensor_shape(network, tensor->name, &tensor->rank, tensor->shape);
        if (status == PCIL_OK) status = add(contents, own, numbers, count);
    }
    return status;
}

static pcil_status add_optimizer(struct contents *contents, struct pc_error *own, pcil_optimizer *optimizer) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < pc_optimizer_arrays(optimizer) && i < MOST_STATE && status == PCIL_OK; i++) {
        struct pc_optimizer_array array = pc_optimizer_array(optimizer, i);
        if (array.bytes != sizeof(float)) continue;
        struct pc_stored_tensor *tensor = &contents->tensors[contents->count];
        snprintf(contents->names[i], sizeof contents->names[i], "optimizer.%s", array.name);
        *tensor = (struct pc_stored_tensor){.name = contents->names[i], .rank = 1, .shape = {array.count}};
        status = add(contents, own, array.data, array.count);
    }
    return status;
}

static pcil_status gather(pcil_trainer *trainer, struct contents *contents) {
    const struct pc_parts *parts = &trainer->parts;
    size_t most = (size_t)pcil_network_tensors(parts->network) + MOST_STATE;
    contents->tensors = pc_allocate(most, sizeof *contents->tensors);
    contents->data = pc_allocate(most, sizeof *contents->data);
    if (!contents->tensors || !contents->data) return pc_fail_memory(&trainer->error, "a checkpoint's tensors");
    pcil_status status = add_weights(contents, &trainer->error, parts->network);
    return status == PCIL_OK ? add_optimizer(contents, &trainer->error, parts->optimizer) : status;
}

/* --- texts --- */

static void append_state(const pcil_trainer *trainer, struct pc_text *text) {
    json_t *state = pc_state_write(trainer);
    char *dump = state ? pc_json_dump(state, JSON_COMPACT) : NULL;
    if (dump)
        pc_text_append(text, "%s", dump);
    else
        text->failed = true;
    free(dump);
    json_decref(state);
}

static void write_texts(const pcil_trainer *trainer, struct pc_text texts[PC_CHECKPOINT_TEXTS]) {
    const struct pc_parts *parts = &trainer->parts;
    pc_text_append(&texts[PC_TEXT_FORMAT], "%s", pc_checkpoint_format);
    pc_text_append(&texts[PC_TEXT_NETWORK], "%s", pc_choice_text(&trainer->choices, "network"));
    pc_choices_write(&trainer->choices, &texts[PC_TEXT_SETTINGS], false);
    append_state(trainer, &texts[PC_TEXT_STATE]);
    pc_text_append(&texts[PC_TEXT_TRAIN], "%s", parts->train_identity.bytes);
    pc_text_append(&texts[PC_TEXT_TEST], "%s", parts->test_identity.bytes);
    pc_machine(&texts[PC_TEXT_MACHINE], parts->plan.deterministic);
}

static bool put(json_t *metadata, const char *key, const char *value) {
    return json_object_set_new(metadata, key, json_string(value)) == 0;
}

static json_t *make_metadata(const pcil_trainer *trainer, const struct contents *contents) {
    struct pc_text texts[PC_CHECKPOINT_TEXTS] = {{0}};
    struct pc_checksum_text sum_text;
    json_t *metadata = json_object();
    bool good = metadata != NULL;
    uint32_t sum = 0;
    write_texts(trainer, texts);
    for (int i = 0; i < PC_CHECKPOINT_TEXTS; i++) {
        good = good && !texts[i].failed && put(metadata, pc_checkpoint_keys[i], texts[i].bytes);
        if (good) sum = pc_checksum(sum, texts[i].bytes, texts[i].length + 1);
    }
    sum = pc_checkpoint_sum_tensors(sum, contents->tensors, contents->count);
    good = good && put(metadata, pc_checkpoint_header_sum, pc_checksum_text(&sum_text, sum));
    good = good && put(metadata, pc_checkpoint_data_sum, pc_checksum_text(&sum_text, contents->sum));
    for (int i = 0; i < PC_CHECKPOINT_TEXTS; i++) pc_text_free(&texts[i]);
    if (good) return metadata;
    json_decref(metadata);
    return NULL;
}

/* --- the file --- */

/* What the checkpoint counts of metrics.jsonl must outlast it. */
static pcil_status sync_metrics(pcil_trainer *trainer) {
    struct pc_quote quote;
    if (fsync(trainer->folder.metrics) == 0 || errno == EINVAL) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_IO, "cannot write '%s/metrics.jsonl': %s",
                   pc_quote(&quote, trainer->folder.path), strerror(errno));
}

static pcil_status write_checkpoint(pcil_trainer *trainer) {
    struct contents contents = {.count = 0};
    pcil_status status = sync_metrics(trainer);
    if (status == PCIL_OK) status = gather(trainer, &contents);
    json_t *metadata = status == PCIL_OK ? make_metadata(trainer, &contents) : NULL;
    char *path = pc_file_join(trainer->folder.path, pc_checkpoint_name);
    if (status == PCIL_OK && (!metadata || !path)) status = pc_fail_memory(&trainer->error, "a checkpoint");
    if (status == PCIL_OK)
        status = pc_safetensors_write(&trainer->error, path, metadata, contents.tensors, contents.count, contents.data,
                                      true);
    pc_release(path);
    json_decref(metadata);
    contents_free(&contents);
    trainer->folder.checkpointed = pc_now();
    return status;
}

/* --- when --- */

/* A folder that has one keeps one: an old one beside newer files would be gone on with in their place. */
static bool wanted(const pcil_trainer *trainer) {
    const struct pc_plan *plan = &trainer->parts.plan;
    return trainer->folder.path && (trainer->checkpoint || plan->checkpoint_epochs > 0 ||
                                    plan->checkpoint_iterations > 0 || plan->checkpoint_minutes > 0);
}

static bool is_due(const pcil_trainer *trainer) {
    const struct pc_plan *plan = &trainer->parts.plan;
    const struct pc_counts *counts = &trainer->parts.counts;
    bool epoch = counts->batch == counts->batches;
    if (counts->iteration >= pc_steps(&trainer->parts)) return true;
    if (epoch && plan->checkpoint_epochs > 0 && counts->epoch % plan->checkpoint_epochs == 0) return true;
    if (plan->checkpoint_iterations > 0 && counts->iteration % plan->checkpoint_iterations == 0) return true;
    return plan->checkpoint_minutes > 0 && pc_now() - trainer->folder.checkpointed >= 60 * plan->checkpoint_minutes;
}

/* What cannot be saved now can be the next time: the run goes on, and its last checkpoints stay. */
static pcil_status forgive(pcil_trainer *trainer, pcil_status status) {
    if (status == PCIL_OK || status == PCIL_ERROR_DIVERGED) return status;
    pc_run_warn(trainer, "no checkpoint at iteration %lld: %s. The run goes on",
                (long long)trainer->parts.counts.iteration, pcil_trainer_error(trainer));
    pc_run_tell(trainer);
    return PCIL_OK;
}

pcil_status pc_checkpoint_step(pcil_trainer *trainer) {
    if (!wanted(trainer) || !is_due(trainer)) return PCIL_OK;
    return forgive(trainer, write_checkpoint(trainer));
}

/* Whether the checkpoint that is gone on with has the run's settings: it is they that the next --resume takes. */
static bool has_settings(const pcil_trainer *trainer) {
    struct pc_text settings = {0};
    pc_choices_write(&trainer->choices, &settings, false);
    bool same =
        !settings.failed && strcmp(settings.bytes, pc_checkpoint_text(trainer->checkpoint, PC_TEXT_SETTINGS)) == 0;
    pc_text_free(&settings);
    return same;
}

pcil_status pc_checkpoint_begin(pcil_trainer *trainer) {
    if (!wanted(trainer) || (trainer->checkpoint && has_settings(trainer))) return PCIL_OK;
    return forgive(trainer, write_checkpoint(trainer));
}

pcil_status pc_checkpoint_stop(pcil_trainer *trainer) {
    return write_checkpoint(trainer);
}
