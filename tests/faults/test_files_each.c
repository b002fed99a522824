/*
 * Every function that reads or writes a file, with each of its calls on files failing in turn, once and for good: a
 * status or the same result; a file that was to be replaced is the old or the new one, to the byte; no temporary file;
 * and the same call made again does it. Runs of a trainer are in test_files.c.
 *
 * Each call in turn with PCIL_FAULTS=all, else a sample.
 */
#include "faults/calls.h"
#include "file/checksum.h"
#include "training/small.h"

#include <dirent.h>
#include <stdlib.h>

enum { MOST = 1 << 16 };

static pcil_network *networks[2]; /* of other weights */
static pcil_dataset *set;
static float pixels[4 * 64 * 64 * 3];
static uint8_t picture[2][4 * 5 * 3];
static uint32_t result; /* what a reader gave */

static void take(const void *bytes, size_t size) {
    result = pc_checksum(0, bytes, size);
}

static void take_weights(const pcil_network *network) {
    float weights[8 * 12];
    check_ok(pcil_network_get(network, "block0.dense.weight", weights, 8 * 12));
    take(weights, sizeof weights);
}

/* --- what is tried; `version` 0 writes the old file, 1 the new one --- */

static const char *path(const char *name) {
    static struct small_path kept;
    kept = small_path(name);
    return kept.text;
}

static pcil_status save(int version) {
    return pcil_network_save(networks[version], path("model"), NULL);
}

static pcil_status load(int version) {
    pcil_network *network = NULL;
    (void)version;
    pcil_status status = pcil_network_load(&network, path("model"));
    if (status == PCIL_OK) take_weights(network);
    pcil_network_free(network);
    return status;
}

static pcil_status metadata(int version) {
    static char text[MOST];
    int64_t length = 0;
    (void)version;
    pcil_status status = pcil_network_metadata(path("model"), text, MOST, &length);
    if (status == PCIL_OK) take(text, (size_t)length);
    return status;
}

static pcil_status save_npz(int version) {
    return pcil_network_save_arrays(networks[version], path("npz"), "npz", NULL);
}

static pcil_status save_torch(int version) {
    return pcil_network_save_arrays(networks[version], path("torch"), "torch", NULL);
}

static pcil_status load_arrays(const char *format) {
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "3x2x2; dense 8; relu, dense 3; softmax"));
    pcil_status status = pcil_network_load_arrays(network, path(format), format, NULL);
    take_weights(network); /* on failure those of a new network, all zero */
    if (status != PCIL_OK) result = 0;
    pcil_network_free(network);
    return status;
}

static pcil_status load_npz(int version) {
    (void)version;
    return load_arrays("npz");
}

static pcil_status load_torch(int version) {
    (void)version;
    return load_arrays("torch");
}

static pcil_status settings(int version) {
    static char text[MOST];
    int64_t length = 0;
    pcil_trainer *trainer = NULL;
    (void)version;
    check_ok(pcil_trainer_create(&trainer));
    pcil_status status = pcil_trainer_load(trainer, path("config.json"));
    check_ok(pcil_trainer_settings(trainer, text, MOST, &length));
    if (status == PCIL_OK) take(text, (size_t)length);
    pcil_trainer_free(trainer);
    return status;
}

#ifdef PCIL_WITH_PNG
static pcil_status write_picture(int version) {
    return pcil_image_write(path("a.png"), picture[version], 3, 4, 5);
}

static pcil_status write_sheet(int version) {
    return pcil_image_sheet(path("sheet.png"), picture[version], NULL, 1, 3, 4, 5, 1, 2, "title");
}

static pcil_status read_picture(int version) {
    uint8_t read[4 * 5 * 3];
    (void)version;
    pcil_status status = pcil_image_read(path("a.png"), read, 3, 4, 5);
    if (status == PCIL_OK) take(read, sizeof read);
    return status;
}
#endif

static pcil_status write_set(const char *kind) {
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", path(kind));
    assert_int_equal(system(command), 0);
    return pcil_dataset_write(set, set, kind, path(kind));
}

static pcil_status read_set(const char *kind) {
    pcil_dataset *opened = NULL;
    const int64_t index = 1;
    int32_t label;
    unlink(path("tiny-imagenet/pcil-test.cache"));
    pcil_status status = pcil_dataset_open(&opened, kind, path(kind), "test");
    if (status == PCIL_OK) status = pcil_dataset_read(opened, &index, 1, pixels, &label, NULL);
    if (status == PCIL_OK) take(pixels, 64 * 64 * 3 * sizeof *pixels);
    pcil_dataset_free(opened);
    return status;
}

static pcil_status write_idx(int version) {
    (void)version;
    return write_set("idx");
}

static pcil_status read_idx(int version) {
    (void)version;
    return read_set("idx");
}

static pcil_status write_tiny(int version) {
    (void)version;
    return write_set("tiny-imagenet");
}

static pcil_status read_tiny(int version) {
    (void)version;
    return read_set("tiny-imagenet");
}

static pcil_status verify(int version) {
    static char text[MOST];
    (void)version;
    return pcil_dataset_verify("idx", path("idx"), text, MOST, NULL);
}

