/* Settings: by text, number, file and recipe; what is refused, and with which words. */
#include "small.h"

#include <stdlib.h>
#include <time.h>

static pcil_trainer *trainer;

static int make_trainer(void **state) {
    trainer = NULL;
    return small_begin(state) == 0 && pcil_trainer_create(&trainer) == PCIL_OK ? 0 : -1;
}

static int free_trainer(void **state) {
    pcil_trainer_free(trainer);
    return small_end(state);
}

static void check_setting(const char *name, const char *expected) {
    char text[256];
    int64_t length;
    check_ok(pcil_trainer_get_text(trainer, name, text, sizeof text, &length));
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_options_are_set_and_read(void **state) {
    (void)state;
    check_setting("epochs", "10");
    check_setting("optimizer", "sgd");
    check_ok(pcil_trainer_set_text(trainer, "epochs", "7"));
    check_ok(pcil_trainer_set(trainer, "learning_rate", 3e-5));
    check_ok(pcil_trainer_set_text(trainer, "learning_rate.2", "1"));
    check_ok(pcil_trainer_set_text(trainer, "rho", "0.999"));
    check_ok(pcil_trainer_set_text(trainer, "clamp", "hard"));
    check_setting("epochs", "7");
    check_setting("learning_rate", "3e-05");
    check_setting("learning_rate.2", "1");
    check_setting("learning_rate.1", "3e-05");
    check_setting("rho", "0.999");
    check_setting("clamp", "hard");
    check_ok(pcil_trainer_set(trainer, "learning_rate", 2));
    check_setting("learning_rate.2", "2");
}

static void test_wrong_options_are_refused(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"epoch", "3", "did you mean 'epochs'"},
        {"lerning_rate", "3", "did you mean 'learning_rate'"},
        {"zzzzzz", "3", "known: recipe, dataset"},
        {"epochs", "0", "from 1 to 1000000, not 0"},
        {"epochs", "1.5", "is an integer"},
        {"epochs", "many", "needs a number, not 'many'"},
        {"normalise", "loud", "is one of: none centre standard shrink; not 'loud'"},
        {"optimizer", "adma", "did you mean 'adam'"},
        {"inference", "backwards", "known: sequential, simultaneous, backprop"},
        {"dataset", "cifar11", "did you mean 'cifar10'"},
        {"initialisation", "none", "unknown initialisation"},
        {"recipe", "cifar10-mlp-seqil-mp", "did you mean 'cifar10-mlp-seqil-mq'"},
        {"epochs.1", "3", "is one for all"},
        {"dataset.1", "digits", "is one for all"},
        {"learning_rate.x", "3", "after the point stands"},
        {"learning_rate.", "3", "after the point stands"},
        {"learning_rate.05", "3", "without zeros before it"},
        {"learning_rate.00", "3", "without zeros before it"},
        {"learning_rate.10000", "3", "0 to 9999"},
        {"data", "\xff", "is not UTF-8"},
        {"seed", "-1", "from 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_fails(pcil_trainer_set_text(trainer, cases[i][0], cases[i][1]), PCIL_ERROR_ARGUMENT, cases[i][2]);
        assert_string_equal(pcil_trainer_error(trainer), pcil_last_error());
    }
    check_fails(pcil_trainer_set(trainer, "epochs", NAN), PCIL_ERROR_ARGUMENT, "finite");
    check_fails(pcil_trainer_set(trainer, NULL, 1), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_trainer_set_text(trainer, "epochs", NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_trainer_set_text(NULL, "epochs", "1"), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_trainer_get_text(trainer, "epoch", NULL, 0, NULL), PCIL_ERROR_ARGUMENT, "did you mean");
    check_setting("epochs", "10");
}

static pcil_status load(const char *text) {
    check_ok(pc_file_write(NULL, small_path("config").text, text, strlen(text)));
    return pcil_trainer_load(trainer, small_path("config").text);
}

static void test_a_file_is_taken(void **state) {
    (void)state;
    check_ok(load("{\"epochs\": 4, \"learning_rate\": [0.1, 0.2], \"flip\": true, \"dataset\": \"cifar10\",\n"
                  " \"recipe\": \"cifar10-mlp-seqil-mq\", \"step_size\": 0.25, \"pcil_version\": \"9\"}"));
    check_setting("epochs", "4");
    check_setting("dataset", "cifar10");
    check_setting("recipe", "cifar10-mlp-seqil-mq");
    check_setting("optimizer", "mq");
    check_setting("flip", "1");
    check_setting("step_size", "0.25");
    check_setting("learning_rate.1", "0.2");
    check_setting("learning_rate.2", "3e-05");
}

static void test_wrong_files_are_refused_and_nothing_taken(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "line 1"},
        {"[]", "expected an object"},
        {"{\"epochs\": 4", "line 1, column"},
        {"{\"epochs\": 4}\n x", "line 2"},
        {"{\"epochs\": 4, \"epochs\": 5}", "duplicate object key"},
        {"{\"epochs\": 4, \"epoch\": 5}", "did you mean 'epochs'"},
        {"{\"epochs\": null}", "'epochs' is neither number, text, true nor false"},
        {"{\"epochs\": {}}", "'epochs' is neither"},
        {"{\"epochs\": []}", "'epochs' is an empty array"},
        {"{\"epochs\": [1]}", "is one for all"},
        {"{\"learning_rate\": [[1]]}", "more than 2 deep"},
        {"{\"learning_rate\": [1, null]}", "'learning_rate.1' is neither"},
        {"{\"epochs\": 1e400}", "line 1"},
        {"{\"learning_rate\": NaN}", "invalid token near 'NaN'"},
        {"{\"learning_rate\": -Infinity}", "line 1"},
        {"{\"a\\u0000\": 1}", "line 1"},
        {"{\"epochs\": 4, \"recipe\": 3}", "'recipe' is not a text"},
        {"{\"epochs\": 4, \"recipe\": \"none\"}", "unknown recipe 'none'"},
        {"{\"epochs\": 4, \"pcil_version\": 3}", "'pcil_version' is not a text"},
        {"{\"epochs\": 4, \"network\": \"\xff\"}", "line 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_fails(load(cases[i][0]), PCIL_ERROR_FORMAT, cases[i][1]);
        assert_non_null(strstr(pcil_last_error(), small_path("config").text));
        check_setting("epochs", "10");
        check_setting("learning_rate", "0.01");
    }
    check_fails(pcil_trainer_load(trainer, small_folder), PCIL_ERROR_IO, "is a folder");
    check_fails(pcil_trainer_load(trainer, NULL), PCIL_ERROR_ARGUMENT, "NULL");
}

