#include "bench.h"

#include "output.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { WARM_UPS = 2, INPUT_BATCHES = 4 };

const char *const cli_bench_phases[BENCH_PHASES] = {"load", "forward", "inference", "clamp", "gradient", "optimizer"};

static int make_data(struct bench_data *data, const pcil_network *network, int32_t batch) {
    int32_t channels, height, width, outputs, last = pcil_network_nodes(network) - 1;
    bool classes = strcmp(pcil_network_output_kind(network), "softmax") == 0;
    size_t count = (size_t)batch * INPUT_BATCHES;
    pcil_network_node_shape(network, 0, &channels, &height, &width);
    data->features = pcil_network_node_size(network, 0);
    data->outputs = pcil_network_node_size(network, last);
    outputs = (int32_t)data->outputs;
    data->inputs = cli_allocate(count * (size_t)data->features, sizeof(float));
    cli_random(data->inputs, count * (size_t)data->features, 1);
    if (classes) {
        data->labels = cli_allocate(count, sizeof(int32_t));
        for (size_t i = 0; i < count; i++) data->labels[i] = (int32_t)(i * 7 % (size_t)outputs);
    } else {
        data->targets = cli_allocate(count * (size_t)outputs, sizeof(float));
        cli_random(data->targets, count * (size_t)outputs, 2);
    }
    data->batch_inputs = cli_allocate((size_t)batch * (size_t)data->features, sizeof(float));
    data->batch_labels = cli_allocate((size_t)batch, sizeof(int32_t));
    data->batch_targets = cli_allocate((size_t)batch * (size_t)outputs, sizeof(float));
    pcil_status status = pcil_dataset_memory(&data->dataset, data->inputs, data->labels, data->targets, (int64_t)count,
                                             channels, height, width, classes ? outputs : 0, classes ? 0 : outputs);
    if (status == PCIL_OK) status = pcil_batches_create(&data->batches, data->dataset, batch, 1);
    return cli_status(status);
}

/* What belongs to a run with real data is set aside. */
static int set_aside(pcil_trainer *trainer, bool classes) {
    static const char *const settings[][2] = {
        {"validation", "0"}, {"limit_train", "0"}, {"limit_test", "0"}, {"normalise", "none"},
        {"flip", "0"},       {"crop", "0"},        {"out", ""}};
    pcil_status status = pcil_trainer_set_text(trainer, "target", classes ? "label" : "given");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == PCIL_OK; i++)
        status = pcil_trainer_set_text(trainer, settings[i][0], settings[i][1]);
    return cli_status(status);
}

/* The network is parsed once more than needed: its input and output decide what the random data look like. */
static int prepare_data(struct bench *bench) {
    pcil_network *network = NULL;
    char *text = cli_trainer_text(bench->trainer, "network"), *batch = cli_trainer_text(bench->trainer, "batch");
    int64_t size = 0;
    int code = text && *text ? CLI_DONE : cli_wrong_use("give --recipe or --network");
    if (code == CLI_DONE && cli_status(pcil_network_parse(&network, text)) != CLI_DONE) code = CLI_WRONG_USE;
    if (code == CLI_DONE && !(batch && cli_parse_integer(batch, 1, INT32_MAX, &size)))
        code = cli_failed("the batch size is not known");
    bench->batch = (int32_t)size;
    if (code == CLI_DONE) code = make_data(&bench->data, network, bench->batch);
    if (code == CLI_DONE) code = set_aside(bench->trainer, bench->data.labels != NULL);
    if (code == CLI_DONE) code = cli_status(pcil_trainer_data(bench->trainer, bench->data.dataset, NULL));
    pcil_network_free(network);
    free(text);
    free(batch);
    return code;
}

/* Takes a batch as a run without prefetch does. */
static pcil_status load(struct bench_data *data, int number) {
    int32_t count;
    pcil_status status = PCIL_OK;
    if (number % INPUT_BATCHES == 0) status = pcil_batches_begin(data->batches, number / INPUT_BATCHES, 0);
    if (status != PCIL_OK) return status;
    return pcil_batches_next(data->batches, data->batch_inputs, data->labels ? data->batch_labels : NULL,
                             data->targets ? data->batch_targets : NULL, &count);
}

static pcil_status train_step(const struct bench *bench) {
    const struct bench_data *data = &bench->data;
    pcil_inference *inference = pcil_trainer_inference(bench->trainer);
    pcil_optimizer *optimizer = pcil_trainer_optimizer(bench->trainer);
    if (data->labels)
        return pcil_train_step_labels(inference, optimizer, data->batch_inputs, data->batch_labels, bench->batch, NULL);
    return pcil_train_step(inference, optimizer, data->batch_inputs, data->batch_targets, bench->batch, NULL);
}

static double milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int64_t page_faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_minflt + usage.ru_majflt;
}

/* Takes a batch, makes a step of it, makes its products; those of a negative number warm up. */
static pcil_status measure_one(struct bench *bench, int number) {
    pcil_inference *inference = pcil_trainer_inference(bench->trainer);
    double begin = milliseconds();
    pcil_status status = load(&bench->data, number + WARM_UPS);
    int64_t requests = pcil_memory_requests(), faults = page_faults();
    pcil_inference_clock(inference, 1);
    double start = milliseconds();
    if (status == PCIL_OK) status = train_step(bench);
    double middle = milliseconds();
    faults = page_faults() - faults;
    requests = pcil_memory_requests() - requests;
    double alone = milliseconds();
    cli_products_run(&bench->products);
    double end = milliseconds();
    if (number < 0) return status;
    bench->faults += faults;
    bench->requests += requests;
    bench->step[number] = middle - start;
    bench->alone[number] = end - alone;
    bench->phases[BENCH_LOAD][number] = start - begin;
    for (int i = BENCH_LOAD + 1; i < BENCH_PHASES; i++)
        bench->phases[i][number] = 1e3 * pcil_inference_seconds(inference, cli_bench_phases[i]);
    return status;
}

static int measure(struct bench *bench) {
    for (int i = -WARM_UPS; i < bench->repetitions; i++) {
        pcil_status status = measure_one(bench, i);
        if (status != PCIL_OK) return cli_status(status);
    }
    return CLI_DONE;
}

int cli_bench_measure(struct bench *bench, const struct cli_arguments *arguments) {
    bench->step = cli_allocate((size_t)bench->repetitions, sizeof(double));
    bench->alone = cli_allocate((size_t)bench->repetitions, sizeof(double));
    for (int i = 0; i < BENCH_PHASES; i++) bench->phases[i] = cli_allocate((size_t)bench->repetitions, sizeof(double));
    int code = cli_settings_trainer(&bench->trainer, arguments);
    if (code == CLI_DONE) code = prepare_data(bench);
    if (code == CLI_DONE) code = cli_settings_prepare(bench->trainer);
    if (code == CLI_DONE)
        code = cli_products_create(&bench->products, pcil_trainer_network(bench->trainer),
                                   pcil_trainer_inference(bench->trainer), bench->batch);
    if (code == CLI_DONE) code = measure(bench);
    return code;
}

void cli_bench_free(struct bench *bench) {
    pcil_trainer_free(bench->trainer);
    cli_products_free(&bench->products);
    pcil_batches_free(bench->data.batches);
    pcil_dataset_free(bench->data.dataset);
    free(bench->data.inputs);
    free(bench->data.targets);
    free(bench->data.labels);
    free(bench->data.batch_inputs);
    free(bench->data.batch_targets);
    free(bench->data.batch_labels);
    for (int i = 0; i < BENCH_PHASES; i++) free(bench->phases[i]);
    free(bench->step);
    free(bench->alone);
}
