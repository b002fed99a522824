/*
 * Going on with runs: from every step, killed or stopped, to the files of an unbroken run; and what is refused. A kill
 * is played by copying the run's folder in the middle of the run: the copy is what a kill would leave.
 */
#include "network/network.h"
#include "small.h"
#include "training/checkpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 16 }; /* two epochs of eight batches, the last one incomplete */

static const char newest[] = "checkpoint.safetensors", previous[] = "checkpoint.safetensors.previous";

/* Augmentation, prefetch, evaluations inside epochs, an incomplete batch: all that has a place in the epoch. */
static pcil_trainer *full_trainer(pcil_dataset *set, const char *optimizer, const char *inference, const char *out) {
    static const char *const settings[][2] = {{"drop_last", "0"},
                                              {"flip", "1"},
                                              {"crop", "1"},
                                              {"prefetch", "1"},
                                              {"evaluations", "3"},
                                              {"normalise", "standard"},
                                              {"learning_rate", "0.01"},
                                              {"rate_decay", "cosine"},
                                              {"decay_steps", "40"},
                                              {"checkpoint_iterations", "3"},
                                              {"seed", "5"}};
    pcil_trainer *trainer = small_trainer(set, out);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        check_ok(pcil_trainer_set_text(trainer, settings[i][0], settings[i][1]));
    check_ok(pcil_trainer_set_text(trainer, "optimizer", optimizer));
    check_ok(pcil_trainer_set_text(trainer, "inference", inference));
    return trainer;
}

static pcil_trainer *resumed(pcil_dataset *set, const char *name) {
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_resume(trainer, small_path(name).text));
    check_ok(pcil_trainer_data(trainer, set, set));
    return trainer;
}

static void run(pcil_trainer *trainer) {
    check_ok(pcil_trainer_run(trainer));
    assert_string_equal(pcil_trainer_warning(trainer), "");
    pcil_trainer_free(trainer);
}

static void in(char path[64], const char *folder, const char *name) {
    snprintf(path, 64, "%s/%s", folder, name);
}

static void check_same_run(const char *a, const char *b) {
    static const char *const files[] = {"config.json", "model.safetensors", "best.safetensors"};
    char left[64], right[64];
    for (int i = 0; i < 3; i++) {
        in(left, a, files[i]);
        in(right, b, files[i]);
        check_same_file(left, right);
    }
    in(left, a, "metrics.jsonl");
    in(right, b, "metrics.jsonl");
    check_same_metrics(left, right);
    in(right, b, "run.lock");
    assert_false(pc_file_exists(small_path(right).text));
}

static void copy_folder(const char *from, const char *to) {
    char command[640];
    snprintf(command, sizeof command, "cp -r '%s/%s' '%s/%s'", small_folder, from, small_folder, to);
    assert_int_equal(system(command), 0);
}

static void remove_folder(const char *name) {
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s/%s'", small_folder, name);
    assert_int_equal(system(command), 0);
}

static void write_copy(const char *name, const char *bytes, uint64_t size) {
    check_ok(pc_file_write(NULL, small_path(name).text, bytes, size));
}

static int64_t iteration_of(const pcil_trainer *trainer) {
    double iteration;
    check_ok(pcil_trainer_value(trainer, "iteration", &iteration));
    return (int64_t)iteration;
}

/* --- killed and stopped at every step --- */

static int32_t copy_at_each(void *user, const pcil_trainer *trainer, pcil_event event) {
    char name[32];
    (void)user;
    snprintf(name, sizeof name, "%s%lld", event == PCIL_EVENT_BATCH ? "batch" : "evaluation",
             (long long)iteration_of(trainer));
    copy_folder("whole", name);
    return 0;
}

struct stop {
    int64_t iteration;
    pcil_event event;
};

static int32_t stop_there(void *user, const pcil_trainer *trainer, pcil_event event) {
    const struct stop *stop = user;
    return event == stop->event && iteration_of(trainer) == stop->iteration;
}

static void run_until(pcil_trainer *trainer, struct stop stop) {
    check_ok(pcil_trainer_watch(trainer, stop_there, &stop));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_INTERRUPTED, "stopped in epoch");
}

