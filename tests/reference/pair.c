/* See pair.h. */
#include "test.h"

#include "reference/pair.h"

#include <stdio.h>

const double pair_tolerance = 1e-5;

static bool is_backprop(const struct pair *pair) {
    return strcmp(pair->ref_inference.schedule, "backprop") == 0;
}

static int size_of(const struct pair *pair, int node) {
    return pair->ref_network.size[node];
}

static int last_node(const struct pair *pair) {
    return pair->ref_network.blocks;
}

/* What the reference itself loses where it subtracts numbers near 1. */
static const double rounding = 2e-15;

/* The largest array of a node or a block, and the largest batch of inputs. */
static size_t room(const struct pair *pair) {
    size_t most = (size_t)(pair->largest_batch * size_of(pair, 0));
    for (int l = 0; l < last_node(pair); l++) {
        size_t node = (size_t)(pair->largest_batch * size_of(pair, l + 1));
        size_t block = (size_t)pair->ref_network.block[l].parameters;
        most = most > node ? most : node;
        most = most > block ? most : block;
    }
    return most;
}

static void fail_at(const struct pair *pair, const char *what, int index, int place, double got, double expected,
                    double largest) {
    fail_msg("%s, step %d, batch %d: %s %d [%d] is %.9g, expected %.9g; off by %.3g, largest %.3g", pair->about,
             pair->step, pair->batch, what, index, place, got, expected, fabs(got - expected), largest);
}

static void compare(const struct pair *pair, const char *what, int index, const float *got, const double *expected,
                    int count, double tolerance) {
    double largest = 0;
    for (int i = 0; i < count; i++) largest = fmax(largest, fabs(expected[i]));
    for (int i = 0; i < count; i++)
        if (!(fabs((double)got[i] - expected[i]) <= tolerance * largest + rounding))
            fail_at(pair, what, index, i, (double)got[i], expected[i], largest);
}

static void compare_number(const struct pair *pair, const char *what, int index, double got, double expected) {
    if (!(fabs(got - expected) <= pair_tolerance * fabs(expected)))
        fail_at(pair, what, index, 0, got, expected, fabs(expected));
}

/* Visits the tensors of one block in order; they make up its parameters. */
static int block_of(const char *tensor) {
    int block = -1;
    if (sscanf(tensor, "block%d.", &block) != 1) fail_msg("tensor name %s", tensor);
    return block;
}

static int tensor_size(const struct pair *pair, const char *tensor) {
    int32_t rank = 0;
    int64_t shape[4] = {1, 1, 1, 1}, size = 1;
    check_ok(pcil_network_tensor_shape(pair->network, tensor, &rank, shape));
    for (int32_t i = 0; i < rank; i++) size *= shape[i];
    return (int)size;
}

enum wanted { WEIGHTS, GRADIENT };

static const float *read_block(struct pair *pair, int block, enum wanted wanted) {
    int offset = 0;
    for (int32_t i = 0; i < pcil_network_tensors(pair->network); i++) {
        const char *name = pcil_network_tensor_name(pair->network, i);
        if (block_of(name) != block) continue;
        int count = tensor_size(pair, name);
        if (wanted == WEIGHTS)
            check_ok(pcil_network_get(pair->network, name, pair->values + offset, count));
        else
            check_ok(pcil_gradient(pair->inference, name, pair->values + offset, count));
        offset += count;
    }
    assert_int_equal(offset, pair->ref_network.block[block].parameters);
    return pair->values;
}

const float *pair_block_gradient(struct pair *pair, int block) {
    return read_block(pair, block, GRADIENT);
}

void pair_take_weights(struct pair *pair) {
    double *start = pair->start;
    for (int l = 0; l < last_node(pair); l++) {
        struct ref_block *block = &pair->ref_network.block[l];
        const float *weights = read_block(pair, l, WEIGHTS);
        for (int i = 0; i < block->parameters; i++) *start++ = block->parameter[i] = (double)weights[i];
    }
}

