/*
 * Sequences of calls: each byte chooses a function, further ones its arguments, from values that are often wrong. Only
 * what the header asks of callers is kept: handles outlive what stands on them, arrays have the room that they claim.
 */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 1 << 14 };

static struct {
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    pcil_dataset *set, *view;
    pcil_batches *batches;
    pcil_trainer *trainer;
    float inputs[NUMBERS], targets[NUMBERS], results[NUMBERS];
    double doubles[NUMBERS];
    int32_t labels[NUMBERS];
    struct fuzz_input *input;
} all;

static int32_t choose_integer(void) {
    static const int32_t values[] = {0, 1, 2, 3, 4, 5, 8, -1, INT32_MIN, INT32_MAX, 16, 7};
    return values[fuzz_byte(all.input) % (sizeof values / sizeof values[0])];
}

/* What is reserved in memory is asked for in small numbers: a caller who asks for much gets much. */
static int32_t choose_size(void) {
    static const int32_t values[] = {0, 1, 2, 3, 4, 5, -1, INT32_MIN};
    return values[fuzz_byte(all.input) % (sizeof values / sizeof values[0])];
}

static double choose_number(void) {
    static const double values[] = {0, 1, 0.5, -1, 1e-3, 1e300, -1e300, (double)INFINITY, (double)NAN, 3, 2, 1e-300};
    return values[fuzz_byte(all.input) % (sizeof values / sizeof values[0])];
}

/* A word of a list that ends with NULL, NULL itself among them. */
static const char *choose_word(const char *const *words) {
    size_t count = 1;
    while (words[count - 1]) count++;
    return words[fuzz_byte(all.input) % count];
}

static const char *const descriptions[] = {
    "4; dense 3; relu, dense 2; softmax",
    "2x4x4; conv 2 3x3/1 padding=1, relu; max_pool 2x2; tanh, dense 3",
    "3; dense 3; gelu, dense 3 + from 1; sigmoid, dense 2 + from 0: dense 2; sigmoid",
    "1; identity; linear",
    "4; dense 4, leaky_relu slope=0.5, dense 2",
    "oops",
    "4; dense 3; tanh, dense 2",
    NULL};
