/* Whole runs: the same bits again, whole files whatever happens, nothing written where nothing should be. */
#include "small.h"

#include <signal.h>
#include <sys/resource.h>

static void run(pcil_trainer *trainer) {
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
}

static void test_the_same_seed_gives_the_same_files(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(small_trainer(set, "a"));
    run(small_trainer(set, "deep/b"));
    check_same_file("a/config.json", "deep/b/config.json");
    check_same_file("a/model.safetensors", "deep/b/model.safetensors");
    check_same_file("a/best.safetensors", "deep/b/best.safetensors");
    check_same_metrics("a/metrics.jsonl", "deep/b/metrics.jsonl");
    pcil_trainer *other = small_trainer(set, "c");
    check_ok(pcil_trainer_set(other, "seed", 2));
    run(other);
    json_t *a = small_lines("a/metrics.jsonl"), *c = small_lines("c/metrics.jsonl");
    assert_false(json_equal(a, c));
    json_decref(a);
    json_decref(c);
    pcil_dataset_free(set);
}

static void test_prefetching_changes_no_number(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *ahead = small_trainer(set, "ahead");
    check_ok(pcil_trainer_set(ahead, "prefetch", 1));
    run(ahead);
    run(small_trainer(set, "plain"));
    check_same_file("ahead/model.safetensors", "plain/model.safetensors");
    check_same_metrics("ahead/metrics.jsonl", "plain/metrics.jsonl");
    pcil_dataset_free(set);
}

static void test_a_written_configuration_runs_again_alike(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *first = small_trainer(set, "a"), *again = NULL;
    check_ok(pcil_trainer_set_text(first, "optimizer", "mq"));
    check_ok(pcil_trainer_set_text(first, "learning_rate", "3e-3"));
    check_ok(pcil_trainer_set_text(first, "learning_rate.1", "0.002"));
    check_ok(pcil_trainer_set_text(first, "inference", "simultaneous"));
    check_ok(pcil_trainer_set_text(first, "clamp", "hard"));
    check_ok(pcil_trainer_set_text(first, "flip", "true"));
    check_ok(pcil_trainer_set_text(first, "iterations", "auto"));
    run(first);
    check_ok(pcil_trainer_create(&again));
    check_ok(pcil_trainer_load(again, small_path("a/config.json").text));
    check_ok(pcil_trainer_data(again, set, set));
    check_ok(pcil_trainer_set_text(again, "out", small_path("b").text));
    run(again);
    check_same_file("a/config.json", "b/config.json");
    check_same_file("a/model.safetensors", "b/model.safetensors");
    check_same_metrics("a/metrics.jsonl", "b/metrics.jsonl");
    pcil_dataset_free(set);
}

static void test_metrics_hold_what_they_should(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "a");
    check_ok(pcil_trainer_set(trainer, "evaluations", 2));
    check_ok(pcil_trainer_set(trainer, "measure_interval", 1000));
    run(trainer);
    json_t *lines = small_lines("a/metrics.jsonl");
    assert_int_equal(json_array_size(lines), 4);
    json_t *first = json_array_get(lines, 0), *last = json_array_get(lines, 3);
    /* 7 batches an epoch: the first half ends behind the fourth. */
    assert_int_equal(json_integer_value(json_object_get(first, "iteration")), 4);
    assert_int_equal(json_integer_value(json_object_get(last, "iteration")), 14);
    assert_true(fabs(json_number_value(json_object_get(first, "epoch")) - 4. / 7) < 1e-12);
    assert_true(json_number_value(json_object_get(last, "epoch")) == 2);
    double accuracy = json_number_value(json_object_get(last, "test_accuracy"));
    assert_true(accuracy > .5 && accuracy <= 1);
    assert_true(json_number_value(json_object_get(last, "test_top5")) == 1);
    assert_int_equal(json_array_size(json_object_get(last, "update_magnitude")), 3);
    assert_true(json_number_value(json_array_get(json_object_get(last, "update_magnitude"), 2)) > 0);
    const char *numbers[] = {"train_loss", "train_energy", "test_loss", "seconds", "samples_per_second"};
    for (int i = 0; i < 5; i++) assert_true(json_number_value(json_object_get(last, numbers[i])) > 0);
    json_decref(lines);
    pcil_dataset_free(set);
}

static double number_at(const char *metrics, size_t line, const char *key) {
    json_t *lines = small_lines(metrics);
    double value = json_number_value(json_object_get(json_array_get(lines, line), key));
    json_decref(lines);
    return value;
}

