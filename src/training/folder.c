/* The folder of a run: config.json, metrics.jsonl, model.safetensors, best.safetensors. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/batches.h"
#include "file/file.h"
#include "file/json.h"
#include "training/checkpoint.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config_name[] = "config.json", metrics_name[] = "metrics.jsonl", best_name[] = "best.safetensors";

static pcil_status check_free(struct pc_error *own, const char *path, const char *name) {
    char *file = pc_file_join(path, name);
    if (!file) return pc_fail_memory(own, "a path");
    struct pc_quote quote;
    pcil_status status = PCIL_OK;
    if (pc_file_exists(file))
        status = errno != 0 ? pc_file_fail_look(own, file)
                            : pc_fail(own, PCIL_ERROR_ARGUMENT,
                                      "out: '%s' exists: the folder holds another run; choose a new one, or go on with "
                                      "that run (--resume)",
                                      pc_quote(&quote, file));
    pc_release(file);
    return status;
}

pcil_status pc_folder_check(struct pc_error *own, const char *path) {
    struct stat status;
    struct pc_quote quote;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "out: '%s' is not a folder", pc_quote(&quote, path));
    pcil_status result = pc_lock_check(own, path);
    if (result == PCIL_OK) result = check_free(own, path, config_name);
    return result == PCIL_OK ? check_free(own, path, metrics_name) : result;
}

bool pc_folder_has(const pcil_trainer *trainer, const char *name) {
    char *path = pc_file_join(trainer->folder.path, name);
    bool has = !path || pc_file_exists(path);
    pc_release(path);
    return has;
}

static pcil_status write_config(pcil_trainer *trainer, const char *folder) {
    struct pc_text json = {0};
    char *path = pc_file_join(folder, config_name);
    pc_choices_write(&trainer->choices, &json, false);
    pcil_status status = !path || json.failed ? pc_fail_memory(&trainer->error, "the run's settings")
                                              : pc_file_write(&trainer->error, path, json.bytes, json.length);
    pc_text_free(&json);
    pc_release(path);
    return status;
}

/* What is written goes into the folder: a link in one that came from elsewhere would lead it to any file. */
static pcil_status refuse_link(pcil_trainer *trainer, const char *name) {
    char *path = pc_file_join(trainer->folder.path, name);
    struct stat status = {0};
    struct pc_quote quote;
    if (!path) return pc_fail_memory(&trainer->error, "a path");
    pcil_status result = PCIL_OK;
    if (lstat(path, &status) != 0)
        result = pc_file_is_absent(errno) ? PCIL_OK : pc_file_fail_look(&trainer->error, path);
    else if (S_ISLNK(status.st_mode))
        result = pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT, "'%s' is a link: put the file itself there",
                         pc_quote(&quote, path));
    pc_release(path);
    return result;
}

static pcil_status refuse_links(pcil_trainer *trainer) {
    const char *const names[] = {config_name, metrics_name,       "model.safetensors",
                                 best_name,   pc_checkpoint_name, pc_checkpoint_previous};
    pcil_status status = PCIL_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == PCIL_OK; i++)
        status = refuse_link(trainer, names[i]);
    return status;
}

/* A damaged newest checkpoint gives its name to the one that is used, so that no save puts it in that one's place. */
static pcil_status rename_checkpoint(pcil_trainer *trainer) {
    if (!trainer->checkpoint || !trainer->checkpoint->previous) return PCIL_OK;
    char *newest = pc_file_join(trainer->folder.path, pc_checkpoint_name);
    char *previous = pc_file_join(trainer->folder.path, pc_checkpoint_previous);
    struct pc_quote quote;
    pcil_status status = newest && previous ? PCIL_OK : pc_fail_memory(&trainer->error, "a path");
    if (status == PCIL_OK && rename(previous, newest) != 0)
        status = pc_fail(&trainer->error, PCIL_ERROR_IO, "cannot rename '%s': %s", pc_quote(&quote, previous),
                         strerror(errno));
    if (status == PCIL_OK) trainer->checkpoint->previous = false;
    pc_release(newest);
    pc_release(previous);
    return status;
}

/* Under the lock: what the check found may have changed. */
static pcil_status begin_new(pcil_trainer *trainer) {
    const char *folder = trainer->folder.path;
    pcil_status status = pc_file_make_folder(&trainer->error, folder);
    if (status == PCIL_OK) status = pc_lock_take(&trainer->folder.lock, &trainer->error, folder);
    if (status == PCIL_OK) status = check_free(&trainer->error, folder, config_name);
    return status == PCIL_OK ? check_free(&trainer->error, folder, metrics_name) : status;
}

/* It is written again only when the run becomes better. */
static void warn_of_best(pcil_trainer *trainer) {
    struct pc_quote quote;
    int64_t epoch = trainer->parts.counts.best_epoch;
    if (epoch > 0 && !pc_folder_has(trainer, best_name))
        pc_run_warn(trainer, "'%s/%s' was removed: it comes back only if the run becomes better than in epoch %lld",
                    pc_quote(&quote, trainer->folder.path), best_name, (long long)epoch);
}

