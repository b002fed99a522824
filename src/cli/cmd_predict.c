/* pcil predict: what a model says of pictures, or of a data set's images. */
#include "output.h"
#include "plain.h"
#include "prediction.h"
#include "reconstruction.h"
#include "target.h"

#include <stdlib.h>

/* The classes with the `top` largest outputs, largest first. */
static void best_classes(const float *outputs, int32_t count, int32_t top, int32_t *best) {
    for (int32_t k = 0; k < top; k++) {
        best[k] = -1;
        for (int32_t c = 0; c < count; c++) {
            bool taken = false;
            for (int32_t j = 0; j < k; j++) taken |= best[j] == c;
            if (!taken && (best[k] < 0 || outputs[c] > outputs[best[k]])) best[k] = c;
        }
    }
}

static const float *outputs_of(const struct prediction *work, int32_t image) {
    return work->predictions + (size_t)image * (size_t)work->outputs;
}

/* A class by the data set's name for it, else the model's, else its number: a text of a file's. */
static const char *name_of(const struct prediction *work, int32_t label) {
    const char *told = work->source.whole ? NULL : cli_model_class(&work->model, label);
    return told ? told : cli_class_name(work->source.whole, label);
}

/* The same for people. */
static const char *shown(struct cli_plain *plain, const struct prediction *work, int32_t label) {
    return cli_plain(plain, name_of(work, label));
}

static bool labelled(const struct prediction *work) {
    return !work->files && work->pictures.labels;
}

static bool show_image(const struct prediction *work, int32_t image, const int32_t *best) {
    const float *outputs = outputs_of(work, image);
    struct cli_plain plain;
    char *name = cli_image_name(work, image);
    bool right = !labelled(work) || work->pictures.labels[image] == best[0];
    cli_put_plain(stdout, name, SIZE_MAX);
    putchar(':');
    if (labelled(work))
        printf(" %c label %s, predicted", right ? ' ' : '!', shown(&plain, work, work->pictures.labels[image]));
    for (int32_t k = 0; k < work->top; k++)
        printf("%s %s %.3f", k ? "," : "", shown(&plain, work, best[k]), (double)outputs[best[k]]);
    putchar('\n');
    free(name);
    return right;
}

static int show(const struct prediction *work) {
    int32_t *best = cli_allocate((size_t)work->top, sizeof *best), right = 0;
    for (int32_t i = 0; i < work->pictures.count; i++) {
        best_classes(outputs_of(work, i), work->outputs, work->top, best);
        right += show_image(work, i, best);
    }
    if (labelled(work)) printf("%d of %d right\n", right, work->pictures.count);
    free(best);
    return CLI_DONE;
}

static json_t *image_json(const struct prediction *work, int32_t image, const int32_t *best) {
    json_t *object = cli_json_object(), *classes = cli_json_array();
    char *name = cli_image_name(work, image);
    cli_json_set(object, "image", cli_json_name(name));
    if (labelled(work)) cli_json_set(object, "label", json_integer(work->pictures.labels[image]));
    if (labelled(work)) cli_json_set(object, "label_name", json_string(name_of(work, work->pictures.labels[image])));
    for (int32_t k = 0; k < work->top; k++) {
        json_t *row = cli_json_object();
        cli_json_set(row, "class", json_integer(best[k]));
        cli_json_set(row, "name", json_string(name_of(work, best[k])));
        cli_json_set(row, "output", cli_json_number((double)outputs_of(work, image)[best[k]]));
        cli_json_append(classes, row);
    }
    cli_json_set(object, "predicted", classes);
    free(name);
    return object;
}

static int show_json(const struct prediction *work) {
    json_t *array = cli_json_array();
    int32_t *best = cli_allocate((size_t)work->top, sizeof *best);
    for (int32_t i = 0; i < work->pictures.count; i++) {
        best_classes(outputs_of(work, i), work->outputs, work->top, best);
        cli_json_append(array, image_json(work, i, best));
    }
    free(best);
    return cli_print_json(array);
}

static char *caption(const struct prediction *work, int32_t image, bool *right) {
    int32_t best;
    struct cli_plain predicted, label;
    best_classes(outputs_of(work, image), work->outputs, 1, &best);
    *right = !labelled(work) || work->pictures.labels[image] == best;
    shown(&predicted, work, best);
    if (*right) return cli_copy(predicted.text);
    return cli_format("!%s, not %s", shown(&label, work, work->pictures.labels[image]), predicted.text);
}

static int draw(const struct prediction *work, const char *path) {
    size_t count = (size_t)work->pictures.count, good = 0;
    char **captions = cli_allocate(count, sizeof *captions);
    for (size_t i = 0; i < count; i++) {
        bool right;
        captions[i] = caption(work, (int32_t)i, &right);
        good += right;
    }
    char *title = labelled(work) ? cli_format("%zu of %zu right", good, count) : cli_copy("predictions");
    int code = cli_pictures_draw(&work->pictures, path, captions, 0, title);
    for (size_t i = 0; i < count; i++) free(captions[i]);
    free(captions);
    free(title);
    return code;
}

static int report(struct prediction *work) {
    const char *sheet = cli_get(work->arguments, "sheet");
    bool json = cli_has(work->arguments, "json");
    if (work->reconstructs) {
        int code = json ? cli_reconstruction_show_json(work) : cli_reconstruction_show(work);
        return code == CLI_DONE && sheet ? cli_reconstruction_draw(work, sheet) : code;
    }
    int code = json ? show_json(work) : show(work);
    return code == CLI_DONE && sheet ? draw(work, sheet) : code;
}

static int run(const struct cli_arguments *arguments) {
    struct prediction work = {.arguments = arguments};
    int code = cli_check_rest(arguments, "a model file", 1, 1 + CLI_MOST_PREDICTED);
    if (code == CLI_DONE) code = cli_check_picture(arguments, "sheet");
    if (code == CLI_DONE) code = cli_predict_work(&work);
    if (code == CLI_DONE) code = report(&work);
    cli_prediction_free(&work);
    return code;
}

static const struct cli_option options[] = {
    {"dataset", "NAME", "the data set's kind (as the model or the config.json beside it says)", 0, 0},
    {"data", "DIR", "its folder, or the folder that holds it (likewise)", 0, 0},
    {"part", "PART", "train or test (test)", 0, 0},
    {"normalise", "WORD", "none, centre, standard or shrink (likewise, else none)", 0, 0},
    {"count", "N", "predict N images spread evenly over the part (20)", 1, CLI_MOST_PREDICTED},
    {"top", "K", "show the K likeliest classes (3)", 1, 1000},
    {"sheet", "FILE.png", "draw the images with what was predicted, or reconstructed", 0, 0},
    CLI_THREADS,
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_predict = {
    .name = "predict",
    .help = "says what a model sees in pictures or in a data set's images",
    .usage = "MODEL IMAGE... [OPTION]...\nMODEL [--dataset NAME] [--data DIR] [OPTION]...",
    .options = options,
    .run = run};