static void test_a_killed_run_goes_on_from_every_step(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *whole = full_trainer(set, "mq", "sequential", "whole");
    check_ok(pcil_trainer_watch(whole, copy_at_each, NULL));
    run(whole);
    int tried = 0;
    for (int i = 1; i <= STEPS; i++)
        for (int e = 0; e < 2; e++) {
            char name[32];
            snprintf(name, sizeof name, "%s%d", e ? "evaluation" : "batch", i);
            if (!pc_file_exists(small_path(name).text)) continue;
            run(resumed(set, name));
            check_same_run("whole", name);
            tried++;
        }
    assert_int_equal(tried, STEPS + 6);
    pcil_dataset_free(set);
}

static void stop_and_go_on(pcil_dataset *set, const char *optimizer, const char *inference, struct stop stop) {
    pcil_trainer *trainer = full_trainer(set, optimizer, inference, "stopped");
    check_ok(pcil_trainer_set(trainer, "checkpoint_iterations", 0));
    run_until(trainer, stop);
    pcil_trainer_free(trainer);
    trainer = resumed(set, "stopped");
    check_ok(pcil_trainer_prepare(trainer));
    assert_int_equal(iteration_of(trainer), stop.iteration);
    run(trainer);
    check_same_run("whole", "stopped");
    remove_folder("stopped");
}

/* Each optimizer and each schedule: their state is all in the checkpoint. */
static void test_every_optimizer_goes_on(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    int32_t optimizers = pcil_kind_count("optimizer"), schedules = pcil_kind_count("inference");
    for (int32_t i = 0; i < optimizers; i++) {
        const char *optimizer = pcil_kind_name("optimizer", i), *inference = pcil_kind_name("inference", i % schedules);
        pcil_trainer *whole = full_trainer(set, optimizer, inference, "whole");
        check_ok(pcil_trainer_set(whole, "checkpoint_iterations", 0));
        run(whole);
        stop_and_go_on(set, optimizer, inference, (struct stop){5, PCIL_EVENT_BATCH});
        stop_and_go_on(set, optimizer, inference, (struct stop){8, PCIL_EVENT_BATCH});
        stop_and_go_on(set, optimizer, inference, (struct stop){11, PCIL_EVENT_EVALUATION});
        stop_and_go_on(set, optimizer, inference, (struct stop){16, PCIL_EVENT_BATCH});
        remove_folder("whole");
    }
    pcil_dataset_free(set);
}

/* More epochs do not make it longer: silence would let one think so. */
static void refuse_more_epochs(pcil_dataset *set) {
    pcil_trainer *trainer = resumed(set, "whole");
    check_ok(pcil_trainer_set(trainer, "epochs", 9));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT,
                "epochs=9, but the run to go on with has ended by steps=11, which stays as it was");
    pcil_trainer_free(trainer);
    run(resumed(set, "whole"));
}

/* It ends within an epoch, and is evaluated there. */
static void test_a_run_of_steps_goes_on(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    for (int stopped = 3; stopped <= 11; stopped += 4) {
        pcil_trainer *whole = full_trainer(set, "mq", "sequential", "whole");
        pcil_trainer *trainer = full_trainer(set, "mq", "sequential", "stopped");
        check_ok(pcil_trainer_set(whole, "steps", 11));
        check_ok(pcil_trainer_set(trainer, "steps", 11));
        run(whole);
        run_until(trainer, (struct stop){stopped, PCIL_EVENT_BATCH});
        pcil_trainer_free(trainer);
        run(resumed(set, "stopped"));
        check_same_run("whole", "stopped");
        refuse_more_epochs(set);
        check_same_run("stopped", "whole");
        remove_folder("whole");
        remove_folder("stopped");
    }
    pcil_dataset_free(set);
}

static void test_more_epochs_are_the_longer_run(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *longer = full_trainer(set, "adam", "sequential", "long");
    check_ok(pcil_trainer_set(longer, "epochs", 4));
    run(longer);
    run(full_trainer(set, "adam", "sequential", "short"));
    pcil_trainer *trainer = resumed(set, "short");
    check_ok(pcil_trainer_set(trainer, "epochs", 4));
    run(trainer);
    check_same_run("long", "short");
    trainer = resumed(set, "short");
    check_ok(pcil_trainer_set(trainer, "epochs", 3));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT,
                "epochs=3, but the run to go on with is in epoch 4");
    pcil_trainer_free(trainer);
    run(resumed(set, "short")); /* nothing is left to do */
    check_same_run("long", "short");
    pcil_dataset_free(set);
}

