/* The reference itself, by central differences: every derivative it uses against the function it is the derivative of.
 */
#include "test.h"

#include "base/random.h"
#include "reference/reference.h"

#include <stdio.h>

static const char *const networks[] = {
    "6; dense 4; softmax",
    "6; dense 5; tanh, dense 4; softmax",
    "6; dense 5; relu, dense 7; relu, dense 4; softmax",
    "2x3x1; dense 5, sigmoid; dense 7, gelu; dense 3; sigmoid",
    "6; dense 5; leaky_relu slope=0.2, dense 6; gelu, dense 5; sigmoid, dense 4; linear",
    "6; tanh, dense 5, sigmoid; identity, gelu, dense 7, tanh; dense 3, leaky_relu; dense 6; tanh, dense 4; sigmoid",
    "6; dense 5, tanh, dense 4; relu, dense 3, sigmoid, dense 4; softmax",
    "2x5x4; conv 3 3x2/2, tanh; dense 4; softmax",
    "2x5x4; conv 3 2x3 padding=1, relu, max_pool 2x2; conv 4 2x2, gelu; dense 3; linear",
    "2x5x5; tanh, conv 3 3x3/2 padding=2, avg_pool 2x3/2 padding=1; sigmoid, conv 4 2x1; max_pool 2x2/1 padding=1, "
    "dense 3; sigmoid",
    "1x7x5; max_pool 3x2/1, conv 2 3x3/3 padding=1, conv 3 2x1, tanh; avg_pool 2x2 padding=1; dense 5; relu, dense 4; "
    "softmax",
};
enum { NETWORKS = sizeof networks / sizeof *networks, BATCH = 3 };

struct subject {
    struct pc_random random;
    struct ref_network network;
    struct ref_inference inference;
    float inputs[BATCH * 64], targets[BATCH * 64];
};

static void fill(struct pc_random *random, double *values, int count, double scale) {
    for (int i = 0; i < count; i++) values[i] = scale * (2 * pc_random_uniform(random) - 1);
}

/* Inputs in [-1,1]; targets that the output kind allows: rows that sum to 1, numbers in [0,1], any. */
static void draw_batch(struct subject *subject) {
    int outputs = subject->network.size[subject->network.blocks];
    for (int i = 0; i < BATCH * subject->network.size[0]; i++)
        subject->inputs[i] = (float)(2 * pc_random_uniform(&subject->random) - 1);
    for (int s = 0; s < BATCH; s++) {
        float sum = 0, *row = subject->targets + s * outputs;
        for (int j = 0; j < outputs; j++) sum += row[j] = (float)(0.1 + pc_random_uniform(&subject->random));
        for (int j = 0; j < outputs; j++) row[j] /= strcmp(subject->network.output, "softmax") == 0 ? sum : 1.1f;
    }
}

static void begin(struct subject *subject, int index, const char *schedule) {
    memset(subject, 0, sizeof *subject);
    pc_random_seed(&subject->random, 7, "reference", (uint64_t)index);
    ref_network_parse(&subject->network, networks[index], BATCH);
    for (int l = 0; l < subject->network.blocks; l++)
        fill(&subject->random, subject->network.block[l].parameter, subject->network.block[l].parameters, 0.9);
    ref_inference_create(&subject->inference, &subject->network, schedule);
    ref_inference_set(&subject->inference, "beta", 2);
    for (int l = 1; l <= subject->network.blocks; l++) {
        subject->inference.energy_weight[l] = 0.5 + pc_random_uniform(&subject->random);
        subject->inference.activity_decay[l] = l % 2 ? 0.3 * pc_random_uniform(&subject->random) : 0;
    }
    draw_batch(subject);
}

static void end(struct subject *subject) {
    ref_inference_free(&subject->inference);
    ref_network_free(&subject->network);
}

/* The derivative of a quantity of the subject by one of its numbers. */
typedef double (*quantity)(struct subject *subject, int block);

static double difference(struct subject *subject, double *number, quantity of, int block) {
    const double h = 1e-5, kept = *number;
    *number = kept + h;
    double above = of(subject, block);
    *number = kept - h;
    double below = of(subject, block);
    *number = kept;
    return (above - below) / (2 * h);
}

