/*
 * What holds for every network, on two hundred random ones (drawn.h): the description comes back, a batch is its
 * samples, the products are those planned, carried errors are the recomputed ones, backpropagation's gradient is the
 * slope of the loss.
 */
#include "test.h"

#include "inference/drawn.h"

#include <pcil.h>

enum { NETWORKS = 200, BATCH = 3, MOST = 4096 };

struct subject {
    struct drawn drawn;
    pcil_network *network;
    float inputs[BATCH * 3 * DRAWN_SIDE * DRAWN_SIDE], targets[BATCH * DRAWN_OUTPUTS];
    int inputs_each;
};

/* Biases that are not 0: units of dead ones below would stand exactly at relu's kink. */
static void begin(struct subject *subject, int index) {
    struct drawn *drawn = &subject->drawn;
    drawn_network(drawn, (uint64_t)index);
    if (pcil_network_parse(&subject->network, drawn->text) != PCIL_OK)
        fail_msg("%s: %s", drawn->text, pcil_last_error());
    check_ok(pcil_network_initialise(subject->network, "fan_in", (uint64_t)index));
    subject->inputs_each = drawn_size(drawn->node[0]);
    for (int i = 0; i < BATCH * subject->inputs_each; i++) subject->inputs[i] = (float)pc_random_normal(&drawn->random);
    memset(subject->targets, 0, sizeof subject->targets);
    for (int s = 0; s < BATCH; s++) subject->targets[s * DRAWN_OUTPUTS + drawn_below(drawn, DRAWN_OUTPUTS)] = 1;
}

/* Runs `check` on every network. */
static void for_all(void (*check)(struct subject *subject)) {
    for (int i = 0; i < NETWORKS; i++) {
        struct subject subject;
        begin(&subject, i);
        check(&subject);
        pcil_network_free(subject.network);
    }
}

static int joins, convs, pools;

static int occurrences(const char *text, const char *word) {
    int count = 0;
    while ((text = strstr(text, word)) != NULL) count++, text++;
    return count;
}

static void check_description(struct subject *subject) {
    char text[sizeof subject->drawn.text];
    int64_t length;
    check_ok(pcil_network_describe(subject->network, text, sizeof text, &length));
    assert_string_equal(text, subject->drawn.text);
    assert_int_equal(pcil_network_nodes(subject->network), subject->drawn.nodes);
    for (int n = 0; n < subject->drawn.nodes; n++) {
        struct drawn_shape expected = subject->drawn.node[n], got;
        check_ok(pcil_network_node_shape(subject->network, n, &got.channels, &got.height, &got.width));
        assert_memory_equal(&got, &expected, sizeof got);
    }
    if (getenv("SHOW")) printf("%s\n", text);
    joins += occurrences(text, "from");
    convs += occurrences(text, "conv");
    pools += occurrences(text, "pool");
}

static void test_descriptions_come_back(void **state) {
    (void)state;
    joins = convs = pools = 0;
    for_all(check_description);
    assert_true(joins > 100 && convs > 100 && pools > 100);
}

static void check_batch(struct subject *subject) {
    pcil_inference *all, *one;
    float outputs[BATCH * DRAWN_OUTPUTS], each[BATCH * DRAWN_OUTPUTS];
    check_ok(pcil_inference_create(&all, subject->network, "sequential", BATCH));
    check_ok(pcil_inference_create(&one, subject->network, "sequential", 1));
    check_ok(pcil_predict(all, subject->inputs, BATCH, outputs));
    for (int s = 0; s < BATCH; s++)
        check_ok(pcil_predict(one, subject->inputs + s * subject->inputs_each, 1, each + s * DRAWN_OUTPUTS));
    check_close(outputs, each, BATCH * DRAWN_OUTPUTS, 2e-6);
    pcil_inference_free(one);
    pcil_inference_free(all);
}

static void test_batch_is_its_samples(void **state) {
    (void)state;
    for_all(check_batch);
}

static void check_products_of(struct subject *subject, const char *schedule, int iterations) {
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    int64_t planned = 0;
    check_ok(pcil_inference_create(&inference, subject->network, schedule, BATCH));
    check_ok(pcil_optimizer_create(&optimizer, subject->network, "sgd"));
    check_ok(pcil_optimizer_set(optimizer, "learning_rate", 1e-4));
    if (iterations >= 0) check_ok(pcil_inference_set(inference, "iterations", iterations));
    for (int32_t b = 0; b < pcil_network_blocks(subject->network); b++) {
        int64_t forward, backward, gradient;
        check_ok(pcil_inference_plan(inference, b, &forward, &backward, &gradient));
        planned += forward + backward + gradient;
    }
    if (pcil_train_step(inference, optimizer, subject->inputs, subject->targets, BATCH, NULL) != PCIL_OK)
        fail_msg("%s, %s, %d iterations: %s", subject->drawn.text, schedule, iterations, pcil_last_error());
    if (pcil_inference_products(inference) != planned)
        fail_msg("%s, %s, %d iterations: %d products, planned %d", subject->drawn.text, schedule, iterations,
                 (int)pcil_inference_products(inference), (int)planned);
    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
}

static void check_products(struct subject *subject) {
    check_products_of(subject, "backprop", -1);
    for (int iterations = 0; iterations <= 3; iterations++) {
        check_products_of(subject, "sequential", iterations);
        check_products_of(subject, "simultaneous", iterations);
    }
}

static void test_products_are_those_planned(void **state) {
    (void)state;
    for_all(check_products);
}