/* --- what changes with the run --- */

struct copy {
    const char *from, *to;
    int64_t iteration;
};

static int32_t copy_there(void *user, const pcil_trainer *trainer, pcil_event event) {
    const struct copy *copy = user;
    if (event == PCIL_EVENT_BATCH && iteration_of(trainer) == copy->iteration) copy_folder(copy->from, copy->to);
    return 0;
}

static void set_checkpoints_off(pcil_trainer *trainer) {
    check_ok(pcil_trainer_set(trainer, "checkpoint_epochs", 0));
    check_ok(pcil_trainer_set(trainer, "checkpoint_minutes", 0));
    check_ok(pcil_trainer_set(trainer, "checkpoint_iterations", 0));
}

static pcil_trainer *longer(pcil_dataset *set) {
    pcil_trainer *trainer = resumed(set, "short");
    check_ok(pcil_trainer_set(trainer, "epochs", 4));
    set_checkpoints_off(trainer);
    return trainer;
}

/* A kill before the next checkpoint, or with none to come, does not make the run the shorter one again; and one that
 * comes to its end leaves the checkpoint of that end. */
static void test_a_longer_run_stays_longer(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    struct copy early = {"short", "early", STEPS + 1}, late = {"short", "late", 2 * STEPS - 1};
    pcil_trainer *whole = full_trainer(set, "adam", "sequential", "long");
    check_ok(pcil_trainer_set(whole, "epochs", 4));
    set_checkpoints_off(whole);
    run(whole);
    struct copy *const copies[] = {&early, &late};
    for (int i = 0; i < 2; i++) {
        run(full_trainer(set, "adam", "sequential", "short"));
        pcil_trainer *trainer = longer(set);
        check_ok(pcil_trainer_watch(trainer, copy_there, copies[i]));
        run(trainer);
        check_same_run("long", "short");
        run(resumed(set, copies[i]->to));
        check_same_run("long", copies[i]->to);
        trainer = resumed(set, "short");
        check_ok(pcil_trainer_prepare(trainer));
        assert_int_equal(iteration_of(trainer), 2 * STEPS);
        pcil_trainer_free(trainer);
        remove_folder("short");
    }
    pcil_dataset_free(set);
}

/* Who stops a run wants to go on with it, whether or not it has checkpoints on its way. */
static void test_a_stop_is_saved_in_any_case(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *whole = full_trainer(set, "mq", "sequential", "whole");
    pcil_trainer *trainer = full_trainer(set, "mq", "sequential", "stopped");
    set_checkpoints_off(whole);
    set_checkpoints_off(trainer);
    run(whole);
    run_until(trainer, (struct stop){5, PCIL_EVENT_BATCH});
    pcil_trainer_free(trainer);
    run(resumed(set, "stopped"));
    check_same_run("whole", "stopped");
    pcil_dataset_free(set);
}