/* 7 batches an epoch. */
static void test_steps_end_a_run_within_an_epoch(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *cut = small_trainer(set, "cut"), *whole = small_trainer(set, "whole");
    double left;
    check_ok(pcil_trainer_set(cut, "steps", 10));
    check_ok(pcil_trainer_set(whole, "steps", 1000));
    check_ok(pcil_trainer_run(cut));
    check_ok(pcil_trainer_value(cut, "seconds_left", &left));
    assert_true(left == 0);
    pcil_trainer_free(cut);
    run(whole);
    run(small_trainer(set, "plain"));
    check_same_file("whole/model.safetensors", "plain/model.safetensors");
    assert_true(number_at("plain/metrics.jsonl", 1, "iteration") == 14);
    assert_true(number_at("cut/metrics.jsonl", 0, "iteration") == 7);
    assert_true(number_at("cut/metrics.jsonl", 1, "iteration") == 10);
    assert_true(fabs(number_at("cut/metrics.jsonl", 1, "epoch") - 10. / 7) < 1e-12);
    assert_true(number_at("cut/metrics.jsonl", 1, "test_loss") > 0);
    pcil_dataset_free(set);
}

/* The model's bytes are the same whatever is measured; without measuring there is nothing to tell. */
static void test_measuring_changes_no_bit(void **state) {
    (void)state;
    static const char *const optimizers[] = {"sgd", "nlms", "momentum", "adam", "mq"};
    static const char *const kinds[] = {"sequential", "simultaneous", "backprop"};
    static const int intervals[] = {0, 1, 3};
    pcil_dataset *set = small_data();
    for (int i = 0; i < 15; i++) {
        for (int k = 0; k < 3; k++) {
            char name[32];
            snprintf(name, sizeof name, "run%d-%d", i, k);
            pcil_trainer *trainer = small_trainer(set, name);
            check_ok(pcil_trainer_set_text(trainer, "optimizer", optimizers[i % 5]));
            check_ok(pcil_trainer_set_text(trainer, "inference", kinds[i / 5]));
            check_ok(pcil_trainer_set(trainer, "learning_rate", i % 5 == 0 ? .5 : 1e-2));
            check_ok(pcil_trainer_set(trainer, "measure_interval", intervals[k]));
            check_ok(pcil_trainer_prepare(trainer));
            assert_int_equal(pcil_trainer_traces(trainer) != NULL, k > 0);
            run(trainer);
            char first[64], model[64];
            snprintf(first, sizeof first, "run%d-0/model.safetensors", i);
            snprintf(model, sizeof model, "%s/model.safetensors", name);
            check_same_file(first, model);
            snprintf(model, sizeof model, "%s/metrics.jsonl", name);
            json_t *lines = small_lines(model);
            assert_int_equal(json_object_get(json_array_get(lines, 1), "cosine") != NULL, k > 0);
            json_decref(lines);
        }
    }
    pcil_dataset_free(set);
}

struct nested {
    pcil_trainer *trainer;
    int calls;
};

static int32_t run_within(void *user, const pcil_trainer *trainer, pcil_event event) {
    struct nested *nested = user;
    (void)trainer, (void)event;
    nested->calls++;
    check_fails(pcil_trainer_run(nested->trainer), PCIL_ERROR_STATE, "at work already");
    return 0;
}

static void test_a_run_is_not_begun_within_itself(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    struct nested nested = {small_trainer(set, NULL), 0};
    check_ok(pcil_trainer_watch(nested.trainer, run_within, &nested));
    check_ok(pcil_trainer_run(nested.trainer));
    assert_true(nested.calls > 2);
    pcil_trainer_free(nested.trainer);
    pcil_dataset_free(set);
}

static int32_t stop_at_third(void *user, const pcil_trainer *trainer, pcil_event event) {
    double iteration;
    assert_int_equal(event, PCIL_EVENT_BATCH);
    check_ok(pcil_trainer_value(trainer, "iteration", &iteration));
    *(int *)user = (int)iteration;
    return iteration == 3;
}

