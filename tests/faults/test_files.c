/*
 * A run whose file calls fail one after the other, once and for good, or that is killed or loses its power at each:
 * what failed is told, no half of a file is ever seen, and going on ends with the files of an undisturbed run.
 *
 * Each call in turn with PCIL_FAULTS=all, else a sample.
 */
#include "faults/calls.h"
#include "training/small.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>

static pcil_dataset *set;

static int64_t stride(int64_t sample) {
    const char *faults = getenv("PCIL_FAULTS");
    return faults && strcmp(faults, "all") == 0 ? 1 : sample;
}

static pcil_trainer *make(const char *name) {
    pcil_trainer *trainer = small_trainer(set, name);
    check_ok(pcil_trainer_set_text(trainer, "optimizer", "adam"));
    check_ok(pcil_trainer_set(trainer, "learning_rate", .01));
    check_ok(pcil_trainer_set(trainer, "evaluations", 2));
    check_ok(pcil_trainer_set(trainer, "checkpoint_iterations", 3));
    return trainer;
}

/* Begins the run of that name, or goes on with it. */
static pcil_status work(const char *name) {
    char config[64];
    pcil_trainer *trainer = NULL;
    pcil_status status = PCIL_OK;
    snprintf(config, sizeof config, "%s/config.json", name);
    if (access(small_path(config).text, F_OK) == 0) { /* a call that is not counted */
        check_ok(pcil_trainer_create(&trainer));
        status = pcil_trainer_resume(trainer, small_path(name).text);
        if (status == PCIL_OK) check_ok(pcil_trainer_data(trainer, set, set));
    } else {
        trainer = make(name);
    }
    if (status == PCIL_OK) status = pcil_trainer_run(trainer);
    pcil_trainer_free(trainer);
    return status;
}

static void check_whole_run(void) {
    check_same_file("whole/config.json", "run/config.json");
    check_same_file("whole/model.safetensors", "run/model.safetensors");
    check_same_file("whole/best.safetensors", "run/best.safetensors");
    check_same_metrics("whole/metrics.jsonl", "run/metrics.jsonl");
}

static int count_temporaries(void) {
    DIR *folder = opendir(small_path("run").text);
    const struct dirent *entry;
    int count = 0;
    while (folder && (entry = readdir(folder))) count += strstr(entry->d_name, ".tmp") != NULL;
    if (folder) closedir(folder);
    return count;
}

/* What is there can be read: an old file or a new one. */
static void check_models(void) {
    static const char *const names[] = {"run/model.safetensors", "run/best.safetensors"};
    for (int i = 0; i < 2; i++) {
        pcil_network *network = NULL;
        if (!pc_file_exists(small_path(names[i]).text)) continue;
        check_ok(pcil_network_load(&network, small_path(names[i]).text));
        pcil_network_free(network);
    }
}

static void remove_run(void) {
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s/run'", small_folder);
    assert_int_equal(system(command), 0);
}

static int64_t undisturbed(void) {
    set = small_data();
    check_ok(work("whole"));
    fault_arm(-1, false, 0); /* the first also has calls of libraries that begin */
    check_ok(work("run"));
    remove_run();
    return fault.calls;
}

/* --- a call fails --- */

/* A killed run's temporary file may outlive a failure, but not the run that goes on. */
static void fail_at(int64_t at, bool once, int what) {
    int left = count_temporaries();
    fault_arm(at, once, what);
    pcil_status status = work("run");
    bool survived = status == PCIL_OK;
    assert_true(fault.struck > 0 || what == EINTR);
    bool kept = fault.kept;
    fault_arm(-1, false, 0);
    if (!survived && status != PCIL_ERROR_IO) fail_msg("call %lld: %s", (long long)at, pcil_last_error());
    if (what == EINTR) assert_true(survived);
    assert_true(kept || count_temporaries() <= left);
    check_models();
    if (!survived) check_ok(work("run"));
    assert_true((kept && survived) || count_temporaries() == 0);
    check_whole_run();
    remove_run();
}

