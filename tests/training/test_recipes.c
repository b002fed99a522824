/* Recipes are complete: each fits data of its kind's shape. */
#include "test.h"

#include "base/api.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { MOST_NETWORKS = 40, MOST_TEXT = 256 };

/* Networks that were made already. */
struct made {
    char text[MOST_NETWORKS][MOST_TEXT];
    int count;
};

static bool is_new(struct made *made, const char *network) {
    for (int i = 0; i < made->count; i++)
        if (strcmp(made->text[i], network) == 0) return false;
    assert_true(made->count < MOST_NETWORKS);
    strcpy(made->text[made->count++], network);
    return true;
}

/* A large network is made once; where it comes again, a small one of its input and output stands for it. */
static void spare_network(pcil_trainer *trainer, struct made *made) {
    char network[MOST_TEXT], small[2 * MOST_TEXT];
    check_ok(pcil_trainer_get_text(trainer, "network", network, sizeof network, NULL));
    if (is_new(made, network)) return;
    const char *last = strstr(network, "dense");
    for (const char *next = last; next; next = strstr(next + 1, "dense")) last = next;
    assert_non_null(last);
    snprintf(small, sizeof small, "%.*s; dense 2; %s", (int)strcspn(network, ";"), network, last);
    check_ok(pcil_trainer_set_text(trainer, "network", small));
}

static void prepare_recipe(const char *name, pcil_dataset *data, struct made *made) {
    pcil_trainer *own = NULL;
    check_ok(pcil_trainer_create(&own));
    check_ok(pcil_trainer_recipe(own, name));
    check_ok(pcil_trainer_data(own, data, data));
    spare_network(own, made);
    check_ok(pcil_trainer_prepare(own));
    pcil_trainer_free(own);
}

static void test_every_recipe_fits_its_kind_of_data(void **state) {
    (void)state;
    enum { COUNT = 64, MOST_PIXELS = 3 * 64 * 64 };
    float *inputs = pc_allocate_floats(COUNT, MOST_PIXELS);
    int32_t labels[COUNT];
    static struct made made;
    pcil_dataset *data = NULL, *tiny = NULL;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 10;
    check_ok(pcil_dataset_memory(&data, inputs, labels, NULL, COUNT, 3, 32, 32, 10, 0));
    check_ok(pcil_dataset_memory(&tiny, inputs, labels, NULL, COUNT, 3, 64, 64, 200, 0));
    assert_true(pcil_kind_count("recipe") >= 164);
    for (int32_t i = 0; i < pcil_kind_count("recipe"); i++) {
        const char *name = pcil_kind_name("recipe", i);
        assert_non_null(pcil_kind_help("recipe", name));
        prepare_recipe(name, strncmp(name, "tiny-", 5) == 0 ? tiny : data, &made);
    }
    assert_true(made.count >= 12);
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

static void test_networks_bring_their_settings(void **state) {
    (void)state;
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_recipe(trainer, "cifar10-autoencoder-bp"));
    check_text(trainer, "target", "input");
    check_text(trainer, "normalise", "shrink");
    check_text(trainer, "rate_decay", "inverse_time");
    check_text(trainer, "learning_rate", "0.0013");
    /* Nothing stays of the recipe before. */
    check_ok(pcil_trainer_recipe(trainer, "cifar10-conv-seqil-mq"));
    check_text(trainer, "target", "label");
    check_text(trainer, "normalise", "centre");
    check_text(trainer, "rate_decay", "none");
    check_text(trainer, "rho", "0.999");
    check_text(trainer, "step_size", "0.04");
    check_text(trainer, "iterations", "3");
    check_text(trainer, "learning_rate", "0.00022");
    check_ok(pcil_trainer_recipe(trainer, "svhn-conv-bp"));
    check_text(trainer, "normalise", "none");
    check_text(trainer, "rate_decay", "none");
    check_ok(pcil_trainer_recipe(trainer, "tiny-conv-tiny-seqil-adam"));
    check_text(trainer, "evaluations", "2");
    check_text(trainer, "iterations", "4");
    check_text(trainer, "epochs", "20");
    check_ok(pcil_trainer_recipe(trainer, "svhn-autoencoder-seqil"));
    check_text(trainer, "evaluations", "1");
    check_text(trainer, "iterations", "6");
    check_text(trainer, "step_size", "0.035");
    pcil_trainer_free(trainer);
}

