/*
 * Going on with a run. The first byte of the input says what it is: bit 7: the rest is the checkpoint's file as it
 * stands. Else the input changes a sound checkpoint, whose checksums are made right again, so that what lies behind
 * them is reached: bits 0 to 5 replace a text of the metadata by the next part of the input; what is left then is
 * added to the bytes of the tensors.
 */
#include "file/checksum.h"
#include "fuzz.h"
#include "training/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 12, PIXELS = 4, MOST = 1 << 16, RAW = 128, MOST_TENSORS = 16 };

static const char network[] = "1x2x2; dense 3; relu, dense 2; softmax";
static pcil_dataset *set;

static void make_set(void) {
    static float pixels[COUNT * PIXELS];
    static int32_t labels[COUNT];
    for (int i = 0; i < COUNT * PIXELS; i++) pixels[i] = (float)(i * 7 % 11) / 16;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 2;
    must(pcil_dataset_memory(&set, pixels, labels, NULL, COUNT, 1, 2, 2, 2, 0) == PCIL_OK);
}

/* Ends the run behind its third step, in the middle of an epoch. */
static int32_t stop(void *user, const pcil_trainer *trainer, pcil_event event) {
    double iteration = 0;
    (void)user, (void)event;
    return pcil_trainer_value(trainer, "iteration", &iteration) == PCIL_OK && iteration >= 3;
}

static void make_run(void) {
    static const char *const settings[][2] = {{"network", network}, {"epochs", "2"},          {"batch", "3"},
                                              {"optimizer", "mq"},  {"evaluations", "2"},     {"iterations", "2"},
                                              {"seed", "3"},        {"measure_interval", "2"}};
    pcil_trainer *trainer = NULL;
    make_set();
    must(pcil_trainer_create(&trainer) == PCIL_OK && pcil_trainer_data(trainer, set, set) == PCIL_OK);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        must(pcil_trainer_set_text(trainer, settings[i][0], settings[i][1]) == PCIL_OK);
    must(pcil_trainer_set_text(trainer, "out", fuzz_path("sound")) == PCIL_OK);
    must(pcil_trainer_watch(trainer, stop, NULL) == PCIL_OK);
    must(pcil_trainer_run(trainer) == PCIL_ERROR_INTERRUPTED);
    pcil_trainer_free(trainer);
}

/* --- another checkpoint --- */

/* The sound one in memory. */
static struct {
    char *texts[PC_CHECKPOINT_TEXTS];
    struct pc_stored_tensor tensors[MOST_TENSORS];
    unsigned char *data[MOST_TENSORS];
    int32_t count;
    uint8_t metrics[MOST];
    size_t metrics_size;
} sound;

static void keep_metrics(void) {
    FILE *file = fopen(fuzz_path("sound/metrics.jsonl"), "rb");
    must(file);
    sound.metrics_size = fread(sound.metrics, 1, MOST, file);
    fclose(file);
}

static void keep_sound(void) {
    struct pc_checkpoint *checkpoint = NULL;
    must(pc_checkpoint_open(&checkpoint, NULL, fuzz_path("sound/checkpoint.safetensors")) == PCIL_OK);
    const struct pc_safetensors *archive = &checkpoint->archive;
    sound.count = archive->count;
    must(sound.count <= MOST_TENSORS);
    for (int i = 0; i < PC_CHECKPOINT_TEXTS; i++)
        sound.texts[i] = strdup(pc_checkpoint_text(checkpoint, (enum pc_checkpoint_text)i));
    for (int32_t i = 0; i < sound.count; i++) {
        sound.tensors[i] = archive->tensors[i];
        sound.tensors[i].name = strdup(archive->tensors[i].name);
        sound.data[i] = malloc((size_t)(archive->tensors[i].end - archive->tensors[i].begin));
        must(pc_safetensors_read(archive, NULL, &archive->tensors[i], sound.data[i]) == PCIL_OK);
    }
    pc_checkpoint_free(checkpoint);
    keep_metrics();
}

static uint32_t sum_data(const void *data[MOST_TENSORS]) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < sound.count; i++)
        sum = pc_checksum(sum, data[i], (size_t)(sound.tensors[i].end - sound.tensors[i].begin));
    return sum;
}