static const char *const schedules[] = {"sequential", "simultaneous", "backprop", "x", NULL};
static const char *const rules[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq", "", NULL};
static const char *const inference_options[] = {"iterations", "beta",  "gamma", "alpha", "tolerance",
                                                "error",      "clamp", "decay", "step",  "step.1",
                                                "step.99",    "x",     NULL};
static const char *const optimizer_options[] = {
    "learning_rate", "learning_rate.0", "learning_rate.9", "clip_norm", "clip_value",
    "weight_decay",  "rate_decay",      "decay_steps",     "x",         NULL};
static const char *const batch_options[] = {"shuffle", "drop_last", "flip", "crop", "normalise", "prefetch", "x", NULL};
static const char *const run_options[] = {"network", "dataset", "optimizer", "inference",     "epochs", "batch", "seed",
                                          "limit",   "beta",    "recipe",    "learning_rate", "out",    "x",     NULL};
static const char *const words[] = {"0",          "1",          "-1",    "nan",  "standard", "centre",
                                    "cosine",     "digits",     "idx",   "adam", "hard",     "carried",
                                    "recomputed", "4; dense 2", "1e999", "",     NULL};

static void free_walk(void) {
    pcil_batches_free(all.batches);
    pcil_dataset_free(all.view);
    all.batches = NULL;
    all.view = NULL;
}

static void free_network(void) {
    pcil_inference_free(all.inference);
    pcil_optimizer_free(all.optimizer);
    pcil_network_free(all.network);
    all.inference = NULL;
    all.optimizer = NULL;
    all.network = NULL;
}

static void parse(void) {
    free_network();
    (void)fuzz_good(pcil_network_parse(&all.network, choose_word(descriptions)));
}

static void build(void) {
    if (fuzz_byte(all.input) & 1) {
        free_network();
        must(pcil_network_create(&all.network) == PCIL_OK);
    }
    int32_t channels = choose_integer(), height = choose_integer();
    /* a network gets the memory that it asks for, up to the machine's: this process has less */
    if (fuzz_good(pcil_network_input(all.network, channels, height, 1)) && (int64_t)channels * height > NUMBERS) {
        free_network();
        return;
    }
    (void)fuzz_good(pcil_network_block(all.network));
    (void)fuzz_good(pcil_network_dense(all.network, choose_size()));
    if (fuzz_byte(all.input) & 1) (void)fuzz_good(pcil_network_join(all.network, choose_integer()));
    (void)fuzz_good(pcil_network_operation(all.network, choose_word(rules)));
}

static void create_inference(void) {
    pcil_inference_free(all.inference);
    all.inference = NULL;
    const char *kind = choose_word(schedules);
    (void)fuzz_good(pcil_inference_create(&all.inference, all.network, kind, choose_size()));
}

static void create_optimizer(void) {
    pcil_optimizer_free(all.optimizer);
    all.optimizer = NULL;
    (void)fuzz_good(pcil_optimizer_create(&all.optimizer, all.network, choose_word(rules)));
}

static void set_options(void) {
    uint8_t which = fuzz_byte(all.input);
    double number = choose_number();
    const char *word = choose_word(words);
    if (which % 3 == 0) {
        const char *name = choose_word(inference_options);
        (void)fuzz_good(pcil_inference_set(all.inference, name, number));
        (void)fuzz_good(pcil_inference_set_text(all.inference, name, word));
        (void)fuzz_good(pcil_inference_get(all.inference, name, &number));
    } else if (which % 3 == 1) {
        const char *name = choose_word(optimizer_options);
        (void)fuzz_good(pcil_optimizer_set(all.optimizer, name, number));
        (void)fuzz_good(pcil_optimizer_set_text(all.optimizer, name, word));
        (void)fuzz_good(pcil_optimizer_get(all.optimizer, name, &number));
    } else {
        const char *name = choose_word(batch_options);
        (void)fuzz_good(pcil_batches_set(all.batches, name, number));
        (void)fuzz_good(pcil_batches_set_text(all.batches, name, word));
    }
}

/* Arrays have room for batches of up to 16 of the networks above; a batch beyond the inference's largest is refused. */
static void clamp(void) {
    int32_t batch = choose_integer();
    if (fuzz_byte(all.input) & 1)
        (void)fuzz_good(pcil_clamp(all.inference, all.inputs, all.targets, batch));
    else
        (void)fuzz_good(pcil_clamp_labels(all.inference, all.inputs, all.labels, batch));
}

static void infer(void) {
    double energy = 0;
    int32_t iterations = choose_size();
    (void)fuzz_good(pcil_infer(all.inference, iterations, &energy));
    (void)fuzz_good(pcil_energy(all.inference, &energy));
    (void)fuzz_good(pcil_loss(all.inference, &energy));
    (void)fuzz_good(pcil_energy_node(all.inference, choose_integer(), &energy, NULL, NULL));
}

static void learn(void) {
    double loss = 0;
    uint8_t how = fuzz_byte(all.input);
    int32_t batch = choose_integer();
    if (how % 3 == 0) (void)fuzz_good(pcil_learn(all.inference, all.optimizer));
    if (how % 3 == 1)
        (void)fuzz_good(pcil_train_step(all.inference, all.optimizer, all.inputs, all.targets, batch, &loss));
    if (how % 3 == 2)
        (void)fuzz_good(pcil_train_step_labels(all.inference, all.optimizer, all.inputs, all.labels, batch, &loss));
}

static void look(void) {
    int32_t node = choose_integer();
    int64_t count = pcil_network_node_size(all.network, node) * pcil_inference_batch(all.inference), forward;
    if (fuzz_byte(all.input) & 1 || count > NUMBERS) count = choose_size();
    (void)fuzz_good(pcil_inference_activity(all.inference, node, all.results, count));
    (void)fuzz_good(pcil_inference_node_error(all.inference, node, all.results, count));
    (void)fuzz_good(pcil_inference_prediction(all.inference, all.results, count));
    (void)fuzz_good(pcil_inference_plan(all.inference, choose_integer(), &forward, NULL, NULL));
    (void)fuzz_good(pcil_predict(all.inference, all.inputs, choose_size(), all.results));
}

static void damage(void) {
    static const float values[] = {0, 1, -1, 1e38f, -1e38f, (float)NAN, (float)INFINITY, 1e-40f};
    uint8_t place = fuzz_byte(all.input), value = fuzz_byte(all.input);
    all.inputs[place % 8] = values[value % 8];
    all.targets[place % 8] = values[value / 8 % 8];
    all.labels[place % 8] = value % 5 - 1;
}

static void weights(void) {
    const char *name = pcil_network_tensor_name(all.network, choose_integer());
    int64_t shape[4] = {0}, count = 1;
    int32_t rank = 0;
    (void)fuzz_good(
        pcil_network_initialise(all.network, choose_word((const char *const[]){"he", "orthogonal", "", NULL}), 3));
    if (!fuzz_good(pcil_network_tensor_shape(all.network, name, &rank, shape))) return;
    for (int32_t d = 0; d < rank; d++) count *= shape[d];
    must(count <= NUMBERS && fuzz_good(pcil_network_get(all.network, name, all.results, count)));
    (void)fuzz_good(pcil_network_set(all.network, name, all.inputs, count));
    (void)fuzz_good(pcil_gradient(all.inference, name, all.results, count));
}

static void open_set(void) {
    free_walk();
    pcil_dataset_free(all.set);
    all.set = NULL;
    if (fuzz_byte(all.input) & 1) {
        (void)fuzz_good(pcil_dataset_digits(&all.set, choose_size(), 5));
        return;
    }
    int32_t channels = choose_integer(), height = choose_integer(), classes = choose_integer();
    int64_t count = choose_size();
    bool fits = (double)count * channels * height <= NUMBERS && channels < NUMBERS && height < NUMBERS;
    if (fits)
        (void)fuzz_good(
            pcil_dataset_memory(&all.set, all.inputs, all.labels, NULL, count, channels, height, 1, classes, 0));
}

static void walk(void) {
    int32_t count = 0;
    pcil_dataset *chosen = all.view ? all.view : all.set;
    pcil_batches_free(all.batches);
    all.batches = NULL;
    int32_t batch = choose_size();
    (void)fuzz_good(pcil_batches_create(&all.batches, chosen, batch, 1));
    set_options();
    int64_t epoch = choose_size(), first = choose_size();
    (void)fuzz_good(pcil_batches_begin(all.batches, epoch, first));
    int32_t channels = 0, height = 0, width = 0;
    if (pcil_dataset_shape(chosen, &channels, &height, &width) != PCIL_OK) return;
    if ((int64_t)channels * height * width * (batch > 0 ? batch : 1) > NUMBERS) return;
    (void)fuzz_good(pcil_batches_next(all.batches, all.results, all.labels, NULL, &count));
    must(count >= 0 && (batch <= 0 || count <= batch));
}

static void view(void) {
    free_walk();
    (void)fuzz_good(pcil_dataset_limit(all.set, choose_size(), &all.view));
}

static void trainer(void) {
    if (!all.trainer) must(pcil_trainer_create(&all.trainer) == PCIL_OK);
    const char *name = choose_word(run_options), *word = choose_word(words);
    int64_t length;
    double value;
    if (name && strcmp(name, "out") == 0) word = "";
    (void)fuzz_good(pcil_trainer_set_text(all.trainer, name, word));
    (void)fuzz_good(pcil_trainer_get_text(all.trainer, name, NULL, 0, &length));
    (void)fuzz_good(pcil_trainer_value(all.trainer, name, &value));
    (void)fuzz_good(pcil_trainer_settings(all.trainer, NULL, 0, &length));
}

static void must_be_finite(const double *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) must(isfinite(values[i]));
}