/* The checkpoint is what matters. */
static void test_a_stop_without_its_model(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = full_trainer(set, "mq", "sequential", "stopped");
    check_ok(pcil_trainer_set(trainer, "evaluations", 1));
    check_ok(pc_file_make_folder(NULL, small_path("stopped/model.safetensors").text));
    run_until(trainer, (struct stop){5, PCIL_EVENT_BATCH});
    assert_non_null(
        strstr(pcil_trainer_warning(trainer), "model.safetensors': it is not a regular file. The checkpoint"));
    pcil_trainer_free(trainer);
    assert_int_equal(rmdir(small_path("stopped/model.safetensors").text), 0);
    trainer = resumed(set, "stopped");
    check_ok(pcil_trainer_prepare(trainer));
    assert_int_equal(iteration_of(trainer), 5);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* A state of more than a hundred thousand numbers. */
static void test_a_deep_network_goes_on(void **state) {
    (void)state;
    enum { BLOCKS = 4000 };
    static char network[BLOCKS * 9 + 64] = "3x2x2; ";
    for (int b = 0; b < BLOCKS; b++) strcat(network, "dense 2; ");
    strcat(network, "dense 3; softmax");
    pcil_dataset *set = small_data(), *few = NULL;
    check_ok(pcil_dataset_limit(set, 8, &few));
    pcil_trainer *trainer = small_trainer(few, "deep");
    check_ok(pcil_trainer_set_text(trainer, "network", network));
    check_ok(pcil_trainer_set(trainer, "epochs", 1));
    run(trainer);
    trainer = resumed(few, "deep");
    check_ok(pcil_trainer_prepare(trainer));
    assert_int_equal(iteration_of(trainer), 1);
    pcil_trainer_free(trainer);
    pcil_dataset_free(few);
    pcil_dataset_free(set);
}

/* --- files that others took away or changed --- */

static void check_goes_on_with_a_warning(pcil_trainer *trainer, const char *fragment) {
    check_ok(pcil_trainer_run(trainer));
    if (!strstr(pcil_trainer_warning(trainer), fragment))
        fail_msg("'%s' lacks '%s'", pcil_trainer_warning(trainer), fragment);
    pcil_trainer_free(trainer);
}

static int32_t remove_metrics(void *user, const pcil_trainer *trainer, pcil_event event) {
    (void)user;
    if (event == PCIL_EVENT_BATCH && iteration_of(trainer) == 5) unlink(small_path("run/metrics.jsonl").text);
    return 0;
}

static int64_t count_lines(const char *name) {
    json_t *lines = small_lines(name);
    int64_t count = (int64_t)json_array_size(lines);
    json_decref(lines);
    return count;
}

static void test_metrics_that_were_removed(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = full_trainer(set, "mq", "sequential", "run");
    check_ok(pcil_trainer_watch(trainer, remove_metrics, NULL));
    check_goes_on_with_a_warning(trainer, "metrics.jsonl' was removed: its lines are lost");
    assert_int_equal(count_lines("run/metrics.jsonl"), 5); /* of six evaluations */
    unlink(small_path("run/metrics.jsonl").text);
    trainer = resumed(set, "run");
    check_ok(pcil_trainer_set(trainer, "epochs", 3));
    check_goes_on_with_a_warning(trainer, "metrics.jsonl' was removed: its lines are lost");
    assert_int_equal(count_lines("run/metrics.jsonl"), 3);
    run(resumed(set, "run"));
    assert_int_equal(count_lines("run/metrics.jsonl"), 3);
    pcil_dataset_free(set);
}

static void refuse_metrics(pcil_dataset *set, pcil_status status, const char *fragment) {
    pcil_trainer *trainer = resumed(set, "run");
    check_fails(pcil_trainer_run(trainer), status, fragment);
    pcil_trainer_free(trainer);
}

/* Put back, they are gone on with: by the same trainer, too. */
static void test_metrics_that_were_changed(void **state) {
    (void)state;
    uint64_t size;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "mq", "sequential", "whole"));
    copy_folder("whole", "run");
    char *bytes = small_read("run/metrics.jsonl", &size), *longer = malloc(size + 7);
    assert_non_null(longer);
    memcpy(longer, "before\n", 7);
    memcpy(longer + 7, bytes, size);
    write_copy("run/metrics.jsonl", longer, size + 7);
    refuse_metrics(set, PCIL_ERROR_FORMAT, "no line ends there now. Put it back, or remove it");
    unlink(small_path("run/metrics.jsonl").text);
    assert_int_equal(mkfifo(small_path("run/metrics.jsonl").text, 0600), 0);
    refuse_metrics(set, PCIL_ERROR_IO, "metrics.jsonl' is not a regular file");
    write_copy("run/checkpoint.safetensors", "nothing", 7);
    pcil_trainer *trainer = resumed(set, "run");
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_IO, "is not a regular file");
    unlink(small_path("run/metrics.jsonl").text);
    write_copy("run/metrics.jsonl", bytes, size);
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    check_same_run("whole", "run");
    free(longer);
    free(bytes);
    pcil_dataset_free(set);
}

static void test_models_that_were_removed(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "mq", "sequential", "whole"));
    copy_folder("whole", "run");
    write_copy("run/model.safetensors", "nothing", 7);
    run(resumed(set, "run"));
    check_same_run("whole", "run");
    unlink(small_path("run/model.safetensors").text);
    unlink(small_path("run/best.safetensors").text);
    check_goes_on_with_a_warning(resumed(set, "run"), "best.safetensors' was removed");
    check_same_file("whole/model.safetensors", "run/model.safetensors");
    pcil_dataset_free(set);
}

