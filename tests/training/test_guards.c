/*
 * Numbers that cease to be numbers, or grow without bound, planted in every place that a run has: the run ends with a
 * message that names epoch, batch, block and quantity, and the model saved before stays.
 */
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "small.h"
#include "training/guard.h"

#include <math.h>

/* What to plant, and into which place, after which batch. */
struct plant {
    enum { WEIGHT, STATE, DATA } where;
    int32_t block; /* of a weight or of the state */
    int32_t array; /* of the state */
    int64_t place;
    float value;
    int64_t after;
    pcil_trainer *trainer;
};

static int32_t plant(void *user, const pcil_trainer *trainer, pcil_event event) {
    struct plant *plant = user;
    double iteration;
    check_ok(pcil_trainer_value(trainer, "iteration", &iteration));
    if (event != PCIL_EVENT_BATCH || (int64_t)iteration != plant->after) return 0;
    if (plant->where == WEIGHT)
        pc_network_block_parameters(pcil_trainer_network(plant->trainer), plant->block, NULL)[plant->place] =
            plant->value;
    if (plant->where == STATE) {
        struct pc_optimizer_array array = pc_optimizer_array(pcil_trainer_optimizer(plant->trainer), plant->array);
        if (array.bytes == 4)
            ((float *)array.data)[plant->place] = plant->value;
        else
            ((double *)array.data)[plant->place] = (double)plant->value;
    }
    if (plant->where == DATA) small_inputs[plant->place] = plant->value;
    return 0;
}

/* Runs until the plant is found; the model of the evaluation before it stays. */
static void check_found(const char *network, const char *optimizer, struct plant planted, bool check_numbers,
                        const char *message) {
    uint64_t size;
    pcil_network *kept = NULL;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, "run");
    planted.trainer = trainer;
    check_ok(pcil_trainer_set_text(trainer, "network", network));
    check_ok(pcil_trainer_set_text(trainer, "optimizer", optimizer));
    check_ok(pcil_trainer_set(trainer, "learning_rate", 1e-3));
    check_ok(pcil_trainer_set(trainer, "check_numbers", check_numbers));
    check_ok(pcil_trainer_set(trainer, "measure_interval", 0));
    check_ok(pcil_trainer_watch(trainer, plant, &planted));
    if (pcil_trainer_run(trainer) != PCIL_ERROR_DIVERGED) fail_msg("not found: %s", message);
    if (strcmp(pcil_last_error(), message) != 0) fail_msg("got:      %s\nexpected: %s", pcil_last_error(), message);
    assert_string_equal(pcil_trainer_error(trainer), message);
    check_ok(pcil_network_load(&kept, small_path("run/model.safetensors").text));
    char *metrics = small_read("run/metrics.jsonl", &size);
    assert_int_equal(strlen(strchr(metrics, '\n')), 1); /* one line */
    free(metrics);
    pcil_network_free(kept);
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
    small_end(NULL);
    small_begin(NULL);
}

#define NETWORK "3x2x2; dense 8; relu, dense 6; relu, dense 3; softmax"
#define AGAIN   "go back to an earlier model, with a smaller learning_rate or clip_norm"

/* An epoch has 7 batches; the model is saved after them. */
static void test_weights(void **state) {
    (void)state;
    static const char *const optimizers[] = {"sgd", "nlms", "momentum", "adam", "mq"};
    for (int i = 0; i < 5; i++) {
        check_found(
            NETWORK, optimizers[i], (struct plant){WEIGHT, 1, 0, 5, NAN, 9, NULL}, false,
            "epoch 2, batch 3: weights of block 1 are not finite: number 5 of 'block1.dense.weight' is nan; " AGAIN
            ". What was saved stays");
        check_found(
            NETWORK, optimizers[i], (struct plant){WEIGHT, 2, 0, 19, -INFINITY, 8, NULL}, false,
            "epoch 2, batch 2: weights of block 2 are not finite: number 1 of 'block2.dense.bias' is -inf; " AGAIN
            ". What was saved stays");
    }
    /* Where the activation comes after the product, a NaN must not become the 0 of a unit that is off. */
    check_found("3x2x2; conv 4 2x2, relu; dense 3; softmax", "sgd", (struct plant){WEIGHT, 0, 0, 2, NAN, 9, NULL},
                false,
                "epoch 2, batch 3: weights of block 0 are not finite: number 2 of 'block0.conv.weight' is nan; " AGAIN
                ". What was saved stays");
}

/* With no limit to growth, what is next to notice a weight as large as this. */
static void test_gradients(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, NULL);
    struct plant planted = {WEIGHT, 0, 0, 5, 1e36f, 9, trainer};
    check_ok(pcil_trainer_set(trainer, "divergence", 0));
    check_ok(pcil_trainer_watch(trainer, plant, &planted));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED,
                "epoch 2, batch 3: the gradient of block 1 may reach inf, far beyond what training gives; no weight "
                "was changed: try a lower learning_rate or step_size. What was saved stays");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* Neither NaN nor infinite, and never to be: a bias that makes every loss huge. */
