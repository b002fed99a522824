#include "reconstruction.h"

#include "output.h"
#include "plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double mean_squared_error(const struct prediction *work, int32_t image) {
    size_t size = (size_t)work->outputs, first = (size_t)image * size;
    double sum = 0;
    for (size_t i = first; i < first + size; i++) {
        double difference = (double)work->inputs[i] - (double)work->predictions[i];
        sum += difference * difference;
    }
    return sum / (double)size;
}

int cli_reconstruction_show(const struct prediction *work) {
    double sum = 0;
    for (int32_t i = 0; i < work->pictures.count; i++) {
        double error = mean_squared_error(work, i);
        char *name = cli_image_name(work, i);
        cli_put_plain(stdout, name, SIZE_MAX);
        printf(": mean squared error %.5f\n", error);
        free(name);
        sum += error;
    }
    printf("mean squared error of %d reconstructions: %.5f\n", work->pictures.count, sum / work->pictures.count);
    return CLI_DONE;
}

int cli_reconstruction_show_json(const struct prediction *work) {
    json_t *array = cli_json_array();
    for (int32_t i = 0; i < work->pictures.count; i++) {
        json_t *object = cli_json_object();
        char *name = cli_image_name(work, i);
        cli_json_set(object, "image", cli_json_name(name));
        cli_json_set(object, "mean_squared_error", cli_json_number(mean_squared_error(work, i)));
        cli_json_append(array, object);
        free(name);
    }
    return cli_print_json(array);
}

int cli_reconstruction_draw(const struct prediction *work, const char *path) {
    struct cli_pictures pairs = work->pictures;
    size_t size = cli_picture_size(&pairs), count = (size_t)pairs.count;
    pairs.count *= 2;
    pairs.labels = NULL;
    pairs.pixels = cli_allocate(2 * count * size, sizeof(float));
    for (size_t i = 0; i < count; i++) {
        memcpy(pairs.pixels + 2 * i * size, work->inputs + i * size, size * sizeof(float));
        memcpy(pairs.pixels + (2 * i + 1) * size, work->predictions + i * size, size * sizeof(float));
    }
    int code = cli_pictures_draw(&pairs, path, NULL, 2 * (int32_t)ceil(sqrt((double)count)),
                                 "input, reconstruction: each pair");
    cli_pictures_free(&pairs);
    return code;
}
