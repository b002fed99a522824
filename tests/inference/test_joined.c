/*
 * Networks whose nodes have several incoming and outgoing blocks, against a plain double-precision graph in which every
 * prediction and error is computed anew from the activities after each move.
 */
#include "test.h"

#include "base/random.h"

#include <pcil.h>
#include <stdbool.h>

enum { BATCH = 3, NODES = 5, BLOCKS = 8, MOST = 8 };

static const char description[] = "5; dense 6; relu, dense 6 + from 1; tanh, dense 4 + from 1: dense 4 + "
                                  "from 0: dense 4; dense 3 + from 2: relu, dense 3; softmax";

enum entry { NONE, RELU, TANH };

struct block {
    int from, to;
    enum entry entry;
    const char *weight, *bias; /* NULL: a plain copy */
};

static const struct block blocks[BLOCKS] = {
    {0, 1, NONE, "block0.dense.weight", "block0.dense.bias"},
    {1, 2, RELU, "block1.dense.weight", "block1.dense.bias"},
    {1, 2, NONE, NULL, NULL},
    {2, 3, TANH, "block3.dense.weight", "block3.dense.bias"},
    {1, 3, NONE, "block4.dense.weight", "block4.dense.bias"},
    {0, 3, NONE, "block5.dense.weight", "block5.dense.bias"},
    {3, 4, NONE, "block6.dense.weight", "block6.dense.bias"},
    {2, 4, RELU, "block7.dense.weight", "block7.dense.bias"},
};
static const int sizes[NODES] = {5, 6, 6, 4, 3};

struct graph {
    double weight[BLOCKS][MOST][MOST], bias[BLOCKS][MOST];
    double activity[NODES][BATCH][MOST], prediction[NODES][BATCH][MOST], error[NODES][BATCH][MOST];
    double output[BATCH][MOST], target[BATCH][MOST];
};

static double value(enum entry entry, double x) {
    return entry == RELU ? fmax(x, 0) : entry == TANH ? tanh(x) : x;
}

static double slope(enum entry entry, double x) {
    return entry == RELU ? x > 0 : entry == TANH ? 1 - tanh(x) * tanh(x) : 1;
}

static void add_block(struct graph *g, int b) {
    const struct block *k = &blocks[b];
    for (int s = 0; s < BATCH; s++)
        for (int j = 0; j < sizes[k->to]; j++) {
            double *p = &g->prediction[k->to][s][j];
            if (!k->weight) *p += g->activity[k->from][s][j];
            if (!k->weight) continue;
            *p += g->bias[b][j];
            for (int i = 0; i < sizes[k->from]; i++)
                *p += value(k->entry, g->activity[k->from][s][i]) * g->weight[b][i][j];
        }
}

static void predict_node(struct graph *g, int node) {
    memset(g->prediction[node], 0, sizeof g->prediction[node]);
    for (int b = 0; b < BLOCKS; b++)
        if (blocks[b].to == node) add_block(g, b);
}

static void softmax(struct graph *g) {
    for (int s = 0; s < BATCH; s++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) sum += exp(g->prediction[4][s][j]);
        for (int j = 0; j < 3; j++) g->output[s][j] = exp(g->prediction[4][s][j]) / sum;
    }
}

/* Predictions, hidden errors, and the output's clamp with m = 1/101. */
static void refresh(struct graph *g) {
    for (int n = 1; n < NODES; n++) predict_node(g, n);
    softmax(g);
    for (int n = 1; n < NODES; n++)
        for (int s = 0; s < BATCH; s++)
            for (int j = 0; j < sizes[n]; j++)
                g->error[n][s][j] = n + 1 < NODES ? g->activity[n][s][j] - g->prediction[n][s][j]
                                                  : (1 - 1 / 101.) * (g->target[s][j] - g->output[s][j]);
}

static void feed_forward(struct graph *g) {
    for (int n = 1; n < NODES; n++) {
        predict_node(g, n);
        memcpy(g->activity[n], g->prediction[n], sizeof g->activity[n]);
    }
    refresh(g);
}

static double drive(const struct graph *g, int node, int s, int i, const double *weights) {
    double sum = 0;
    for (int b = 0; b < BLOCKS; b++) {
        const struct block *k = &blocks[b];
        if (k->from != node) continue;
        double up = 0;
        for (int j = 0; j < sizes[k->to]; j++)
            up += g->error[k->to][s][j] * (k->weight ? g->weight[b][i][j] : (double)(i == j));
        sum += weights[k->to] * slope(k->entry, g->activity[node][s][i]) * up;
    }
    return sum;
}

static void iterate(struct graph *g, double step, bool at_once, const double *weights) {
    static struct graph old;
    old = *g;
    for (int n = NODES - 2; n >= 1; n--) {
        const struct graph *seen = at_once ? &old : g;
        double move[BATCH][MOST];
        for (int s = 0; s < BATCH; s++)
            for (int i = 0; i < sizes[n]; i++)
                move[s][i] = step * (drive(seen, n, s, i, weights) - weights[n] * seen->error[n][s][i]);
        for (int s = 0; s < BATCH; s++)
            for (int i = 0; i < sizes[n]; i++) g->activity[n][s][i] += move[s][i];
        /* The output keeps its clamp until the iteration's end, its error follows the prediction then too. */
        double kept[BATCH][MOST];
        memcpy(kept, g->error[4], sizeof kept);
        refresh(g);
        memcpy(g->error[4], kept, sizeof kept);
    }
    refresh(g);
}

