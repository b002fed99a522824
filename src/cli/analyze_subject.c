/* The subject of an analysis: a model or a recipe, perhaps trained a while, and samples of its data set. */
#include "analyze.h"
#include "model.h"
#include "output.h"
#include "settings.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

enum { EXAMPLE_IMAGES = 512 };

/* --- settings --- */

static int set(pcil_trainer *trainer, const char *option, const char *value) {
    return value ? cli_status(pcil_trainer_set_text(trainer, option, value)) : CLI_DONE;
}

/* What a model without a config.json tells of itself. */
static int take_metadata(pcil_trainer *trainer, const struct cli_model *model) {
    int code = set(trainer, "dataset", cli_model_dataset(model));
    return code == CLI_DONE ? set(trainer, "normalise", cli_model_normalise(model)) : code;
}

static bool chooses_settings(const struct cli_arguments *arguments) {
    return cli_has(arguments, "recipe") || cli_has(arguments, "config");
}

static int take_model_settings(pcil_trainer *trainer, const char *path, const struct cli_model *model) {
    char *config = cli_config_beside(path);
    int code = config ? cli_status(pcil_trainer_load(trainer, config)) : take_metadata(trainer, model);
    free(config);
    return code;
}

/* Digits drawn on the spot, so that an example needs no folder and no time. */
static int take_example(struct an_subject *subject, const struct an_defaults *defaults) {
    int code = cli_status(pcil_dataset_digits(&subject->drawn, EXAMPLE_IMAGES, 1));
    if (code == CLI_DONE) code = cli_status(pcil_trainer_data(subject->trainer, subject->drawn, NULL));
    if (code == CLI_DONE) code = set(subject->trainer, "network", defaults->network);
    return code == CLI_DONE ? set(subject->trainer, "step_size", defaults->step_size) : code;
}

/* The options of the command that are settings too; its --out is no run's folder. */
static int take_arguments(pcil_trainer *trainer, const struct cli_arguments *arguments) {
    struct cli_arguments settings = *arguments;
    settings.given = cli_allocate((size_t)arguments->givens + 1, sizeof *settings.given);
    settings.givens = 0;
    for (int i = 0; i < arguments->givens; i++)
        if (strcmp(arguments->given[i].option->name, "out") != 0)
            settings.given[settings.givens++] = arguments->given[i];
    int code = cli_settings_apply(trainer, &settings);
    free(settings.given);
    return code;
}

static int settle(struct an_subject *subject, const struct cli_arguments *arguments, const struct an_defaults *defaults,
                  const struct cli_model *model) {
    const char *path = arguments->rests > 0 ? arguments->rest[0] : NULL;
    int code = CLI_DONE;
    if (path && !chooses_settings(arguments)) code = take_model_settings(subject->trainer, path, model);
    if (!path && !chooses_settings(arguments)) code = take_example(subject, defaults);
    if (code == CLI_DONE) code = take_arguments(subject->trainer, arguments);
    if (code != CLI_DONE || !path) return code;
    char *network = cli_network_text(model->network);
    code = set(subject->trainer, "network", network);
    free(network);
    return code;
}

/* --- the network --- */

static int copy_tensor(const pcil_network *from, pcil_network *to, const char *name) {
    int64_t shape[4] = {1, 1, 1, 1}, count = 1;
    int32_t rank = 0;
    int code = cli_status(pcil_network_tensor_shape(from, name, &rank, shape));
    for (int32_t d = 0; d < rank; d++) count *= shape[d];
    float *values = cli_allocate((size_t)count, sizeof *values);
    if (code == CLI_DONE) code = cli_status(pcil_network_get(from, name, values, count));
    if (code == CLI_DONE) code = cli_status(pcil_network_set(to, name, values, count));
    free(values);
    return code;
}

static int copy_weights(const pcil_network *from, pcil_network *to) {
    int code = CLI_DONE;
    for (int32_t i = 0; code == CLI_DONE && i < pcil_network_tensors(from); i++)
        code = copy_tensor(from, to, pcil_network_tensor_name(from, i));
    return code;
}

static int prepare(struct an_subject *subject, const struct cli_arguments *arguments, const struct cli_model *model) {
    pcil_trainer *trainer = subject->trainer;
    const char *steps = cli_get(arguments, "train");
    double number = 0;
    int code = steps ? set(trainer, "epochs", "1000000") : CLI_DONE;
    if (code == CLI_DONE) code = set(trainer, "steps", steps);
    if (code == CLI_DONE) code = cli_settings_prepare(trainer);
    if (code != CLI_DONE) return code;
    subject->network = pcil_trainer_network(trainer);
    subject->inference = pcil_trainer_inference(trainer);
    subject->optimizer = pcil_trainer_optimizer(trainer);
    subject->blocks = pcil_network_blocks(subject->network);
    subject->nodes = pcil_network_nodes(subject->network);
    subject->features = pcil_network_node_size(subject->network, 0);
    subject->outputs = pcil_network_node_size(subject->network, subject->nodes - 1);
    subject->iterations = 1; /* the one pass of backpropagation */
    if (pcil_inference_get(subject->inference, "iterations", &number) == PCIL_OK) subject->iterations = (int32_t)number;
    char *batch = cli_trainer_text(trainer, "batch");
    subject->batch = batch ? (int32_t)strtol(batch, NULL, 10) : 1;
    free(batch);
    if (model->network) code = copy_weights(model->network, subject->network);
    return code == CLI_DONE && steps ? cli_status(pcil_trainer_run(trainer)) : code;
}

