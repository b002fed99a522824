#include "source.h"

#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *cli_config_beside(const char *model) {
    const char *slash = strrchr(model, '/');
    char *folder = slash ? cli_format("%.*s", (int)(slash - model + 1), model) : cli_copy("./");
    char *path = cli_join(folder, "config.json");
    free(folder);
    if (access(path, F_OK) == 0) return path;
    free(path);
    return NULL;
}

static void fill(char **value, const pcil_trainer *trainer, const char *option) {
    if (!*value) *value = cli_trainer_text(trainer, option);
    if (*value && !**value) {
        free(*value);
        *value = NULL;
    }
}

/* The folder is taken only along with the data set that lies in it. */
static int fill_from_config(struct cli_source *source, const char *path) {
    pcil_trainer *trainer = NULL;
    pcil_status status = pcil_trainer_create(&trainer);
    if (status == PCIL_OK) status = pcil_trainer_load(trainer, path);
    char *dataset = status == PCIL_OK ? cli_trainer_text(trainer, "dataset") : NULL;
    bool same = dataset && (!source->dataset || strcmp(source->dataset, dataset) == 0);
    if (status == PCIL_OK) fill(&source->dataset, trainer, "dataset");
    if (same) fill(&source->folder, trainer, "data");
    if (status == PCIL_OK) fill(&source->normalise, trainer, "normalise");
    int code = cli_status(status);
    free(dataset);
    pcil_trainer_free(trainer);
    return code;
}

int cli_check_drawn(const struct cli_arguments *arguments, const char *dataset) {
    bool drawn = dataset && strcmp(dataset, "digits") == 0;
    return drawn && cli_has(arguments, "data") ? cli_wrong_use("digits are drawn: leave --data out") : CLI_DONE;
}

static char *option_or(const struct cli_arguments *arguments, const char *name, const char *otherwise) {
    const char *text = cli_get(arguments, name);
    if (!text) text = otherwise;
    return text ? cli_copy(text) : NULL;
}

int cli_source_settle(struct cli_source *source, const struct cli_arguments *arguments, const char *path,
                      const struct cli_model *model) {
    *source = (struct cli_source){.dataset = option_or(arguments, "dataset", cli_model_dataset(model)),
                                  .folder = option_or(arguments, "data", NULL),
                                  .normalise = option_or(arguments, "normalise", cli_model_normalise(model))};
    bool known = source->dataset && source->folder && source->normalise;
    char *config = known ? NULL : cli_config_beside(path);
    int code = config ? fill_from_config(source, config) : CLI_DONE;
    free(config);
    return code == CLI_DONE ? cli_check_drawn(arguments, source->dataset) : code;
}

int cli_open_part(pcil_dataset **dataset, const char *kind, const char *folder, const char *part) {
    return cli_status(pcil_dataset_open(dataset, kind, folder && *folder ? folder : NULL, part));
}

int cli_source_open(struct cli_source *source, const char *part, int64_t limit) {
    int code = cli_open_part(&source->whole, source->dataset, source->folder, part);
    if (code != CLI_DONE) return code;
    int64_t count = pcil_dataset_count(source->whole);
    return cli_status(pcil_dataset_limit(source->whole, limit == 0 || limit > count ? count : limit, &source->view));
}

/* normalise=standard goes by the training part, as it did when the network was trained. */
static int normalise_like_training(struct cli_source *source, pcil_batches *batches) {
    if (!source->normalise || strcmp(source->normalise, "standard") != 0) return CLI_DONE;
    if (!source->dataset) return cli_wrong_use("normalise=standard needs the training data: give --dataset and --data");
    int code =
        source->reference ? CLI_DONE : cli_open_part(&source->reference, source->dataset, source->folder, "train");
    return code != CLI_DONE ? code : cli_status(pcil_batches_normalise_like(batches, source->reference));
}

int cli_source_batches(struct cli_source *source, const pcil_dataset *images, int32_t batch, pcil_batches **batches) {
    const char *normalise = source->normalise ? source->normalise : "none";
    pcil_status status = pcil_batches_create(batches, images, batch, 0);
    if (status == PCIL_OK) status = pcil_batches_set(*batches, "shuffle", 0);
    if (status == PCIL_OK) status = pcil_batches_set(*batches, "drop_last", 0);
    if (status == PCIL_OK) status = pcil_batches_set_text(*batches, "normalise", normalise);
    int code = cli_status(status);
    if (code == CLI_DONE) code = normalise_like_training(source, *batches);
    return code != CLI_DONE ? code : cli_status(pcil_batches_begin(*batches, 0, 0));
}

void cli_source_close(struct cli_source *source) {
    pcil_dataset_free(source->view);
    pcil_dataset_free(source->whole);
    pcil_dataset_free(source->reference);
    free(source->dataset);
    free(source->folder);
    free(source->normalise);
    *source = (struct cli_source){0};
}

const char *cli_class_name(const pcil_dataset *dataset, int32_t label) {
    static char number[16];
    const char *name = dataset ? pcil_dataset_class_name(dataset, label) : NULL;
    if (name) return name;
    snprintf(number, sizeof number, "%d", label);
    return number;
}
