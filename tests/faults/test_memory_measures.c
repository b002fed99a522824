/* Analysis, traces and all that inference can be asked, with every request for memory refused in turn (walks.h). */
#include "faults/walks.h"

static const char chain[] = "4; dense 3; tanh, dense 2";
enum { CHAIN = 3 * 5 + 2 * 4 };

static float rows[BATCH * INPUTS];
static const float targets[BATCH * CLASSES] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0};
static const int32_t labels[BATCH] = {0, 1, 2, 1};

static pcil_status make(struct walk *w, const char *text_of, const char *inference, const char *optimizer) {
    pcil_status status = PCIL_OK;
    memcpy(rows, small_inputs, sizeof rows);
    if (!w->network) status = pcil_network_parse(&w->network, text_of);
    if (status == PCIL_OK) status = pcil_network_initialise(w->network, "fan_in", 1);
    if (status == PCIL_OK && !w->inference) status = pcil_inference_create(&w->inference, w->network, inference, BATCH);
    if (status == PCIL_OK && !w->optimizer) status = pcil_optimizer_create(&w->optimizer, w->network, optimizer);
    return status;
}

/* --- with an inference --- */

static void walk_labels(struct walk *w) {
    static const double betas[2] = {.1, 10};
    STEP(make(w, description, "simultaneous", "adam"));
    STEP(pcil_proximal_loss_labels(w->inference, w->optimizer, rows, labels, BATCH, 2, betas, 2, doubles));
    find(w, doubles, 6 * sizeof *doubles);
    STEP(pcil_error_delay_labels(w->inference, rows, labels, BATCH, 2, doubles));
    find(w, doubles, 12 * sizeof *doubles);
    STEP(pcil_update_magnitudes_labels(w->inference, w->optimizer, rows, labels, BATCH, 2, doubles));
    find(w, doubles, 9 * sizeof *doubles);
    STEP(pcil_clamp_labels(w->inference, rows, labels, BATCH));
    STEP(pcil_update(w->inference, w->optimizer, numbers, PARAMETERS));
    STEP(pcil_compare_updates(w->network, numbers, numbers, PARAMETERS, doubles, NULL));
    find(w, doubles, 4 * sizeof *doubles);
}

static int32_t count_traces(void *user, int32_t iteration, double energy, const double *errors, int32_t nodes) {
    (void)energy, (void)errors, (void)nodes;
    *(int32_t *)user += iteration;
    return 0;
}

static void walk_answers(struct walk *w) {
    int32_t traced = 0;
    int64_t made[3];
    STEP(make(w, description, "sequential", "mq"));
    STEP(pcil_inference_set_text(w->inference, "iterations", "auto"));
    STEP(pcil_inference_get(w->inference, "iterations", &doubles[0]));
    STEP(pcil_inference_trace(w->inference, count_traces, &traced));
    STEP(pcil_inference_clock(w->inference, 1));
    STEP(pcil_clamp(w->inference, rows, targets, BATCH));
    STEP(pcil_infer(w->inference, -1, &doubles[1]));
    STEP(pcil_settle(w->inference, 1e-3, 50, &doubles[2]));
    STEP(pcil_inference_residual(w->inference, &doubles[3], &doubles[4], &doubles[8]));
    STEP(pcil_energy_node(w->inference, 2, &doubles[12], &doubles[13], &doubles[14]));
    STEP(pcil_energy_samples(w->inference, 2, &doubles[15], &doubles[19], NULL));
    STEP(pcil_inference_zero_share(w->inference, 1, &doubles[23]));
    find(w, doubles, 24 * sizeof *doubles);
    STEP(pcil_inference_node_error(w->inference, 1, numbers, BATCH * 8));
    find(w, numbers, BATCH * 8 * sizeof *numbers);
    STEP(pcil_inference_prediction(w->inference, numbers, BATCH * CLASSES));
    STEP(pcil_inference_plan(w->inference, 1, &made[0], &made[1], &made[2]));
    find(w, made, sizeof made);
    const int64_t counts[] = {traced, pcil_inference_iterations(w->inference), pcil_inference_batch(w->inference),
                              pcil_inference_products(w->inference), pcil_inference_memory(w->inference, "workspace")};
    find(w, counts, sizeof counts);
    assert_true(pcil_inference_seconds(w->inference, "infer") >= 0 || pcil_inference_error(w->inference));
}

static void walk_optimizer(struct walk *w) {
    STEP(make(w, description, "backprop", "adamw"));
    STEP(pcil_optimizer_measure(w->optimizer, 1));
    STEP(pcil_train_step(w->inference, w->optimizer, rows, targets, BATCH, &doubles[0]));
    STEP(pcil_optimizer_get(w->optimizer, "learning_rate", &doubles[1]));
    STEP(pcil_optimizer_value(w->optimizer, "magnitude", 1, &doubles[2]));
    STEP(pcil_optimizer_reset(w->optimizer));
    find(w, doubles, 3 * sizeof *doubles);
    const int64_t counts[] = {pcil_optimizer_iterations(w->optimizer), pcil_optimizer_memory(w->optimizer)};
    find(w, counts, sizeof counts);
    assert_non_null(pcil_optimizer_error(w->optimizer));
}

