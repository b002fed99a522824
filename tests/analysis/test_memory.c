/* Analyses with every request for memory refused in turn, once and for good: a status, nothing changed, nothing lost.
 */
#include "test.h"

#include "pcil.h"

#include <stdbool.h>

/* The library's only source of memory, replaced: request number `refused` fails, and those after it unless `once`. */
static int requests, refused = -1;
static bool once;

void *aligned_alloc(size_t alignment, size_t size) {
    void *memory = NULL;
    int number = requests++;
    if (refused >= 0 && (once ? number == refused : number >= refused)) return NULL;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

enum { T = 2, BLOCKS = 3, NODES = 4, PARAMETERS = 48 + 35 + 24, BATCH = 2 };

struct subject {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    float inputs[BATCH * 7], targets[BATCH * 4], change[PARAMETERS];
    double results[(T + 1) * NODES], numbers[PARAMETERS], loss;
};

typedef pcil_status (*job)(struct subject *subject);

static pcil_status proximal_loss(struct subject *s) {
    static const double betas[2] = {.1, 10};
    return pcil_proximal_loss(s->inference, s->optimizer, s->inputs, s->targets, BATCH, T, betas, 2, s->results);
}

static pcil_status error_delay(struct subject *s) {
    return pcil_error_delay(s->inference, s->inputs, s->targets, BATCH, T, s->results);
}

static pcil_status magnitudes(struct subject *s) {
    return pcil_update_magnitudes(s->inference, s->optimizer, s->inputs, s->targets, BATCH, T, s->results);
}

static pcil_status update(struct subject *s) {
    check_ok(pcil_clamp(s->inference, s->inputs, s->targets, BATCH));
    return pcil_update(s->inference, s->optimizer, s->change, PARAMETERS);
}

static pcil_status proximal_step(struct subject *s) {
    return pcil_proximal_step(s->network, s->inputs, s->targets, BATCH, 1, .1, 3, s->change, PARAMETERS, &s->loss,
                              NULL);
}

static pcil_status loss_gradient(struct subject *s) {
    return pcil_loss_gradient(s->network, s->inputs, s->targets, BATCH, NULL, s->numbers, PARAMETERS, &s->loss);
}

static pcil_status hessian_product(struct subject *s) {
    double vector[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) vector[i] = i;
    return pcil_hessian_product(s->network, s->inputs, s->targets, BATCH, vector, s->numbers, PARAMETERS);
}

static pcil_status hessian(struct subject *s) {
    static double whole[PARAMETERS * PARAMETERS];
    pcil_status status = pcil_hessian(s->network, s->inputs, s->targets, BATCH, whole, PARAMETERS);
    if (status == PCIL_OK) s->loss = 1;
    return status;
}

static pcil_status second_order(struct subject *s) {
    return pcil_second_order_step(s->network, s->inputs, s->targets, BATCH, .01, s->numbers, PARAMETERS);
}

static pcil_status theorem2(struct subject *s) {
    static const double beta = .01;
    return pcil_theorem2(s->network, s->inputs, s->targets, BATCH, &beta, 1, s->results, s->results + 1, &s->loss);
}

static pcil_status theorem1(struct subject *s) {
    check_ok(pcil_optimizer_set(s->optimizer, "learning_rate", 1));
    check_ok(pcil_clamp(s->inference, s->inputs, s->targets, 1));
    pcil_status status = pcil_theorem1_infer(s->inference, s->optimizer, 1, "exact", 2);
    return status == PCIL_OK ? pcil_theorem1_gap(s->inference, s->optimizer, &s->loss) : status;
}

static pcil_status traces(struct subject *s) {
    pcil_traces *traces = NULL;
    pcil_status status = pcil_traces_create(&traces, s->inference, s->optimizer);
    assert_int_equal(status == PCIL_OK, traces != NULL);
    if (status == PCIL_OK) s->loss = 1;
    pcil_traces_free(traces);
    return status;
}

static void begin(struct subject *s, const char *optimizer) {
    memset(s, 0, sizeof *s);
    check_ok(pcil_network_parse(&s->network, "7; dense 6; relu, dense 5; tanh, dense 4; softmax"));
    check_ok(pcil_inference_create(&s->inference, s->network, "sequential", BATCH));
    check_ok(pcil_optimizer_create(&s->optimizer, s->network, optimizer));
    for (int i = 0; i < BATCH * 7; i++) s->inputs[i] = (float)(i % 5) / 5;
    for (int i = 0; i < BATCH; i++) s->targets[i * 4 + i] = 1;
}

static void end(struct subject *s) {
    pcil_optimizer_free(s->optimizer);
    pcil_inference_free(s->inference);
    pcil_network_free(s->network);
}

static void read_first(const struct subject *s, float *weights) {
    check_ok(pcil_network_get(s->network, "block0.dense.weight", weights, 42));
}

static bool is_untouched(const struct subject *s) {
    for (int i = 0; i < (T + 1) * NODES; i++)
        if (s->results[i] != 0) return false;
    for (int i = 0; i < PARAMETERS; i++)
        if (s->change[i] != 0 || s->numbers[i] != 0) return false;
    return s->loss == 0 && pcil_optimizer_iterations(s->optimizer) == 0;
}

static void refuse_each(job work, const char *optimizer, int least) {
    for (int k = 0; k < 2; k++) {
        struct subject s;
        float before[42], after[42];
        int failures = 0;
        begin(&s, optimizer);
        read_first(&s, before);
        for (pcil_status status = PCIL_ERROR_MEMORY; status != PCIL_OK; failures += status != PCIL_OK) {
            once = k == 1;
            requests = 0;
            refused = failures;
            status = work(&s);
            refused = -1;
            read_first(&s, after);
            assert_memory_equal(before, after, sizeof before);
            if (status == PCIL_OK) continue;
            check_fails(status, PCIL_ERROR_MEMORY, "memory");
            assert_true(is_untouched(&s));
            assert_true(failures < 1000);
        }
        assert_false(is_untouched(&s));
        assert_true(failures >= least);
        end(&s);
    }
}

static void test_refusals(void **state) {
    (void)state;
    refuse_each(proximal_loss, "sgd", 10);
    refuse_each(proximal_loss, "adam", 10);
    refuse_each(error_delay, "sgd", 1);
    refuse_each(magnitudes, "mq", 5);
    refuse_each(update, "adam", 5);
    refuse_each(proximal_step, "sgd", 20);
    refuse_each(loss_gradient, "sgd", 8);
    refuse_each(hessian_product, "sgd", 10);
    refuse_each(hessian, "sgd", 11);
    refuse_each(second_order, "sgd", 16);
    refuse_each(theorem2, "sgd", 17);
    refuse_each(theorem1, "nlms", 20);
    refuse_each(traces, "mq", 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
