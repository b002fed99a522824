/* What must hold of learning whatever the numbers are: batches are means, weak clamps are backprop, no gradient no
 * step. */
#include "test.h"

#include "base/random.h"
#include "pcil.h"

#include <stdbool.h>
#include <stdio.h>

enum { BATCH = 6, INPUTS = 11, CLASSES = 4, MOST = 128 };

static const char *const chain = "11; dense 8; relu, dense 9; tanh, dense 7; gelu, dense 8; sigmoid, dense 4; softmax";
enum { BLOCKS = 5, TENSORS = 2 * BLOCKS };

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    float inputs[BATCH * INPUTS], targets[BATCH * CLASSES];
};

static void begin(struct subject *subject, const char *schedule, const char *optimizer) {
    struct pc_random random;
    memset(subject, 0, sizeof *subject);
    check_ok(pcil_network_parse(&subject->network, chain));
    check_ok(pcil_network_initialise(subject->network, "he", 1));
    check_ok(pcil_inference_create(&subject->inference, subject->network, schedule, BATCH));
    check_ok(pcil_optimizer_create(&subject->optimizer, subject->network, optimizer));
    pc_random_seed(&random, 1, "properties", 0);
    for (int i = 0; i < BATCH * INPUTS; i++) subject->inputs[i] = (float)(2 * pc_random_uniform(&random) - 1);
    for (int s = 0; s < BATCH; s++) subject->targets[s * CLASSES + (int)pc_random_below(&random, CLASSES)] = 1;
}

static void end(struct subject *subject) {
    pcil_optimizer_free(subject->optimizer);
    pcil_inference_free(subject->inference);
    pcil_network_free(subject->network);
}

struct tensors {
    float values[TENSORS][MOST];
};

static int64_t size_of(const struct subject *subject, int32_t tensor) {
    int32_t rank;
    int64_t shape[4] = {1, 1, 1, 1}, size = 1;
    check_ok(
        pcil_network_tensor_shape(subject->network, pcil_network_tensor_name(subject->network, tensor), &rank, shape));
    for (int32_t i = 0; i < rank; i++) size *= shape[i];
    assert_true(size <= MOST);
    return size;
}

static struct tensors weights(const struct subject *subject) {
    struct tensors tensors = {0};
    for (int32_t i = 0; i < TENSORS; i++)
        check_ok(pcil_network_get(subject->network, pcil_network_tensor_name(subject->network, i), tensors.values[i],
                                  size_of(subject, i)));
    return tensors;
}

static void set_weights(struct subject *subject, const struct tensors *tensors) {
    for (int32_t i = 0; i < TENSORS; i++)
        check_ok(pcil_network_set(subject->network, pcil_network_tensor_name(subject->network, i), tensors->values[i],
                                  size_of(subject, i)));
}

static struct tensors gradients(struct subject *subject) {
    struct tensors tensors = {0};
    for (int32_t i = 0; i < TENSORS; i++)
        check_ok(pcil_gradient(subject->inference, pcil_network_tensor_name(subject->network, i), tensors.values[i],
                               size_of(subject, i)));
    return tensors;
}

