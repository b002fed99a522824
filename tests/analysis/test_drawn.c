/*
 * What is measured over inference iterations, on random chains of two to four blocks, dense and convolutional, against
 * the same in plain double precision.
 */
#include "test.h"

#include "kept.h"

#include <stdio.h>

enum { NETWORKS = 24, SAMPLES = 6, T = 5, BETAS = 3, MOST_BLOCKS = 4, MOST_NODES = MOST_BLOCKS + 1 };

static int below(struct pc_random *random, int bound) {
    return (int)pc_random_below(random, (uint64_t)bound);
}

/* "2x6x6; conv 4 3x3, tanh, max_pool 2x2; relu, dense 5; softmax": convolutions first, each with what it may have. */
static void draw(struct pc_random *random, char *text, size_t size) {
    static const char *const activations[] = {"relu", "tanh", "sigmoid", "gelu", "leaky_relu slope=0.2"};
    static const char *const outputs[] = {"softmax", "sigmoid", "linear"};
    int blocks = 2 + below(random, 3), convolutions = below(random, blocks), side = 7;
    int length = snprintf(text, size, convolutions > 0 ? "2x7x7" : "9");
    for (int b = 0; b < blocks; b++) {
        const char *activation = activations[below(random, 5)];
        if (b + 1 == blocks) {
            length += snprintf(text + length, size - (size_t)length, "; %s%sdense 4",
                               b > convolutions ? activation : "", b > convolutions ? ", " : "");
        } else if (b < convolutions) {
            bool pools = side >= 4 && below(random, 2);
            side = pools ? (side - 1) / 2 : side - 1;
            length += snprintf(text + length, size - (size_t)length, "; conv %d 2x2, %s%s", 2 + below(random, 3),
                               activation, pools ? below(random, 2) ? ", max_pool 2x2" : ", avg_pool 2x2" : "");
        } else {
            length += snprintf(text + length, size - (size_t)length, "; %s%sdense %d",
                               b > convolutions ? activation : "", b > convolutions ? ", " : "", 4 + below(random, 5));
        }
    }
    snprintf(text + length, size - (size_t)length, "; %s", outputs[below(random, 3)]);
}

/* A random pair a few steps on, so that optimizers have something to remember. */
static void begin(struct pair *pair, int number) {
    static const char *const schedules[] = {"sequential", "simultaneous"};
    static const char *const optimizers[] = {"sgd", "mq", "adam", "nlms"};
    static const double rates[] = {.2, .0005, .002, .5};
    char text[256];
    struct pc_random random;
    pc_random_seed(&random, 5, "drawn", (uint64_t)number);
    draw(&random, text, sizeof text);
    pair_create(pair, text, schedules[number % 2], optimizers[number / 2 % 4], SAMPLES, (uint64_t)number);
    pair_infer_set(pair, "iterations", 3);
    pair_infer_set(pair, "step_size", .1);
    pair_learn_set(pair, "learning_rate", rates[number / 2 % 4]);
    pair_train(pair);
    pair_take_weights(pair);
    pair_draw(pair, SAMPLES, -1);
}

static void check(const struct pair *pair, const char *what, int t, int place, double got, double expected) {
    if (!(fabs(got - expected) <= 1e-4 * fabs(expected)) || (expected == 0) != (got == 0))
        fail_msg("%s: %s of %d after %d: %.9g, expected %.9g", pair->about, what, place, t, got, expected);
}

static void check_delay(struct pair *pair) {
    int nodes = pair->ref_network.blocks + 1;
    double errors[(T + 1) * MOST_NODES];
    check_ok(pcil_error_delay(pair->inference, pair->inputs, pair->targets, SAMPLES, T, errors));
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, SAMPLES);
    for (int t = 0; t <= T; t++) {
        if (t > 0) ref_iterate(&pair->ref_inference);
        for (int n = 1; n < nodes; n++) {
            int count = SAMPLES * pair->ref_network.size[n];
            double sum = 0;
            for (int i = 0; i < count; i++) sum += fabs(pair->ref_inference.error[n][i]);
            check(pair, "error of node", t, n, errors[t * nodes + n], sum / count);
        }
    }
}

static double change_of(const struct ref_block *block, const double *before) {
    double sum = 0;
    for (int i = 0; i < block->parameters; i++) sum += fabs(block->parameter[i] - before[i]);
    return sum / block->parameters;
}

static void check_magnitudes(struct pair *pair) {
    static struct kept kept;
    int blocks = pair->ref_network.blocks;
    double magnitudes[(T + 1) * MOST_BLOCKS];
    check_ok(
        pcil_update_magnitudes(pair->inference, pair->optimizer, pair->inputs, pair->targets, SAMPLES, T, magnitudes));
    keep(pair, &kept);
    ref_clamp(&pair->ref_inference, pair->inputs, pair->targets, SAMPLES);
    for (int t = 0; t <= T; t++) {
        if (t > 0) ref_iterate(&pair->ref_inference);
        ref_learn(&pair->ref_inference, &pair->ref_optimizer);
        for (int b = 0; b < blocks; b++)
            check(pair, "update of block", t, b, magnitudes[t * blocks + b],
                  change_of(&pair->ref_network.block[b], kept.parameter[b]));
        put_back(pair, &kept);
    }
}

static double square_of_all(const struct pair *pair, const struct kept *kept) {
    double square = 0;
    for (int b = 0; b < pair->ref_network.blocks; b++)
        for (int i = 0; i < pair->ref_network.block[b].parameters; i++)
            square += pow(pair->ref_network.block[b].parameter[i] - kept->parameter[b][i], 2);
    return square;
}

static void check_proximal(struct pair *pair) {
    static struct kept kept;
    static const double betas[BETAS] = {.01, 1, INFINITY};
    struct ref_inference *inference = &pair->ref_inference;
    int in = pair->ref_network.size[0], out = pair->ref_network.size[pair->ref_network.blocks];
    double losses[(T + 1) * BETAS], expected[(T + 1) * BETAS] = {0};
    check_ok(pcil_proximal_loss(pair->inference, pair->optimizer, pair->inputs, pair->targets, SAMPLES, T, betas, BETAS,
                                losses));
    keep(pair, &kept);
    for (int s = 0; s < SAMPLES; s++)
        for (int t = 0; t <= T; t++) {
            ref_clamp(inference, pair->inputs + s * in, pair->targets + s * out, 1);
            ref_infer(inference, t);
            ref_learn(inference, &pair->ref_optimizer);
            ref_clamp(inference, pair->inputs + s * in, pair->targets + s * out, 1);
            for (int i = 0; i < BETAS; i++)
                expected[t * BETAS + i] +=
                    (ref_loss(inference) + square_of_all(pair, &kept) / (2 * betas[i])) / SAMPLES;
            put_back(pair, &kept);
        }
    for (int i = 0; i < (T + 1) * BETAS; i++)
        check(pair, "proximal loss of beta", i / BETAS, i % BETAS, losses[i], expected[i]);
}

static void on_all(void (*check_one)(struct pair *pair)) {
    for (int i = 0; i < NETWORKS; i++) {
        struct pair pair;
        begin(&pair, i);
        check_one(&pair);
        pair_free(&pair);
    }
}

static void test_delay(void **state) {
    (void)state;
    on_all(check_delay);
}

static void test_magnitudes(void **state) {
    (void)state;
    on_all(check_magnitudes);
}

static void test_proximal(void **state) {
    (void)state;
    on_all(check_proximal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_magnitudes),
        cmocka_unit_test(test_proximal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
