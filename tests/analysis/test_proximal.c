/* The proximal loss against the double-precision reference and by hand, its two ways of computing, and its rest. */
#include "test.h"

#include "analysis/analysis.h"
#include "kept.h"
#include "reference/pair.h"

#include <stdio.h>

enum { SAMPLES = 5, T = 4, BETAS = 5, ROWS = T + 1 };

static const double betas[BETAS] = {1e-4, .01, 1, 100, INFINITY};

static const char *const chain = "11; dense 8; relu, dense 7, tanh; gelu, dense 4; softmax";
static const char *const deep = "6; dense 7, tanh, dense 5; relu; sigmoid, dense 6, relu, dense 3; linear";
static const char *const shares = "9; dense 6; relu, dense 6; relu, dense 9; sigmoid";

static double rate_of(const char *kind) {
    if (strcmp(kind, "nlms") == 0) return 0.5;
    if (strncmp(kind, "adam", 4) == 0) return 0.002;
    if (strcmp(kind, "mq") == 0) return 0.0005;
    return 0.2;
}

/* A pair some steps on, so that optimizers have something to remember, with the samples of the test drawn. */
static void begin(struct pair *pair, const char *network, const char *schedule, const char *kind) {
    pair_create(pair, network, schedule, kind, SAMPLES, 7);
    if (strcmp(schedule, "backprop") == 0) pair_hard_clamp(pair); /* before its pass, too */
    pair_infer_set(pair, "iterations", 3);
    pair_infer_set(pair, "step_size", 0.1);
    pair_learn_set(pair, "learning_rate", rate_of(kind));
    pair_train(pair);
    pair_take_weights(pair);
    pair_draw(pair, SAMPLES, -1);
}

static double square_of(const struct pair *pair, const struct kept *kept) {
    double square = 0;
    for (int l = 0; l < pair->ref_network.blocks; l++)
        for (int i = 0; i < pair->ref_network.block[l].parameters; i++) {
            double change = pair->ref_network.block[l].parameter[i] - kept->parameter[l][i];
            square += change * change;
        }
    return square;
}

/* The definition, line by line: each sample from the start for every t. */
static void expect(struct pair *pair, double *expected) {
    static struct kept kept;
    struct ref_inference *inference = &pair->ref_inference;
    int in = pair->ref_network.size[0], out = pair->ref_network.size[pair->ref_network.blocks];
    bool backprop = strcmp(inference->schedule, "backprop") == 0;
    memset(expected, 0, ROWS * BETAS * sizeof *expected);
    keep(pair, &kept);
    for (int s = 0; s < SAMPLES; s++)
        for (int t = 0; t <= T; t++) {
            const float *x = pair->inputs + s * in, *y = pair->targets + s * out;
            ref_clamp(inference, x, y, 1);
            for (int i = 0; i < (backprop && t > 1 ? 1 : t); i++) ref_iterate(inference);
            ref_learn(inference, &pair->ref_optimizer);
            ref_clamp(inference, x, y, 1);
            for (int i = 0; i < BETAS; i++)
                expected[t * BETAS + i] += (ref_loss(inference) + square_of(pair, &kept) / (2 * betas[i])) / SAMPLES;
            put_back(pair, &kept);
        }
}

static void check_rows(const struct pair *pair, const double *got, const double *expected, double tolerance) {
    for (int i = 0; i < ROWS * BETAS; i++)
        if (!(fabs(got[i] - expected[i]) <= tolerance * fabs(expected[i])))
            fail_msg("%s: t %d, beta %g: %.9g, expected %.9g", pair->about, i / BETAS, betas[i % BETAS], got[i],
                     expected[i]);
}

static void compare(struct pair *pair) {
    double got[ROWS * BETAS], expected[ROWS * BETAS];
    check_ok(pcil_proximal_loss(pair->inference, pair->optimizer, pair->inputs, pair->targets, SAMPLES, T, betas, BETAS,
                                got));
    expect(pair, expected);
    check_rows(pair, got, expected, 1e-4);
}

static void test_all_optimizers_and_schedules(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
    static const char *const networks[] = {chain, deep, shares};
    for (int k = 0; k < 7; k++)
        for (int s = 0; s < 3; s++)
            for (int n = 0; n < 3; n++) {
                struct pair pair;
                begin(&pair, networks[n], schedules[s], kinds[k]);
                compare(&pair);
                pair_free(&pair);
            }
}