static void test_growing_loss(void **state) {
    (void)state;
    check_found(
        NETWORK, "sgd", (struct plant){WEIGHT, 2, 0, 18, 1e4f, 10, NULL}, false,
        "epoch 2, batch 4: the loss (node 3, block 2) has grown to 6250, more than 1000 times that before the first "
        "update (1.099); the largest weight is one of block 2, of size 1e+04; a smaller learning_rate or clip_norm may "
        "help (the option divergence sets the limit). What was saved stays");
}

/* A rate far too large from the first step on. MQ divides by v, which begins at the rate: it begins small here. */
static const struct rate {
    const char *inference, *optimizer;
    double rate;
} rates[] = {{"sequential", "sgd", 1e5},   {"sequential", "mq", 1e3},   {"sequential", "adam", 1e4},
             {"simultaneous", "sgd", 1e5}, {"simultaneous", "mq", 1e3}, {"simultaneous", "adam", 1e4}};
enum { RATES = sizeof rates / sizeof *rates };

static pcil_trainer *trainer_of(pcil_dataset *set, const struct rate *rate) {
    pcil_trainer *trainer = small_trainer(set, "run");
    check_ok(pcil_trainer_set_text(trainer, "inference", rate->inference));
    check_ok(pcil_trainer_set_text(trainer, "optimizer", rate->optimizer));
    return trainer;
}

/* Caught within the first batches, whose losses are no measure of what is usual then. */
static void test_huge_rates(void **state) {
    (void)state;
    for (int i = 0; i < RATES; i++) {
        pcil_dataset *set = small_data();
        pcil_trainer *trainer = trainer_of(set, &rates[i]);
        check_ok(pcil_trainer_set(trainer, "learning_rate", rates[i].rate));
        if (strcmp(rates[i].optimizer, "mq") == 0) check_ok(pcil_trainer_set(trainer, "v_start", 1e-3));
        check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED, "epoch 1, batch ");
        const char *message = pcil_last_error();
        if (!strstr(message, "(node 3, block 2) has grown to") && !strstr(message, "of node 2 (block 1) has grown to"))
            fail_msg("names no block or quantity: %s", message);
        assert_non_null(strstr(message, "a smaller learning_rate or "));
        assert_true(strtol(strstr(message, "batch ") + 6, NULL, 10) <= 4);
        pcil_trainer_free(trainer);
        pcil_dataset_free(set);
        small_end(NULL);
        small_begin(NULL);
    }
}

/* Makes the rate huge when an epoch has been trained well, and keeps the checkpoint of it beside. */
static int32_t spoil(void *user, const pcil_trainer *trainer, pcil_event event) {
    pcil_trainer *spoiled = user;
    char command[600];
    double iteration;
    check_ok(pcil_trainer_value(trainer, "iteration", &iteration));
    if (event != PCIL_EVENT_BATCH || iteration != 8) return 0;
    snprintf(command, sizeof command, "cp '%s' '%s'", small_path("run/checkpoint.safetensors").text,
             small_path("good").text);
    assert_int_equal(system(command), 0);
    check_ok(pcil_optimizer_set(pcil_trainer_optimizer(spoiled), "learning_rate", 1e5));
    return 0;
}

/* The checkpoint of the good epoch stays to the byte, and the run goes on from it. */
static void test_checkpoint_stays(void **state) {
    (void)state;
    for (int i = 0; i < RATES; i++) {
        pcil_dataset *set = small_data();
        pcil_trainer *trainer = trainer_of(set, &rates[i]), *again = NULL;
        check_ok(pcil_trainer_set(trainer, "learning_rate", 1e-3));
        check_ok(pcil_trainer_watch(trainer, spoil, trainer));
        check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED, "epoch 2, batch ");
        pcil_trainer_free(trainer);
        check_same_file("good", "run/checkpoint.safetensors");
        check_ok(pcil_trainer_create(&again));
        check_ok(pcil_trainer_data(again, set, set));
        check_ok(pcil_trainer_resume(again, small_path("run").text));
        check_ok(pcil_trainer_run(again));
        pcil_trainer_free(again);
        pcil_dataset_free(set);
        small_end(NULL);
        small_begin(NULL);
    }
}

