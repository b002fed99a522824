/* The folder of a run: config.json, metrics.jsonl, model.safetensors, best.safetensors. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/batches.h"
#include "file/file.h"
#include "training/trainer.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config_name[] = "config.json", metrics_name[] = "metrics.jsonl";

static pcil_status check_free(struct pc_error *own, const char *path, const char *name) {
    char *file = pc_file_join(path, name);
    if (!file) return pc_fail_memory(own, "a path");
    struct pc_quote quote;
    pcil_status status = PCIL_OK;
    if (pc_file_exists(file))
        status = pc_fail(own, PCIL_ERROR_ARGUMENT, "out: '%s' exists: the folder holds another run; choose a new one",
                         pc_quote(&quote, file));
    pc_release(file);
    return status;
}

pcil_status pc_folder_check(struct pc_error *own, const char *path) {
    struct stat status;
    struct pc_quote quote;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "out: '%s' is not a folder", pc_quote(&quote, path));
    pcil_status result = check_free(own, path, config_name);
    return result == PCIL_OK ? check_free(own, path, metrics_name) : result;
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

static pcil_status open_metrics(pcil_trainer *trainer, const char *folder) {
    char *path = pc_file_join(folder, metrics_name);
    if (!path) return pc_fail_memory(&trainer->error, "a path");
    struct pc_quote quote;
    pcil_status status = PCIL_OK;
    trainer->folder.metrics = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (trainer->folder.metrics < 0)
        status =
            pc_fail(&trainer->error, PCIL_ERROR_IO, "cannot make '%s': %s", pc_quote(&quote, path), strerror(errno));
    pc_release(path);
    return status;
}

pcil_status pc_folder_begin(pcil_trainer *trainer) {
    const char *out = pc_choice_text(&trainer->choices, "out");
    if (!*out) return PCIL_OK;
    pcil_status status = pc_folder_check(&trainer->error, out);
    if (status == PCIL_OK) status = pc_file_make_folder(&trainer->error, out);
    if (status == PCIL_OK) status = write_config(trainer, out);
    if (status == PCIL_OK) status = open_metrics(trainer, out);
    if (status != PCIL_OK) return status;
    trainer->folder.path = pc_copy_text(out);
    return trainer->folder.path ? PCIL_OK : pc_fail_memory(&trainer->error, "a path");
}

void pc_folder_end(struct pc_run_folder *folder) {
    if (folder->metrics >= 0) close(folder->metrics);
    pc_release(folder->path);
    *folder = (struct pc_run_folder){.metrics = -1};
}

static void put_text(json_t *metadata, const char *key, const char *value) {
    if (*value) json_object_set_new(metadata, key, json_string(value));
}

static void put_number(json_t *metadata, const char *key, double value) {
    struct pc_number number;
    if (isfinite(value)) put_text(metadata, key, pc_format_number(&number, value));
}

/* Metadata are texts, so a list is put as the text of an array. */
static void put_array(json_t *metadata, const char *key, json_t *array) {
    char *text = json_dumps(array, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text) put_text(metadata, key, text);
    free(text);
    json_decref(array);
}

static json_t *class_names(const pcil_dataset *set) {
    json_t *names = json_array();
    for (int32_t c = 0; c < pcil_dataset_classes(set); c++) {
        const char *name = pcil_dataset_class_name(set, c);
        json_array_append_new(names, json_string(name ? name : ""));
    }
    return names;
}

static json_t *first_floats(const float *values, int32_t count) {
    json_t *array = json_array();
    for (int32_t i = 0; i < count; i++) json_array_append_new(array, json_real((double)values[i]));
    return array;
}

/* What a prediction needs to know: how pixels were normalised (x scale + shift, per channel), what the classes are. */
static char *model_metadata(const pcil_trainer *trainer) {
    const struct pc_parts *parts = &trainer->parts;
    const pcil_batches *batches = parts->train_batches;
    json_t *metadata = json_object();
    put_text(metadata, "recipe", pc_choice_text(&trainer->choices, "recipe"));
    put_text(metadata, "dataset", pc_choice_text(&trainer->choices, "dataset"));
    put_number(metadata, "epoch", (double)parts->counts.epoch);
    put_number(metadata, "iteration", (double)parts->counts.iteration);
    put_number(metadata, "test_accuracy", parts->counts.test.accuracy);
    put_number(metadata, "test_loss", parts->counts.test.loss);
    if (parts->feed.labels) put_array(metadata, "classes", class_names(parts->train));
    if (batches->normalised) {
        put_array(metadata, "scale", first_floats(batches->scale, parts->train->channels));
        put_array(metadata, "shift", first_floats(batches->shift, parts->train->channels));
    }
    char *text = json_dumps(metadata, JSON_COMPACT);
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
