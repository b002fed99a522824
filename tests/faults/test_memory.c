/* Networks, inference and learning, data, runs, with every request for memory refused in turn (walks.h). */
#include "faults/walks.h"

static pcil_dataset *lent; /* outside of the count */

static void walk_networks(struct walk *w) {
    int64_t length = 0;
    STEP(pcil_network_create(&w->network));
    STEP(pcil_network_input(w->network, 3, 2, 2));
    STEP(pcil_network_block(w->network));
    STEP(pcil_network_dense(w->network, 8));
    STEP(pcil_network_block(w->network));
    STEP(pcil_network_operation(w->network, "relu"));
    STEP(pcil_network_dense(w->network, 3));
    STEP(pcil_network_output(w->network, "softmax"));
    STEP(pcil_network_finish(w->network));
    STEP(pcil_network_initialise(w->network, "fan_in", 3));
    STEP(pcil_network_describe(w->network, text, MOST, &length));
    find(w, text, (size_t)length);
    STEP(pcil_network_save(w->network, small_path("a.safetensors").text, "{\"a\":\"b\"}"));
    find_file(w, "a.safetensors");
}

/* Learning from single samples, whose updates wait. */
static void walk_alone(struct walk *w) {
    const float input[4] = {1, 2, 3, 4}, target[5] = {0};
    STEP(pcil_network_create(&w->network));
    STEP(pcil_network_input(w->network, 4, 1, 1));
    STEP(pcil_network_block(w->network));
    STEP(pcil_network_dense(w->network, 5));
    STEP(pcil_network_finish(w->network));
    STEP(pcil_inference_create(&w->inference, w->network, "sequential", 1));
    STEP(pcil_optimizer_create(&w->optimizer, w->network, "sgd"));
    for (int i = 0; i < 3; i++) STEP(pcil_train_step(w->inference, w->optimizer, input, target, 1, NULL));
    STEP(pcil_network_get(w->network, "block0.dense.weight", numbers, 4 * 5));
    find(w, numbers, 4 * 5 * sizeof(float));
}

/* A network that could not be finished is built on: what was reserved for it does not fit any more. */
static void walk_built_on(struct walk *w) {
    STEP(pcil_network_create(&w->network));
    STEP(pcil_network_input(w->network, 4, 1, 1));
    STEP(pcil_network_block(w->network));
    STEP(pcil_network_dense(w->network, 5));
    pcil_status status = pcil_network_finish(w->network);
    if (status == PCIL_OK) return;
    check_refused(status, "pcil_network_finish");
    assert_int_equal(pcil_network_tensors(w->network), -1);
    if (!memory.once) return;
    STEP(pcil_network_dense(w->network, 3000));
    STEP(pcil_network_finish(w->network));
    STEP(pcil_network_get(w->network, "block0.dense2.weight", numbers, 5 * 3000));
}

static void walk_models(struct walk *w) {
    int64_t length = 0;
    STEP(pcil_network_load(&w->network, small_path("kept.safetensors").text));
    STEP(pcil_network_get(w->network, "block0.dense.weight", numbers, INPUTS * 8));
    find(w, numbers, INPUTS * 8 * sizeof(float));
    STEP(pcil_network_metadata(small_path("kept.safetensors").text, text, MOST, &length));
    find(w, text, (size_t)length);
    STEP(pcil_network_parse(&w->other,
                            "1x8x8; conv 4 3x3, relu, max_pool 2x2; dense 5; tanh, dense 3 + from 1: dense 3; linear"));
    STEP(pcil_network_initialise(w->other, "fan_in", 2));
}

static void walk_inference(struct walk *w) {
    float inputs[BATCH * INPUTS];
    int32_t labels[BATCH] = {0, 1, 2, 1};
    double energy, loss;
    memcpy(inputs, small_inputs, sizeof inputs);
    STEP(pcil_network_parse(&w->network, description));
    STEP(pcil_network_initialise(w->network, "fan_in", 1));
    STEP(pcil_inference_create(&w->inference, w->network, "simultaneous", BATCH));
    STEP(pcil_inference_set(w->inference, "iterations", 4));
    STEP(pcil_clamp_labels(w->inference, inputs, labels, BATCH));
    STEP(pcil_infer(w->inference, -1, &energy));
    STEP(pcil_loss(w->inference, &loss));
    STEP(pcil_energy(w->inference, &energy));
    STEP(pcil_inference_activity(w->inference, 1, numbers, BATCH * 8));
    find(w, numbers, BATCH * 8 * sizeof(float));
    STEP(pcil_optimizer_create(&w->optimizer, w->network, "adam"));
    STEP(pcil_optimizer_set(w->optimizer, "clip_norm", 1));
    STEP(pcil_optimizer_set_text(w->optimizer, "rate_decay", "cosine"));
    STEP(pcil_learn(w->inference, w->optimizer));
    STEP(pcil_gradient(w->inference, "block1.dense.weight", numbers, 8 * 6));
    find(w, numbers, 8 * 6 * sizeof(float));
    STEP(pcil_train_step_labels(w->inference, w->optimizer, inputs, labels, BATCH, &loss));
    find(w, &loss, sizeof loss);
    STEP(pcil_predict(w->inference, inputs, BATCH, numbers));
    find(w, numbers, BATCH * CLASSES * sizeof(float));
}