/* Compares, and refuses a derivative that is zero everywhere: it could hide anything. */
static void compare(const double *got, const double *expected, int count) {
    double largest = 0;
    for (int i = 0; i < count; i++) largest = fmax(largest, fabs(expected[i]));
    assert_true(largest > 1e-4);
    check_close(got, expected, count, 1e-6);
}

static double energy(struct subject *subject, int block) {
    (void)block;
    ref_refresh(&subject->inference);
    return ref_energy(&subject->inference);
}

/* Activities off their predictions, so that every term of the energy pulls. */
static void unsettle(struct subject *subject) {
    ref_clamp(&subject->inference, subject->inputs, subject->targets, BATCH);
    for (int l = 1; l < subject->network.blocks; l++)
        for (int i = 0; i < BATCH * subject->network.size[l]; i++)
            subject->inference.activity[l][i] += 0.4 * (2 * pc_random_uniform(&subject->random) - 1);
    ref_refresh(&subject->inference);
}

/* -dF/d(activity) of a node, F being summed (not averaged) over the batch. */
static double *descent(struct subject *subject, int node) {
    int count = BATCH * subject->network.size[node];
    double *slopes = ref_numbers((size_t)count);
    for (int i = 0; i < count; i++)
        slopes[i] = -BATCH * difference(subject, &subject->inference.activity[node][i], energy, 0);
    ref_refresh(&subject->inference);
    return slopes;
}

static double *copy(const double *values, int count) {
    double *made = ref_numbers((size_t)count);
    memcpy(made, values, (size_t)count * sizeof *made);
    return made;
}

/* What a node moved by in an iteration, over epsilon. */
static double *moved(const struct subject *subject, int node, const double *before) {
    int count = BATCH * subject->network.size[node];
    double *step = ref_numbers((size_t)count);
    for (int i = 0; i < count; i++)
        step[i] = (subject->inference.activity[node][i] - before[i]) / subject->inference.step_size;
    return step;
}

static void test_simultaneous_step_is_descent(void **state) {
    (void)state;
    for (int n = 1; n < NETWORKS; n++) {
        struct subject subject;
        double *expected[REF_MOST_NODES], *before[REF_MOST_NODES];
        begin(&subject, n, "simultaneous");
        unsettle(&subject);
        for (int l = 1; l < subject.network.blocks; l++) {
            expected[l] = descent(&subject, l);
            before[l] = copy(subject.inference.activity[l], BATCH * subject.network.size[l]);
        }
        ref_iterate(&subject.inference);
        for (int l = 1; l < subject.network.blocks; l++) {
            double *step = moved(&subject, l, before[l]);
            compare(step, expected[l], BATCH * subject.network.size[l]);
            free(step);
            free(before[l]);
            free(expected[l]);
        }
        end(&subject);
    }
}

/* Node by node from the top: each step is the descent of the energy with the nodes above already moved. */
static void test_sequential_step_is_descent(void **state) {
    (void)state;
    for (int n = 1; n < NETWORKS; n++) {
        struct subject subject;
        double *before[REF_MOST_NODES], *after[REF_MOST_NODES];
        begin(&subject, n, "sequential");
        unsettle(&subject);
        int last = subject.network.blocks;
        for (int l = 1; l <= last; l++)
            before[l] = copy(subject.inference.activity[l], BATCH * subject.network.size[l]);
        ref_iterate(&subject.inference);
        for (int l = 1; l < last; l++) after[l] = copy(subject.inference.activity[l], BATCH * subject.network.size[l]);
        for (int l = 1; l <= last; l++)
            memcpy(subject.inference.activity[l], before[l], sizeof(double) * BATCH * (size_t)subject.network.size[l]);
        for (int l = last - 1; l >= 1; l--) {
            int count = BATCH * subject.network.size[l];
            double *expected = descent(&subject, l);
            memcpy(subject.inference.activity[l], after[l], sizeof(double) * (size_t)count);
            double *step = moved(&subject, l, before[l]);
            compare(step, expected, count);
            free(step);
            free(expected);
        }
        for (int l = 1; l < last; l++) free(after[l]);
        for (int l = 1; l <= last; l++) free(before[l]);
        end(&subject);
    }
}