static double loss(const struct graph *g) {
    double sum = 0;
    for (int s = 0; s < BATCH; s++)
        for (int j = 0; j < 3; j++) sum -= g->target[s][j] * log(g->output[s][j]) / BATCH;
    return sum;
}

/* The library's network with its weights copied to the graph, and a random batch in both. */
struct pair {
    pcil_network *network;
    pcil_inference *inference;
    struct graph graph;
};

static void take_weights(struct pair *pair) {
    float values[MOST * MOST];
    for (int b = 0; b < BLOCKS; b++) {
        if (!blocks[b].weight) continue;
        int in = sizes[blocks[b].from], out = sizes[blocks[b].to];
        check_ok(pcil_network_get(pair->network, blocks[b].weight, values, in * out));
        for (int i = 0; i < in * out; i++) pair->graph.weight[b][i / out][i % out] = (double)values[i];
        check_ok(pcil_network_get(pair->network, blocks[b].bias, values, out));
        for (int i = 0; i < out; i++) pair->graph.bias[b][i] = (double)values[i];
    }
}

static void start(struct pair *pair, const char *kind) {
    float inputs[BATCH * 5];
    const int32_t labels[BATCH] = {0, 2, 1};
    struct pc_random random;
    memset(pair, 0, sizeof *pair);
    check_ok(pcil_network_parse(&pair->network, description));
    check_ok(pcil_network_initialise(pair->network, "he", 5));
    check_ok(pcil_inference_create(&pair->inference, pair->network, kind, BATCH));
    take_weights(pair);
    pc_random_seed(&random, 2, "test", 0);
    for (int i = 0; i < BATCH * 5; i++) {
        inputs[i] = (float)pc_random_normal(&random);
        pair->graph.activity[0][i / 5][i % 5] = (double)inputs[i];
    }
    for (int s = 0; s < BATCH; s++) pair->graph.target[s][labels[s]] = 1;
    check_ok(pcil_clamp_labels(pair->inference, inputs, labels, BATCH));
    feed_forward(&pair->graph);
}

static void end(struct pair *pair) {
    pcil_inference_free(pair->inference);
    pcil_network_free(pair->network);
}

static void check_nodes(const struct pair *pair) {
    for (int n = 1; n < NODES; n++) {
        float activity[BATCH * MOST], error[BATCH * MOST];
        double activities[BATCH * MOST], errors[BATCH * MOST];
        int count = BATCH * sizes[n];
        check_ok(pcil_inference_activity(pair->inference, n, activity, count));
        check_ok(pcil_inference_node_error(pair->inference, n, error, count));
        for (int i = 0; i < count; i++) errors[i] = pair->graph.error[n][i / sizes[n]][i % sizes[n]];
        for (int i = 0; i < count; i++) activities[i] = pair->graph.activity[n][i / sizes[n]][i % sizes[n]];
        if (n + 1 < NODES) check_close(activity, activities, count, 2e-6);
        check_close(error, errors, count, 1e-5);
    }
}

static void check_gradients(const struct pair *pair) {
    for (int b = 0; b < BLOCKS; b++) {
        if (!blocks[b].weight) continue;
        int from = blocks[b].from, in = sizes[from], to = blocks[b].to, out = sizes[to];
        float got[MOST * MOST];
        double expected[MOST * MOST] = {0};
        for (int s = 0; s < BATCH; s++)
            for (int i = 0; i < in * out; i++)
                expected[i] -= value(blocks[b].entry, pair->graph.activity[from][s][i / out]) *
                               pair->graph.error[to][s][i % out] / BATCH;
        check_ok(pcil_gradient(pair->inference, blocks[b].weight, got, in * out));
        check_close(got, expected, in * out, 1e-5);
    }
}

static void check_schedule(const char *kind, bool at_once) {
    static struct pair pair;
    double weights[NODES] = {1, 1.5, .5, 2, 1};
    start(&pair, kind);
    check_ok(pcil_inference_set(pair.inference, "step_size", .1));
    for (int n = 0; n < NODES; n++) {
        char name[] = "energy_weight.0";
        name[14] = (char)('0' + n);
        check_ok(pcil_inference_set(pair.inference, name, weights[n]));
    }
    for (int t = 0; t < 4; t++) {
        check_ok(pcil_infer(pair.inference, 1, NULL));
        iterate(&pair.graph, .1 / (1 + t), at_once, weights);
        check_nodes(&pair);
    }
    check_gradients(&pair);
    end(&pair);
}

static void test_sequential(void **state) {
    (void)state;
    check_schedule("sequential", false);
}

static void test_simultaneous(void **state) {
    (void)state;
    check_schedule("simultaneous", true);
}