static void test_options_of_the_step(void **state) {
    (void)state;
    for (int which = 0; which < 5; which++) {
        struct pair pair;
        begin(&pair, chain, "sequential", which == 4 ? "mq" : "sgd");
        if (which == 0) pair_learn_set(&pair, "weight_decay", .3);
        if (which == 1) pair_learn_set(&pair, "clip_value", .003);
        if (which == 2) pair_learn_set(&pair, "clip_norm", .01);
        if (which == 3) pair_learn_set(&pair, "learning_rate.1", .7);
        if (which > 2) {
            pair_rate_decay(&pair, "inverse_time");
            pair_learn_set(&pair, "decay_rate", .2);
        }
        compare(&pair);
        pair_free(&pair);
    }
}

/* Sums over samples by both ways. */
static void test_both_ways_agree(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "nlms", "mq"};
    static const char *const networks[] = {chain, deep,
                                           "8; dense 8; relu, dense 8 + from 0; dense 4 + from 1: dense 4"};
    for (int k = 0; k < 3; k++)
        for (int n = 0; n < 3; n++)
            for (int32_t largest = 1; largest <= SAMPLES; largest += 2) {
                pcil_network *network;
                pcil_inference *inference;
                pcil_optimizer *optimizer;
                struct pc_random random;
                float inputs[SAMPLES * 11], targets[SAMPLES * 4] = {0};
                struct pc_proximal_row one[ROWS] = {{0, 0}}, other[ROWS] = {{0, 0}};
                struct pc_samples samples = {inputs, targets, NULL, SAMPLES};
                check_ok(pcil_network_parse(&network, networks[n]));
                check_ok(pcil_inference_create(&inference, network, "sequential", largest));
                check_ok(pcil_optimizer_create(&optimizer, network, kinds[k]));
                check_ok(pcil_optimizer_set(optimizer, "learning_rate", rate_of(kinds[k])));
                pc_random_seed(&random, 5, "both", 0);
                for (int i = 0; i < SAMPLES * 11; i++) inputs[i] = (float)(2 * pc_random_uniform(&random) - 1);
                for (int s = 0; s < SAMPLES; s++)
                    targets[s * pcil_network_node_size(network, pcil_network_nodes(network) - 1) + s % 3] = 1;
                assert_true(pc_proximal_has_rank_one(network, optimizer));
                check_ok(pc_proximal_by_rank_one(inference, optimizer, &samples, T, one));
                check_ok(pc_proximal_by_trials(inference, optimizer, &samples, T, other));
                for (int t = 0; t <= T; t++) {
                    assert_true(fabs(one[t].loss - other[t].loss) <= 1e-5 * other[t].loss);
                    assert_true(fabs(one[t].square - other[t].square) <= 1e-4 * other[t].square);
                    assert_true(other[t].square > 1e-8);
                }
                pcil_optimizer_free(optimizer);
                pcil_inference_free(inference);
                pcil_network_free(network);
            }
}

/* Which way is taken: only steps that are a rate times a gradient of rank one go without a copy. */
static void test_choice_of_way(void **state) {
    (void)state;
    pcil_network *dense, *conv;
    pcil_optimizer *optimizer;
    check_ok(pcil_network_parse(&dense, chain));
    check_ok(pcil_network_parse(&conv, "1x4x4; conv 2 3x3, relu; dense 3; softmax"));
    static const char *const options[] = {"weight_decay", "clip_value", "clip_norm"};
    for (int i = 0; i < 3; i++) {
        check_ok(pcil_optimizer_create(&optimizer, dense, "sgd"));
        assert_true(pc_proximal_has_rank_one(dense, optimizer));
        assert_false(pc_proximal_has_rank_one(conv, optimizer));
        check_ok(pcil_optimizer_set(optimizer, options[i], .1));
        assert_false(pc_proximal_has_rank_one(dense, optimizer));
        pcil_optimizer_free(optimizer);
    }
    check_ok(pcil_optimizer_create(&optimizer, dense, "momentum"));
    assert_false(pc_proximal_has_rank_one(dense, optimizer));
    pcil_optimizer_free(optimizer);
    pcil_network_free(dense);
    pcil_network_free(conv);
}