static void test_links_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "config.json",      "metrics.jsonl",          "model.safetensors",
        "best.safetensors", "checkpoint.safetensors", "checkpoint.safetensors.previous"};
    pcil_dataset *set = small_data();
    run(full_trainer(set, "mq", "sequential", "whole"));
    for (int i = 0; i < 6; i++) {
        char path[64];
        copy_folder("whole", "run");
        in(path, "run", names[i]);
        assert_int_equal(rename(small_path(path).text, small_path("other").text), 0);
        assert_int_equal(symlink("../other", small_path(path).text), 0);
        pcil_trainer *trainer = resumed(set, "run");
        check_fails(pcil_trainer_run(trainer), PCIL_ERROR_ARGUMENT, "' is a link: put the file itself there");
        pcil_trainer_free(trainer);
        in(path, "whole", names[i]);
        check_same_file(path, "other");
        remove_folder("run");
    }
    pcil_dataset_free(set);
}

/* Its settings may be those of a network that the file has no room for: here the file is told to be shorter. */
static void test_a_network_is_held_against_its_file(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(small_trainer(set, "run"));
    pcil_trainer *trainer = resumed(set, "run");
    struct pc_checkpoint *checkpoint = trainer->checkpoint;
    uint64_t size = checkpoint->archive.file.size;
    checkpoint->archive.file.size = checkpoint->archive.data + 100;
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_FORMAT,
                "checkpoint.safetensors': settings: network: it describes more than 25 learned numbers");
    checkpoint->archive.file.size = size;
    check_ok(pcil_trainer_prepare(trainer));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* It may be whole: going on from the one before would push it out. */
static void test_a_checkpoint_that_cannot_be_read(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = NULL;
    run(full_trainer(set, "mq", "sequential", "run"));
    copy_folder("run", "kept");
    unlink(small_path("run/checkpoint.safetensors").text);
    assert_int_equal(symlink("checkpoint.safetensors", small_path("run/checkpoint.safetensors").text), 0);
    check_ok(pcil_trainer_create(&trainer));
    check_fails(pcil_trainer_resume(trainer, small_path("run").text), PCIL_ERROR_IO, "Make it readable, or remove it");
    check_same_file("kept/checkpoint.safetensors.previous", "run/checkpoint.safetensors.previous");
    unlink(small_path("run/checkpoint.safetensors").text);
    check_ok(pcil_trainer_resume(trainer, small_path("run").text));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_without_a_checkpoint_it_starts_again(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "sgd", "sequential", "whole"));
    check_ok(pc_file_make_folder(NULL, small_path("killed").text));
    copy_folder("whole/config.json", "killed/config.json");
    pcil_trainer *trainer = resumed(set, "killed");
    check_ok(pcil_trainer_set(trainer, "seed", 6));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "'seed' is 6");
    pcil_trainer_free(trainer);
    run(resumed(set, "killed"));
    check_same_run("whole", "killed");
    unlink(small_path("killed/checkpoint.safetensors").text);
    unlink(small_path("killed/checkpoint.safetensors.previous").text);
    check_ok(pcil_trainer_create(&trainer));
    check_fails(pcil_trainer_resume(trainer, small_path("killed").text), PCIL_ERROR_ARGUMENT, "without a checkpoint");
    check_ok(pc_file_make_folder(NULL, small_path("empty").text));
    check_fails(pcil_trainer_resume(trainer, small_path("empty").text), PCIL_ERROR_ARGUMENT, "holds no run");
    check_fails(pcil_trainer_resume(trainer, small_path("none").text), PCIL_ERROR_ARGUMENT, "is not a folder");
    check_fails(pcil_trainer_resume(trainer, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_trainer_resume(NULL, "x"), PCIL_ERROR_ARGUMENT, "NULL");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_without_checkpoints_none_is_written(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "none");
    check_ok(pcil_trainer_set(trainer, "checkpoint_epochs", 0));
    check_ok(pcil_trainer_set(trainer, "checkpoint_minutes", 0));
    run(trainer);
    assert_false(pc_file_exists(small_path("none/checkpoint.safetensors").text));
    trainer = small_trainer(set, "clock");
    check_ok(pcil_trainer_set(trainer, "checkpoint_epochs", 0));
    check_ok(pcil_trainer_set(trainer, "checkpoint_minutes", 1e-9));
    run_until(trainer, (struct stop){3, PCIL_EVENT_BATCH});
    pcil_trainer_free(trainer);
    assert_true(pc_file_exists(small_path("clock/checkpoint.safetensors.previous").text));
    pcil_dataset_free(set);
}