static const struct act {
    const char *name;
    pcil_status (*run)(int version);
    const char *file; /* that it replaces */
} acts[] = {{"saving a model", save, "model"},
            {"loading a model", load, NULL},
            {"reading metadata", metadata, NULL},
            {"saving .npz", save_npz, "npz"},
            {"loading .npz", load_npz, NULL},
            {"saving torch's layout", save_torch, "torch"},
            {"loading torch's layout", load_torch, NULL},
            {"loading settings", settings, NULL},
#ifdef PCIL_WITH_PNG
            {"writing a picture", write_picture, "a.png"},
            {"writing a sheet", write_sheet, "sheet.png"},
            {"reading a picture", read_picture, NULL},
#endif
            {"writing an IDX set", write_idx, NULL},
            {"reading an IDX set", read_idx, NULL},
            {"verifying a set", verify, NULL},
            {"writing a tree of pictures", write_tiny, NULL},
            {"reading a tree of pictures", read_tiny, NULL}};

/* --- the loop --- */

static int64_t stride(int64_t calls) {
    const char *faults = getenv("PCIL_FAULTS");
    return (faults && strcmp(faults, "all") == 0) || calls < 12 ? 1 : calls / 12;
}

static int count_temporaries(void) {
    DIR *folder = opendir(small_folder);
    const struct dirent *entry;
    int count = 0;
    while (folder && (entry = readdir(folder))) count += strstr(entry->d_name, ".tmp") != NULL;
    if (folder) closedir(folder);
    return count;
}

static void remove_temporaries(void) {
    char command[160];
    snprintf(command, sizeof command, "rm -f '%s'/*.tmp*", small_folder);
    assert_int_equal(system(command), 0);
}

static bool is_same(const char *a, const char *b) {
    uint64_t size_a, size_b;
    char *bytes_a = small_read(a, &size_a), *bytes_b = small_read(b, &size_b);
    bool same = size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;
    free(bytes_a);
    free(bytes_b);
    return same;
}

static void keep(const char *file, const char *as) {
    char command[640];
    snprintf(command, sizeof command, "cp '%s/%s' '%s/%s'", small_folder, file, small_folder, as);
    if (file) assert_int_equal(system(command), 0);
}

/* A file of a failed call is old, or new where only the folder could not be flushed. */
static void check_file(const struct act *act, int64_t at, bool good) {
    if (!act->file || is_same(act->file, "new") || (!good && is_same(act->file, "old"))) return;
    fail_msg("%s: call %lld: neither the old file nor the new one", act->name, (long long)at);
}

static void fail_at(const struct act *act, int64_t at, bool once, int what, uint32_t expected) {
    if (act->file) keep("old", act->file);
    fault_arm(at, once, what);
    pcil_status status = act->run(1);
    bool kept = fault.kept;
    fault_arm(-1, false, 0);
    if (status != PCIL_OK && status != PCIL_ERROR_IO)
        fail_msg("%s: call %lld: %s: %s", act->name, (long long)at, pcil_status_name(status), pcil_last_error());
    if (what == EINTR) check_ok(status);
    if (status == PCIL_OK && result != expected) fail_msg("%s: call %lld: another result", act->name, (long long)at);
    check_file(act, at, status == PCIL_OK);
    assert_true(kept || count_temporaries() == 0);
    if (kept) remove_temporaries();
    check_ok(act->run(1));
    assert_int_equal(result, expected);
    check_file(act, at, true);
}

static int64_t fail_each(const struct act *act) {
    static const struct {
        bool once;
        int what;
    } faults[] = {{true, EIO},    {false, EIO},  {true, ENOSPC}, {false, EDQUOT},
                  {false, EROFS}, {true, EINTR}, {true, EMFILE}, {false, FAULT_SHORT}};
    int64_t tried = 0;
    result = 0;
    check_ok(act->run(0));
    if (act->file) keep(act->file, "old");
    fault_arm(-1, false, 0);
    check_ok(act->run(1));
    int64_t calls = fault.calls;
    uint32_t expected = result;
    if (act->file) keep(act->file, "new");
    assert_true(calls > 0);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        for (int64_t at = (int64_t)i % stride(calls); at < calls; at += stride(calls), tried++)
            fail_at(act, at, faults[i].once, faults[i].what, expected);
    print_message("%s: %lld calls, %lld failures, all survived\n", act->name, (long long)calls, (long long)tried);
    return tried;
}

/* Whether this build has what the act needs. */
static bool is_built(const struct act *act) {
    pcil_status status = act->run(0);
    if (status != PCIL_ERROR_UNSUPPORTED && status != PCIL_OK) fail_msg("%s: %s", act->name, pcil_last_error());
    return status == PCIL_OK;
}

static void test_every_call_of_each(void **state) {
    (void)state;
    static const int32_t labels[4] = {0, 1, 1, 0};
    /* A cache of pictures is kept beside them, or without a name. */
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    setenv("TMPDIR", small_folder, 1);
    for (int v = 0; v < 2; v++) {
        check_ok(pcil_network_parse(&networks[v], "3x2x2; dense 8; relu, dense 3; softmax"));
        check_ok(pcil_network_initialise(networks[v], "he", (uint64_t)v));
        memset(picture[v], 50 + v, sizeof picture[v]);
    }
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) pixels[i] = (float)(i * 7 % 256) / 255;
    check_ok(pcil_dataset_memory(&set, pixels, labels, NULL, 4, 3, 64, 64, 2, 0));
    check_ok(pc_file_write(NULL, path("config.json"), "{\"batch\": 3}", 12));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (is_built(&acts[i])) fail_each(&acts[i]);
    pcil_dataset_free(set);
    pcil_network_free(networks[0]);
    pcil_network_free(networks[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {in_a_folder(test_every_call_of_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
