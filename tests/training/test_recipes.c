/* Recipes are complete: each fits data of its kind's shape. */
#include "test.h"

#include "base/api.h"
#include "base/memory.h"

static void prepare_recipe(const char *name, pcil_dataset *data) {
    pcil_trainer *own = NULL;
    check_ok(pcil_trainer_create(&own));
    check_ok(pcil_trainer_recipe(own, name));
    check_ok(pcil_trainer_data(own, data, data));
    check_ok(pcil_trainer_prepare(own));
    pcil_trainer_free(own);
}

static void test_every_recipe_fits_its_kind_of_data(void **state) {
    (void)state;
    enum { COUNT = 64, MOST_PIXELS = 3 * 64 * 64 };
    float *inputs = pc_allocate_floats(COUNT, MOST_PIXELS);
    int32_t labels[COUNT];
    pcil_dataset *data = NULL, *tiny = NULL;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 10;
    check_ok(pcil_dataset_memory(&data, inputs, labels, NULL, COUNT, 3, 32, 32, 10, 0));
    check_ok(pcil_dataset_memory(&tiny, inputs, labels, NULL, COUNT, 3, 64, 64, 200, 0));
    assert_true(pcil_kind_count("recipe") >= 64);
    for (int32_t i = 0; i < pcil_kind_count("recipe"); i++) {
        const char *name = pcil_kind_name("recipe", i);
        assert_non_null(pcil_kind_help("recipe", name));
        prepare_recipe(name, strncmp(name, "tiny-", 5) == 0 ? tiny : data);
    }
    pcil_dataset_free(tiny);
    pcil_dataset_free(data);
    pc_release(inputs);
}

static void check_text(pcil_trainer *trainer, const char *name, const char *expected) {
    char text[256];
    check_ok(pcil_trainer_get_text(trainer, name, text, sizeof text, NULL));
    assert_string_equal(text, expected);
}

static void test_rows_stand_over_their_parts(void **state) {
    (void)state;
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_recipe(trainer, "cifar10-mlp-seqil-mq"));
    check_text(trainer, "dataset", "cifar10");
    check_text(trainer, "network", "3x32x32; dense 1024; relu, dense 1024; relu, dense 1024; relu, dense 10; softmax");
    check_text(trainer, "learning_rate", "3e-05");
    check_text(trainer, "rho", "0.9999");
    check_text(trainer, "epochs", "110");
    check_ok(pcil_trainer_recipe(trainer, "svhn-mlp4-bp"));
    check_text(trainer, "inference", "backprop");
    check_text(trainer, "learning_rate", "0.019");
    check_text(trainer, "rate_decay", "inverse_time");
    check_ok(pcil_trainer_recipe(trainer, "cifar10-mlp-simil-mq"));
    check_text(trainer, "iterations", "15");
    check_text(trainer, "step_size", "0.01");
    check_fails(pcil_trainer_recipe(trainer, "cifar10-mpl-bp"), PCIL_ERROR_ARGUMENT, "did you mean 'cifar10-mlp-bp'");
    check_fails(pcil_trainer_recipe(trainer, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_text(trainer, "recipe", "cifar10-mlp-simil-mq");
    pcil_trainer_free(trainer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_recipe_fits_its_kind_of_data),
        cmocka_unit_test(test_rows_stand_over_their_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
