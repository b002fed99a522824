/* The counts and sums of a checkpoint: what no run has is refused, whatever its checksums say. */
#include "training/checkpoint.h"
#include "training/small.h"

enum { STOP = 3 }; /* within the first epoch */

static int32_t stop_there(void *user, const pcil_trainer *trainer, pcil_event event) {
    double iteration = 0;
    (void)user;
    check_ok(pcil_trainer_value(trainer, "iteration", &iteration));
    return event == PCIL_EVENT_BATCH && iteration >= STOP;
}

static pcil_trainer *stopped(pcil_dataset *set) {
    pcil_trainer *trainer = small_trainer(set, "run");
    check_ok(pcil_trainer_set_text(trainer, "optimizer", "mq"));
    check_ok(pcil_trainer_set(trainer, "measure_interval", 0));
    check_ok(pcil_trainer_watch(trainer, stop_there, NULL));
    assert_int_equal(pcil_trainer_run(trainer), PCIL_ERROR_INTERRUPTED);
    return trainer;
}

static void put(json_t *state, const char *name, json_t *value) {
    assert_non_null(json_object_get(state, name));
    assert_int_equal(json_object_set_new(state, name, value), 0);
}

static pcil_status read_state(pcil_trainer *trainer, const json_t *state) {
    return pc_state_read(trainer, &trainer->parts, state, "it");
}

static void test_counts_that_no_run_has(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
    } wrong[] = {{"counts.epoch", 0},
                 {"counts.epoch", 2},
                 {"counts.epoch", 1000001},
                 {"counts.batch", 4},
                 {"counts.batch", 2},
                 {"counts.iteration", 2},
                 {"counts.iteration", 4},
                 {"counts.best_epoch", 2},
                 {"interval.steps", STOP + 1},
                 {"interval.samples", 1000},
                 {"optimizer.iterations", STOP + 1}};
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = stopped(set);
    int64_t batches = trainer->parts.counts.batches;
    json_t *sound = pc_state_write(trainer);
    assert_true(batches > STOP + 1);
    assert_int_equal(json_integer_value(json_object_get(sound, "counts.epoch")), 1);
    assert_int_equal(json_integer_value(json_object_get(sound, "counts.batch")), STOP);
    assert_int_equal(json_integer_value(json_object_get(sound, "counts.best_epoch")), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *changed = json_copy(sound);
        put(changed, wrong[i].name, json_integer(wrong[i].value));
        check_fails(read_state(trainer, changed), PCIL_ERROR_FORMAT, "contradict each other");
        json_decref(changed);
        check_ok(read_state(trainer, sound));
    }
    /* A whole epoch's batches and one more, with an iteration that agrees. */
    json_t *changed = json_copy(sound);
    put(changed, "counts.batch", json_integer(batches));
    put(changed, "counts.iteration", json_integer(batches));
    put(changed, "optimizer.iterations", json_integer(batches));
    check_ok(read_state(trainer, changed));
    put(changed, "counts.batch", json_integer(batches + 1));
    put(changed, "counts.iteration", json_integer(batches + 1));
    put(changed, "optimizer.iterations", json_integer(batches + 1));
    check_fails(read_state(trainer, changed), PCIL_ERROR_FORMAT, "contradict each other");
    json_decref(changed);
    changed = json_copy(sound);
    put(changed, "counts.guard.largest", json_real(-1));
    check_fails(read_state(trainer, changed), PCIL_ERROR_FORMAT, "contradict each other");
    json_decref(changed);
    json_decref(sound);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void refuse(pcil_trainer *trainer, json_t *sound, const char *name, json_t *value) {
    json_t *changed = json_copy(sound);
    char expected[80];
    snprintf(expected, sizeof expected, "'%s' is missing, of the wrong type or out of range", name);
    if (value)
        put(changed, name, value);
    else
        assert_int_equal(json_object_del(changed, name), 0);
    check_fails(read_state(trainer, changed), PCIL_ERROR_FORMAT, expected);
    json_decref(changed);
}

static void test_values_of_the_wrong_kind(void **state) {
    (void)state;
    static const char *const whole[] = {"counts.epoch", "interval.samples", "optimizer.iterations", "metrics"};
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = stopped(set);
    json_t *sound = pc_state_write(trainer);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        refuse(trainer, sound, whole[i], NULL);
        refuse(trainer, sound, whole[i], json_integer(-1));
        refuse(trainer, sound, whole[i], json_integer(INT64_MAX));
        refuse(trainer, sound, whole[i], json_real(1));
        refuse(trainer, sound, whole[i], json_string("1"));
    }
    refuse(trainer, sound, "counts.batch_loss", json_integer(1));
    refuse(trainer, sound, "counts.batch_loss", NULL);
    refuse(trainer, sound, "counts.magnitudes", json_array());
    refuse(trainer, sound, "counts.magnitudes", json_object());
    json_t *longer = json_deep_copy(json_object_get(sound, "counts.magnitudes"));
    assert_int_equal(json_array_append_new(longer, json_real(1)), 0);
    refuse(trainer, sound, "counts.magnitudes", longer);
    longer = json_deep_copy(json_object_get(sound, "v"));
    assert_int_equal(json_array_set_new(longer, 0, json_null()), 0);
    refuse(trainer, sound, "v", longer);
    json_t *changed = json_copy(sound);
    assert_int_equal(json_object_set_new(changed, "counts.unheard", json_integer(1)), 0);
    check_fails(read_state(trainer, changed), PCIL_ERROR_FORMAT, "names that this library does not know");
    json_decref(changed);
    /* JSON has no NaN: null is one. */
    changed = json_copy(sound);
    put(changed, "counts.batch_loss", json_null());
    check_ok(read_state(trainer, changed));
    assert_true(isnan(trainer->parts.counts.batch_loss));
    json_decref(changed);
    json_decref(sound);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {in_a_folder(test_counts_that_no_run_has),
                                       in_a_folder(test_values_of_the_wrong_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