/* A model that has learned already: its small first loss makes no later one look like growth. */
static void test_small_first_loss(void **state) {
    (void)state;
    struct pc_guard guard = {1000, 0, 0};
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, NULL);
    check_ok(pcil_trainer_prepare(trainer));
    pcil_inference *inference = pcil_trainer_inference(trainer);
    float outputs[3 * 2];
    check_ok(pcil_clamp_labels(inference, small_inputs, small_labels, 2));
    check_ok(pc_guard_loss(&guard, inference, 1e-6, outputs));
    assert_true(fabs(guard.largest - log(3)) < 1e-6);
    check_ok(pc_guard_loss(&guard, inference, 900, outputs));
    check_fails(pc_guard_loss(&guard, inference, 1200, outputs), PCIL_ERROR_DIVERGED, "has grown to 1200");
    check_fails(pc_guard_loss(&guard, inference, -(double)NAN, outputs), PCIL_ERROR_DIVERGED,
                "the loss (node 3, block 2) is not finite");
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* Steps of inference that overshoot ever further, while the loss before them is as it should be. */
static void test_growing_energy(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, NULL);
    check_ok(pcil_trainer_set(trainer, "step_size", 4));
    check_ok(pcil_trainer_set(trainer, "step_decay", 0));
    check_ok(pcil_trainer_set(trainer, "iterations", 6));
    check_ok(pcil_trainer_set(trainer, "learning_rate", 1e-12));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_DIVERGED, "epoch 1, batch 1: the energy of node ");
    assert_non_null(strstr(pcil_last_error(),
                           "a smaller learning_rate or step_size may help (the option divergence sets the limit)"));
    pcil_trainer_free(trainer);
    trainer = small_trainer(set, NULL);
    check_ok(pcil_trainer_set(trainer, "step_size", 4));
    check_ok(pcil_trainer_set(trainer, "step_decay", 0));
    check_ok(pcil_trainer_set(trainer, "iterations", 6));
    check_ok(pcil_trainer_set(trainer, "learning_rate", 1e-12));
    check_ok(pcil_trainer_set(trainer, "divergence", 0));
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

/* Bad data are told as what they are: numbers of the caller. */
static void test_data(void **state) {
    (void)state;
    pcil_dataset *set = small_data();
    pcil_trainer *trainer = small_trainer(set, NULL);
    struct plant planted = {DATA, 0, 0, 17 * SMALL_PIXELS + 5, NAN, 1, trainer};
    check_ok(pcil_trainer_watch(trainer, plant, &planted));
    check_fails(pcil_trainer_run(trainer), PCIL_ERROR_ARGUMENT, "epoch 1, batch ");
    assert_non_null(strstr(pcil_last_error(), ": the input of sample "));
    assert_non_null(strstr(pcil_last_error(), "unit 5 is nan; expected a finite number"));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
}

static void test_optimizer_state(void **state) {
    (void)state;
    check_found(
        NETWORK, "adam", (struct plant){STATE, 0, 0, 104 + 7, NAN, 9, NULL}, false,
        "epoch 2, batch 3: the step of block 1 is not finite in training iteration 10: number 7 of the "
        "optimizer's 'm' is nan; go back to an earlier model, with a lower learning_rate or clip_norm. What was "
        "saved stays");
    check_found(
        NETWORK, "momentum", (struct plant){STATE, 0, 0, 3, INFINITY, 9, NULL}, false,
        "epoch 2, batch 3: the step of block 0 is not finite in training iteration 10: number 3 of the "
        "optimizer's 'm' is inf; go back to an earlier model, with a lower learning_rate or clip_norm. What was "
        "saved stays");
    check_found(NETWORK, "mq", (struct plant){STATE, 0, 0, 2, NAN, 9, NULL}, false,
                "epoch 2, batch 3: the rate of block 2 is nan in training iteration 10: the optimizer's state is not "
                "finite; go back to an earlier model. What was saved stays");
}

/* With check_numbers the operation that made the first of them is named. */
static void test_check_numbers(void **state) {
    (void)state;
    check_found(
        NETWORK, "sgd", (struct plant){WEIGHT, 1, 0, 5, NAN, 9, NULL}, true,
        "epoch 2, batch 3: check_numbers: the forward pass of block 1, operation 1 (dense): sample 0, unit 5 is "
        "nan. What was saved stays");
    check_found("3x2x2; conv 4 2x2, relu; dense 3; softmax", "mq", (struct plant){WEIGHT, 0, 0, 2, INFINITY, 9, NULL},
                true,
                "epoch 2, batch 3: check_numbers: the forward pass of block 0, operation 0 (conv): sample 0, unit 2 is "
                "inf. What was saved stays");
    check_found(NETWORK, "adam", (struct plant){STATE, 0, 0, 104 + 7, NAN, 9, NULL}, true,
                "epoch 2, batch 3: check_numbers: the step of block 1: number 7 is nan. What was saved stays");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_weights),          in_a_folder(test_gradients),  in_a_folder(test_growing_loss),
        in_a_folder(test_growing_energy),   in_a_folder(test_data),       in_a_folder(test_optimizer_state),
        in_a_folder(test_check_numbers),    in_a_folder(test_huge_rates), in_a_folder(test_checkpoint_stays),
        in_a_folder(test_small_first_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
