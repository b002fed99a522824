/* Whether a run is the one that its checkpoint is of; and its numbers, once the parts are made. */
#include "base/finite.h"
#include "base/memory.h"
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "training/checkpoint.h"

#include <stdlib.h>
#include <string.h>

/* Settings that change no number of the run. */
static bool may_change(const char *name) {
    static const char *const names[] = {"epochs",
                                        "data",
                                        "prefetch",
                                        "divergence",
                                        "check_numbers",
                                        "checkpoint_epochs",
                                        "checkpoint_minutes",
                                        "checkpoint_iterations",
                                        "pcil_version"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static char *value_text(const json_t *value) {
    return value ? pc_json_dump(value, JSON_ENCODE_ANY | JSON_COMPACT) : strdup("(none)");
}

static pcil_status fail_setting(struct pc_error *own, const char *name, const json_t *now, const json_t *before) {
    char *now_text = value_text(now), *before_text = value_text(before);
    struct pc_quote now_quote, before_quote;
    pcil_status status = pc_fail(
        own, PCIL_ERROR_ARGUMENT, "setting '%s' is %s, but the run to go on with has %s: leave it as it was", name,
        pc_quote(&now_quote, now_text ? now_text : "?"), pc_quote(&before_quote, before_text ? before_text : "?"));
    free(now_text);
    free(before_text);
    return status;
}

/* Every setting of `left` as in `right`. */
static pcil_status compare(struct pc_error *own, json_t *left, json_t *right, bool swapped) {
    const char *name;
    json_t *value;
    json_object_foreach (left, name, value) {
        const json_t *other = json_object_get(right, name);
        if (may_change(name) || (other && json_equal(value, other))) continue;
        return swapped ? fail_setting(own, name, other, value) : fail_setting(own, name, value, other);
    }
    return PCIL_OK;
}

/* As this library writes them: what a run of an older one could not choose has its default. */
static pcil_status write_settings(struct pc_error *own, const struct pc_choices *choices, json_t **settings) {
    const struct pc_json_limits limits = {.depth = 2, .values = 100000};
    struct pc_text text = {0};
    pc_choices_write(choices, &text, false);
    pcil_status status = text.failed ? pc_fail_memory(own, "settings")
                                     : pc_json_parse(own, "settings", text.bytes, text.length, limits, settings);
    pc_text_free(&text);
    return status;
}

static pcil_status compare_settings(pcil_trainer *trainer) {
    const char *out = pc_choice_text(&trainer->choices, "out");
    struct pc_quote quote;
    if (strcmp(out, trainer->resumed) != 0)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "a resumed run stays in its folder '%s': leave out 'out'",
                       pc_quote(&quote, trainer->resumed));
    json_t *now = NULL, *before = NULL;
    pcil_status status = write_settings(&trainer->error, &trainer->choices, &now);
    if (status == PCIL_OK) status = write_settings(&trainer->error, &trainer->choices_before, &before);
    if (status == PCIL_OK) status = compare(&trainer->error, now, before, false);
    if (status == PCIL_OK) status = compare(&trainer->error, before, now, true);
    json_decref(now);
    json_decref(before);
    return status;
}

static pcil_status compare_data(pcil_trainer *trainer, const char *part, const struct pc_text *now,
                                enum pc_checkpoint_text which) {
    const char *before = pc_checkpoint_text(trainer->checkpoint, which);
    struct pc_quote quote;
    if (strcmp(now->bytes, before) == 0) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                   "the %s data are '%s', but the run to go on with has '%s': give it the data that it had", part,
                   now->bytes, pc_quote(&quote, before));
}

/* --- its numbers --- */

static pcil_status read_numbers(pcil_trainer *trainer, const char *name, float *numbers, int64_t count) {
    const struct pc_safetensors *archive = &trainer->checkpoint->archive;
    const struct pc_stored_tensor *stored = pc_safetensors_find(archive, name);
    uint64_t size = (uint64_t)count * sizeof *numbers;
    if (!stored || stored->end - stored->begin != size)
        return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': tensor '%s' is missing or not of %lld numbers",
                       archive->path.text, name, (long long)count);
    pcil_status status = pc_safetensors_read(archive, &trainer->error, stored, numbers);
    if (status != PCIL_OK) return status;
    int64_t bad = pc_first_not_finite(numbers, count);
    if (bad >= 0)
        return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': tensor '%s': number %lld is not finite",
                       archive->path.text, name, (long long)bad);
    return PCIL_OK;
}

