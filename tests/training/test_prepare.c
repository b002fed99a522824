/* What does not fit together is found before anything runs. */
#include "base/memory.h"
#include "small.h"

static pcil_dataset *set;
static pcil_trainer *trainer;

static int begin(void **state) {
    (void)state;
    set = small_data();
    trainer = small_trainer(set, NULL);
    return 0;
}

static int end(void **state) {
    (void)state;
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
    return 0;
}

static void expect(const char *name, const char *value, const char *message) {
    check_ok(pcil_trainer_set_text(trainer, name, value));
    assert_int_not_equal(pcil_trainer_prepare(trainer), PCIL_OK);
    if (!strstr(pcil_trainer_error(trainer), message)) fail_msg("lacks '%s': %s", message, pcil_trainer_error(trainer));
    assert_null(pcil_trainer_network(trainer));
}

static void test_networks_must_fit_the_data(void **state) {
    (void)state;
    expect("network", "3x4x4; dense 3; softmax", "input is 3x4x4, the data set's images are 3x2x2");
    expect("network", "10; dense 3; softmax", "input is 10 features, the data set's images are 3x2x2 = 12");
    expect("network", "3x2x2; dense 2; softmax", "has 2 outputs, the data set 3 classes");
    expect("network", "3x2x2; dense 4; linear", "has 4 outputs, the data set 3 classes");
    expect("network", "3x2x2; dense 3; sofmax", "^");
    expect("network", "", "no network");
    check_ok(pcil_trainer_set_text(trainer, "network", "12; dense 3; softmax"));
    check_ok(pcil_trainer_prepare(trainer));
    assert_non_null(pcil_trainer_network(trainer));
    assert_non_null(pcil_trainer_inference(trainer));
    assert_non_null(pcil_trainer_optimizer(trainer));
    assert_ptr_equal(pcil_trainer_train_data(trainer), set);
}

static void test_targets_must_fit(void **state) {
    (void)state;
    expect("target", "input", "3 outputs for 12 inputs");
    expect("target", "given", "gives no targets");
    check_ok(pcil_trainer_set_text(trainer, "target", "input"));
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 5; relu, dense 12; sigmoid"));
    expect("normalise", "centre", "needs inputs in [0,1]: normalise=none or shrink, not centre");
    check_ok(pcil_trainer_set_text(trainer, "normalise", "shrink"));
    check_ok(pcil_trainer_run(trainer));
    double accuracy, loss, best;
    check_ok(pcil_trainer_value(trainer, "test_accuracy", &accuracy));
    check_ok(pcil_trainer_value(trainer, "test_loss", &loss));
    check_ok(pcil_trainer_value(trainer, "best_loss", &best));
    assert_true(isnan(accuracy));
    /* The mean over units, not their sum: log 2 for a network that knows nothing. */
    assert_true(loss > .1 && loss < .75);
    assert_true(best <= loss);
}

static void test_given_targets_are_learned(void **state) {
    (void)state;
    float targets[SMALL_COUNT * 2];
    pcil_dataset *given = NULL;
    pcil_trainer *own = NULL;
    double first, last;
    for (int i = 0; i < SMALL_COUNT; i++) {
        targets[2 * i] = small_inputs[i * SMALL_PIXELS];
        targets[2 * i + 1] = 1 - targets[2 * i];
    }
    check_ok(pcil_dataset_memory(&given, small_inputs, NULL, targets, SMALL_COUNT, 3, 2, 2, 0, 2));
    own = small_trainer(given, NULL);
    check_ok(pcil_trainer_set_text(own, "network", "3x2x2; dense 2"));
    check_ok(pcil_trainer_set_text(own, "learning_rate", "0.1"));
    assert_int_equal(pcil_trainer_prepare(own), PCIL_ERROR_ARGUMENT);
    assert_non_null(strstr(pcil_trainer_error(own), "has no labels; target=given"));
    check_ok(pcil_trainer_set_text(own, "target", "given"));
    check_ok(pcil_trainer_set_text(own, "epochs", "20"));
    check_ok(pcil_trainer_run(own));
    check_ok(pcil_trainer_value(own, "best_epoch", &first));
    check_ok(pcil_trainer_value(own, "test_loss", &last));
    assert_true(first > 1);
    assert_true(last < .02);
    pcil_trainer_free(own);
    pcil_dataset_free(given);
}

static void test_batches_must_fit(void **state) {
    (void)state;
    expect("batch", "61", "batch=61 is more than the 60 training samples");
    check_ok(pcil_trainer_set_text(trainer, "drop_last", "0"));
    expect("crop", "2", "option 'crop' is 2; it is less than the images' 2 x 2");
    check_ok(pcil_trainer_set_text(trainer, "crop", "1"));
    check_ok(pcil_trainer_prepare(trainer));
    double batches;
    check_ok(pcil_trainer_value(trainer, "batches", &batches));
    assert_true(batches == 1);
}

/* As a batch of all samples that there are, of the test too, where those are more. */
static void test_a_batch_of_more_than_there_are(void **state) {
    (void)state;
    static const char *const batch[] = {"60", "1000"}, *const ahead[] = {"0", "1"};
    double loss[4], score[4];
    for (int i = 0; i < 4; i++) {
        pcil_trainer *own = small_trainer(set, NULL);
        check_ok(pcil_trainer_set_text(own, "limit_train", "10"));
        check_ok(pcil_trainer_set_text(own, "drop_last", "0"));
        check_ok(pcil_trainer_set_text(own, "batch", batch[i % 2]));
        check_ok(pcil_trainer_set_text(own, "prefetch", ahead[i / 2]));
        check_ok(pcil_trainer_run(own));
        assert_int_equal(pcil_dataset_count(pcil_trainer_test_data(own)), 60);
        check_ok(pcil_trainer_value(own, "train_loss", &loss[i]));
        check_ok(pcil_trainer_value(own, "test_loss", &score[i]));
        assert_true(loss[i] > 0 && loss[i] == loss[0]);
        assert_true(score[i] > 0 && score[i] == score[0]);
        pcil_trainer_free(own);
    }
}

