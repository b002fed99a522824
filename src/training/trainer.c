/* The trainer's handle: settings before a run, measurements during and after it. */
#include "training/trainer.h"

#include "base/memory.h"
#include "base/text.h"
#include "training/recipes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

pcil_status pcil_trainer_create(pcil_trainer **trainer) {
    if (!trainer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the trainer is NULL");
    pcil_trainer *made = pc_allocate(1, sizeof *made);
    if (!made) return pc_fail_memory(NULL, "a trainer");
    made->folder.metrics = -1;
    *trainer = made;
    return PCIL_OK;
}

void pcil_trainer_free(pcil_trainer *trainer) {
    if (!trainer) return;
    pc_folder_end(&trainer->folder);
    pc_checkpoint_free(trainer->checkpoint);
    pc_release(trainer->resumed);
    pc_parts_free(&trainer->parts);
    pc_choices_free(&trainer->choices);
    pc_choices_free(&trainer->choices_before);
    pc_release(trainer);
}

const char *pcil_trainer_error(const pcil_trainer *trainer) {
    return trainer ? trainer->error.text : "";
}

const char *pcil_trainer_warning(const pcil_trainer *trainer) {
    return trainer ? trainer->warning.text : "";
}

/* Those that were not told yet stay, a line each. */
void pc_run_warn(pcil_trainer *trainer, const char *format, ...) {
    struct pc_error fresh;
    size_t kept = trainer->warned ? strlen(trainer->warning.text) : 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fresh.text, sizeof fresh.text, format, arguments);
    va_end(arguments);
    snprintf(trainer->warning.text + kept, sizeof trainer->warning.text - kept, "%s%s", kept > 0 ? "\n" : "",
             fresh.text);
    trainer->warned = true;
}

void pc_run_tell(pcil_trainer *trainer) {
    if (!trainer->warned) return;
    trainer->warned = false;
    if (trainer->watch) trainer->watch(trainer->user, trainer, PCIL_EVENT_WARNING);
}

static pcil_status check_trainer(const pcil_trainer *trainer) {
    return trainer ? PCIL_OK : pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the trainer is NULL");
}

/* Settings are fixed once parts were made of them. */
static pcil_status check_open(pcil_trainer *trainer) {
    if (!trainer) return check_trainer(trainer);
    if (!trainer->prepared) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_STATE, "the trainer is prepared: its settings are fixed");
}

pcil_status pcil_trainer_recipe(pcil_trainer *trainer, const char *name) {
    pcil_status status = check_open(trainer);
    return status == PCIL_OK ? pc_recipe_take(&trainer->choices, &trainer->error, name) : status;
}

pcil_status pcil_trainer_load(pcil_trainer *trainer, const char *path) {
    pcil_status status = check_open(trainer);
    return status == PCIL_OK ? pc_choices_load(&trainer->choices, &trainer->error, path) : status;
}

pcil_status pcil_trainer_set_text(pcil_trainer *trainer, const char *name, const char *value) {
    pcil_status status = check_open(trainer);
    if (status != PCIL_OK) return status;
    if (name && value && *value && strcmp(name, "recipe") == 0) return pcil_trainer_recipe(trainer, value);
    return pc_choices_set(&trainer->choices, &trainer->error, name, value, false);
}

pcil_status pcil_trainer_set(pcil_trainer *trainer, const char *name, double value) {
    struct pc_number number;
    pcil_status status = check_open(trainer);
    if (status != PCIL_OK) return status;
    if (!name) return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "the option's name is NULL");
    if (!isfinite(value))
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "option '%s': not a finite number", name);
    return pc_choices_set(&trainer->choices, &trainer->error, name, pc_format_number(&number, value), false);
}

pcil_status pcil_trainer_get_text(const pcil_trainer *trainer, const char *name, char *text, int64_t capacity,
                                  int64_t *length) {
    struct pc_option_text space;
    const char *value;
    pcil_status status = check_trainer(trainer);
    if (status == PCIL_OK) status = pc_choices_get(&trainer->choices, name, &space, &value);
    return status == PCIL_OK ? pc_text_give(NULL, value, text, capacity, length) : status;
}

pcil_status pcil_trainer_settings(const pcil_trainer *trainer, char *text, int64_t capacity, int64_t *length) {
    struct pc_text json = {0};
    pcil_status status = check_trainer(trainer);
    if (status != PCIL_OK) return status;
    pc_choices_write(&trainer->choices, &json, true);
    return pc_text_give_built(NULL, &json, text, capacity, length);
}

pcil_status pcil_trainer_data(pcil_trainer *trainer, pcil_dataset *train, pcil_dataset *test) {
    pcil_status status = check_open(trainer);
    if (status != PCIL_OK) return status;
    if (!train) return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "the training data set is NULL");
    trainer->lent_train = train;
    trainer->lent_test = test;
    return PCIL_OK;
}

pcil_status pcil_trainer_prepare(pcil_trainer *trainer) {
    struct pc_parts parts = {.opened_count = 0};
    pcil_status status = check_trainer(trainer);
    if (status != PCIL_OK || trainer->prepared) return status;
    status = pc_parts_make(trainer, &parts);
    if (status != PCIL_OK) {
        pc_parts_free(&parts);
        return status;
    }
    trainer->parts = parts;
    trainer->prepared = true;
    return PCIL_OK;
}

pcil_status pcil_trainer_watch(pcil_trainer *trainer, pcil_watch_callback callback, void *user) {
    pcil_status status = check_trainer(trainer);
    if (status != PCIL_OK) return status;
    trainer->watch = callback;
    trainer->user = user;
    return PCIL_OK;
}

pcil_network *pcil_trainer_network(pcil_trainer *trainer) {
    return trainer ? trainer->parts.network : NULL;
}

pcil_inference *pcil_trainer_inference(pcil_trainer *trainer) {
    return trainer ? trainer->parts.inference : NULL;
}

pcil_optimizer *pcil_trainer_optimizer(pcil_trainer *trainer) {
    return trainer ? trainer->parts.optimizer : NULL;
}

const pcil_traces *pcil_trainer_traces(const pcil_trainer *trainer) {
    return trainer ? trainer->parts.traces : NULL;
}

const pcil_dataset *pcil_trainer_train_data(pcil_trainer *trainer) {
    return trainer ? trainer->parts.train : NULL;
}

const pcil_dataset *pcil_trainer_test_data(pcil_trainer *trainer) {
    return trainer ? trainer->parts.test : NULL;
}