static pcil_status read_weights(pcil_trainer *trainer, pcil_network *network, int32_t index) {
    int64_t count;
    pc_network_tensor_numbers(network, index, &count);
    const char *name = pcil_network_tensor_name(network, index);
    float *numbers = pc_allocate_floats(1, count);
    if (!numbers) return pc_fail_memory(&trainer->error, "a checkpoint's tensor");
    pcil_status status = read_numbers(trainer, name, numbers, count);
    if (status == PCIL_OK && (status = pcil_network_set(network, name, numbers, count)) != PCIL_OK)
        pc_fail_again(&trainer->error, status);
    pc_release(numbers);
    return status;
}

static pcil_status read_optimizer(pcil_trainer *trainer, pcil_optimizer *optimizer, int32_t *floats) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < pc_optimizer_arrays(optimizer) && status == PCIL_OK; i++) {
        struct pc_optimizer_array array = pc_optimizer_array(optimizer, i);
        char name[40];
        if (array.bytes != sizeof(float)) continue;
        snprintf(name, sizeof name, "optimizer.%s", array.name);
        status = read_numbers(trainer, name, array.data, array.count);
        ++*floats;
    }
    return status;
}

static pcil_status read_tensors(pcil_trainer *trainer, struct pc_parts *parts) {
    int32_t weights = pcil_network_tensors(parts->network), floats = 0;
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < weights && status == PCIL_OK; i++) status = read_weights(trainer, parts->network, i);
    if (status == PCIL_OK) status = read_optimizer(trainer, parts->optimizer, &floats);
    if (status != PCIL_OK || weights + floats == trainer->checkpoint->archive.count) return status;
    return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': holds %d tensors, the run has %d",
                   trainer->checkpoint->archive.path.text, trainer->checkpoint->archive.count, weights + floats);
}

static pcil_status check_epochs(pcil_trainer *trainer, const struct pc_parts *parts) {
    const struct pc_plan *plan = &parts->plan;
    bool longer = (double)plan->epochs > pc_choice_number(&trainer->choices_before, "epochs");
    if (longer && plan->steps > 0 && parts->counts.iteration >= plan->steps)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "epochs=%lld, but the run to go on with has ended by steps=%lld, which stays as it was: more "
                       "epochs make it no longer, only a new run can",
                       (long long)plan->epochs, (long long)plan->steps);
    if (parts->counts.epoch <= plan->epochs) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "epochs=%lld, but the run to go on with is in epoch %lld",
                   (long long)plan->epochs, (long long)parts->counts.epoch);
}

pcil_status pc_resume_check(pcil_trainer *trainer) {
    return trainer->resumed ? compare_settings(trainer) : PCIL_OK;
}

/* Its tensors are of that network. */
static pcil_status compare_network(pcil_trainer *trainer) {
    const char *stored = pc_checkpoint_text(trainer->checkpoint, PC_TEXT_NETWORK);
    if (strcmp(stored, pc_choice_text(&trainer->choices, "network")) == 0) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': its description and its settings name two networks",
                   trainer->checkpoint->archive.path.text);
}

pcil_status pc_resume_parts(pcil_trainer *trainer, struct pc_parts *parts) {
    const struct pc_checkpoint *checkpoint = trainer->checkpoint;
    if (!checkpoint) return PCIL_OK;
    pcil_status status = compare_network(trainer);
    if (status == PCIL_OK) status = compare_data(trainer, "training", &parts->train_identity, PC_TEXT_TRAIN);
    if (status == PCIL_OK) status = compare_data(trainer, "test", &parts->test_identity, PC_TEXT_TEST);
    if (status == PCIL_OK) status = read_tensors(trainer, parts);
    if (status == PCIL_OK) status = pc_state_read(trainer, parts, checkpoint->state, checkpoint->archive.path.text);
    return status == PCIL_OK ? check_epochs(trainer, parts) : status;
}
