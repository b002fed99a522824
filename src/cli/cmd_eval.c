/* pcil eval: loss and accuracy of a model on a data set. */
#include "output.h"
#include "plain.h"
#include "sheet.h"
#include "source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 250, PART = 2000 };

struct score {
    double loss, accuracy, top5;
    int64_t samples;
};

static int score_walk(struct cli_source *source, pcil_inference *inference, struct score *score) {
    pcil_batches *batches = NULL;
    int code = cli_source_batches(source, source->view, BATCH, &batches);
    if (code == CLI_DONE)
        code = cli_status(pcil_evaluate(inference, batches, &score->loss, &score->accuracy, &score->top5));
    pcil_batches_free(batches);
    return code;
}

/* Scores images that the model itself has normalised. */
static int score_part(const struct cli_model *model, pcil_inference *inference, struct cli_pictures *part,
                      int32_t classes, struct score *score) {
    struct cli_source plain = {0};
    int code = cli_model_apply(model, part, part->pixels);
    if (code != CLI_DONE) return code;
    code = cli_status(pcil_dataset_memory(&plain.view, part->pixels, part->labels, NULL, part->count, part->channels,
                                          part->height, part->width, classes, 0));
    if (code == CLI_DONE) code = score_walk(&plain, inference, score);
    cli_source_close(&plain);
    return code;
}

/* A part at a time, so that a large data set needs little memory. */
static int score_parts(const struct cli_source *source, const struct cli_model *model, pcil_inference *inference,
                       struct score *score) {
    int32_t classes = pcil_dataset_classes(source->view);
    int code = CLI_DONE;
    for (int64_t first = 0; code == CLI_DONE && first < score->samples; first += PART) {
        struct cli_pictures part = {0};
        struct score own = {0};
        int64_t count = score->samples - first < PART ? score->samples - first : PART;
        code = cli_pictures_read(&part, source->view, first, (int32_t)count);
        if (code == CLI_DONE) code = score_part(model, inference, &part, classes, &own);
        double share = (double)count / (double)score->samples;
        score->loss += share * own.loss;
        score->accuracy += share * own.accuracy;
        score->top5 += share * own.top5;
        cli_pictures_free(&part);
    }
    return code;
}

/* The options of --set. */
static int set_given(pcil_inference *inference, const struct cli_arguments *arguments) {
    int code = CLI_DONE;
    for (int i = 0; code == CLI_DONE && i < arguments->givens; i++) {
        const struct cli_given *given = &arguments->given[i];
        const char *equals = strchr(given->value, '=');
        if (strcmp(given->option->name, "set") != 0) continue;
        if (!equals || equals == given->value) return cli_wrong_use("--set needs KEY=VALUE, not '%s'", given->value);
        char *key = cli_format("%.*s", (int)(equals - given->value), given->value);
        code = cli_status(pcil_inference_set_text(inference, key, equals + 1));
        free(key);
    }
    return code;
}

/* As the model was trained, where it tells; otherwise as the source says. */
static int score_model(struct cli_source *source, const struct cli_model *model, const struct cli_arguments *arguments,
                       bool told, struct score *score) {
    pcil_inference *inference = NULL;
    score->samples = pcil_dataset_count(source->view);
    int code = cli_model_inference(model, BATCH, &inference);
    if (code == CLI_DONE) code = set_given(inference, arguments);
    if (code == CLI_DONE)
        code = told ? score_parts(source, model, inference, score) : score_walk(source, inference, score);
    pcil_inference_free(inference);
    return code;
}

static int show(const struct cli_source *source, const char *model, const char *part, const struct score *score) {
    cli_put_line(stdout, "%s on %s %s, %lld images, normalise %s", model, source->dataset, part,
                 (long long)score->samples, source->normalise ? source->normalise : "none");
    printf("loss      %.4f\n", score->loss);
    if (isfinite(score->accuracy)) printf("accuracy  %.4f\n", score->accuracy);
    if (isfinite(score->top5)) printf("top5      %.4f\n", score->top5);
    return CLI_DONE;
}

static int show_json(const struct cli_source *source, const char *model, const char *part, const struct score *score) {
    json_t *object = cli_json_object();
    cli_json_set(object, "model", cli_json_name(model));
    cli_json_set(object, "dataset", json_string(source->dataset));
    cli_json_set(object, "part", json_string(part));
    cli_json_set(object, "normalise", json_string(source->normalise ? source->normalise : "none"));
    cli_json_set(object, "samples", json_integer(score->samples));
    cli_json_set(object, "loss", cli_json_number(score->loss));
    cli_json_set(object, "accuracy", cli_json_number(score->accuracy));
    cli_json_set(object, "top5", cli_json_number(score->top5));
    return cli_print_json(object);
}

static int run(const struct cli_arguments *arguments) {
    const char *part = cli_get(arguments, "part") ? cli_get(arguments, "part") : "test";
    struct cli_source source = {0};
    struct score result = {0};
    struct cli_model model = {0};
    int code = cli_check_rest(arguments, "a model file", 1, 1);
    if (code != CLI_DONE) return code;
    const char *path = arguments->rest[0];
    code = cli_model_load(&model, path);
    if (code == CLI_DONE) code = cli_source_settle(&source, arguments, path, &model);
    if (code == CLI_DONE && !source.dataset)
        code = cli_wrong_use("give --dataset: neither '%s' nor a config.json beside it names one", path);
    if (code == CLI_DONE) code = cli_source_open(&source, part, cli_get_integer(arguments, "limit", 0));
    bool told = cli_model_normalise(&model) && !cli_has(arguments, "normalise");
    if (code == CLI_DONE) code = score_model(&source, &model, arguments, told, &result);
    if (code == CLI_DONE) code = (cli_has(arguments, "json") ? show_json : show)(&source, path, part, &result);
    cli_model_free(&model);
    cli_source_close(&source);
    return code;
}

static const struct cli_option options[] = {
    {"dataset", "NAME", "the data set's kind (as the model or the config.json beside it says)", 0, 0},
    {"data", "DIR", "its folder, or the folder that holds it (likewise)", 0, 0},
    {"part", "PART", "train or test (test)", 0, 0},
    {"normalise", "WORD", "none, centre, standard or shrink (likewise, else none)", 0, 0},
    {"limit", "N", "score N images spread evenly over the part", 1, INT64_C(1000000000)},
    {"set", "KEY=VALUE", "an option of inference, such as backend=blas; may be repeated", 0, 0},
    CLI_THREADS,
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_eval = {.name = "eval",
                                     .help = "scores a model on a data set: loss, accuracy, top 5",
                                     .usage = "MODEL [--dataset NAME] [--data DIR] [OPTION]...",
                                     .options = options,
                                     .run = run};
