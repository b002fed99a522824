/* Runs that released versions stopped are gone on with by every later one, from the step where they were
 * (tests/golden). */
#include "small.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>

enum { STOPPED = 7 };

static const char golden[] = PCIL_SOURCE_DIR "/tests/golden";

static double value(const pcil_trainer *trainer, const char *name) {
    double number;
    check_ok(pcil_trainer_value(trainer, name, &number));
    return number;
}

/* To what an unbroken run came, whatever the machine's rounding. */
static void check_end(const pcil_trainer *trainer, const char *run) {
    static const char *const names[] = {"iteration", "train_loss", "test_loss", "best_loss"};
    char path[512];
    snprintf(path, sizeof path, "%s/%s/end.txt", golden, run);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int i = 0; i < 4; i++) {
        double expected, found = value(trainer, names[i]);
        assert_int_equal(fscanf(file, "%lf", &expected), 1);
        if (fabs(found - expected) > 1e-4) fail_msg("%s: %s is %g, was %g", run, names[i], found, expected);
    }
    fclose(file);
}

static void check_run(const char *run) {
    char command[1024];
    pcil_trainer *trainer = NULL;
    pcil_dataset *set = small_data();
    snprintf(command, sizeof command, "cp -r '%s/%s' '%s'", golden, run, small_folder);
    assert_int_equal(system(command), 0);
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_resume(trainer, small_path(run).text));
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_prepare(trainer));
    assert_int_equal((int)value(trainer, "iteration"), STOPPED);
    check_ok(pcil_trainer_run(trainer));
    check_end(trainer, run);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_runs_of_every_version_go_on(void **state) {
    (void)state;
    int runs = 0;
    DIR *entries = opendir(golden);
    assert_non_null(entries);
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".run") != 0) continue;
        check_run(entry->d_name);
        runs++;
    }
    closedir(entries);
    assert_true(runs >= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {in_a_folder(test_runs_of_every_version_go_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