/* Eight megabytes of "{}," would become hundreds. */
static void test_large_files_are_refused(void **state) {
    (void)state;
    enum { VALUES = 100001, MOST = 1 << 20 };
    char *text = calloc(MOST + 2, 1), *end = stpcpy(text, "{\"learning_rate\":[1");
    for (int i = 0; i < VALUES; i++) end = stpcpy(end, ",1");
    strcpy(end, "]}");
    check_fails(load(text), PCIL_ERROR_FORMAT, "more than 100000 values");
    memset(text, ' ', MOST + 1);
    memcpy(text, "{}", 2);
    check_fails(load(text), PCIL_ERROR_FORMAT, "at most 1048576");
    text[MOST] = '\0';
    check_ok(load(text));
    free(text);
}

/* As many settings as a file can have are taken in time that does not grow with their square. */
static void test_thousands_of_settings_are_taken(void **state) {
    (void)state;
    enum { EACH = 10000, OPTIONS = 3, MOST = 1 << 20 };
    static const char *const options[OPTIONS] = {"learning_rate", "energy_weight", "activity_decay"};
    char *text = calloc(MOST, 1), *end = stpcpy(text, "{\"epochs\": 4");
    for (int i = 0; i < OPTIONS * EACH; i++) end += sprintf(end, ",\"%s.%d\":1", options[i % OPTIONS], i / OPTIONS);
    strcpy(end, "}");
    clock_t begin = clock();
    check_ok(load(text));
    check_ok(load(text));
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (seconds > 5) fail_msg("%.1f seconds of processor", seconds);
    check_setting("activity_decay.9999", "1");
    check_ok(pcil_trainer_set_text(trainer, "energy_weight.77", "2"));
    check_ok(pcil_trainer_set_text(trainer, "learning_rate", "3"));
    check_setting("learning_rate.77", "3");
    check_setting("energy_weight.77", "2");
    check_setting("energy_weight.78", "1");
    free(text);
}