/* What is found of finite numbers is finite, or told. */
static void curvature(void) {
    enum { MOST = 100 };
    static double vector[MOST], found[MOST], hessian[MOST * MOST];
    static float change[2][MOST];
    int64_t count = pcil_network_parameters(all.network);
    int32_t batch = choose_size();
    double loss = 0, norm = 0, beta = choose_number();
    if (count > MOST || batch > 4) return;
    for (int i = 0; i < MOST; i++) vector[i] = i % 7 ? 0.25 : choose_number();
    if (fuzz_good(pcil_loss_gradient(all.network, all.inputs, all.targets, batch, vector, found, count, &loss)))
        must_be_finite(found, count);
    must(isfinite(loss));
    if (fuzz_good(pcil_hessian_product(all.network, all.inputs, all.targets, batch, vector, found, count)))
        must_be_finite(found, count);
    if (fuzz_byte(all.input) & 1)
        if (fuzz_good(pcil_hessian(all.network, all.inputs, all.targets, batch, hessian, count)))
            must_be_finite(hessian, count * count);
    (void)fuzz_good(pcil_hessian_norm(all.network, all.inputs, all.targets, batch, .1, 3, &norm));
    must(isfinite(norm));
    (void)fuzz_good(
        pcil_proximal_step(all.network, all.inputs, all.targets, batch, beta, .1, 3, change[0], count, NULL, NULL));
    (void)fuzz_good(pcil_update(all.inference, all.optimizer, change[1], count));
    if (fuzz_good(pcil_compare_updates(all.network, change[0], change[1], count, found, NULL)))
        must_be_finite(found, pcil_network_blocks(all.network) + 1);
}

