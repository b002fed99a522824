/* What the tests of data sets on disk share: a folder of their own, plain writing, sets to be written. */
#ifndef TESTS_DATASET_FILES_H
#define TESTS_DATASET_FILES_H

#include "test.h"

#include "base/api.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static inline int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/pcil-dataset-XXXXXX");
    return mkdtemp(folder) ? unsetenv("PCIL_CACHE") : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* The path of a name in the folder; four may be in use at once. */
static inline char *at(const char *name) {
    static char paths[4][512];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void put_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void put_text(const char *path, const char *text) {
    put_file(path, text, strlen(text));
}

/* Sets one byte of a file. */
static inline void poke(const char *path, long offset, int value) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, offset, SEEK_SET);
    fputc(value, file);
    fclose(file);
}

/* The caller frees it. */
static inline unsigned char *get_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline void run(const char *format, const char *path) {
    char command[1024];
    snprintf(command, sizeof command, format, path);
    assert_int_equal(system(command), 0);
}

/* Two parts in memory, smooth images whose pixels are whole 255ths. */
struct parts {
    pcil_dataset *part[2];
    float *inputs[2];
    int32_t *labels[2];
};

static inline void make_part(struct parts *parts, int which, int64_t count, int32_t channels, int32_t side,
                             int32_t classes) {
    int64_t size = (int64_t)channels * side * side;
    float *inputs = malloc((size_t)(count * size) * sizeof *inputs);
    int32_t *labels = malloc((size_t)count * sizeof *labels);
    for (int64_t i = 0; i < count; i++) {
        labels[i] = (int32_t)((i * 7 + which) % classes);
        for (int64_t j = 0; j < size; j++) {
            double x = (double)(j / channels % side) / side, y = (double)(j / channels / side) / side;
            double wave = sin(3 * x + (double)i) * cos(2 * y + (double)(j % channels) + which);
            inputs[i * size + j] = (float)(int)(127.5 + 120 * wave) / 255.0f;
        }
    }
    parts->inputs[which] = inputs;
    parts->labels[which] = labels;
    check_ok(pcil_dataset_memory(&parts->part[which], inputs, labels, NULL, count, channels, side, side, classes, 0));
}

static inline struct parts make_parts(int64_t train, int64_t test, int32_t channels, int32_t side, int32_t classes) {
    struct parts parts;
    make_part(&parts, 0, train, channels, side, classes);
    make_part(&parts, 1, test, channels, side, classes);
    return parts;
}

static inline void free_parts(struct parts *parts) {
    for (int i = 0; i < 2; i++) {
        pcil_dataset_free(parts->part[i]);
        free(parts->inputs[i]);
        free(parts->labels[i]);
    }
}

static inline pcil_status write_parts(const struct parts *parts, const char *kind, const char *name) {
    return pcil_dataset_write(parts->part[0], parts->part[1], kind, at(name));
}

static const char *const part_names[] = {"train", "test"};

/* Whether this build can open the kind; says so if not. */
static inline bool is_supported(const char *kind) {
    pcil_dataset *set = NULL;
    struct parts parts = make_parts(5, 1, 3, 32, 2);
    pcil_status status = write_parts(&parts, kind, "support");
    if (status == PCIL_OK) status = pcil_dataset_open(&set, kind, at("support"), "train");
    if (status == PCIL_ERROR_UNSUPPORTED) print_message("%s\n", pcil_last_error());
    pcil_dataset_free(set);
    free_parts(&parts);
    run("rm -rf '%s'", at("support"));
    return status != PCIL_ERROR_UNSUPPORTED;
}

#endif