static void test_data_must_be_named(void **state) {
    (void)state;
    pcil_trainer *own = NULL;
    check_ok(pcil_trainer_create(&own));
    check_fails(pcil_trainer_data(own, NULL, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_ok(pcil_trainer_set_text(own, "network", "3x2x2; dense 3"));
    check_fails(pcil_trainer_prepare(own), PCIL_ERROR_ARGUMENT, "no data: set the option 'dataset'");
    check_ok(pcil_trainer_set_text(own, "dataset", "cifar10"));
    check_ok(pcil_trainer_set_text(own, "data", "/nowhere"));
    check_fails(pcil_trainer_prepare(own), PCIL_ERROR_IO, "/nowhere");
    pcil_trainer_free(own);
}

static void test_limits_and_validation(void **state) {
    (void)state;
    check_ok(pcil_trainer_set_text(trainer, "validation", "0.25"));
    check_ok(pcil_trainer_set_text(trainer, "limit_train", "30"));
    check_ok(pcil_trainer_set_text(trainer, "limit_test", "1000"));
    check_ok(pcil_trainer_prepare(trainer));
    assert_int_equal(pcil_dataset_count(pcil_trainer_train_data(trainer)), 30);
    assert_int_equal(pcil_dataset_count(pcil_trainer_test_data(trainer)), 15);
    check_ok(pcil_trainer_run(trainer));
}

static void test_a_run_without_test_data(void **state) {
    (void)state;
    double accuracy, best, loss;
    pcil_trainer *own = small_trainer(set, NULL);
    check_ok(pcil_trainer_data(own, set, NULL));
    check_ok(pcil_trainer_run(own));
    assert_null(pcil_trainer_test_data(own));
    check_ok(pcil_trainer_value(own, "test_accuracy", &accuracy));
    check_ok(pcil_trainer_value(own, "best_loss", &best));
    check_ok(pcil_trainer_value(own, "train_loss", &loss));
    assert_true(isnan(accuracy));
    assert_true(best <= loss && best > 0);
    pcil_trainer_free(own);
}

static void test_values_have_names(void **state) {
    (void)state;
    double value;
    check_fails(pcil_trainer_value(trainer, "epoch", &value), PCIL_ERROR_STATE, "not prepared");
    check_ok(pcil_trainer_run(trainer));
    const char *names[] = {"epoch",
                           "epochs",
                           "batch",
                           "batches",
                           "iteration",
                           "samples",
                           "seconds",
                           "data_wait_share",
                           "samples_per_second",
                           "seconds_left",
                           "batch_loss",
                           "train_loss",
                           "train_energy",
                           "test_loss",
                           "test_accuracy",
                           "test_top5",
                           "best_accuracy",
                           "best_loss",
                           "best_epoch",
                           "update_magnitude.0",
                           "update_magnitude.2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        value = NAN;
        check_ok(pcil_trainer_value(trainer, names[i], &value));
        assert_true(value >= 0);
    }
    check_ok(pcil_trainer_value(trainer, "samples", &value));
    assert_true(value == 2 * 7 * 8);
    check_fails(pcil_trainer_value(trainer, "speed", &value), PCIL_ERROR_ARGUMENT, "known: epoch, epochs");
    check_fails(pcil_trainer_value(trainer, "update_magnitude.3", &value), PCIL_ERROR_ARGUMENT, "0 ... 2");
    check_fails(pcil_trainer_value(trainer, NULL, &value), PCIL_ERROR_ARGUMENT, "NULL");
}

static void test_evaluating_by_hand_gives_the_same(void **state) {
    (void)state;
    pcil_batches *batches = NULL;
    double loss, accuracy, top5, expected;
    check_ok(pcil_trainer_run(trainer));
    check_ok(pcil_batches_create(&batches, set, 8, 1));
    check_ok(pcil_batches_set(batches, "drop_last", 0));
    check_ok(pcil_batches_set(batches, "shuffle", 0));
    check_fails(pcil_evaluate(pcil_trainer_inference(trainer), batches, &loss, NULL, NULL), PCIL_ERROR_STATE,
                "pcil_batches_begin");
    check_ok(pcil_batches_begin(batches, 0, 0));
    check_ok(pcil_evaluate(pcil_trainer_inference(trainer), batches, &loss, &accuracy, &top5));
    check_ok(pcil_trainer_value(trainer, "test_loss", &expected));
    assert_true(loss == expected);
    check_ok(pcil_trainer_value(trainer, "test_accuracy", &expected));
    assert_true(accuracy == expected);
    assert_true(top5 == 1);
    check_fails(pcil_evaluate(NULL, batches, &loss, NULL, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_evaluate(pcil_trainer_inference(trainer), NULL, &loss, NULL, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    pcil_batches_free(batches);
}

#define prepared(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        prepared(test_networks_must_fit_the_data),
        prepared(test_targets_must_fit),
        prepared(test_given_targets_are_learned),
        prepared(test_batches_must_fit),
        prepared(test_a_batch_of_more_than_there_are),
        prepared(test_data_must_be_named),
        prepared(test_limits_and_validation),
        prepared(test_a_run_without_test_data),
        prepared(test_values_have_names),
        prepared(test_evaluating_by_hand_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