/* 1/2 |e_{l+1}|^2 of one block, or the output's energy, without gamma. */
static double local_energy(struct subject *subject, int block) {
    struct ref_inference *inference = &subject->inference;
    ref_refresh(inference);
    return ref_energy_node(inference, block + 1).prediction / inference->energy_weight[block + 1];
}

static void test_hebbian_gradient(void **state) {
    (void)state;
    for (int n = 0; n < NETWORKS; n++) {
        struct subject subject;
        begin(&subject, n, "sequential");
        unsettle(&subject);
        ref_gradients(&subject.inference);
        for (int l = 0; l < subject.network.blocks; l++) {
            struct ref_block *block = &subject.network.block[l];
            if (block->parameters == 0) continue;
            double *expected = ref_numbers((size_t)block->parameters);
            for (int i = 0; i < block->parameters; i++)
                expected[i] = difference(&subject, &block->parameter[i], local_energy, l);
            compare(block->gradient, expected, block->parameters);
            free(expected);
        }
        end(&subject);
    }
}

static double loss(struct subject *subject, int block) {
    (void)block;
    ref_clamp(&subject->inference, subject->inputs, subject->targets, BATCH);
    return ref_loss(&subject->inference);
}

static void test_backprop_gradient(void **state) {
    (void)state;
    for (int n = 0; n < NETWORKS; n++) {
        struct subject subject;
        begin(&subject, n, "backprop");
        loss(&subject, 0);
        ref_infer(&subject.inference, 1);
        ref_gradients(&subject.inference);
        for (int l = 0; l < subject.network.blocks; l++) {
            struct ref_block *block = &subject.network.block[l];
            if (block->parameters == 0) continue;
            double *expected = ref_numbers((size_t)block->parameters);
            for (int i = 0; i < block->parameters; i++)
                expected[i] = difference(&subject, &block->parameter[i], loss, l);
            compare(block->gradient, expected, block->parameters);
            free(expected);
        }
        end(&subject);
    }
}

/* A kernel that sees only the pixel above and to the left: its first channel plus 10 times its second. */
static void test_conv_on_paper(void **state) {
    (void)state;
    struct ref_network network;
    double y[12];
    const double expected[12] = {.5, .5, .5, .5, .5, 2.5, 4.5, 6.5, .5, 8.5, 10.5, 12.5};
    ref_network_parse(&network, "2x2x3; conv 1 2x2 padding=1", 1);
    struct ref_operation *conv = &network.block[0].operation[0];
    assert_true(conv->out.height == 3 && conv->out.width == 4);
    for (int i = 0; i < 12; i++) conv->input[i] = i % 2 ? (i / 2 + 1) / 10. : i / 2 + 1;
    conv->weight[0] = 1;
    conv->weight[1] = 10;
    conv->bias[0] = .5;
    ref_conv(conv, 1, y);
    for (int i = 0; i < 12; i++) assert_true(fabs(y[i] - expected[i]) < 1e-12);
    ref_network_free(&network);
}

/* 1 2 3 above 4 5 6, in windows of 2x2 that begin outside. */
static void test_pools_on_paper(void **state) {
    (void)state;
    struct ref_network network;
    double largest[4], mean[4];
    const double largests[4] = {1, 3, 4, 6}, means[4] = {1, 2.5, 4, 5.5};
    ref_network_parse(&network, "1x2x3; max_pool 2x2 padding=1", 1);
    struct ref_operation *pool = &network.block[0].operation[0];
    for (int i = 0; i < 6; i++) pool->input[i] = i + 1;
    ref_max_pool(pool, 1, largest);
    ref_avg_pool(pool, 1, mean);
    for (int i = 0; i < 4; i++) assert_true(fabs(largest[i] - largests[i]) + fabs(mean[i] - means[i]) < 1e-12);
    ref_network_free(&network);
}

/* Of equal largest numbers the first in reading order gets the whole gradient. */
static void test_ties(void **state) {
    (void)state;
    struct ref_network network;
    double below[4], one = 1;
    ref_network_parse(&network, "1x2x2; max_pool 2x2", 1);
    memcpy(network.block[0].operation[0].input, (const double[]){1, 3, 3, 3}, sizeof below);
    ref_max_pool_back(&network.block[0].operation[0], 1, &one, below);
    assert_memory_equal(below, ((const double[]){0, 1, 0, 0}), sizeof below);
    ref_network_free(&network);
}