/* One step on a batch of N is the mean of N steps on a sample each, from the same weights. */
static void test_batch_is_mean_of_samples(void **state) {
    (void)state;
    static const char *const schedules[] = {"sequential", "simultaneous", "backprop"};
    for (int k = 0; k < 3; k++) {
        struct subject subject;
        begin(&subject, schedules[k], "sgd");
        if (k < 2) check_ok(pcil_inference_set(subject.inference, "iterations", 8));
        if (k < 2) check_ok(pcil_inference_set(subject.inference, "step_size", 0.3));
        if (k < 2) check_ok(pcil_inference_set(subject.inference, "step_decay", 0));
        check_ok(pcil_optimizer_set(subject.optimizer, "learning_rate", 1));
        struct tensors start = weights(&subject), whole;
        double mean[TENSORS][MOST] = {{0}}, step[TENSORS][MOST];
        check_ok(pcil_train_step(subject.inference, subject.optimizer, subject.inputs, subject.targets, BATCH, NULL));
        whole = weights(&subject);
        for (int s = 0; s < BATCH; s++) {
            set_weights(&subject, &start);
            check_ok(pcil_train_step(subject.inference, subject.optimizer, subject.inputs + s * INPUTS,
                                     subject.targets + s * CLASSES, 1, NULL));
            struct tensors one = weights(&subject);
            for (int i = 0; i < TENSORS; i++)
                for (int j = 0; j < MOST; j++)
                    mean[i][j] += ((double)one.values[i][j] - (double)start.values[i][j]) / BATCH;
        }
        for (int i = 0; i < TENSORS; i++) {
            double largest = 0;
            for (int j = 0; j < MOST; j++) {
                step[i][j] = (double)whole.values[i][j] - (double)start.values[i][j];
                largest = fmax(largest, fabs(step[i][j]));
            }
            assert_true(largest > 1e-5);
            /* a step is known to the rounding of its weight, 2^-24 of at most 1 */
            for (int j = 0; j < MOST; j++) assert_true(fabs(step[i][j] - mean[i][j]) < 1e-5 * largest + 2e-7);
        }
        end(&subject);
    }
}

static double cosine(const struct tensors *a, const struct tensors *b) {
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < TENSORS; i++)
        for (int j = 0; j < MOST; j++) {
            double x = (double)a->values[i][j], y = (double)b->values[i][j];
            ab += x * y, aa += x * x, bb += y * y;
        }
    assert_true(aa > 0 && bb > 0);
    return ab / sqrt(aa * bb);
}

/* The angle between inference learning's gradient at equilibrium and backprop's. */
static double angle_to_backprop(double beta, const char *schedule) {
    struct subject learning, backprop;
    begin(&learning, schedule, "sgd");
    begin(&backprop, "backprop", "sgd");
    check_ok(pcil_inference_set(learning.inference, "beta", beta));
    check_ok(pcil_inference_set(learning.inference, "step_size", 0.1));
    check_ok(pcil_inference_set(learning.inference, "step_decay", 0));
    check_ok(pcil_clamp(learning.inference, learning.inputs, learning.targets, BATCH));
    check_ok(pcil_infer(learning.inference, 6000, NULL));
    check_ok(pcil_clamp(backprop.inference, backprop.inputs, backprop.targets, BATCH));
    check_ok(pcil_infer(backprop.inference, -1, NULL));
    struct tensors a = gradients(&learning), b = gradients(&backprop);
    end(&learning);
    end(&backprop);
    double c = cosine(&a, &b);
    return acos(fmin(c, 1));
}

/* The weaker the clamp, the nearer to backprop, proportionally to beta. */
static void test_weak_clamp_is_backprop(void **state) {
    (void)state;
    static const char *const schedules[] = {"sequential", "simultaneous"};
    for (int k = 0; k < 2; k++) {
        double strong = angle_to_backprop(100, schedules[k]), weak = angle_to_backprop(0.1, schedules[k]),
               weaker = angle_to_backprop(0.01, schedules[k]), weakest = angle_to_backprop(0.0001, schedules[k]);
        print_message("%s: angle to backprop %.2g at beta 100, %.2g at 0.1, %.2g at 0.01, %.2g at 0.0001\n",
                      schedules[k], strong, weak, weaker, weakest);
        assert_true(weak < 0.7 * strong && weaker < 0.3 * weak && weakest < 0.2 * weaker);
        assert_true(cos(weakest) > 0.999999);
    }
}

/* Simultaneous, T < L-1: errors do not reach the early blocks. Their gradients are exactly 0, v is refreshed all the
 * same. */