static void test_the_sweep_of_figure_4(void **state) {
    (void)state;
    static const struct {
        const char *name, *iterations, *step_size, *rate;
    } rows[] = {
        {"cifar10-mlp4-seqil-adam-t1", "1", "0.05", "0.0001"}, {"cifar10-mlp4-seqil-adam-t2", "2", "0.05", "5e-05"},
        {"cifar10-mlp4-seqil-adam-t5", "5", "0.05", "5e-05"},  {"cifar10-mlp4-simil-adam-t1", "1", "0.1", "0.0001"},
        {"cifar10-mlp4-simil-adam-t3", "3", "0.02", "0.0001"}, {"cifar10-mlp4-simil-adam-t4", "4", "0.05", "5e-05"}};
    pcil_trainer *trainer = NULL;
    check_ok(pcil_trainer_create(&trainer));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_ok(pcil_trainer_recipe(trainer, rows[i].name));
        check_text(trainer, "iterations", rows[i].iterations);
        check_text(trainer, "step_size", rows[i].step_size);
        check_text(trainer, "learning_rate", rows[i].rate);
        check_text(trainer, "epochs", "45");
    }
    pcil_trainer_free(trainer);
}

static void test_fewer_classes_leave_outputs_to_spare(void **state) {
    (void)state;
    enum { COUNT = 64, PIXELS = 3 * 64 * 64 };
    float *inputs = pc_allocate_floats(COUNT, PIXELS);
    int32_t labels[COUNT];
    double loss, top5;
    pcil_dataset *data = NULL;
    pcil_trainer *trainer = NULL;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 20;
    check_ok(pcil_dataset_memory(&data, inputs, labels, NULL, COUNT, 3, 64, 64, 20, 0));
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_recipe(trainer, "tiny-conv-tiny-bp"));
    check_ok(pcil_trainer_data(trainer, data, data));
    check_ok(pcil_trainer_set(trainer, "epochs", 1));
    check_ok(pcil_trainer_run(trainer));
    check_ok(pcil_trainer_value(trainer, "test_loss", &loss));
    check_ok(pcil_trainer_value(trainer, "test_top5", &top5));
    assert_true(loss > 0 && loss < 6);
    assert_true(top5 >= 0 && top5 <= 1);
    pcil_trainer_free(trainer);
    pcil_dataset_free(data);
    pc_release(inputs);
}

/* The loss of the drawn digits after a few steps, beside that of a network that knows nothing. */
static void check_learns(const char *recipe, pcil_dataset *digits, pcil_dataset *test, double ignorant, bool labelled) {
    pcil_trainer *trainer = NULL;
    double loss, accuracy;
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_recipe(trainer, recipe));
    check_ok(pcil_trainer_set(trainer, "epochs", 2));
    check_ok(pcil_trainer_data(trainer, digits, test));
    check_ok(pcil_trainer_run(trainer));
    check_ok(pcil_trainer_value(trainer, "best_loss", &loss));
    check_ok(pcil_trainer_value(trainer, "test_accuracy", &accuracy));
    if (!(loss < ignorant)) fail_msg("%s: loss %g, not below %g", recipe, loss, ignorant);
    assert_int_equal(isnan(accuracy), !labelled);
    pcil_trainer_free(trainer);
}

static void test_digits_are_learned(void **state) {
    (void)state;
    static const char *const algorithms[] = {"bp-adam", "seqil-mq", "seqil-adam", "simil-adam"};
    pcil_dataset *digits = NULL, *test = NULL;
    check_ok(pcil_dataset_digits(&digits, 1088, 1));
    check_ok(pcil_dataset_digits(&test, 128, 2));
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "digits-conv-%s", algorithms[i]);
        check_learns(name, digits, test, 2.3, true);
        snprintf(name, sizeof name, "digits-autoencoder-%s", algorithms[i]);
        check_learns(name, digits, test, .69, false);
    }
    check_learns("digits-conv-pool-seqil-adam", digits, test, 2.3, true);
    pcil_dataset_free(test);
    pcil_dataset_free(digits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_bring_their_settings),        cmocka_unit_test(test_the_sweep_of_figure_4),
        cmocka_unit_test(test_fewer_classes_leave_outputs_to_spare), cmocka_unit_test(test_digits_are_learned),
        cmocka_unit_test(test_every_recipe_fits_its_kind_of_data),   cmocka_unit_test(test_rows_stand_over_their_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