static void test_activations(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double at, value; /* at 0.7 and -0.7, by a desk calculator's functions */
    } known[] = {{"identity", 0.7, 0.7},
                 {"relu", 0.7, 0.7},
                 {"relu", -0.7, 0},
                 {"leaky_relu", -0.7, -0.14},
                 {"tanh", 0.7, 0.604367777117},
                 {"sigmoid", -0.7, 0.331812227832},
                 {"gelu", 0.7, 0.530625443444},
                 {"gelu", -0.7, -0.169374556556}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct ref_operation operation = {.slope = 0.2};
        snprintf(operation.name, sizeof operation.name, "%s", known[i].name);
        double x = known[i].at, h = 1e-5;
        double slope = (ref_activate(&operation, x + h) - ref_activate(&operation, x - h)) / (2 * h);
        assert_true(fabs(ref_activate(&operation, x) - known[i].value) < 1e-11);
        assert_true(fabs(ref_activate_slope(&operation, x) - slope) < 1e-9);
    }
}

/* One weight and one bias at 1 and 2, gradient 3 and -4 at every step: what the rules give on paper. */
static void check_steps(const char *kind, const char *option, double value, const double *weight) {
    struct ref_network network;
    struct ref_optimizer optimizer;
    double mean_square = 3;
    ref_network_parse(&network, "1; dense 1", 1);
    network.block[0].parameter[0] = 1;
    network.block[0].parameter[1] = 2;
    ref_optimizer_create(&optimizer, &network, kind);
    ref_optimizer_set(&optimizer, "learning_rate", 0.1);
    if (option) ref_optimizer_set(&optimizer, option, value);
    for (int step = 0; step < 2; step++) {
        network.block[0].gradient[0] = 3;
        network.block[0].gradient[1] = -4;
        ref_optimizer_step(&optimizer, &mean_square);
        if (fabs(network.block[0].parameter[0] - weight[step]) > 1e-6)
            fail_msg("%s %s: step %d gives %.9g, expected %.9g", kind, option ? option : "", step,
                     network.block[0].parameter[0], weight[step]);
    }
    ref_optimizer_free(&optimizer);
    ref_network_free(&network);
}

static void test_optimizers_on_paper(void **state) {
    (void)state;
    check_steps("sgd", NULL, 0, (const double[]){0.7, 0.4});
    check_steps("sgd", "weight_decay", 0.5, (const double[]){0.65, 0.3175}); /* G = 3 + .5 W */
    check_steps("sgd", "clip_value", 1, (const double[]){0.9, 0.8});
    check_steps("sgd", "clip_norm", 1, (const double[]){0.94, 0.88});          /* 3 / 5 */
    check_steps("momentum", NULL, 0, (const double[]){0.7, 0.13});             /* m = 3, 5.7 */
    check_steps("nesterov", NULL, 0, (const double[]){0.43, -0.383});          /* 3 + .9 m = 5.7, 8.13 */
    check_steps("nlms", NULL, 0, (const double[]){0.925, 0.85});               /* .1 / (3 + 1) */
    check_steps("adam", NULL, 0, (const double[]){0.9, 0.8});                  /* a constant gradient's sign */
    check_steps("adamw", "weight_decay", 0.5, (const double[]){0.85, 0.7075}); /* W - .05 W - .1 */
    /* v = .1, then rho_1 = 1/2: (.1 + 3.5) / 2 = 1.8; steps 3 (1 + .001), 3 (.1/1.8 + .001) */
    check_steps("mq", "r", 0, (const double[]){-2.003, -2.172666667});
    check_steps("mq", "v_start", 1, (const double[]){0.697, 0.697 - 3 * (0.1 / (2.25 + 1e-6) + 0.001)});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_conv_on_paper),
        cmocka_unit_test(test_pools_on_paper),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_simultaneous_step_is_descent),
        cmocka_unit_test(test_sequential_step_is_descent),
        cmocka_unit_test(test_hebbian_gradient),
        cmocka_unit_test(test_backprop_gradient),
        cmocka_unit_test(test_optimizers_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