static void change_data(unsigned char *data[MOST_TENSORS], struct fuzz_input *rest) {
    for (int32_t i = 0; i < sound.count; i++) {
        size_t size = (size_t)(sound.tensors[i].end - sound.tensors[i].begin);
        data[i] = malloc(size);
        must(data[i]);
        for (size_t at = 0; at < size; at++) data[i][at] = (unsigned char)(sound.data[i][at] + fuzz_byte(rest));
    }
}

/* A text that is not UTF-8 is none of JSON: the file cannot hold it. */
static bool put(json_t *metadata, const char *key, const char *text) {
    return json_object_set_new(metadata, key, json_string(text)) == 0;
}

static json_t *change_texts(struct fuzz_input *input, int chosen) {
    json_t *metadata = json_object();
    struct pc_checksum_text text;
    uint32_t sum = 0;
    bool good = true;
    for (int i = 0; i < PC_CHECKPOINT_TEXTS; i++) {
        bool replaced = i > 0 && (chosen & 1 << (i - 1));
        char *now = replaced ? fuzz_text(fuzz_part(input)) : strdup(sound.texts[i]);
        good = good && put(metadata, pc_checkpoint_keys[i], now);
        sum = pc_checksum(sum, now, strlen(now) + 1);
        free(now);
    }
    sum = pc_checkpoint_sum_tensors(sum, sound.tensors, sound.count);
    good = good && put(metadata, pc_checkpoint_header_sum, pc_checksum_text(&text, sum));
    if (good) return metadata;
    json_decref(metadata);
    return NULL;
}

/* Whether there is such a file. */
static bool write_changed(struct fuzz_input *input, int chosen) {
    unsigned char *data[MOST_TENSORS];
    const void *read[MOST_TENSORS];
    struct pc_checksum_text text;
    json_t *metadata = change_texts(input, chosen);
    if (!metadata) return false;
    change_data(data, input);
    for (int32_t i = 0; i < sound.count; i++) read[i] = data[i];
    must(put(metadata, pc_checkpoint_data_sum, pc_checksum_text(&text, sum_data(read))));
    must(pc_safetensors_write(NULL, fuzz_path("run/checkpoint.safetensors"), metadata, sound.tensors, sound.count, read,
                              false) == PCIL_OK);
    json_decref(metadata);
    for (int32_t i = 0; i < sound.count; i++) free(data[i]);
    return true;
}

/* --- going on --- */

static bool is(const pcil_trainer *trainer, const char *option, const char *value) {
    char text[256];
    return pcil_trainer_get_text(trainer, option, text, sizeof text, NULL) == PCIL_OK && strcmp(text, value) == 0;
}

/* What would take long, much memory or files from elsewhere by the settings' good right. */
static bool is_small(const pcil_trainer *trainer) {
    return is(trainer, "network", network) && is(trainer, "batch", "3") && is(trainer, "epochs", "2") &&
           is(trainer, "iterations", "2") && is(trainer, "evaluations", "2") && is(trainer, "reconstructions", "0");
}

static int32_t count_steps(void *user, const pcil_trainer *trainer, pcil_event event) {
    int *steps = user;
    (void)trainer;
    if (event == PCIL_EVENT_BATCH) must(++*steps <= 8);
    return 0;
}

static void go_on(pcil_trainer *trainer) {
    int steps = 0;
    must(fuzz_good(pcil_trainer_data(trainer, set, set)));
    if (!is_small(trainer) || !fuzz_good(pcil_trainer_prepare(trainer))) return;
    must(pcil_trainer_watch(trainer, count_steps, &steps) == PCIL_OK);
    (void)fuzz_good(pcil_trainer_run(trainer));
}

void fuzz(const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    pcil_trainer *trainer = NULL;
    if (!set) make_run();
    if (!sound.count) keep_sound();
    fuzz_make_folders("run");
    fuzz_put("run/metrics.jsonl", sound.metrics, sound.metrics_size);
    remove(fuzz_path("run/checkpoint.safetensors.previous"));
    int chosen = fuzz_byte(&input);
    if (chosen & RAW)
        fuzz_put("run/checkpoint.safetensors", input.bytes, input.size);
    else if (!write_changed(&input, chosen))
        return;
    must(pcil_trainer_create(&trainer) == PCIL_OK);
    if (fuzz_good(pcil_trainer_resume(trainer, fuzz_path("run")))) go_on(trainer);
    pcil_trainer_free(trainer);
}