/* --- damage --- */

/* Cut anywhere, or with any byte changed, a checkpoint is not loaded: the one before it is, and the run ends alike. */
static void test_a_damaged_checkpoint_is_passed_over(void **state) {
    (void)state;
    uint64_t size;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = NULL;
    run(full_trainer(set, "adam", "sequential", "whole"));
    char *bytes = small_read("whole/checkpoint.safetensors", &size);
    for (uint64_t at = 0; at < size; at += at < 300 ? 7 : 101) {
        check_ok(pcil_trainer_create(&trainer));
        if (at % 2) {
            write_copy("whole/checkpoint.safetensors", bytes, at);
        } else {
            bytes[at] ^= 4;
            write_copy("whole/checkpoint.safetensors", bytes, size);
            bytes[at] ^= 4;
        }
        check_ok(pcil_trainer_resume(trainer, small_path("whole").text));
        assert_non_null(strstr(pcil_trainer_warning(trainer), "The checkpoint before it is used"));
        assert_non_null(strstr(pcil_trainer_warning(trainer), newest));
        pcil_trainer_free(trainer);
    }
    copy_folder("whole", "damaged");
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_resume(trainer, small_path("damaged").text));
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    check_same_run("whole", "damaged");
    /* Neither is whole. */
    write_copy("damaged/checkpoint.safetensors", bytes, size - 1);
    write_copy("damaged/checkpoint.safetensors.previous", bytes, size - 9);
    check_ok(pcil_trainer_create(&trainer));
    check_fails(pcil_trainer_resume(trainer, small_path("damaged").text), PCIL_ERROR_FORMAT, previous);
    pcil_trainer_free(trainer);
    free(bytes);
    pcil_dataset_free(set);
}

/* After damage the next saves keep the good one, so that a kill among them loses nothing. */
static void test_the_good_checkpoint_is_not_pushed_out(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "adam", "sequential", "whole"));
    write_copy("whole/checkpoint.safetensors", "nothing", 7);
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_resume(trainer, small_path("whole").text));
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_watch(trainer, copy_at_each, NULL));
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    assert_true(pc_file_exists(small_path("batch16").text));
    run(resumed(set, "batch16"));
    check_same_run("whole", "batch16");
    pcil_dataset_free(set);
}

static void test_metrics_shorter_than_the_checkpoint_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "sgd", "sequential", "whole"));
    assert_int_equal(truncate(small_path("whole/metrics.jsonl").text, 100), 0);
    pcil_trainer *trainer = resumed(set, "whole");
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_FORMAT, "it is shorter now");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_a_number_that_is_not_finite_is_never_saved(void **state) {
    (void)state;
    int64_t count;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = full_trainer(set, "sgd", "sequential", "run");
    check_ok(pcil_trainer_prepare(trainer));
    float *weights = pc_network_block_parameters(pcil_trainer_network(trainer), 1, &count);
    weights[count / 2] = NAN;
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED, "'block1.dense.weight' is not finite");
    assert_false(pc_file_exists(small_path("run/checkpoint.safetensors").text));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* --- another run is refused by name --- */

static void refuse(pcil_dataset *set, const char *name, const char *value, const char *fragment) {
    pcil_trainer *trainer = resumed(set, "whole");
    check_ok(pcil_trainer_set_text(trainer, name, value));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, fragment);
    pcil_trainer_free(trainer);
}