/* L blocks, sequential: inference as ever, and L - 1 products of each batch per t, once L. No gradient is a product. */
static void test_products(void **state) {
    (void)state;
    struct pair pair;
    double results[ROWS * BETAS];
    int64_t blocks = 3;
    begin(&pair, chain, "sequential", "sgd");
    int64_t before = pcil_inference_products(pair.inference);
    check_ok(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS,
                                results));
    int64_t inference = blocks + (int64_t)T * 2 * (blocks - 1);
    assert_int_equal(pcil_inference_products(pair.inference) - before, inference + blocks + T * (blocks - 1));
    pair_free(&pair);
}

/* All that a step could change. */
struct rest {
    float weights[KEPT_PARAMETERS], state[2 * KEPT_PARAMETERS];
    double v[REF_MOST_BLOCKS], rate[REF_MOST_BLOCKS];
    pcil_status magnitude[REF_MOST_BLOCKS];
    int64_t iterations;
};

static void look(const struct pair *pair, struct rest *rest) {
    int64_t done = 0;
    memset(rest, 0, sizeof *rest);
    for (int32_t i = 0; i < pcil_network_tensors(pair->network); i++) {
        const char *name = pcil_network_tensor_name(pair->network, i);
        int64_t shape[4] = {1, 1, 1, 1}, count = 1;
        int32_t rank;
        check_ok(pcil_network_tensor_shape(pair->network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        check_ok(pcil_network_get(pair->network, name, rest->weights + done, count));
        done += count;
    }
    for (int32_t i = 0; i < pc_optimizer_arrays(pair->optimizer); i++) {
        struct pc_optimizer_array array = pc_optimizer_array(pair->optimizer, i);
        void *to = array.bytes == 8 ? (void *)rest->v : (void *)(rest->state + i * KEPT_PARAMETERS);
        memcpy(to, array.data, (size_t)array.count * (size_t)array.bytes);
    }
    for (int32_t b = 0; b < pcil_network_blocks(pair->network); b++) {
        double magnitude;
        pcil_optimizer_value(pair->optimizer, "rate", b, &rest->rate[b]);
        rest->magnitude[b] = pcil_optimizer_value(pair->optimizer, "magnitude", b, &magnitude);
    }
    rest->iterations = pcil_optimizer_iterations(pair->optimizer);
}

static int32_t stop_at_third(void *user, int32_t iteration, double energy, const double *errors, int32_t nodes) {
    (void)user, (void)energy, (void)errors, (void)nodes;
    return iteration == 3;
}

static void test_nothing_is_touched(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    static struct rest before, after;
    for (int k = 0; k < 7; k++) {
        struct pair pair;
        double results[ROWS * BETAS];
        begin(&pair, chain, "sequential", kinds[k]);
        look(&pair, &before);
        check_ok(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS,
                                    results));
        look(&pair, &after);
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(pcil_inference_batch(pair.inference), 0);
        check_ok(pcil_inference_trace(pair.inference, stop_at_third, NULL));
        results[0] = -1;
        check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas,
                                       BETAS, results),
                    PCIL_ERROR_INTERRUPTED, "asked to stop");
        look(&pair, &after);
        assert_memory_equal(&before, &after, sizeof before);
        assert_true(results[0] == -1);
        pair_free(&pair);
    }
}

/* A rate of 0 leaves L; before any inference only the output's block moves. */
static void test_edges(void **state) {
    (void)state;
    struct pair pair;
    double results[ROWS * BETAS], moved[ROWS * BETAS], loss;
    begin(&pair, chain, "sequential", "sgd");
    check_ok(pcil_clamp(pair.inference, pair.inputs, pair.targets, SAMPLES));
    check_ok(pcil_loss(pair.inference, &loss));
    check_ok(pcil_optimizer_set(pair.optimizer, "learning_rate", 0));
    check_ok(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS,
                                results));
    for (int i = 0; i < ROWS * BETAS; i++) assert_true(fabs(results[i] - loss) < 1e-6 * loss);
    check_ok(pcil_optimizer_set(pair.optimizer, "learning_rate.2", .2));
    check_ok(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS,
                                results));
    check_ok(pcil_optimizer_set(pair.optimizer, "learning_rate", .2));
    check_ok(
        pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS, moved));
    for (int i = 0; i < BETAS; i++) assert_true(moved[i] == results[i]);
    for (int i = 0; i < BETAS; i++) assert_true(fabs(moved[BETAS + i] - results[BETAS + i]) > 1e-6 * moved[BETAS + i]);
    assert_true(results[BETAS - 1] < loss);
    pair_free(&pair);
}

