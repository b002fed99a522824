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

/* "name=value name=value" */
static int set_all(pcil_trainer *trainer, const char *settings) {
    char *copy = cli_copy(settings), *place = NULL;
    int code = CLI_DONE;
    for (char *name = strtok_r(copy, " =", &place); code == CLI_DONE && name; name = strtok_r(NULL, " =", &place))
        code = set(trainer, name, strtok_r(NULL, " ", &place));
    free(copy);
    return code;
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

/* Another data set would be ignored. */
static int check_example(const struct cli_arguments *arguments) {
    static const char *const own[] = {"recipe", "dataset", "data", NULL};
    if (!cli_has(arguments, "data")) return cli_settings_spare(arguments, own);
    return cli_wrong_use("the built-in example draws its digits: give --recipe or --config, or leave --data out");
}

/* Digits drawn on the spot, so that an example needs no folder and no time. */
static int take_example(struct an_subject *subject, const struct an_defaults *defaults) {
    int code = cli_status(pcil_dataset_digits(&subject->drawn, EXAMPLE_IMAGES, 1));
    if (code == CLI_DONE) code = cli_status(pcil_trainer_data(subject->trainer, subject->drawn, NULL));
    if (code == CLI_DONE) code = set(subject->trainer, "network", defaults->network);
    return code == CLI_DONE && defaults->settings ? set_all(subject->trainer, defaults->settings) : code;
}

/* The options of the command that are settings too. Its --out is no run's folder, and a run's own, which a config.json
 * names, is not written into. */
static int take_arguments(pcil_trainer *trainer, const struct cli_arguments *arguments) {
    static const char *const own[] = {"out", NULL};
    struct cli_arguments settings = *arguments;
    if (cli_settings_spare(arguments, own) != CLI_DONE) return CLI_WRONG_USE;
    settings.given = cli_allocate((size_t)arguments->givens + 1, sizeof *settings.given);
    settings.givens = 0;
    for (int i = 0; i < arguments->givens; i++)
        if (strcmp(arguments->given[i].option->name, "out") != 0)
            settings.given[settings.givens++] = arguments->given[i];
    int code = cli_settings_apply(trainer, &settings);
    free(settings.given);
    return code == CLI_DONE ? set(trainer, "out", "") : code;
}

static int settle(struct an_subject *subject, const struct cli_arguments *arguments, const struct an_defaults *defaults,
                  const struct cli_model *model) {
    const char *path = arguments->rests > 0 ? arguments->rest[0] : NULL;
    int code = CLI_DONE;
    if (path && !chooses_settings(arguments)) code = take_model_settings(subject->trainer, path, model);
    if (!path && !chooses_settings(arguments)) {
        code = check_example(arguments);
        if (code == CLI_DONE) code = take_example(subject, defaults);
    }
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

static int32_t watch(void *user, const pcil_trainer *trainer, pcil_event event) {
    cli_progress_event(user, trainer, event);
    return 0;
}

static int train(struct an_subject *subject) {
    pcil_trainer_watch(subject->trainer, watch, &subject->progress);
    int code = cli_status(pcil_trainer_run(subject->trainer));
    cli_progress_end(&subject->progress);
    return code;
}

static int prepare(struct an_subject *subject, const struct cli_arguments *arguments,
                   const struct an_defaults *defaults, const struct cli_model *model) {
    pcil_trainer *trainer = subject->trainer;
    int64_t steps = cli_get_integer(arguments, "train", subject->drawn ? defaults->train : 0);
    char *text = cli_format("%lld", (long long)steps);
    int code = steps > 0 ? set(trainer, "epochs", "1000000") : CLI_DONE;
    if (code == CLI_DONE && steps > 0) code = set(trainer, "steps", text);
    free(text);
    if (code == CLI_DONE) code = cli_settings_prepare(trainer);
    if (code != CLI_DONE) return code;
    subject->network = pcil_trainer_network(trainer);
    subject->inference = pcil_trainer_inference(trainer);
    subject->optimizer = pcil_trainer_optimizer(trainer);
    subject->blocks = pcil_network_blocks(subject->network);
    subject->nodes = pcil_network_nodes(subject->network);
    if (model->network) code = copy_weights(model->network, subject->network);
    return code == CLI_DONE && steps > 0 ? train(subject) : code;
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

static int take_samples(struct an_subject *subject, const struct cli_arguments *arguments, int32_t otherwise) {
    const pcil_dataset *part = NULL;
    int code = choose_part(subject, arguments, &part);
    if (code != CLI_DONE) return code;
    return cli_samples_read(&subject->samples, subject->trainer, part, cli_get_integer(arguments, "samples", otherwise),
                            false);
}

int an_open(struct an_subject *subject, const struct cli_arguments *arguments, const struct an_defaults *defaults) {
    struct cli_model model = {0};
    *subject = (struct an_subject){0};
    cli_progress_begin(&subject->progress, false);
    subject->progress.evaluations = false;
    int code = cli_check_rest(arguments, "a model file", 0, 1);
    if (code == CLI_DONE) code = an_check_out(arguments);
    if (code == CLI_DONE) code = cli_status(pcil_trainer_create(&subject->trainer));
    if (code == CLI_DONE && arguments->rests > 0) code = cli_model_load(&model, arguments->rest[0]);
    if (code == CLI_DONE) code = settle(subject, arguments, defaults, &model);
    if (code == CLI_DONE) code = prepare(subject, arguments, defaults, &model);
    if (code == CLI_DONE) code = take_samples(subject, arguments, defaults->samples);
    cli_model_free(&model);
    return code;
}

void an_close(struct an_subject *subject) {
    cli_progress_end(&subject->progress);
    pcil_trainer_free(subject->trainer);
    pcil_dataset_free(subject->drawn);
    cli_samples_free(&subject->samples);
    *subject = (struct an_subject){0};
}