static void test_other_settings_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    run(full_trainer(set, "mq", "sequential", "whole"));
    refuse(set, "learning_rate", "0.02", "setting 'learning_rate' is 0.02, but the run to go on with has 0.01");
    refuse(set, "learning_rate.1", "0.02", "setting 'learning_rate.1' is 0.02, but the run to go on with has (none)");
    refuse(set, "network", "3x2x2; dense 9; relu, dense 3; softmax", "setting 'network'");
    refuse(set, "optimizer", "adam", "'optimizer' is \"adam\", but the run to go on with has \"mq\"");
    refuse(set, "seed", "6", "'seed' is 6");
    refuse(set, "batch", "9", "'batch' is 9");
    refuse(set, "out", "elsewhere", "stays in its folder");
    pcil_trainer *trainer = resumed(set, "whole");
    check_ok(pcil_trainer_set(trainer, "prefetch", 0));
    check_ok(pcil_trainer_set(trainer, "checkpoint_minutes", 1));
    check_ok(pcil_trainer_prepare(trainer));
    check_fails(pcil_trainer_resume(trainer, small_path("whole").text), PCIL_ERROR_STATE, "prepared");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_other_data_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = small_data(), *part = NULL, *other = NULL;
    pcil_trainer *trainer = NULL;
    run(full_trainer(set, "mq", "sequential", "whole"));
    check_ok(pcil_dataset_limit(set, 50, &part));
    trainer = resumed(part, "whole");
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "the training data are '50 images 3x2x2");
    check_ok(pcil_trainer_data(trainer, set, part));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "the test data are '50 images");
    check_ok(pcil_trainer_data(trainer, set, NULL));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "the test data are 'none'");
    static float inputs[SMALL_COUNT * SMALL_PIXELS];
    memcpy(inputs, small_inputs, sizeof inputs);
    inputs[SMALL_PIXELS * SMALL_COUNT - 1] += .125f;
    check_ok(pcil_dataset_memory(&other, inputs, small_labels, NULL, SMALL_COUNT, 3, 2, 2, SMALL_CLASSES, 0));
    check_ok(pcil_trainer_data(trainer, other, set));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "checksum");
    pcil_dataset_free(other);
    int32_t labels[SMALL_COUNT];
    memcpy(labels, small_labels, sizeof labels);
    labels[17] = (labels[17] + 1) % SMALL_CLASSES;
    check_ok(pcil_dataset_memory(&other, small_inputs, labels, NULL, SMALL_COUNT, 3, 2, 2, SMALL_CLASSES, 0));
    check_ok(pcil_trainer_data(trainer, other, set));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "checksum");
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_prepare(trainer));
    pcil_trainer_free(trainer);
    pcil_dataset_free(other);
    pcil_dataset_free(part);
    pcil_dataset_free(set);
}

/* --- one process a folder --- */

static int32_t try_beside(void *user, const pcil_trainer *trainer, pcil_event event) {
    pcil_trainer *second = small_trainer(user, "run");
    char number[48];
    (void)trainer;
    if (event == PCIL_EVENT_BATCH) {
        snprintf(number, sizeof number, "process %ld works in", (long)getpid());
        check_fails(pcil_trainer_prepare(second), PCIL_ERROR_STATE, number);
        check_fails(pcil_trainer_resume(second, small_path("run").text), PCIL_ERROR_STATE, number);
    }
    pcil_trainer_free(second);
    return 1;
}

static void test_the_second_on_a_folder_is_refused(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *first = small_trainer(set, "run");
    check_ok(pcil_trainer_watch(first, try_beside, set));
    check_fails(pcil_trainer_run(first), PCIL_ERROR_INTERRUPTED, "stopped");
    assert_false(pc_file_exists(small_path("run/run.lock").text));
    pcil_trainer *second = resumed(set, "run");
    check_fails(pcil_trainer_resume(second, small_path("run").text), PCIL_ERROR_STATE, "already");
    pcil_trainer_free(first);
    run(second);
    pcil_dataset_free(set);
}

static int32_t die(void *user, const pcil_trainer *trainer, pcil_event event) {
    (void)user;
    (void)event;
    if (iteration_of(trainer) == 3) raise(SIGKILL);
    return 0;
}