static void walk_analysis(struct walk *w) {
    static const double betas[2] = {.1, 10};
    float inputs[BATCH * INPUTS], targets[BATCH * CLASSES] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0};
    double loss;
    memcpy(inputs, small_inputs, sizeof inputs);
    STEP(pcil_network_parse(&w->network, description));
    STEP(pcil_network_initialise(w->network, "fan_in", 1));
    STEP(pcil_inference_create(&w->inference, w->network, "sequential", BATCH));
    STEP(pcil_optimizer_create(&w->optimizer, w->network, "mq"));
    STEP(pcil_proximal_loss(w->inference, w->optimizer, inputs, targets, BATCH, 2, betas, 2, doubles));
    find(w, doubles, 4 * sizeof *doubles);
    STEP(pcil_error_delay(w->inference, inputs, targets, BATCH, 2, doubles));
    STEP(pcil_update_magnitudes(w->inference, w->optimizer, inputs, targets, BATCH, 2, doubles));
    find(w, doubles, 6 * sizeof *doubles);
    STEP(pcil_clamp(w->inference, inputs, targets, BATCH));
    STEP(pcil_update(w->inference, w->optimizer, numbers, PARAMETERS));
    find(w, numbers, PARAMETERS * sizeof *numbers);
    STEP(pcil_proximal_step(w->network, inputs, targets, BATCH, 1, .1, 3, numbers, PARAMETERS, &loss, NULL));
    find(w, &loss, sizeof loss);
}

/* Batches with a thread that makes them ahead. */
static void walk_data(struct walk *w) {
    float inputs[8 * INPUTS];
    int32_t labels[8], count = 0;
    STEP(pcil_dataset_memory(&w->set, small_inputs, small_labels, NULL, SMALL_COUNT, 3, 2, 2, CLASSES, 0));
    STEP(pcil_dataset_split(w->set, .25, 3, &w->view, &w->rest));
    STEP(pcil_dataset_limit(w->set, 24, &w->opened));
    STEP(pcil_batches_create(&w->batches, w->opened, 8, 5));
    STEP(pcil_batches_set_text(w->batches, "normalise", "standard"));
    STEP(pcil_batches_set(w->batches, "prefetch", 1));
    STEP(pcil_batches_set(w->batches, "flip", 1));
    STEP(pcil_batches_begin(w->batches, 2, 0));
    for (int i = 0; i < 3; i++) {
        STEP(pcil_batches_next(w->batches, inputs, labels, NULL, &count));
        find(w, inputs, sizeof inputs);
    }
}

/* What a failed writing leaves in its new folder is not written over. */
static pcil_status write_again(struct walk *w) {
    remove_made();
    return pcil_dataset_write(w->set, w->opened, "cifar10", small_path("again").text);
}

static void walk_files(struct walk *w) {
    float pixels[32 * 32 * 3];
    int32_t label;
    STEP(pcil_dataset_open(&w->set, "cifar10", small_path("set").text, "train"));
    const int64_t index = 3;
    STEP(pcil_dataset_read(w->set, &index, 1, pixels, &label, NULL));
    find(w, pixels, sizeof pixels);
    STEP(pcil_dataset_open(&w->opened, "cifar10", small_path("set").text, "test"));
    STEP(write_again(w));
    find_file(w, "again/data_batch_1.bin");
}

static pcil_status make_trainer(struct walk *w) {
    static const char *const settings[][2] = {
        {"network", "3x2x2; dense 8; relu, dense 6; relu, dense 3; softmax"},
        {"epochs", "2"},
        {"batch", "20"},
        {"optimizer", "adam"},
        {"learning_rate", "0.01"},
        {"prefetch", "1"},
        {"flip", "1"},
        {"measure_interval", "0"}}; /* a checkpoint's sums are ten thousand requests */
    pcil_status status = pcil_trainer_create(&w->trainer);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == PCIL_OK; i++)
        status = pcil_trainer_set_text(w->trainer, settings[i][0], settings[i][1]);
    if (status == PCIL_OK) status = pcil_trainer_set_text(w->trainer, "out", small_path("run").text);
    return status == PCIL_OK ? pcil_trainer_data(w->trainer, lent, lent) : status;
}