void pair_create(struct pair *pair, const char *description, const char *schedule, const char *optimizer,
                 int largest_batch, uint64_t seed) {
    memset(pair, 0, sizeof *pair);
    snprintf(pair->about, sizeof pair->about, "%s, %s, %s, seed %d", description, schedule, optimizer, (int)seed);
    pair->largest_batch = largest_batch;
    pc_random_seed(&pair->random, seed, "pair", 0);
    check_ok(pcil_network_parse(&pair->network, description));
    check_ok(pcil_network_initialise(pair->network, "fan_in", seed));
    check_ok(pcil_inference_create(&pair->inference, pair->network, schedule, largest_batch));
    check_ok(pcil_optimizer_create(&pair->optimizer, pair->network, optimizer));
    ref_network_parse(&pair->ref_network, description, largest_batch);
    ref_inference_create(&pair->ref_inference, &pair->ref_network, schedule);
    ref_optimizer_create(&pair->ref_optimizer, &pair->ref_network, optimizer);
    assert_int_equal(pcil_network_blocks(pair->network), last_node(pair));
    pair->inputs = calloc((size_t)(largest_batch * size_of(pair, 0)), sizeof *pair->inputs);
    pair->targets = calloc((size_t)(largest_batch * size_of(pair, last_node(pair))), sizeof *pair->targets);
    pair->values = calloc(room(pair), sizeof *pair->values);
    pair->start = ref_numbers((size_t)pcil_network_parameters(pair->network));
    assert_true(pair->inputs && pair->targets && pair->values);
    pair_take_weights(pair);
}

void pair_free(struct pair *pair) {
    pcil_optimizer_free(pair->optimizer);
    pcil_inference_free(pair->inference);
    pcil_network_free(pair->network);
    ref_optimizer_free(&pair->ref_optimizer);
    ref_inference_free(&pair->ref_inference);
    ref_network_free(&pair->ref_network);
    free(pair->inputs);
    free(pair->targets);
    free(pair->values);
    free(pair->start);
}

void pair_infer_set(struct pair *pair, const char *name, double value) {
    if (!is_backprop(pair)) check_ok(pcil_inference_set(pair->inference, name, value));
    ref_inference_set(&pair->ref_inference, name, value);
}

void pair_hard_clamp(struct pair *pair) {
    if (!is_backprop(pair)) check_ok(pcil_inference_set_text(pair->inference, "clamp", "hard"));
    pair->ref_inference.hard = true;
}

void pair_learn_set(struct pair *pair, const char *name, double value) {
    check_ok(pcil_optimizer_set(pair->optimizer, name, value));
    ref_optimizer_set(&pair->ref_optimizer, name, value);
}

void pair_rate_decay(struct pair *pair, const char *kind) {
    check_ok(pcil_optimizer_set_text(pair->optimizer, "rate_decay", kind));
    snprintf(pair->ref_optimizer.rate_decay, sizeof pair->ref_optimizer.rate_decay, "%s", kind);
}

/* One sample's target: a class, or shares of all classes, or numbers in [0,1], or any. */
static void draw_target(struct pair *pair, float *row) {
    int outputs = size_of(pair, last_node(pair));
    const char *kind = pair->ref_network.output;
    float sum = 0;
    for (int j = 0; j < outputs; j++) row[j] = (float)pc_random_uniform(&pair->random);
    if (strcmp(kind, "linear") == 0)
        for (int j = 0; j < outputs; j++) row[j] = 2 * row[j] - 1;
    if (strcmp(kind, "softmax") != 0) return;
    if (pc_random_below(&pair->random, 2)) {
        memset(row, 0, (size_t)outputs * sizeof *row);
        row[pc_random_below(&pair->random, (uint64_t)outputs)] = 1;
        return;
    }
    for (int j = 0; j < outputs; j++) sum += row[j];
    for (int j = 0; j < outputs; j++) row[j] /= sum;
}

void pair_draw(struct pair *pair, int batch, double least) {
    pair->batch = batch;
    for (int i = 0; i < batch * size_of(pair, 0); i++)
        pair->inputs[i] = (float)(least + (1 - least) * pc_random_uniform(&pair->random));
    for (int s = 0; s < batch; s++) draw_target(pair, pair->targets + s * size_of(pair, last_node(pair)));
}

static void compare_energy(struct pair *pair, int node) {
    double prediction = -1, decay = -1, loss = -1;
    struct ref_energy expected = ref_energy_node(&pair->ref_inference, node);
    check_ok(pcil_energy_node(pair->inference, node, &prediction, &decay, &loss));
    compare_number(pair, "prediction energy of node", node, prediction, expected.prediction);
    compare_number(pair, "decay energy of node", node, decay, expected.decay);
    compare_number(pair, "loss energy of node", node, loss, expected.loss);
}