static void test_a_stop_leaves_whole_files(void **state) {
    (void)state;
    int iterations = 0;
    uint64_t size;
    pcil_dataset *set = small_data();
    pcil_network *network = NULL;
    pcil_trainer *trainer = small_trainer(set, "a");
    check_ok(pcil_trainer_watch(trainer, stop_at_third, &iterations));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_INTERRUPTED, "stopped in epoch 1 after batch 3 of 7");
    assert_int_equal(iterations, 3);
    check_ok(pcil_network_load(&network, small_path("a/model.safetensors").text));
    assert_false(pc_file_exists(small_path("a/best.safetensors").text));
    free(small_read("a/metrics.jsonl", &size));
    assert_int_equal(size, 0);
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_STATE, "the run has ended");
    pcil_network_free(network);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_divergence_is_told_and_keeps_what_was_saved(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_network *network = NULL;
    pcil_trainer *trainer = small_trainer(set, "a");
    check_ok(pcil_trainer_set(trainer, "epochs", 1000));
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 8; dense 6; dense 3; linear"));
    check_ok(pcil_trainer_set(trainer, "learning_rate", 50));
    check_ok(pcil_trainer_set(trainer, "evaluations", 7));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED, "epoch 1, batch ");
    assert_non_null(strstr(pcil_last_error(), "learning_rate"));
    assert_non_null(strstr(pcil_last_error(), ". What was saved stays"));
    assert_string_equal(pcil_last_error(), pcil_trainer_error(trainer));
    char *metrics = small_read("a/metrics.jsonl", NULL);
    assert_null(strstr(metrics, "nan"));
    assert_null(strstr(metrics, "inf"));
    if (*metrics) check_ok(pcil_network_load(&network, small_path("a/model.safetensors").text));
    free(metrics);
    pcil_network_free(network);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_a_folder_in_use_is_left_alone(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    const char *names[] = {"config.json", "metrics.jsonl"};
    for (int i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "run%d", i);
        pcil_trainer *trainer = small_trainer(set, name);
        check_ok(pc_file_make_folder(NULL, small_path(name).text));
        snprintf(name, sizeof name, "run%d/%s", i, names[i]);
        check_ok(pc_file_write(NULL, small_path(name).text, "mine", 4));
        check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, small_path(name).text);
        check_fails(pcil_trainer_run(trainer), PCIL_ERROR_ARGUMENT, "the folder holds another run");
        char *text = small_read(name, NULL);
        assert_string_equal(text, "mine");
        free(text);
        snprintf(name, sizeof name, "run%d/%s", i, names[1 - i]);
        assert_false(pc_file_exists(small_path(name).text));
        pcil_trainer_free(trainer);
    }
    check_ok(pc_file_write(NULL, small_path("file").text, "", 0));
    pcil_trainer *trainer = small_trainer(set, "file");
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_ARGUMENT, "is not a folder");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_a_folder_that_cannot_be_made(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "file/run");
    check_ok(pc_file_write(NULL, small_path("file").text, "", 0));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_IO, "a file of that name stands there");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* The disk is full once the model is to be saved: the run ends with the system's word, and no half of a file. */
static void test_a_full_disk_ends_the_run(void **state) {
    (void)state;
    struct rlimit old, small;
    uint64_t size;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "a");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 1300;
    setrlimit(RLIMIT_FSIZE, &small);
    pcil_status status = pcil_trainer_run(trainer);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    check_fails(status, PCIL_ERROR_IO, "model.safetensors");
    assert_false(pc_file_exists(small_path("a/model.safetensors").text));
    free(small_read("a/metrics.jsonl", &size));
    assert_int_equal(size, 0);
    free(small_read("a/config.json", &size));
    assert_true(size > 0);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_preparing_writes_nothing(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "a");
    check_ok(pcil_trainer_prepare(trainer));
    assert_false(pc_file_exists(small_path("a").text));
    check_ok(pcil_trainer_prepare(trainer));
    check_fails(pcil_trainer_set(trainer, "epochs", 3), PCIL_ERROR_STATE, "settings are fixed");
    check_fails(pcil_trainer_recipe(trainer, "cifar10-mlp-bp"), PCIL_ERROR_STATE, "settings are fixed");
    check_fails(pcil_trainer_load(trainer, "x"), PCIL_ERROR_STATE, "settings are fixed");
    check_fails(pcil_trainer_data(trainer, set, NULL), PCIL_ERROR_STATE, "settings are fixed");
    run(trainer);
    assert_true(pc_file_exists(small_path("a/model.safetensors").text));
    pcil_dataset_free(set);
}

static void test_a_model_remembers_classes_and_normalisation(void **state) {
    (void)state;
    char text[1024];
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "a");
    check_ok(pcil_trainer_set_text(trainer, "normalise", "centre"));
    run(trainer);
    check_ok(pcil_network_metadata(small_path("a/model.safetensors").text, text, sizeof text, NULL));
    assert_non_null(strstr(text, "\"classes\":\"[\\\""));
    assert_non_null(strstr(text, "\"scale\":\"[2.0,2.0,2.0]\""));
    assert_non_null(strstr(text, "\"shift\":\"[-1.0,-1.0,-1.0]\""));
    assert_non_null(strstr(text, "\"iteration\":\"14\""));
    pcil_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_the_same_seed_gives_the_same_files),
        in_a_folder(test_prefetching_changes_no_number),
        in_a_folder(test_a_written_configuration_runs_again_alike),
        in_a_folder(test_metrics_hold_what_they_should),
        in_a_folder(test_steps_end_a_run_within_an_epoch),
        in_a_folder(test_measuring_changes_no_bit),
        in_a_folder(test_a_stop_leaves_whole_files),
        in_a_folder(test_a_run_is_not_begun_within_itself),
        in_a_folder(test_divergence_is_told_and_keeps_what_was_saved),
        in_a_folder(test_a_folder_in_use_is_left_alone),
        in_a_folder(test_a_folder_that_cannot_be_made),
        in_a_folder(test_a_full_disk_ends_the_run),
        in_a_folder(test_preparing_writes_nothing),
        in_a_folder(test_a_model_remembers_classes_and_normalisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