/* Theorem 1's inference, then a step that is measured: its errors can be squared, its magnitudes are some. */
static void theorem1(void) {
    double beta = choose_number(), value = 0, weights[16], decays[16];
    const char *form = choose_word((const char *const[]){"exact", "printed", "", NULL});
    int32_t iterations = choose_integer(), nodes = pcil_network_nodes(all.network);
    uint8_t how = fuzz_byte(all.input);
    if (iterations > 16 || nodes > 16) return;
    if (how & 1) (void)fuzz_good(pcil_optimizer_set(all.optimizer, "learning_rate", 1));
    if (how & 2) (void)fuzz_good(pcil_inference_set(all.inference, "step_size", how));
    if (how & 4) (void)fuzz_good(pcil_clamp(all.inference, all.inputs, all.targets, 1));
    if (how & 8) (void)fuzz_good(pcil_infer(all.inference, 0, NULL));
    if (fuzz_good(pcil_theorem1_infer(all.inference, all.optimizer, beta, form, iterations)))
        for (int32_t n = 1; n < nodes; n++) {
            int64_t size = pcil_network_node_size(all.network, n);
            must(fuzz_good(pcil_inference_node_error(all.inference, n, all.results, size)));
            for (int64_t i = 0; i < size; i++) must(fabsf(all.results[i]) < 1e20f);
        }
    (void)fuzz_good(pcil_theorem1_weights(all.inference, all.optimizer, beta, form, weights, decays));
    (void)fuzz_good(pcil_theorem1_gap(all.inference, all.optimizer, &value));
    (void)fuzz_good(pcil_inference_residual(all.inference, &value, NULL, NULL));
    (void)fuzz_good(pcil_settle(all.inference, .1, choose_size(), &value));
    (void)fuzz_good(pcil_optimizer_measure(all.optimizer, fuzz_byte(all.input) % 3));
    learn();
    if (fuzz_good(pcil_optimizer_value(all.optimizer, "magnitude", choose_size(), &value))) must(value >= 0);
}

/* The two sizes above 4 stand for analyses of other kinds. */
static void analyse(void) {
    double betas[2] = {choose_number(), choose_number()};
    int32_t iterations = choose_size(), samples = choose_size();
    if (iterations > 4) curvature();
    if (samples > 4) theorem1();
    if (iterations > 4 || samples > 4) return;
    (void)fuzz_good(pcil_proximal_loss(all.inference, all.optimizer, all.inputs, all.targets, samples, iterations,
                                       betas, 2, all.doubles));
    (void)fuzz_good(pcil_error_delay(all.inference, all.inputs, all.targets, samples, iterations, all.doubles));
    (void)fuzz_good(pcil_update_magnitudes(all.inference, all.optimizer, all.inputs, all.targets, samples, iterations,
                                           all.doubles));
}

static void finish(void) {
    (void)fuzz_good(
        pcil_network_output(all.network, choose_word((const char *const[]){"softmax", "sigmoid", "x", NULL})));
    (void)fuzz_good(pcil_network_finish(all.network));
}

void fuzz(const uint8_t *bytes, size_t size) {
    static void (*const calls[])(void) = {
        parse,   build,   create_inference, create_optimizer, set_options, clamp, infer,
        learn,   look,    damage,           weights,          open_set,    walk,  view,
        trainer, analyse, finish,           free_network};
    enum { MOST_CALLS = 100 };
    struct fuzz_input input = {bytes, size};
    memset(&all, 0, sizeof all);
    all.input = &input;
    for (int i = 0; i < MOST_CALLS && input.size > 0; i++)
        calls[fuzz_byte(&input) % (sizeof calls / sizeof calls[0])]();
    free_network();
    free_walk();
    pcil_dataset_free(all.set);
    pcil_trainer_free(all.trainer);
}
