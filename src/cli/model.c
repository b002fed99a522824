#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MOST = 1 << 20 /* bytes: a list of the smallest values costs eighty times its text */ };

static const double LARGEST = 1e30; /* of scale and shift, so that every pixel stays finite */

/* A list that the metadata hold as text. */
static json_t *list(const json_t *metadata, const char *key) {
    const char *text = json_string_value(json_object_get(metadata, key));
    json_t *array = text && strlen(text) <= LIST_MOST ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_array(array) && json_array_size(array) > 0) return array;
    json_decref(array);
    return NULL;
}

int cli_model_metadata(const char *path, json_t **metadata) {
    int64_t length = 0;
    int code = cli_status(pcil_network_metadata(path, NULL, 0, &length));
    *metadata = NULL;
    if (code != CLI_DONE) return code;
    char *text = cli_allocate((size_t)length + 1, 1);
    code = cli_status(pcil_network_metadata(path, text, length + 1, &length));
    if (code == CLI_DONE) *metadata = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (code == CLI_DONE && !*metadata) code = cli_failed("no memory for the metadata of '%s'", path);
    free(text);
    return code;
}

/* Whether an input of that many channels, or of plain features of images, can have so many. */
static bool fits(const struct cli_model *model, size_t count) {
    int32_t channels = 0, height = 0, width = 0;
    pcil_network_node_shape(model->network, 0, &channels, &height, &width);
    bool flat = height == 1 && width == 1;
    return count > 0 && (flat ? (size_t)channels % count == 0 : count == (size_t)channels);
}

/* Numbers of the metadata, one for each channel; none if they are not told. */
static int read_numbers(const struct cli_model *model, const char *key, json_t **numbers) {
    size_t index;
    json_t *value;
    if (!json_object_get(model->metadata, key)) return CLI_DONE;
    *numbers = list(model->metadata, key);
    if (!fits(model, json_array_size(*numbers)))
        return cli_failed("'%s': its metadata's '%s' holds %zu numbers, expected a list of one for each channel of the "
                          "input",
                          model->path, key, json_array_size(*numbers));
    json_array_foreach (*numbers, index, value) {
        double number = json_is_number(value) ? json_number_value(value) : NAN;
        if (!(fabs(number) <= LARGEST))
            return cli_failed("'%s': its metadata's '%s' holds %g at place %zu, expected a number from -%g to %g",
                              model->path, key, number, index, LARGEST, LARGEST);
    }
    return CLI_DONE;
}

/* Scale and shift belong together. */
static int read_normalisation(struct cli_model *model) {
    int code = read_numbers(model, "scale", &model->scale);
    if (code == CLI_DONE) code = read_numbers(model, "shift", &model->shift);
    if (code == CLI_DONE && json_array_size(model->scale) != json_array_size(model->shift))
        code = cli_failed("'%s': its metadata's 'scale' and 'shift' hold %zu and %zu numbers, expected as many of both",
                          model->path, json_array_size(model->scale), json_array_size(model->shift));
    return code;
}

int cli_model_load(struct cli_model *model, const char *path) {
    *model = (struct cli_model){.path = path};
    int code = cli_status(pcil_network_load(&model->network, path));
    if (code == CLI_DONE) code = cli_model_metadata(path, &model->metadata);
    if (code != CLI_DONE) return code;
    model->classes = list(model->metadata, "classes");
    return read_normalisation(model);
}

void cli_model_free(struct cli_model *model) {
    pcil_network_free(model->network);
    json_decref(model->metadata);
    json_decref(model->classes);
    json_decref(model->scale);
    json_decref(model->shift);
    *model = (struct cli_model){0};
}

int cli_model_inference(const struct cli_model *model, int32_t batch, pcil_inference **inference) {
    if (pcil_inference_create(inference, model->network, "backprop", batch) == PCIL_OK) return CLI_DONE;
    return cli_failed("'%s': %s", model->path, pcil_last_error());
}

const char *cli_model_class(const struct cli_model *model, int32_t label) {
    const char *name = json_string_value(json_array_get(model->classes, (size_t)label));
    return name && *name ? name : NULL;
}

const char *cli_model_dataset(const struct cli_model *model) {
    return json_string_value(json_object_get(model->metadata, "dataset"));
}

static double number(const json_t *array, int32_t index) {
    return json_number_value(json_array_get(array, (size_t)index));
}

static bool is_everywhere(const struct cli_model *model, double scale, double shift) {
    for (int32_t c = 0; c < (int32_t)json_array_size(model->scale); c++) {
        bool same = fabs(number(model->scale, c) - scale) < 1e-6 && fabs(number(model->shift, c) - shift) < 1e-6;
        if (!same) return false;
    }
    return true;
}

const char *cli_model_normalise(const struct cli_model *model) {
    if (!model->scale) return cli_model_dataset(model) ? "none" : NULL;
    if (is_everywhere(model, 1, 0)) return "none";
    if (is_everywhere(model, 2, -1)) return "centre";
    return is_everywhere(model, .99, .005) ? "shrink" : "standard";
}

int cli_model_apply(const struct cli_model *model, const struct cli_pictures *pictures, float *pixels) {
    size_t channels = json_array_size(model->scale), count = (size_t)pictures->count * cli_picture_size(pictures);
    if (model->scale && channels != (size_t)pictures->channels)
        return cli_failed("'%s': its metadata's 'scale' holds %zu numbers, the images have %d channels", model->path,
                          channels, pictures->channels);
    for (size_t c = 0; c < channels; c++) {
        double scale = number(model->scale, (int32_t)c), shift = number(model->shift, (int32_t)c);
        for (size_t i = c; i < count; i += channels) pixels[i] = pixels[i] * (float)scale + (float)shift;
    }
    return CLI_DONE;
}