static void compare_node(struct pair *pair, int node) {
    int count = pair->batch * size_of(pair, node);
    if (!is_backprop(pair) || node < last_node(pair)) {
        check_ok(pcil_inference_activity(pair->inference, node, pair->values, count));
        compare(pair, "activity of node", node, pair->values, pair->ref_inference.activity[node], count,
                pair_tolerance);
    }
    if (node == 0) return;
    check_ok(pcil_inference_node_error(pair->inference, node, pair->values, count));
    compare(pair, "error of node", node, pair->values, pair->ref_inference.error[node], count, pair_tolerance);
    if (!is_backprop(pair)) compare_energy(pair, node);
}

void pair_compare_state(struct pair *pair) {
    double energy = -1, loss = -1;
    int last = last_node(pair), outputs = pair->batch * size_of(pair, last);
    for (int l = 0; l <= last; l++) compare_node(pair, l);
    check_ok(pcil_inference_prediction(pair->inference, pair->values, outputs));
    compare(pair, "output", last, pair->values, pair->ref_inference.output, outputs, pair_tolerance);
    check_ok(pcil_loss(pair->inference, &loss));
    compare_number(pair, "loss at node", last, loss, ref_loss(&pair->ref_inference));
    if (is_backprop(pair)) return;
    check_ok(pcil_energy(pair->inference, &energy));
    compare_number(pair, "energy up to node", last, energy, ref_energy(&pair->ref_inference));
}

void pair_compare_gradients(struct pair *pair) {
    ref_gradients(&pair->ref_inference);
    for (int l = 0; l < last_node(pair); l++) {
        const struct ref_block *block = &pair->ref_network.block[l];
        compare(pair, "gradient of block", l, read_block(pair, l, GRADIENT), block->gradient, block->parameters,
                pair_tolerance);
    }
}

/*
 * Weights, and how far they are from where they started: that tells small steps apart. A step is known to the roundings
 * of its weight, so its tolerance is wider: one rounding where the terms are summed first, several where a BLAS, as the
 * reference one, adds each term to the weight.
 */
void pair_compare_weights(struct pair *pair) {
    const double *start = pair->start;
    for (int l = 0; l < last_node(pair); l++) {
        const struct ref_block *block = &pair->ref_network.block[l];
        const float *weights = read_block(pair, l, WEIGHTS);
        double largest = 0, worst = 0, size = 0;
        compare(pair, "weights of block", l, weights, block->parameter, block->parameters, pair_tolerance);
        for (int i = 0; i < block->parameters; i++) {
            largest = fmax(largest, fabs(block->parameter[i] - start[i]));
            worst = fmax(worst, fabs((double)weights[i] - block->parameter[i]));
            size = fmax(size, fabs(block->parameter[i]));
        }
        if (!(worst <= 1e-3 * largest + (pair->step + 1) * 2.4e-7 * size))
            fail_at(pair, "steps of block", l, 0, worst, 0, largest);
        start += block->parameters;
    }
}

void pair_clamp(struct pair *pair) {
    check_ok(pcil_clamp(pair->inference, pair->inputs, pair->targets, pair->batch));
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, pair->batch);
    if (!is_backprop(pair)) pair_compare_state(pair);
}

void pair_infer(struct pair *pair, int iterations) {
    double energy = -1;
    check_ok(pcil_infer(pair->inference, iterations, &energy));
    ref_infer(&pair->ref_inference, iterations < 0 ? pair->ref_inference.iterations : iterations);
    if (!is_backprop(pair)) compare_number(pair, "energy after inference", 0, energy, ref_energy(&pair->ref_inference));
    pair_compare_state(pair);
}

void pair_learn(struct pair *pair) {
    pair_compare_gradients(pair);
    check_ok(pcil_learn(pair->inference, pair->optimizer));
    ref_learn(&pair->ref_inference, &pair->ref_optimizer);
    pair_compare_weights(pair);
    for (int l = 0; l < last_node(pair); l++) {
        double rate = 0;
        check_ok(pcil_optimizer_value(pair->optimizer, "rate", l, &rate));
        compare_number(pair, "rate of block", l, rate, pair->ref_optimizer.rate[l]);
        if (strcmp(pair->ref_optimizer.kind, "mq") != 0) continue;
        check_ok(pcil_optimizer_value(pair->optimizer, "v", l, &rate));
        compare_number(pair, "v of block", l, rate, pair->ref_optimizer.v[l]);
    }
}

void pair_train(struct pair *pair) {
    for (pair->step = 0; pair->step < 5; pair->step++) {
        pair_draw(pair, 1 + (pair->largest_batch + 2 * pair->step - 1) % pair->largest_batch, -1);
        pair_clamp(pair);
        pair_infer(pair, -1);
        pair_learn(pair);
    }
}