static void test_early_blocks_of_few_iterations(void **state) {
    (void)state;
    for (int T = 0; T <= BLOCKS; T++) {
        struct subject subject;
        begin(&subject, "simultaneous", "mq");
        check_ok(pcil_inference_set(subject.inference, "iterations", T));
        check_ok(pcil_optimizer_set(subject.optimizer, "learning_rate", 0.01));
        check_ok(pcil_clamp(subject.inference, subject.inputs, subject.targets, BATCH));
        check_ok(pcil_infer(subject.inference, -1, NULL));
        struct tensors gradient = gradients(&subject), before = weights(&subject), after;
        check_ok(pcil_learn(subject.inference, subject.optimizer));
        after = weights(&subject);
        for (int l = 0; l < BLOCKS; l++) {
            bool reached = l + 1 >= BLOCKS - T, moved = false, pulled = false;
            double v = -1;
            for (int j = 0; j < 2 * MOST; j++) {
                pulled |= gradient.values[2 * l + j / MOST][j % MOST] != 0;
                moved |= after.values[2 * l + j / MOST][j % MOST] != before.values[2 * l + j / MOST][j % MOST];
            }
            assert_int_equal(pulled, reached);
            assert_int_equal(moved, reached);
            check_ok(pcil_optimizer_value(subject.optimizer, "v", l, &v));
            if (!reached)
                assert_true(fabs(v - 0.005) < 1e-12); /* rho_1 = 1/2 of its start .01 */
            else
                assert_true(v > 0.005);
        }
        end(&subject);
    }
}

/* Asking for gradients, energies or losses changes nothing; learning leaves the batch as it was. */
static void test_looking_changes_nothing(void **state) {
    (void)state;
    struct subject a, b;
    float activity[2][BATCH * 9], error[2][BATCH * 9];
    double number;
    begin(&a, "sequential", "adam");
    begin(&b, "sequential", "adam");
    for (int step = 0; step < 3; step++) {
        check_ok(pcil_train_step(a.inference, a.optimizer, a.inputs, a.targets, BATCH, NULL));
        check_ok(pcil_clamp(b.inference, b.inputs, b.targets, BATCH));
        check_ok(pcil_loss(b.inference, &number));
        gradients(&b);
        check_ok(pcil_infer(b.inference, -1, &number));
        gradients(&b);
        check_ok(pcil_inference_activity(b.inference, 2, activity[0], BATCH * 9));
        check_ok(pcil_inference_node_error(b.inference, 2, error[0], BATCH * 9));
        check_ok(pcil_learn(b.inference, b.optimizer));
        check_ok(pcil_inference_activity(b.inference, 2, activity[1], BATCH * 9));
        check_ok(pcil_inference_node_error(b.inference, 2, error[1], BATCH * 9));
        assert_memory_equal(activity[0], activity[1], sizeof activity[0]);
        assert_memory_equal(error[0], error[1], sizeof error[0]);
        check_ok(pcil_energy(b.inference, &number));
    }
    struct tensors wa = weights(&a), wb = weights(&b);
    assert_memory_equal(&wa, &wb, sizeof wa);
    end(&a);
    end(&b);
}

/* What a block without weights sees may be as large as it likes: it has no gradient that could overflow. */
static void test_only_weights_bound_their_gradients(void **state) {
    (void)state;
    const float input = 1e-5F, weight = 1e15F, target = 0;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    pcil_optimizer *optimizer = NULL;
    check_ok(pcil_network_parse(&network, "1; dense 1; identity; linear"));
    check_ok(pcil_network_set(network, "block0.dense.weight", &weight, 1));
    check_ok(pcil_inference_create(&inference, network, "backprop", 1));
    check_ok(pcil_optimizer_create(&optimizer, network, "sgd"));
    check_ok(pcil_train_step(inference, optimizer, &input, &target, 1, NULL));
    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_is_mean_of_samples),
        cmocka_unit_test(test_weak_clamp_is_backprop),
        cmocka_unit_test(test_early_blocks_of_few_iterations),
        cmocka_unit_test(test_only_weights_bound_their_gradients),
        cmocka_unit_test(test_looking_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