static pcil_status begin(pcil_trainer *trainer) {
    pcil_status status = trainer->resumed ? refuse_links(trainer) : begin_new(trainer);
    if (status == PCIL_OK) pc_lock_sweep(trainer->folder.path);
    if (status == PCIL_OK) status = write_config(trainer, trainer->folder.path);
    if (status == PCIL_OK) status = pc_folder_continue_metrics(trainer);
    if (status == PCIL_OK) status = rename_checkpoint(trainer);
    if (status == PCIL_OK) warn_of_best(trainer);
    trainer->folder.checkpointed = pc_now();
    return status;
}

static void close_files(struct pc_run_folder *folder) {
    if (folder->metrics >= 0) close(folder->metrics);
    pc_release(folder->path);
    folder->metrics = -1;
    folder->path = NULL;
}

pcil_status pc_folder_begin(pcil_trainer *trainer) {
    const char *out = pc_choice_text(&trainer->choices, "out");
    if (!*out) return PCIL_OK;
    pcil_status status = trainer->resumed ? PCIL_OK : pc_folder_check(&trainer->error, out);
    if (status != PCIL_OK) return status;
    trainer->folder.path = pc_copy_text(out);
    status = trainer->folder.path ? begin(trainer) : pc_fail_memory(&trainer->error, "a path");
    if (status == PCIL_OK) return PCIL_OK;
    close_files(&trainer->folder);
    if (!trainer->resumed) pc_lock_release(&trainer->folder.lock);
    return status;
}

void pc_folder_end(struct pc_run_folder *folder) {
    close_files(folder);
    pc_lock_release(&folder->lock);
}

static bool put_text(json_t *metadata, const char *key, const char *value) {
    return !*value || json_object_set_new(metadata, key, json_string(value)) == 0;
}

static bool put_number(json_t *metadata, const char *key, double value) {
    struct pc_number number;
    return !isfinite(value) || put_text(metadata, key, pc_format_number(&number, value));
}

/* Metadata are texts, so a list is put as the text of an array. NULL is a list that there was no memory for. */
static bool put_array(json_t *metadata, const char *key, json_t *array) {
    char *text = array ? pc_json_dump(array, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    bool good = text && put_text(metadata, key, text);
    free(text);
    json_decref(array);
    return good;
}

/* Adds an item to a list, or gives the list up. */
static json_t *append(json_t *array, json_t *item) {
    if (json_array_append_new(array, item) == 0) return array;
    json_decref(array);
    return NULL;
}

static json_t *class_names(const pcil_dataset *set) {
    json_t *names = json_array();
    for (int32_t c = 0; c < pcil_dataset_classes(set); c++) {
        const char *name = pcil_dataset_class_name(set, c);
        names = append(names, json_string(name ? name : ""));
    }
    return names;
}

static json_t *first_floats(const float *values, int32_t count) {
    json_t *array = json_array();
    for (int32_t i = 0; i < count; i++) array = append(array, json_real((double)values[i]));
    return array;
}

/* What a prediction needs to know: how pixels were normalised (x scale + shift, per channel), what the classes are. */
static char *model_metadata(const pcil_trainer *trainer) {
    const struct pc_parts *parts = &trainer->parts;
    const pcil_batches *batches = parts->train_batches;
    json_t *metadata = json_object();
    bool good = put_text(metadata, "recipe", pc_choice_text(&trainer->choices, "recipe")) &&
                put_text(metadata, "dataset", pc_choice_text(&trainer->choices, "dataset")) &&
                put_number(metadata, "epoch", (double)parts->counts.epoch) &&
                put_number(metadata, "iteration", (double)parts->counts.iteration) &&
                put_number(metadata, "test_accuracy", parts->counts.test.accuracy) &&
                put_number(metadata, "test_loss", parts->counts.test.loss);
    if (good && parts->feed.room.labels) good = put_array(metadata, "classes", class_names(parts->train));
    if (good && batches->normalised)
        good = put_array(metadata, "scale", first_floats(batches->scale, parts->train->channels)) &&
               put_array(metadata, "shift", first_floats(batches->shift, parts->train->channels));
    char *text = good ? pc_json_dump(metadata, JSON_COMPACT) : NULL;
    json_decref(metadata);
    return text;
}

pcil_status pc_folder_save(pcil_trainer *trainer, const char *name) {
    char *path = pc_file_join(trainer->folder.path, name), *metadata = model_metadata(trainer);
    pcil_status status = path && metadata ? pcil_network_save(trainer->parts.network, path, metadata)
                                          : pc_fail_memory(NULL, "a model's path and metadata");
    free(metadata);
    pc_release(path);
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&trainer->error, status);
}
