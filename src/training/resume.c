/* Going on with a run: its lock, its newest checkpoint that is whole, its settings. */
#include "base/memory.h"
#include "training/checkpoint.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static pcil_status open_named(pcil_trainer *trainer, const char *folder, const char *name,
                              struct pc_checkpoint **checkpoint, bool *exists) {
    char *path = pc_file_join(folder, name);
    if (!path) return pc_fail_memory(&trainer->error, "a path");
    *exists = pc_file_exists(path);
    pcil_status status = *exists ? pc_checkpoint_open(checkpoint, &trainer->error, path) : PCIL_OK;
    pc_release(path);
    return status;
}

/* A damaged one is passed over for the one before, from which the same steps are made again; a kill between two renames
 * leaves that alone. One that cannot be read may be whole: it is no reason to give it up. */
static pcil_status open_newest(pcil_trainer *trainer, const char *folder, struct pc_checkpoint **checkpoint) {
    bool newest = false, previous = false;
    struct pc_error first;
    pcil_status status = open_named(trainer, folder, pc_checkpoint_name, checkpoint, &newest);
    if (*checkpoint || status == PCIL_ERROR_MEMORY) return status;
    if (status != PCIL_OK && status != PCIL_ERROR_FORMAT)
        return pc_fail(&trainer->error, status,
                       "%s. Make it readable, or remove it: the run then goes on from the checkpoint before it",
                       trainer->error.text);
    first = trainer->error;
    pcil_status second = open_named(trainer, folder, pc_checkpoint_previous, checkpoint, &previous);
    if (*checkpoint) (*checkpoint)->previous = true;
    if (status != PCIL_OK && *checkpoint) pc_run_warn(trainer, "%s. The checkpoint before it is used", first.text);
    if (*checkpoint || (status == PCIL_OK && second == PCIL_OK)) return PCIL_OK;
    return pc_fail(&trainer->error, second == PCIL_OK ? status : second,
                   "no checkpoint can be gone on with: %s%s%s. Train anew in another folder",
                   status == PCIL_OK ? "" : first.text, status != PCIL_OK && second != PCIL_OK ? "; " : "",
                   second == PCIL_OK ? "" : trainer->error.text);
}

/* --- its settings --- */

/* PCIL_ERROR_ARGUMENT if anything was measured, PCIL_ERROR_IO if that cannot be told. */
static pcil_status check_no_metrics(pcil_trainer *trainer, const char *folder, const char *metrics) {
    struct stat status;
    struct pc_quote quote;
    if (stat(metrics, &status) != 0)
        return pc_file_is_absent(errno) ? PCIL_OK : pc_file_fail_look(&trainer->error, metrics);
    if (status.st_size == 0) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                   "'%s' holds a run without a checkpoint: '%s' is missing. Train anew in another folder",
                   pc_quote(&quote, folder), pc_checkpoint_name);
}

/* A run that was killed before its first checkpoint starts again, if nothing of it would be lost. */
static pcil_status take_config(pcil_trainer *trainer, const char *folder, struct pc_choices *choices) {
    char *config = pc_file_join(folder, "config.json"), *metrics = pc_file_join(folder, "metrics.jsonl");
    struct pc_quote quote;
    pcil_status result = config && metrics ? PCIL_OK : pc_fail_memory(&trainer->error, "a path");
    if (result == PCIL_OK && !pc_file_exists(config))
        result = pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "'%s' holds no run: there is no config.json",
                         pc_quote(&quote, folder));
    if (result == PCIL_OK) result = check_no_metrics(trainer, folder, metrics);
    if (result == PCIL_OK) result = pc_choices_load(choices, &trainer->error, config);
    pc_release(config);
    pc_release(metrics);
    return result;
}

static pcil_status take_settings(pcil_trainer *trainer, const char *folder, const struct pc_checkpoint *checkpoint,
                                 struct pc_choices *choices) {
    if (!checkpoint) return take_config(trainer, folder, choices);
    const char *text = pc_checkpoint_text(checkpoint, PC_TEXT_SETTINGS);
    char what[sizeof checkpoint->archive.path.text + 16];
    snprintf(what, sizeof what, "'%s': settings", checkpoint->archive.path.text);
    return pc_choices_parse(choices, &trainer->error, what, text, strlen(text));
}