/* Backpropagation's gradient is that of the graph's loss, by central differences. */
static void test_backprop(void **state) {
    (void)state;
    static struct pair pair;
    static struct graph moved;
    start(&pair, "backprop");
    check_ok(pcil_infer(pair.inference, -1, NULL));
    for (int b = 0; b < BLOCKS; b++) {
        if (!blocks[b].weight) continue;
        int in = sizes[blocks[b].from], out = sizes[blocks[b].to];
        float got[MOST * MOST];
        double expected[MOST * MOST];
        for (int i = 0; i < in * out; i++) {
            double losses[2];
            for (int side = 0; side < 2; side++) {
                moved = pair.graph;
                moved.weight[b][i / out][i % out] += side ? 1e-5 : -1e-5;
                feed_forward(&moved);
                losses[side] = loss(&moved);
            }
            expected[i] = (losses[1] - losses[0]) / 2e-5;
        }
        check_ok(pcil_gradient(pair.inference, blocks[b].weight, got, in * out));
        check_close(got, expected, in * out, 1e-5);
    }
    end(&pair);
}

static void test_products_are_those_planned(void **state) {
    (void)state;
    static const char *const kinds[] = {"sequential", "simultaneous", "backprop"};
    for (int k = 0; k < 3; k++) {
        static struct pair pair;
        start(&pair, kinds[k]);
        pcil_optimizer *optimizer;
        int64_t planned = 0, before = 0;
        check_ok(pcil_optimizer_create(&optimizer, pair.network, "sgd"));
        for (int b = 0; b < BLOCKS; b++) {
            int64_t forward, backward, gradient;
            check_ok(pcil_inference_plan(pair.inference, b, &forward, &backward, &gradient));
            planned += forward + backward + gradient;
            before += blocks[b].weight != NULL;
        }
        assert_int_equal(pcil_inference_products(pair.inference), before);
        check_ok(pcil_infer(pair.inference, -1, NULL));
        check_ok(pcil_learn(pair.inference, optimizer));
        assert_int_equal(pcil_inference_products(pair.inference), planned);
        double rate = 1;
        check_ok(pcil_optimizer_value(optimizer, "rate", 2, &rate));
        assert_true(rate == 0);
        pcil_optimizer_free(optimizer);
        end(&pair);
    }
}

static void infer_again(struct pair *pair, const char *error) {
    float inputs[BATCH * 5];
    const int32_t labels[BATCH] = {0, 2, 1};
    for (int i = 0; i < BATCH * 5; i++) inputs[i] = (float)pair->graph.activity[0][i / 5][i % 5];
    check_ok(pcil_inference_set_text(pair->inference, "error", error));
    check_ok(pcil_clamp_labels(pair->inference, inputs, labels, BATCH));
    check_ok(pcil_infer(pair->inference, 4, NULL));
}

static void test_recomputed_errors_agree(void **state) {
    (void)state;
    static struct pair pair;
    float carried[BATCH * 6], recomputed[BATCH * 6];
    start(&pair, "sequential");
    infer_again(&pair, "carried");
    check_ok(pcil_inference_node_error(pair.inference, 2, carried, BATCH * 6));
    infer_again(&pair, "recomputed");
    check_ok(pcil_inference_node_error(pair.inference, 2, recomputed, BATCH * 6));
    check_close(recomputed, carried, BATCH * 6, 1e-3);
    end(&pair);
}

static void test_description_comes_back(void **state) {
    (void)state;
    char text[300];
    int64_t length;
    pcil_network *network, *again;
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_network_describe(network, text, sizeof text, &length));
    assert_string_equal(text, "5; dense 6; relu, dense 6 + from 1: identity; tanh, dense 4 + from 1: dense 4 + "
                              "from 0: dense 4; dense 3 + from 2: relu, dense 3; softmax");
    check_ok(pcil_network_parse(&again, text));
    assert_int_equal(pcil_network_blocks(again), BLOCKS);
    assert_int_equal(pcil_network_nodes(again), NODES);
    pcil_network_free(again);
    pcil_network_free(network);
}

static void test_misfits_are_refused(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_fails(pcil_network_parse(&network, "5; dense 6; relu, dense 4 + from 1; dense 3"), PCIL_ERROR_ARGUMENT,
                "block 2 gives 6x1x1 (channels, height, width), but the node that it joins has 4x1x1");
    check_fails(pcil_network_parse(&network, "5; dense 6 + from 1"), PCIL_ERROR_ARGUMENT, "from 0 ... 0");
    check_fails(pcil_network_parse(&network, "5; dense 6 + form 0"), PCIL_ERROR_FORMAT, "from NODE");
    check_fails(pcil_network_parse(&network, "5; dense 6 + from 0: dnse 6"), PCIL_ERROR_FORMAT, "did you mean 'dense'");
    check_fails(pcil_network_parse(&network, "5; + from 0"), PCIL_ERROR_FORMAT, "missing");
    assert_null(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequential),
        cmocka_unit_test(test_simultaneous),
        cmocka_unit_test(test_backprop),
        cmocka_unit_test(test_products_are_those_planned),
        cmocka_unit_test(test_recomputed_errors_agree),
        cmocka_unit_test(test_description_comes_back),
        cmocka_unit_test(test_misfits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