static void test_settings_written_are_settings_read(void **state) {
    (void)state;
    char first[4096], second[4096];
    int64_t length;
    check_ok(pcil_trainer_recipe(trainer, "cifar10-mlp4-simil-mq"));
    check_ok(pcil_trainer_set_text(trainer, "data", "/tmp/\"quoted\"\\"));
    check_ok(pcil_trainer_set_text(trainer, "energy_weight.3", "0.5"));
    check_ok(pcil_trainer_settings(trainer, NULL, 0, &length));
    check_ok(pcil_trainer_settings(trainer, first, sizeof first, NULL));
    assert_int_equal(length, strlen(first));
    assert_non_null(strstr(first, "\"rho\": 0.9999"));
    assert_non_null(strstr(first, "\"energy_weight.3\": 0.5"));
    assert_null(strstr(first, "\"beta1\""));
    pcil_trainer_free(trainer);
    check_ok(pcil_trainer_create(&trainer));
    check_ok(load(first));
    check_ok(pcil_trainer_settings(trainer, second, sizeof second, NULL));
    assert_string_equal(first, second);
}

static void test_options_of_another_kind_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    check_ok(pcil_trainer_data(trainer, set, NULL));
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 3; softmax"));
    check_ok(pcil_trainer_set_text(trainer, "batch", "8"));
    check_ok(pcil_trainer_set_text(trainer, "beta1", "0.8"));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "option 'beta1' belongs to optimizer=adam, adamw");
    assert_non_null(strstr(pcil_last_error(), "the run has optimizer=sgd"));
    check_ok(pcil_trainer_set_text(trainer, "optimizer", "adam"));
    check_ok(pcil_trainer_set_text(trainer, "step_size", "0.1"));
    check_ok(pcil_trainer_set_text(trainer, "inference", "backprop"));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT,
                "option 'step_size' belongs to inference=sequential, simultaneous");
    check_ok(pcil_trainer_set_text(trainer, "inference", "sequential"));
    check_ok(pcil_trainer_set_text(trainer, "learning_rate.7", "0.1"));
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, "learning_rate.7");
    check_ok(pcil_trainer_set_text(trainer, "learning_rate", "0.1"));
    check_ok(pcil_trainer_prepare(trainer));
    pcil_trainer_free(trainer);
    trainer = NULL;
    pcil_dataset_free(set);
}

static void test_a_recipes_settings_lapse_with_their_kind(void **state) {
    (void)state;
    char text[4096];
    pcil_dataset *set = small_data();
    check_ok(pcil_trainer_recipe(trainer, "cifar10-mlp-simil-mq"));
    check_ok(pcil_trainer_data(trainer, set, NULL));
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 3; softmax"));
    check_ok(pcil_trainer_set_text(trainer, "batch", "8"));
    check_ok(pcil_trainer_set_text(trainer, "optimizer", "adam"));
    check_ok(pcil_trainer_set_text(trainer, "inference", "backprop"));
    check_ok(pcil_trainer_prepare(trainer));
    check_ok(pcil_trainer_settings(trainer, text, sizeof text, NULL));
    assert_null(strstr(text, "alpha_min"));
    assert_null(strstr(text, "step_size"));
    pcil_trainer_free(trainer);
    trainer = NULL;
    pcil_dataset_free(set);
}

#define with_trainer(test) cmocka_unit_test_setup_teardown(test, make_trainer, free_trainer)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_trainer(test_options_are_set_and_read),
        with_trainer(test_wrong_options_are_refused),
        with_trainer(test_a_file_is_taken),
        with_trainer(test_wrong_files_are_refused_and_nothing_taken),
        with_trainer(test_large_files_are_refused),
        with_trainer(test_thousands_of_settings_are_taken),
        with_trainer(test_settings_written_are_settings_read),
        with_trainer(test_options_of_another_kind_are_refused),
        with_trainer(test_a_recipes_settings_lapse_with_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