/* Where two lists of what computes begin to differ, from the last comma on. */
static size_t first_difference(const char *a, const char *b) {
    size_t from = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == ',') from = i + 2;
    return from;
}

static void warn_of_machine(pcil_trainer *trainer, const struct pc_checkpoint *checkpoint) {
    struct pc_text machine = {0};
    struct pc_quote was, is;
    pc_machine(&machine, pc_choice_number(&trainer->choices, "deterministic") != 0);
    const char *before = pc_checkpoint_text(checkpoint, PC_TEXT_MACHINE);
    if (!machine.failed && strcmp(machine.bytes, before) != 0) {
        size_t from = first_difference(machine.bytes, before);
        pc_run_warn(trainer,
                    "the run was computed with '%s' and goes on with '%s': its numbers may differ from those of an "
                    "unbroken run",
                    pc_quote(&was, before + from), pc_quote(&is, machine.bytes + from));
    }
    pc_text_free(&machine);
}

/* What pcil_trainer_resume takes; given to the trainer when all of it is there. */
struct taken {
    struct pc_lock lock;
    struct pc_checkpoint *checkpoint;
    struct pc_choices choices, before;
    char *folder;
};

static pcil_status take(pcil_trainer *trainer, const char *folder, struct taken *taken) {
    pcil_status status = pc_lock_take(&taken->lock, &trainer->error, folder);
    if (status == PCIL_OK) status = open_newest(trainer, folder, &taken->checkpoint);
    if (status == PCIL_OK) status = take_settings(trainer, folder, taken->checkpoint, &taken->choices);
    if (status == PCIL_OK) status = pc_choices_set(&taken->choices, &trainer->error, "out", folder, false);
    if (status == PCIL_OK) status = pc_choices_copy(&taken->before, &trainer->error, &taken->choices);
    if (status != PCIL_OK) return status;
    taken->folder = pc_copy_text(folder);
    return taken->folder ? PCIL_OK : pc_fail_memory(&trainer->error, "a path");
}

static pcil_status check_folder(pcil_trainer *trainer, const char *folder) {
    struct stat status;
    struct pc_quote quote;
    if (!folder || !*folder)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "the run's folder is %s", folder ? "empty" : "NULL");
    if (trainer->resumed)
        return pc_fail(&trainer->error, PCIL_ERROR_STATE, "the trainer goes on with '%s' already",
                       pc_quote(&quote, trainer->resumed));
    if (stat(folder, &status) == 0) {
        if (S_ISDIR(status.st_mode)) return PCIL_OK;
    } else if (!pc_file_is_absent(errno)) {
        return pc_file_fail_look(&trainer->error, folder);
    }
    return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "'%s' is not a folder: there is no run to go on with",
                   pc_quote(&quote, folder));
}

pcil_status pcil_trainer_resume(pcil_trainer *trainer, const char *folder) {
    struct taken taken = {.folder = NULL};
    if (!trainer) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the trainer is NULL");
    if (trainer->prepared)
        return pc_fail(&trainer->error, PCIL_ERROR_STATE, "the trainer is prepared: its settings are fixed");
    pcil_status status = check_folder(trainer, folder);
    if (status == PCIL_OK) status = take(trainer, folder, &taken);
    if (status != PCIL_OK) {
        pc_checkpoint_free(taken.checkpoint);
        pc_choices_free(&taken.choices);
        pc_choices_free(&taken.before);
        pc_lock_release(&taken.lock);
        return status;
    }
    pc_choices_free(&trainer->choices);
    trainer->choices = taken.choices;
    trainer->choices_before = taken.before;
    if (taken.checkpoint) warn_of_machine(trainer, taken.checkpoint);
    trainer->checkpoint = taken.checkpoint;
    trainer->resumed = taken.folder;
    trainer->folder.lock = taken.lock;
    return PCIL_OK;
}
