/* A small data set, a small run on it, and a folder for its files: what the tests of training share. */
#ifndef TESTS_TRAINING_SMALL_H
#define TESTS_TRAINING_SMALL_H

#include "test.h"

#include "base/api.h"
#include "file/file.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { SMALL_COUNT = 60, SMALL_PIXELS = 12, SMALL_CLASSES = 3 };

static float small_inputs[SMALL_COUNT * SMALL_PIXELS];
static int32_t small_labels[SMALL_COUNT];
__attribute__((unused)) static char small_folder[64];

/* Class c is bright in channel c. */
static inline pcil_dataset *small_data(void) {
    pcil_dataset *set = NULL;
    for (int i = 0; i < SMALL_COUNT; i++) {
        small_labels[i] = i * 7 % SMALL_CLASSES;
        for (int p = 0; p < SMALL_PIXELS; p++)
            small_inputs[i * SMALL_PIXELS + p] =
                (p % 3 == small_labels[i] ? .6f : .1f) + .01f * (float)((i * 31 + p * 17) % 29);
    }
    check_ok(pcil_dataset_memory(&set, small_inputs, small_labels, NULL, SMALL_COUNT, 3, 2, 2, SMALL_CLASSES, 0));
    return set;
}

static inline int small_begin(void **state) {
    (void)state;
    /* Where flushing costs no time, if there is such a place. */
    strcpy(small_folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/pcil-run-XXXXXX" : "/tmp/pcil-run-XXXXXX");
    return mkdtemp(small_folder) ? 0 : -1;
}

static inline int small_end(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", small_folder);
    return system(command);
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, small_begin, small_end)

struct small_path {
    char text[256];
};

static inline struct small_path small_path(const char *name) {
    struct small_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", small_folder, name);
    return path;
}

/* A trainer on the data with a few steps to go; `out` NULL writes nothing. */
static inline pcil_trainer *small_trainer(pcil_dataset *set, const char *out) {
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 8; relu, dense 6; relu, dense 3; softmax"));
    check_ok(pcil_trainer_set(trainer, "epochs", 2));
    check_ok(pcil_trainer_set(trainer, "batch", 8));
    check_ok(pcil_trainer_set(trainer, "measure_interval", 2));
    check_ok(pcil_trainer_set(trainer, "learning_rate", .5));
    if (out) check_ok(pcil_trainer_set_text(trainer, "out", small_path(out).text));
    return trainer;
}

static inline char *small_read(const char *name, uint64_t *size) {
    struct pc_bytes bytes;
    check_ok(pc_file_read(NULL, small_path(name).text, 1 << 20, &bytes));
    if (size) *size = bytes.size;
    return (char *)bytes.bytes;
}

static inline void check_same_file(const char *a, const char *b) {
    uint64_t size_a, size_b;
    char *bytes_a = small_read(a, &size_a), *bytes_b = small_read(b, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    free(bytes_a);
    free(bytes_b);
}

/* The metrics, a value per line. */
static inline json_t *small_lines(const char *name) {
    json_t *lines = json_array();
    char *text = small_read(name, NULL);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        json_array_append_new(lines, object);
    }
    free(text);
    return lines;
}

/* Equal but for what the clock says. */
static inline void check_same_metrics(const char *a, const char *b) {
    json_t *left = small_lines(a), *right = small_lines(b);
    size_t index;
    json_t *line;
    json_array_foreach (left, index, line) {
        json_t *other = json_array_get(right, index);
        const char *timed[] = {"seconds", "samples_per_second"};
        for (int i = 0; i < 2; i++) {
            assert_int_equal(json_object_del(line, timed[i]), 0);
            assert_int_equal(json_object_del(other, timed[i]), 0);
        }
    }
    assert_true(json_array_size(left) > 0);
    assert_true(json_equal(left, right));
    json_decref(left);
    json_decref(right);
}

#endif