static void test_every_call_fails(void **state) {
    (void)state;
    static const struct {
        bool once;
        int what;
    } faults[] = {{true, EIO},    {false, EIO},  {true, ENOSPC},      {false, ENOSPC},     {false, EDQUOT},
                  {false, EROFS}, {true, EINTR}, {true, FAULT_SHORT}, {false, FAULT_SHORT}};
    int64_t calls = undisturbed(), tried = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        for (int64_t at = (int64_t)i % stride(17); at < calls; at += stride(17), tried++)
            fail_at(at, faults[i].once, faults[i].what);
    print_message("%lld file calls of a run; %lld failures, all survived\n", (long long)calls, (long long)tried);
    pcil_dataset_free(set);
}

/* --- the process ends at a call --- */

static void end_at(int64_t at, int what) {
    pid_t child = fork();
    if (child == 0) {
        fault_arm(at, true, what);
        _exit(work("run") == PCIL_OK ? 0 : 1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    bool killed = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
    assert_true(killed || (what == FAULT_TORN && WIFEXITED(ended) && WEXITSTATUS(ended) == 0));
    check_models();
    check_ok(work("run"));
    check_whole_run();
    assert_int_equal(count_temporaries(), 0);
    remove_run();
}

static void test_the_end_at_every_call(void **state) {
    (void)state;
    static const int ends[] = {FAULT_KILL, FAULT_TORN, FAULT_CUT, FAULT_CUT_NAMES};
    int64_t calls = undisturbed(), tried = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        for (int64_t at = (int64_t)i % stride(13); at < calls; at += stride(13), tried++) end_at(at, ends[i]);
    print_message("%lld file calls of a run; %lld ends, all gone on with\n", (long long)calls, (long long)tried);
    pcil_dataset_free(set);
}

/* --- failing while going on after a kill --- */

static void test_failures_while_going_on(void **state) {
    (void)state;
    int64_t calls = undisturbed(), tried = 0;
    for (int64_t at = 0; at < calls / 2; at += stride(31)) {
        pid_t child = fork();
        if (child == 0) {
            fault_arm(calls / 2, true, FAULT_KILL);
            work("run");
            _exit(1);
        }
        int ended;
        assert_int_equal(waitpid(child, &ended, 0), child);
        fail_at(at, at % 2, EIO);
        tried++;
    }
    print_message("%lld failures while going on, all survived\n", (long long)tried);
    pcil_dataset_free(set);
}

/* --- failing while a new run is to begin where another lies --- */

/* With another seed, so that nothing of it would be the other's. */
static pcil_status begin_in(const char *name) {
    pcil_trainer *trainer = make(name);
    check_ok(pcil_trainer_set(trainer, "seed", 77));
    pcil_status status = pcil_trainer_run(trainer);
    pcil_trainer_free(trainer);
    return status;
}

static void test_no_failure_lets_a_run_be_overwritten(void **state) {
    (void)state;
    static const int faults[] = {EIO, EACCES, EMFILE};
    undisturbed();
    assert_int_equal(work("run"), PCIL_OK);
    fault_arm(-1, false, 0);
    assert_int_equal(begin_in("run"), PCIL_ERROR_ARGUMENT);
    int64_t calls = fault.calls, tried = 0;
    assert_true(calls > 0);
    for (size_t i = 0; i < 2 * sizeof faults / sizeof faults[0]; i++)
        for (int64_t at = 0; at < calls; at++, tried++) {
            fault_arm(at, i % 2, faults[i / 2]);
            pcil_status status = begin_in("run");
            fault_arm(-1, false, 0);
            assert_true(status == PCIL_ERROR_ARGUMENT || status == PCIL_ERROR_IO);
            check_whole_run();
        }
    /* Where only looking at names fails, all else would let it begin. */
    fault_of_looks = EIO;
    check_fails(begin_in("run"), PCIL_ERROR_IO, "cannot look at");
    fault_of_looks = 0;
    check_whole_run();
    print_message("%lld failures where another run lies, which was left as it was\n", (long long)tried);
    pcil_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_every_call_fails),
        in_a_folder(test_the_end_at_every_call),
        in_a_folder(test_failures_while_going_on),
        in_a_folder(test_no_failure_lets_a_run_be_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