/* A hidden node's error and activity in both ways; the recomputed error is known to the rounding of the activity. */
static void compare_node(const struct subject *subject, pcil_inference *const *both, int node) {
    float activity[2][MOST], error[2][MOST];
    int count = BATCH * drawn_size(subject->drawn.node[node]);
    double largest = 0, worst_activity = 0, worst_error = 0;
    assert_true(count <= MOST);
    for (int way = 0; way < 2; way++) {
        check_ok(pcil_inference_activity(both[way], node, activity[way], count));
        check_ok(pcil_inference_node_error(both[way], node, error[way], count));
    }
    for (int i = 0; i < count; i++) {
        largest = fmax(largest, fmax(fabs((double)activity[0][i]), fabs((double)error[0][i])));
        worst_activity = fmax(worst_activity, fabs((double)activity[0][i] - (double)activity[1][i]));
        worst_error = fmax(worst_error, fabs((double)error[0][i] - (double)error[1][i]));
    }
    double tolerance = 2e-6 * largest + 2e-7; /* numbers near 1 within a block may cancel */
    if (!(worst_activity <= tolerance && worst_error <= tolerance))
        fail_msg("%s: node %d after %d iterations: activities differ by %.2g, errors by %.2g, beside %.2g",
                 subject->drawn.text, node, pcil_inference_iterations(both[0]), worst_activity, worst_error, largest);
}

static void check_errors_of(struct subject *subject, const char *schedule) {
    static const char *const ways[2] = {"carried", "recomputed"};
    pcil_inference *both[2];
    for (int way = 0; way < 2; way++) {
        check_ok(pcil_inference_create(&both[way], subject->network, schedule, BATCH));
        check_ok(pcil_inference_set_text(both[way], "error", ways[way]));
        check_ok(pcil_inference_set(both[way], "step_size", 0.1));
        check_ok(pcil_clamp(both[way], subject->inputs, subject->targets, BATCH));
    }
    for (int t = 1; t <= 3; t++) {
        for (int way = 0; way < 2; way++) check_ok(pcil_infer(both[way], 1, NULL));
        for (int n = 1; n < subject->drawn.nodes; n++) compare_node(subject, both, n);
    }
    for (int way = 0; way < 2; way++) pcil_inference_free(both[way]);
}

static void check_errors(struct subject *subject) {
    check_errors_of(subject, "sequential");
    check_errors_of(subject, "simultaneous");
}

static void test_carried_errors_are_the_recomputed(void **state) {
    (void)state;
    for_all(check_errors);
}

/* Moves all weights by `along` times their gradient; gives the gradient's |G|^2. */
static double step_along(struct subject *subject, pcil_inference *inference, double along) {
    double squares = 0;
    pcil_optimizer *optimizer;
    check_ok(pcil_optimizer_create(&optimizer, subject->network, "sgd"));
    for (int32_t i = 0; i < pcil_network_tensors(subject->network); i++) {
        const char *name = pcil_network_tensor_name(subject->network, i);
        float values[MOST];
        int32_t rank;
        int64_t shape[4] = {1, 1, 1, 1}, count = 1;
        check_ok(pcil_network_tensor_shape(subject->network, name, &rank, shape));
        for (int32_t k = 0; k < rank; k++) count *= shape[k];
        check_ok(pcil_gradient(inference, name, values, count));
        for (int64_t k = 0; k < count; k++) squares += (double)values[k] * (double)values[k];
    }
    check_ok(pcil_optimizer_set(optimizer, "learning_rate", along / sqrt(squares)));
    check_ok(pcil_learn(inference, optimizer));
    pcil_optimizer_free(optimizer);
    return squares;
}

/* Whether a small step down the gradient lowers the loss by the step times |G|; *size is |G|. */
static bool falls(struct subject *subject, pcil_inference *inference, double *size) {
    const double step = 2e-3;
    double before, after;
    check_ok(pcil_clamp(inference, subject->inputs, subject->targets, BATCH));
    check_ok(pcil_loss(inference, &before));
    check_ok(pcil_infer(inference, -1, NULL));
    *size = sqrt(step_along(subject, inference, step));
    check_ok(pcil_clamp(inference, subject->inputs, subject->targets, BATCH));
    check_ok(pcil_loss(inference, &after));
    return fabs((before - after) / (step * *size) - 1) < 0.03;
}

static int slopes, kinks;

/* A kink of relu or of a maximum may lie within the step; it is behind then. */
static void check_slope(struct subject *subject) {
    double size;
    pcil_inference *inference;
    check_ok(pcil_inference_create(&inference, subject->network, "backprop", BATCH));
    bool first = falls(subject, inference, &size);
    slopes += size > 0.1;
    kinks += size > 0.1 && !first;
    if (size > 0.1 && !first && !falls(subject, inference, &size) && size > 0.1)
        fail_msg("%s: the loss does not fall by the step times the gradient", subject->drawn.text);
    pcil_inference_free(inference);
}

static void test_gradient_is_the_slope(void **state) {
    (void)state;
    slopes = kinks = 0;
    for_all(check_slope);
    assert_true(slopes > NETWORKS * 3 / 4 && kinks < 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptions_come_back),     cmocka_unit_test(test_batch_is_its_samples),
        cmocka_unit_test(test_products_are_those_planned), cmocka_unit_test(test_carried_errors_are_the_recomputed),
        cmocka_unit_test(test_gradient_is_the_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
