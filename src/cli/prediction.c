#include "prediction.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 };

static int read_file(const struct cli_pictures *pictures, const char *path, float *pixels) {
    size_t size = cli_picture_size(pictures);
    uint8_t *bytes = cli_allocate(size, 1);
    int code = cli_status(pcil_image_read(path, bytes, pictures->channels, pictures->height, pictures->width));
    for (size_t i = 0; i < size && code == CLI_DONE; i++) pixels[i] = (float)bytes[i] / 255;
    free(bytes);
    return code;
}

/* Options that choose images of a data set mean nothing for pictures. */
static int check_files(const struct cli_arguments *arguments) {
    static const char *const choosing[] = {"part", "count"};
    for (size_t i = 0; i < sizeof choosing / sizeof choosing[0]; i++)
        if (cli_has(arguments, choosing[i]))
            return cli_wrong_use("'--%s' chooses images of a data set: leave it or the pictures out", choosing[i]);
    return CLI_DONE;
}

static int read_files(struct prediction *work) {
    struct cli_pictures *pictures = &work->pictures;
    int count = work->arguments->rests - 1, code = CLI_DONE;
    pcil_network_node_shape(work->model.network, 0, &pictures->channels, &pictures->height, &pictures->width);
    if (pictures->channels != 1 && pictures->channels != 3)
        return cli_wrong_use("the network's input has %d channels: pictures have 1 or 3", pictures->channels);
    size_t size = (size_t)pcil_network_node_size(work->model.network, 0);
    pictures->count = count;
    pictures->pixels = cli_allocate((size_t)count * size, sizeof(float));
    for (int i = 0; i < count && code == CLI_DONE; i++)
        code = read_file(pictures, work->arguments->rest[1 + i], pictures->pixels + (size_t)i * size);
    if (code != CLI_DONE || !cli_has(work->arguments, "dataset")) return code;
    return cli_open_part(&work->source.whole, work->source.dataset, work->source.folder, "test");
}

static int read_dataset(struct prediction *work) {
    const char *part = cli_get(work->arguments, "part");
    if (!work->source.dataset) return cli_wrong_use("give pictures, or --dataset and --data");
    int code = cli_source_open(&work->source, part ? part : "test", cli_get_integer(work->arguments, "count", 20));
    if (code != CLI_DONE) return code;
    int32_t classes = pcil_dataset_classes(work->source.view);
    if (!work->reconstructs && (classes > work->outputs || (classes != work->outputs && !work->chooses)))
        return cli_wrong_use("data set '%s' has %d classes, the network %d outputs: predict names classes",
                             work->source.dataset, classes, work->outputs);
    return cli_pictures_read(&work->pictures, work->source.view, 0, (int32_t)pcil_dataset_count(work->source.view));
}

/* Normalises by a walk through the pictures as a data set. */
static int walk(struct prediction *work, float *inputs) {
    const struct cli_pictures *pictures = &work->pictures;
    int32_t *labels = cli_allocate((size_t)pictures->count, sizeof *labels);
    pcil_dataset *images = NULL;
    pcil_batches *batches = NULL;
    int code = cli_status(pcil_dataset_memory(&images, pictures->pixels, labels, NULL, pictures->count,
                                              pictures->channels, pictures->height, pictures->width, 1, 0));
    if (code == CLI_DONE) code = cli_source_batches(&work->source, images, BATCH, &batches);
    for (int32_t count = 1; code == CLI_DONE && count > 0;) {
        code = cli_status(pcil_batches_next(batches, inputs, NULL, NULL, &count));
        inputs += (size_t)count * cli_picture_size(pictures);
    }
    pcil_batches_free(batches);
    pcil_dataset_free(images);
    free(labels);
    return code;
}

/* As the model was trained, where it tells; otherwise as the source says. `inputs` has room for another batch. */
static int normalise(struct prediction *work, float *inputs, size_t count) {
    bool told = cli_model_normalise(&work->model) && !cli_has(work->arguments, "normalise");
    if (!told) return walk(work, inputs);
    memcpy(inputs, work->pictures.pixels, count * sizeof *inputs);
    return cli_model_apply(&work->model, &work->pictures, inputs);
}

static int predict(struct prediction *work) {
    size_t features = (size_t)pcil_network_node_size(work->model.network, 0), count = (size_t)work->pictures.count;
    size_t size = cli_picture_size(&work->pictures);
    if (size != features)
        return cli_wrong_use("the images hold %zu numbers each, the network's input %zu", size, features);
    pcil_inference *inference = NULL;
    work->inputs = cli_allocate((count + BATCH) * size, sizeof *work->inputs);
    work->predictions = cli_allocate(count * (size_t)work->outputs, sizeof(float));
    int code = normalise(work, work->inputs, count * size);
    if (code == CLI_DONE) code = cli_model_inference(&work->model, BATCH, &inference);
    if (code == CLI_DONE) code = cli_status(pcil_predict(inference, work->inputs, (int64_t)count, work->predictions));
    pcil_inference_free(inference);
    return code;
}

static bool is_autoencoder(const pcil_network *network, int32_t outputs) {
    return strcmp(pcil_network_output_kind(network), "sigmoid") == 0 && outputs == pcil_network_node_size(network, 0);
}

char *cli_image_name(const struct prediction *work, int32_t image) {
    return work->files ? cli_copy(work->arguments->rest[1 + image]) : cli_format("%d", image);
}

int cli_predict_work(struct prediction *work) {
    const char *path = work->arguments->rest[0];
    work->files = work->arguments->rests > 1;
    int code = work->files ? check_files(work->arguments) : CLI_DONE;
    if (code == CLI_DONE) code = cli_model_load(&work->model, path);
    if (code == CLI_DONE) code = cli_source_settle(&work->source, work->arguments, path, &work->model);
    if (code != CLI_DONE) return code;
    const pcil_network *network = work->model.network;
    work->outputs = (int32_t)pcil_network_node_size(network, pcil_network_nodes(network) - 1);
    work->reconstructs = is_autoencoder(network, work->outputs);
    work->chooses = strcmp(pcil_network_output_kind(network), "softmax") == 0;
    if (work->reconstructs && cli_has(work->arguments, "top"))
        return cli_wrong_use("'--top' chooses classes, which an autoencoder does not name: leave it out");
    work->top = (int32_t)cli_get_integer(work->arguments, "top", 3);
    if (work->top > work->outputs) work->top = work->outputs;
    code = work->files ? read_files(work) : read_dataset(work);
    return code == CLI_DONE ? predict(work) : code;
}

void cli_prediction_free(struct prediction *work) {
    cli_source_close(&work->source);
    cli_pictures_free(&work->pictures);
    cli_model_free(&work->model);
    free(work->inputs);
    free(work->predictions);
}