/* Fig. 1: the more inference, the lower the proximal loss, for every beta. */
static void test_falls_with_inference(void **state) {
    (void)state;
    static const double of_figure[5] = {.01, .1, 1, 10, 100};
    enum { MANY = 64, INPUTS = 20, CLASSES = 5 };
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    struct pc_random random;
    float inputs[MANY * INPUTS];
    int32_t labels[MANY];
    double results[6 * 5];
    check_ok(pcil_network_parse(
        &network, "20; dense 32; relu, dense 32; relu, dense 32; relu, dense 32; relu, dense 5; softmax"));
    check_ok(pcil_network_initialise(network, "he", 4));
    check_ok(pcil_inference_create(&inference, network, "sequential", 16));
    check_ok(pcil_inference_set(inference, "step_size", .04));
    check_ok(pcil_optimizer_create(&optimizer, network, "sgd"));
    check_ok(pcil_optimizer_set(optimizer, "learning_rate", .02));
    pc_random_seed(&random, 2, "fall", 0);
    for (int i = 0; i < MANY * INPUTS; i++) inputs[i] = (float)pc_random_uniform(&random);
    for (int i = 0; i < MANY; i++) labels[i] = (int32_t)pc_random_below(&random, CLASSES);
    check_ok(pcil_proximal_loss_labels(inference, optimizer, inputs, labels, MANY, 5, of_figure, 5, results));
    for (int i = 5; i < 30; i++) assert_true(results[i] < results[i - 5]);
    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

enum { PIXELS = 36, CONV_CLASSES = 3, CONV_PARAMETERS = 256 };

/* All weights of one network, or into another of the same shape. */
static int64_t read_all(const pcil_network *network, float *values, pcil_network *into) {
    int64_t done = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t shape[4] = {1, 1, 1, 1}, count = 1;
        int32_t rank;
        check_ok(pcil_network_tensor_shape(network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        assert_true(done + count <= CONV_PARAMETERS);
        check_ok(pcil_network_get(network, name, values + done, count));
        if (into) check_ok(pcil_network_set(into, name, values + done, count));
        done += count;
    }
    return done;
}

/* Convolutions, by a step that is really made on a network of the same weights. */
static void test_convolutions_by_hand(void **state) {
    (void)state;
    static const char *const text = "1x6x6; conv 3 3x3, relu; conv 4 2x2, relu; dense 3; softmax";
    static const char *const kinds[] = {"sgd", "adam"};
    for (int k = 0; k < 2; k++) {
        pcil_network *network, *twin;
        pcil_inference *inference, *hand;
        pcil_optimizer *optimizer;
        struct pc_random random;
        float inputs[SAMPLES * PIXELS], before[CONV_PARAMETERS], after[CONV_PARAMETERS];
        int32_t labels[SAMPLES];
        double results[ROWS * BETAS], expected[ROWS * BETAS] = {0}, loss;
        check_ok(pcil_network_parse(&network, text));
        check_ok(pcil_network_parse(&twin, text));
        check_ok(pcil_inference_create(&inference, network, "sequential", 4));
        check_ok(pcil_inference_create(&hand, twin, "sequential", 1));
        check_ok(pcil_optimizer_create(&optimizer, network, kinds[k]));
        check_ok(pcil_optimizer_set(optimizer, "learning_rate", k ? .001 : .1));
        pc_random_seed(&random, 9, "conv", 0);
        for (int i = 0; i < SAMPLES * PIXELS; i++) inputs[i] = (float)pc_random_uniform(&random);
        for (int i = 0; i < SAMPLES; i++) labels[i] = (int32_t)pc_random_below(&random, CONV_CLASSES);
        check_ok(pcil_proximal_loss_labels(inference, optimizer, inputs, labels, SAMPLES, T, betas, BETAS, results));
        for (int i = 0; i < SAMPLES * ROWS; i++) {
            int s = i / ROWS, t = i % ROWS;
            pcil_optimizer *fresh;
            double square = 0;
            int64_t count = read_all(network, before, twin);
            check_ok(pcil_optimizer_create(&fresh, twin, kinds[k]));
            check_ok(pcil_optimizer_set(fresh, "learning_rate", k ? .001 : .1));
            check_ok(pcil_clamp_labels(hand, inputs + s * PIXELS, labels + s, 1));
            check_ok(pcil_infer(hand, t, NULL));
            check_ok(pcil_learn(hand, fresh));
            check_ok(pcil_clamp_labels(hand, inputs + s * PIXELS, labels + s, 1));
            check_ok(pcil_loss(hand, &loss));
            read_all(twin, after, NULL);
            for (int64_t j = 0; j < count; j++) square += pow((double)after[j] - (double)before[j], 2);
            assert_true(square > 0);
            for (int b = 0; b < BETAS; b++) expected[t * BETAS + b] += (loss + square / (2 * betas[b])) / SAMPLES;
            pcil_optimizer_free(fresh);
        }
        for (int i = 0; i < ROWS * BETAS; i++)
            if (!(fabs(results[i] - expected[i]) <= 1e-5 * expected[i]))
                fail_msg("%s: t %d, beta %g: %g, by hand %g", kinds[k], i / BETAS, betas[i % BETAS], results[i],
                         expected[i]);
        pcil_optimizer_free(optimizer);
        pcil_inference_free(inference);
        pcil_inference_free(hand);
        pcil_network_free(network);
        pcil_network_free(twin);
    }
}

static void test_misuse(void **state) {
    (void)state;
    struct pair pair, other;
    static struct rest before, after;
    double results[ROWS * BETAS] = {-1}, bad[2] = {1, 0};
    begin(&pair, chain, "sequential", "adam");
    begin(&other, deep, "sequential", "sgd");
    look(&pair, &before);
    check_fails(pcil_proximal_loss(NULL, pair.optimizer, pair.inputs, pair.targets, 1, T, betas, BETAS, results),
                PCIL_ERROR_ARGUMENT, "the inference is NULL");
    check_fails(pcil_proximal_loss(pair.inference, NULL, pair.inputs, pair.targets, 1, T, betas, BETAS, results),
                PCIL_ERROR_ARGUMENT, "the optimizer is NULL");
    check_fails(
        pcil_proximal_loss(pair.inference, other.optimizer, pair.inputs, pair.targets, 1, T, betas, BETAS, results),
        PCIL_ERROR_ARGUMENT, "different networks");
    check_fails(
        pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, 1, T, NULL, BETAS, results),
        PCIL_ERROR_ARGUMENT, "one or more betas");
    check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, 1, T, bad, 2, results),
                PCIL_ERROR_ARGUMENT, "beta 1 is 0; expected a number above 0");
    bad[1] = (double)NAN;
    check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, 1, T, bad, 2, results),
                PCIL_ERROR_ARGUMENT, "beta 1 is nan");
    check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, 1, T, betas, BETAS, NULL),
                PCIL_ERROR_ARGUMENT, "results is NULL");
    pair.inputs[2 * 11 + 5] = INFINITY; /* found when it is that sample's turn */
    check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas, BETAS,
                                   results),
                PCIL_ERROR_ARGUMENT, "unit 5 is inf");
    look(&pair, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(results[0] == -1);
    pair_free(&pair);
    pair_free(&other);
}