/* --- samples --- */

static int choose_part(const struct an_subject *subject, const struct cli_arguments *arguments,
                       const pcil_dataset **part) {
    const char *const known[] = {"train", "test", NULL};
    const char *name = cli_get(arguments, "part");
    if (name && strcmp(name, "train") != 0 && strcmp(name, "test") != 0) return cli_unknown("part", name, known);
    *part = pcil_trainer_test_data(subject->trainer);
    if (!*part || (name && strcmp(name, "train") == 0)) *part = pcil_trainer_train_data(subject->trainer);
    return CLI_DONE;
}

static int begin(const struct an_subject *subject, const pcil_dataset *part, pcil_batches **batches) {
    char *normalise = cli_trainer_text(subject->trainer, "normalise");
    pcil_status status = pcil_batches_create(batches, part, subject->count, 0);
    if (status == PCIL_OK) status = pcil_batches_set(*batches, "shuffle", 0);
    if (status == PCIL_OK) status = pcil_batches_set_text(*batches, "normalise", normalise ? normalise : "none");
    if (status == PCIL_OK) status = pcil_batches_normalise_like(*batches, pcil_trainer_train_data(subject->trainer));
    if (status == PCIL_OK) status = pcil_batches_begin(*batches, 0, 0);
    free(normalise);
    return cli_status(status);
}

/* The targets that training would have, from what the walk gave. */
static void fill_targets(struct an_subject *subject, const char *target, const int32_t *labels) {
    size_t outputs = (size_t)subject->outputs;
    if (strcmp(target, "input") == 0)
        memcpy(subject->targets, subject->inputs, (size_t)subject->count * outputs * sizeof(float));
    else if (strcmp(target, "label") == 0)
        for (size_t i = 0; i < (size_t)subject->count; i++) subject->targets[i * outputs + (size_t)labels[i]] = 1;
}

static int read_samples(struct an_subject *subject, const pcil_dataset *part) {
    pcil_batches *batches = NULL;
    int32_t count, *labels = cli_allocate((size_t)subject->count, sizeof *labels);
    char *target = cli_trainer_text(subject->trainer, "target");
    bool given = target && strcmp(target, "given") == 0;
    subject->inputs = cli_allocate((size_t)(subject->count * subject->features), sizeof(float));
    subject->targets = cli_allocate((size_t)(subject->count * subject->outputs), sizeof(float));
    int code = begin(subject, part, &batches);
    if (code == CLI_DONE)
        code = cli_status(pcil_batches_next(batches, subject->inputs, labels, given ? subject->targets : NULL, &count));
    if (code == CLI_DONE && target) fill_targets(subject, target, labels);
    pcil_batches_free(batches);
    free(labels);
    free(target);
    return code;
}

static int take_samples(struct an_subject *subject, const struct cli_arguments *arguments, int32_t otherwise) {
    const pcil_dataset *part = NULL;
    int code = choose_part(subject, arguments, &part);
    if (code != CLI_DONE) return code;
    int64_t wanted = cli_get_integer(arguments, "samples", otherwise), there = pcil_dataset_count(part);
    subject->count = (int32_t)(wanted < there ? wanted : there);
    return read_samples(subject, part);
}

int an_open(struct an_subject *subject, const struct cli_arguments *arguments, const struct an_defaults *defaults) {
    struct cli_model model = {0};
    *subject = (struct an_subject){0};
    int code = cli_check_rest(arguments, "a model file", 0, 1);
    if (code == CLI_DONE) code = an_check_out(arguments);
    if (code == CLI_DONE) code = cli_status(pcil_trainer_create(&subject->trainer));
    if (code == CLI_DONE && arguments->rests > 0) code = cli_model_load(&model, arguments->rest[0]);
    if (code == CLI_DONE) code = settle(subject, arguments, defaults, &model);
    if (code == CLI_DONE) code = prepare(subject, arguments, &model);
    if (code == CLI_DONE) code = take_samples(subject, arguments, defaults->samples);
    cli_model_free(&model);
    return code;
}

void an_close(struct an_subject *subject) {
    pcil_trainer_free(subject->trainer);
    pcil_dataset_free(subject->drawn);
    free(subject->inputs);
    free(subject->targets);
    *subject = (struct an_subject){0};
}

const float *an_inputs(const struct an_subject *subject, int32_t first) {
    return subject->inputs + first * subject->features;
}

const float *an_targets(const struct an_subject *subject, int32_t first) {
    return subject->targets + first * subject->outputs;
}