/* What a killed process leaves: its lock file, unlocked, and the temporary file that it was writing. */
static void test_a_dead_process_locks_nothing(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pid_t child = fork();
    if (child == 0) {
        pcil_trainer *trainer = small_trainer(set, "run");
        pcil_trainer_watch(trainer, die, NULL);
        pcil_trainer_run(trainer);
        _exit(1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
    assert_true(pc_file_exists(small_path("run/run.lock").text));
    write_copy("run/model.safetensors.123-4.tmp", "half", 4);
    write_copy("run/reconstructions-1.000.png.123-4.tmp", "half", 4);
    write_copy("run/mine.tmp", "whole", 5);
    run(resumed(set, "run"));
    run(small_trainer(set, "whole"));
    check_same_run("whole", "run");
    assert_false(pc_file_exists(small_path("run/model.safetensors.123-4.tmp").text));
    assert_false(pc_file_exists(small_path("run/reconstructions-1.000.png.123-4.tmp").text));
    assert_true(pc_file_exists(small_path("run/mine.tmp").text));
    pcil_dataset_free(set);
}

static int32_t free_in_a_child(void *user, const pcil_trainer *trainer, pcil_event event) {
    (void)event;
    if (iteration_of(trainer) != 3) return 0;
    pid_t child = fork();
    if (child == 0) {
        pcil_trainer_free(*(pcil_trainer **)user);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(pc_file_exists(small_path("run/run.lock").text));
    return 0;
}

/* A child of the process has a copy of the trainer, and no part in the run. */
static void test_a_child_does_not_unlock(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "run");
    check_ok(pcil_trainer_watch(trainer, free_in_a_child, &trainer));
    run(trainer);
    pcil_dataset_free(set);
}

static void test_prefetch_of_lent_data_is_not_taken_for_asked(void **state) {
    (void)state;
    char text[16];
    pcil_dataset *set = small_data();
    run(small_trainer(set, "run"));
    pcil_trainer *trainer = resumed(set, "run");
    check_ok(pcil_trainer_prepare(trainer));
    check_ok(pcil_trainer_get_text(trainer, "prefetch", text, sizeof text, NULL));
    assert_string_equal(text, "0");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* --- a checkpoint that cannot be written --- */

static int32_t limit_files(void *user, const pcil_trainer *trainer, pcil_event event) {
    int *warnings = user;
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    if (event == PCIL_EVENT_BATCH) limit.rlim_cur = iteration_of(trainer) == 5 ? 1300 : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (event != PCIL_EVENT_WARNING) return 0;
    assert_non_null(strstr(pcil_trainer_warning(trainer), "no checkpoint at iteration 5"));
    assert_non_null(strstr(pcil_trainer_warning(trainer), "File too large"));
    ++*warnings;
    return 0;
}

static void test_the_run_goes_on_without_a_checkpoint(void **state) {
    (void)state;
    int warnings = 0;
    pcil_dataset *set = small_data();
    signal(SIGXFSZ, SIG_IGN);
    run(small_trainer(set, "whole"));
    pcil_trainer *trainer = small_trainer(set, "run");
    check_ok(pcil_trainer_set(trainer, "checkpoint_iterations", 1));
    check_ok(pcil_trainer_watch(trainer, limit_files, &warnings));
    check_ok(pcil_trainer_run(trainer));
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(warnings, 1);
    pcil_trainer_free(trainer);
    check_same_file("whole/model.safetensors", "run/model.safetensors");
    check_same_metrics("whole/metrics.jsonl", "run/metrics.jsonl");
    pcil_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_a_killed_run_goes_on_from_every_step),
        in_a_folder(test_every_optimizer_goes_on),
        in_a_folder(test_a_run_of_steps_goes_on),
        in_a_folder(test_more_epochs_are_the_longer_run),
        in_a_folder(test_a_longer_run_stays_longer),
        in_a_folder(test_a_stop_is_saved_in_any_case),
        in_a_folder(test_a_stop_without_its_model),
        in_a_folder(test_a_deep_network_goes_on),
        in_a_folder(test_metrics_that_were_removed),
        in_a_folder(test_metrics_that_were_changed),
        in_a_folder(test_models_that_were_removed),
        in_a_folder(test_links_are_refused),
        in_a_folder(test_a_network_is_held_against_its_file),
        in_a_folder(test_a_checkpoint_that_cannot_be_read),
        in_a_folder(test_without_a_checkpoint_it_starts_again),
        in_a_folder(test_without_checkpoints_none_is_written),
        in_a_folder(test_a_damaged_checkpoint_is_passed_over),
        in_a_folder(test_the_good_checkpoint_is_not_pushed_out),
        in_a_folder(test_metrics_shorter_than_the_checkpoint_are_refused),
        in_a_folder(test_a_number_that_is_not_finite_is_never_saved),
        in_a_folder(test_other_settings_are_refused),
        in_a_folder(test_other_data_are_refused),
        in_a_folder(test_the_second_on_a_folder_is_refused),
        in_a_folder(test_a_dead_process_locks_nothing),
        in_a_folder(test_a_child_does_not_unlock),
        in_a_folder(test_prefetch_of_lent_data_is_not_taken_for_asked),
        in_a_folder(test_the_run_goes_on_without_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