/* A rate that blows the loss up is told, by either way, and taken back. */
static void test_divergence(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum"};
    static struct rest before, after;
    for (int k = 0; k < 2; k++) {
        struct pair pair;
        double results[ROWS * BETAS] = {-1};
        begin(&pair, shares, "sequential", kinds[k]);
        check_ok(pcil_optimizer_set(pair.optimizer, "learning_rate", 1e6));
        for (int32_t b = 0; b < 3; b++) {
            char name[32];
            snprintf(name, sizeof name, "block%d.dense.weight", b);
            float big[81];
            for (int i = 0; i < 81; i++) big[i] = 1e9f;
            check_ok(pcil_network_set(pair.network, name, big, b == 1 ? 36 : 54));
        }
        look(&pair, &before);
        check_fails(pcil_proximal_loss(pair.inference, pair.optimizer, pair.inputs, pair.targets, SAMPLES, T, betas,
                                       BETAS, results),
                    PCIL_ERROR_DIVERGED, k ? "the gradient of block" : "the loss after an update is not finite");
        look(&pair, &after);
        assert_memory_equal(&before, &after, sizeof before);
        assert_true(results[0] == -1);
        pair_free(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_optimizers_and_schedules),
        cmocka_unit_test(test_options_of_the_step),
        cmocka_unit_test(test_both_ways_agree),
        cmocka_unit_test(test_choice_of_way),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_nothing_is_touched),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_falls_with_inference),
        cmocka_unit_test(test_convolutions_by_hand),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_divergence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
