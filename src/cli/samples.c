#include "samples.h"

#include "output.h"

#include <stdlib.h>
#include <string.h>

/* --- reading --- */

static int begin(pcil_batches *batches, pcil_trainer *trainer, bool shuffled) {
    char *normalise = cli_trainer_text(trainer, "normalise");
    pcil_status status = pcil_batches_set(batches, "shuffle", shuffled);
    if (status == PCIL_OK) status = pcil_batches_set_text(batches, "normalise", normalise ? normalise : "none");
    if (status == PCIL_OK) status = pcil_batches_normalise_like(batches, pcil_trainer_train_data(trainer));
    if (status == PCIL_OK) status = pcil_batches_begin(batches, 0, 0);
    free(normalise);
    return cli_status(status);
}

/* The targets that training would have, from what the walk gave. */
static void fill_targets(struct cli_samples *samples, const char *target, const int32_t *labels) {
    size_t outputs = (size_t)samples->outputs;
    if (strcmp(target, "input") == 0)
        memcpy(samples->targets, samples->inputs, (size_t)samples->count * outputs * sizeof(float));
    else if (strcmp(target, "label") == 0)
        for (size_t i = 0; i < (size_t)samples->count; i++) samples->targets[i * outputs + (size_t)labels[i]] = 1;
}

static int walk(struct cli_samples *samples, pcil_trainer *trainer, pcil_batches *batches, bool shuffled) {
    char *target = cli_trainer_text(trainer, "target");
    bool given = target && strcmp(target, "given") == 0, labelled = target && strcmp(target, "label") == 0;
    int32_t *labels = labelled ? cli_allocate((size_t)samples->count, sizeof *labels) : NULL;
    int code = begin(batches, trainer, shuffled);
    if (code == CLI_DONE)
        code = cli_status(
            pcil_batches_next(batches, samples->inputs, labels, given ? samples->targets : NULL, &samples->count));
    if (code == CLI_DONE && target) fill_targets(samples, target, labels);
    free(labels);
    free(target);
    return code;
}

int cli_samples_read(struct cli_samples *samples, pcil_trainer *trainer, const pcil_dataset *part, int64_t most,
                     bool shuffled) {
    const pcil_network *network = pcil_trainer_network(trainer);
    int64_t there = pcil_dataset_count(part);
    pcil_batches *batches = NULL;
    samples->count = (int32_t)(most < there ? most : there);
    samples->features = pcil_network_node_size(network, 0);
    samples->outputs = pcil_network_node_size(network, pcil_network_nodes(network) - 1);
    samples->inputs = cli_allocate((size_t)(samples->count * samples->features), sizeof(float));
    samples->targets = cli_allocate((size_t)(samples->count * samples->outputs), sizeof(float));
    int code = cli_status(pcil_batches_create(&batches, part, samples->count, 0));
    if (code == CLI_DONE) code = walk(samples, trainer, batches, shuffled);
    pcil_batches_free(batches);
    return code;
}

void cli_samples_free(struct cli_samples *samples) {
    free(samples->inputs);
    free(samples->targets);
    *samples = (struct cli_samples){0};
}

const float *cli_samples_inputs(const struct cli_samples *samples, int32_t first) {
    return samples->inputs + first * samples->features;
}

const float *cli_samples_targets(const struct cli_samples *samples, int32_t first) {
    return samples->targets + first * samples->outputs;
}

int32_t cli_samples_batch(const struct cli_samples *samples, const pcil_trainer *trainer, int32_t done) {
    char *text = cli_trainer_text(trainer, "batch");
    int32_t left = samples->count - done, batch = text ? (int32_t)strtol(text, NULL, 10) : 1;
    free(text);
    return left < batch ? left : batch;
}

/* --- iterations --- */

/* Backpropagation has no such option: it is one pass. */
static double option_of(pcil_trainer *trainer) {
    double iterations;
    pcil_status status = pcil_inference_get(pcil_trainer_inference(trainer), "iterations", &iterations);
    return status == PCIL_OK ? iterations : 1;
}

bool cli_iterates_by_auto(pcil_trainer *trainer) {
    return option_of(trainer) < 0;
}

int cli_samples_iterations(const struct cli_samples *samples, pcil_trainer *trainer, int32_t *iterations) {
    pcil_inference *inference = pcil_trainer_inference(trainer);
    int code = CLI_DONE;
    *iterations = 0;
    if (!cli_iterates_by_auto(trainer)) {
        *iterations = (int32_t)option_of(trainer);
        return code;
    }
    for (int32_t done = 0, batch; code == CLI_DONE && done < samples->count; done += batch) {
        batch = cli_samples_batch(samples, trainer, done);
        code = cli_status(
            pcil_clamp(inference, cli_samples_inputs(samples, done), cli_samples_targets(samples, done), batch));
        if (code == CLI_DONE) code = cli_status(pcil_infer(inference, -1, NULL));
        int32_t made = pcil_inference_iterations(inference);
        if (made > *iterations) *iterations = made;
    }
    return code;
}