static void walk_settings(struct walk *w) {
    int64_t length = 0;
    STEP(pcil_trainer_create(&w->trainer));
    STEP(pcil_trainer_recipe(w->trainer, "digits-mlp-seqil-mq"));
    STEP(pcil_trainer_load(w->trainer, small_path("kept.json").text));
    STEP(pcil_trainer_set_text(w->trainer, "learning_rate.1", "0.5"));
    STEP(pcil_trainer_set_text(w->trainer, "recipe", "digits-mlp-seqil"));
    STEP(pcil_trainer_get_text(w->trainer, "network", text, MOST, &length));
    find(w, text, (size_t)length);
    STEP(pcil_trainer_settings(w->trainer, text, MOST, &length));
    find(w, text, (size_t)length);
    STEP(pcil_trainer_set_text(w->trainer, "network", description));
    STEP(pcil_trainer_set(w->trainer, "batch", 20));
    STEP(pcil_trainer_data(w->trainer, lent, lent));
    STEP(pcil_trainer_prepare(w->trainer));
}

/* A run that failed has ended, but another trainer goes on with it, if it got as far as its settings. */
static pcil_status run_again(struct walk *w) {
    pcil_trainer_free(w->trainer);
    w->trainer = NULL;
    if (!pc_file_exists(small_path("run/config.json").text)) {
        pcil_status status = make_trainer(w);
        return status == PCIL_OK ? pcil_trainer_run(w->trainer) : status;
    }
    pcil_status status = pcil_trainer_create(&w->trainer);
    if (status == PCIL_OK) status = pcil_trainer_resume(w->trainer, small_path("run").text);
    if (status == PCIL_OK) status = pcil_trainer_data(w->trainer, lent, lent);
    return status == PCIL_OK ? pcil_trainer_run(w->trainer) : status;
}

static void run_to_end(struct walk *w, pcil_status status) {
    if (status == PCIL_OK) status = pcil_trainer_run(w->trainer);
    if (status == PCIL_OK) return;
    check_refused(status, "the run");
    memory.at = -1;
    status = run_again(w);
    if (status != PCIL_OK) fail_msg("again: %s", pcil_last_error());
}

static void walk_run(struct walk *w) {
    run_to_end(w, make_trainer(w));
    find_file(w, "run/model.safetensors");
    find_file(w, "run/best.safetensors");
    find_file(w, "run/config.json");
}

static pcil_status go_on(struct walk *w) {
    pcil_trainer_free(w->trainer);
    w->trainer = NULL;
    pcil_status status = pcil_trainer_create(&w->trainer);
    if (status == PCIL_OK) status = pcil_trainer_resume(w->trainer, small_path("ended").text);
    if (status == PCIL_OK) status = pcil_trainer_set(w->trainer, "epochs", 3);
    if (status == PCIL_OK) status = pcil_trainer_data(w->trainer, lent, lent);
    return status == PCIL_OK ? pcil_trainer_prepare(w->trainer) : status;
}

static void walk_resume(struct walk *w) {
    STEP(go_on(w));
    STEP(pcil_network_get(pcil_trainer_network(w->trainer), "block0.dense.weight", numbers, INPUTS * 8));
    find(w, numbers, INPUTS * 8 * sizeof(float));
    double loss, accuracy, top5;
    STEP(pcil_batches_create(&w->batches, lent, 8, 5));
    STEP(pcil_batches_begin(w->batches, 0, 0));
    STEP(pcil_evaluate(pcil_trainer_inference(w->trainer), w->batches, &loss, &accuracy, &top5));
    find(w, &loss, sizeof loss);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct walk_row walks[] = {{"networks", walk_networks, false, 0},
                                            {"single samples", walk_alone, false, 0},
                                            {"a network built on", walk_built_on, false, 0},
                                            {"models", walk_models, false, 0},
                                            {"inference and learning", walk_inference, false, 0},
                                            {"analysis", walk_analysis, false, 0},
                                            {"data and batches", walk_data, false, 0},
                                            {"data files", walk_files, false, 0},
                                            {"settings", walk_settings, false, 0},
                                            {"a run", walk_run, true, 0},
                                            {"going on", walk_resume, false, 0}};
    refuse_all(walks, sizeof walks / sizeof walks[0]);
}

/* Files that the walks read. */
static int begin(void **state) {
    pcil_network *network = NULL;
    pcil_dataset *train = NULL, *test = NULL;
    struct walk w = {.found = 0};
    if (small_begin(state) != 0) return -1;
    lent = small_data();
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_network_save(network, small_path("kept.safetensors").text, "{\"a\":\"b\"}"));
    const char *settings = "{\"batch\": 16, \"learning_rate\": [1, 2]}";
    check_ok(pc_file_write(NULL, small_path("kept.json").text, settings, strlen(settings)));
    check_ok(pcil_dataset_digits(&train, 20, 1));
    check_ok(pcil_dataset_digits(&test, 10, 2));
    check_ok(pcil_dataset_write(train, test, "cifar10", small_path("set").text));
    check_ok(make_trainer(&w));
    check_ok(pcil_trainer_set_text(w.trainer, "out", small_path("ended").text));
    check_ok(pcil_trainer_run(w.trainer));
    pcil_trainer_free(w.trainer);
    pcil_network_free(network);
    pcil_dataset_free(train);
    pcil_dataset_free(test);
    return 0;
}

static int finish(void **state) {
    pcil_dataset_free(lent);
    return small_end(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_refusals, begin, finish)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