static void walk_traces(struct walk *w) {
    static const char *const of_blocks[] = {"magnitude", "signal_to_noise", "cosine"};
    STEP(make(w, description, "sequential", "sgd"));
    STEP(pcil_traces_create(&w->traces, w->inference, w->optimizer));
    for (int step = 0; step < 2; step++) {
        STEP(pcil_clamp(w->inference, rows, targets, BATCH));
        STEP(pcil_traces_step(w->traces, &doubles[step]));
    }
    for (int i = 0; i < 3; i++) STEP(pcil_traces_value(w->traces, of_blocks[i], 1, 0, &doubles[2 + i]));
    find(w, doubles, 5 * sizeof *doubles);
    const int64_t counts[] = {pcil_traces_steps(w->traces), pcil_traces_iterations(w->traces),
                              pcil_traces_memory(w->traces)};
    find(w, counts, sizeof counts);
    STEP(pcil_traces_clear(w->traces));
    assert_non_null(pcil_traces_error(w->traces));
}

/* --- theory --- */

static void walk_curvature(struct walk *w) {
    double vector[CHAIN];
    STEP(make(w, chain, "sequential", "nlms"));
    for (int i = 0; i < CHAIN; i++) vector[i] = (i % 3 - 1) * .5;
    STEP(pcil_loss_gradient(w->network, rows, targets, 2, NULL, doubles, CHAIN, &doubles[CHAIN]));
    find(w, doubles, (CHAIN + 1) * sizeof *doubles);
    STEP(pcil_hessian_product(w->network, rows, targets, 2, vector, doubles, CHAIN));
    find(w, doubles, CHAIN * sizeof *doubles);
    STEP(pcil_hessian(w->network, rows, targets, 2, doubles, CHAIN));
    find(w, doubles, (size_t)CHAIN * CHAIN * sizeof *doubles);
    STEP(pcil_hessian_norm(w->network, rows, targets, 2, 1e-3, 50, doubles));
    find(w, doubles, sizeof *doubles);
    STEP(pcil_second_order_step(w->network, rows, targets, 2, .01, doubles, CHAIN));
    find(w, doubles, CHAIN * sizeof *doubles);
    STEP(pcil_implicit_step(w->network, rows, targets, 2, .01, doubles, CHAIN));
    find(w, doubles, CHAIN * sizeof *doubles);
}

static void walk_theorems(struct walk *w) {
    static const double betas[2] = {.01, .001};
    STEP(make(w, chain, "sequential", "nlms"));
    STEP(pcil_theorem2(w->network, rows, targets, 1, betas, 2, doubles, doubles + 2, doubles + 4));
    find(w, doubles, 5 * sizeof *doubles);
    STEP(pcil_log_slope(betas, doubles, 2, &doubles[5]));
    STEP(pcil_optimizer_set(w->optimizer, "learning_rate", 1));
    STEP(pcil_clamp(w->inference, rows, targets, 1));
    STEP(pcil_theorem1_weights(w->inference, w->optimizer, 1, "exact", doubles, doubles + 3));
    find(w, doubles, 6 * sizeof *doubles);
    STEP(pcil_theorem1_infer(w->inference, w->optimizer, 1, "exact", 3));
    STEP(pcil_theorem1_gap(w->inference, w->optimizer, doubles));
    find(w, doubles, sizeof *doubles);
}

/* --- threads and backends --- */

static void walk_backends(struct walk *w) {
    static const char *const backends[] = {"own", "blas"};
    float pictures[2 * 64], outputs[2 * CLASSES];
    for (int i = 0; i < 2 * 64; i++) pictures[i] = (float)(i * 7 % 11) / 16;
    STEP(pcil_set_threads(2));
    STEP(pcil_network_parse(&w->network, "1x8x8; conv 4 3x3, relu; max_pool 2x2; dense 3; softmax"));
    STEP(pcil_network_initialise(w->network, "he", 1));
    STEP(pcil_inference_create(&w->inference, w->network, "sequential", 2));
    STEP(pcil_optimizer_create(&w->optimizer, w->network, "mq"));
    const int32_t threads = pcil_threads();
    find(w, &threads, sizeof threads);
    for (int i = 0; i < 2; i++) {
        STEP(pcil_inference_set_text(w->inference, "backend", backends[i]));
        STEP(pcil_train_step_labels(w->inference, w->optimizer, pictures, labels, 2, &doubles[0]));
        STEP(pcil_predict(w->inference, pictures, 2, outputs));
        find(w, outputs, sizeof outputs);
    }
    STEP(pcil_set_threads(0));
}

static void test_refusals(void **state) {
    (void)state;
    static const struct walk_row walks[] = {{"labels", walk_labels, false, 0},
                                            {"inference's answers", walk_answers, false, 0},
                                            {"optimizers", walk_optimizer, false, 0},
                                            {"traces", walk_traces, false, 0},
                                            {"curvature", walk_curvature, false, 0},
                                            {"theorems", walk_theorems, false, 0},
                                            {"threads and backends", walk_backends, false, 0}};
    pcil_dataset_free(small_data()); /* fills the inputs */
    refuse_all(walks, sizeof walks / sizeof walks[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {in_a_folder(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
