/*
 * noise FILE NAME=VALUE...: trains by these settings and writes, before the first step and after each epoch, how much
 * of each block's gradient is rounding noise: mean |G_float - G_double| / mean |G_double| on one fixed batch of
 * training pictures, G_double from the double-precision reference at the same weights. One CSV row each time:
 *
 *   noise conv.csv recipe=digits-conv-seqil-adam error=recomputed seed=2 epochs=3
 *
 * For classifiers that are chains of blocks.
 */
#include "pcil.h"
#include "reference/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES = 8 };

struct probe {
    FILE *table;
    pcil_trainer *trainer;
    pcil_inference *inference; /* of the trainer's network, beside the trainer's own */
    struct ref_network network;
    struct ref_inference reference;
    float *inputs, *targets, *values; /* values: of one tensor */
};

static void check(pcil_status status) {
    if (status != PCIL_OK) ref_stop(pcil_status_name(status), pcil_last_error());
}

static const char *setting(const pcil_trainer *trainer, const char *name) {
    static char text[4096];
    int64_t length;
    check(pcil_trainer_get_text(trainer, name, text, sizeof text, &length));
    return text;
}

static float *floats(int64_t count) {
    float *made = calloc((size_t)count, sizeof *made);
    if (!made) ref_stop("no memory", "");
    return made;
}

static int64_t tensor_size(const pcil_network *network, const char *tensor) {
    int32_t rank;
    int64_t shape[4], size = 1;
    check(pcil_network_tensor_shape(network, tensor, &rank, shape));
    for (int32_t i = 0; i < rank; i++) size *= shape[i];
    return size;
}

static bool is_of(const char *tensor, int block) {
    return atoi(tensor + strlen("block")) == block;
}

/* Tensors of a block come in the order of its parameters. */
static void take_weights(struct probe *probe, int block) {
    const pcil_network *network = pcil_trainer_network(probe->trainer);
    double *parameter = probe->network.block[block].parameter;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *tensor = pcil_network_tensor_name(network, i);
        if (!is_of(tensor, block)) continue;
        int64_t size = tensor_size(network, tensor);
        check(pcil_network_get(network, tensor, probe->values, size));
        for (int64_t k = 0; k < size; k++) *parameter++ = (double)probe->values[k];
    }
}

static double noise_of(struct probe *probe, int block) {
    const pcil_network *network = pcil_trainer_network(probe->trainer);
    const double *exact = probe->network.block[block].gradient;
    double off = 0, size = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *tensor = pcil_network_tensor_name(network, i);
        if (!is_of(tensor, block)) continue;
        int64_t count = tensor_size(network, tensor);
        check(pcil_gradient(probe->inference, tensor, probe->values, count));
        for (int64_t k = 0; k < count; k++, exact++) {
            off += fabs((double)probe->values[k] - *exact);
            size += fabs(*exact);
        }
    }
    return off / size;
}

static void write_row(struct probe *probe, double epoch, double accuracy) {
    pcil_trainer *trainer = probe->trainer;
    fprintf(probe->table, "%s,", setting(trainer, "recipe"));
    fprintf(probe->table, "%s,", setting(trainer, "error"));
    fprintf(probe->table, "%s,%g,%.6g", setting(trainer, "seed"), epoch, accuracy);
    for (int l = 0; l < probe->network.blocks; l++) take_weights(probe, l);
    check(pcil_clamp(probe->inference, probe->inputs, probe->targets, PICTURES));
    check(pcil_infer(probe->inference, -1, NULL));
    ref_clamp(&probe->reference, probe->inputs, probe->targets, PICTURES);
    ref_infer(&probe->reference, probe->reference.iterations);
    ref_gradients(&probe->reference);
    for (int l = 0; l < probe->network.blocks; l++) fprintf(probe->table, ",%.3e", noise_of(probe, l));
    fputc('\n', probe->table);
    if (fflush(probe->table)) ref_stop("cannot write", "the table");
}

static int32_t watch(void *user, const pcil_trainer *trainer, pcil_event event) {
    double epoch, batch, batches, accuracy;
    if (event != PCIL_EVENT_EVALUATION) return 0;
    check(pcil_trainer_value(trainer, "epoch", &epoch));
    check(pcil_trainer_value(trainer, "batch", &batch));
    check(pcil_trainer_value(trainer, "batches", &batches));
    check(pcil_trainer_value(trainer, "test_accuracy", &accuracy));
    if (batch == batches) write_row(user, epoch, accuracy);
    return 0;
}

static void write_header(struct probe *probe) {
    fputs("recipe,error,seed,epoch,test_accuracy", probe->table);
    for (int l = 0; l < probe->network.blocks; l++) fprintf(probe->table, ",noise_%d", l);
    fputc('\n', probe->table);
}

/* The same options in library and reference; `error` is how the library alone comes to its errors. */
static void make_inferences(struct probe *probe) {
    static const char *const options[] = {"iterations", "step_size", "step_decay", "beta"};
    pcil_trainer *trainer = probe->trainer;
    pcil_network *network = pcil_trainer_network(trainer);
    const char *kind = setting(trainer, "inference");
    check(pcil_inference_create(&probe->inference, network, kind, PICTURES));
    ref_inference_create(&probe->reference, &probe->network, kind);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *value = setting(trainer, options[i]);
        check(pcil_inference_set_text(probe->inference, options[i], value));
        ref_inference_set(&probe->reference, options[i], atof(value));
    }
    check(pcil_inference_set_text(probe->inference, "error", setting(trainer, "error")));
}

/* The pictures are the first of a shuffled walk, the same for all seeds of the training. */
static void take_pictures(struct probe *probe) {
    pcil_trainer *trainer = probe->trainer;
    int32_t labels[PICTURES], count, outputs = probe->network.size[probe->network.blocks];
    pcil_batches *batches;
    check(pcil_batches_create(&batches, pcil_trainer_train_data(trainer), PICTURES, 0));
    check(pcil_batches_set_text(batches, "normalise", setting(trainer, "normalise")));
    check(pcil_batches_begin(batches, 0, 0));
    check(pcil_batches_next(batches, probe->inputs, labels, NULL, &count));
    if (count != PICTURES) ref_stop("too few pictures", "");
    for (int i = 0; i < PICTURES; i++) probe->targets[i * outputs + labels[i]] = 1;
    pcil_batches_free(batches);
}

static void make_probe(struct probe *probe) {
    pcil_network *network = pcil_trainer_network(probe->trainer);
    ref_network_parse(&probe->network, setting(probe->trainer, "network"), PICTURES);
    make_inferences(probe);
    probe->inputs = floats((int64_t)PICTURES * probe->network.size[0]);
    probe->targets = floats((int64_t)PICTURES * probe->network.size[probe->network.blocks]);
    probe->values = floats(pcil_network_parameters(network));
    take_pictures(probe);
}

static void free_probe(struct probe *probe) {
    pcil_inference_free(probe->inference);
    pcil_trainer_free(probe->trainer);
    ref_inference_free(&probe->reference);
    ref_network_free(&probe->network);
    free(probe->inputs);
    free(probe->targets);
    free(probe->values);
}

static void take_settings(pcil_trainer *trainer, int count, char **settings) {
    for (int i = 0; i < count; i++) {
        char *value = strchr(settings[i], '=');
        if (!value) ref_stop("not NAME=VALUE", settings[i]);
        *value = '\0';
        check(pcil_trainer_set_text(trainer, settings[i], value + 1));
    }
}

int main(int count, char **arguments) {
    struct probe probe = {.table = NULL};
    if (count < 3) ref_stop("usage", "noise FILE NAME=VALUE...");
    check(pcil_trainer_create(&probe.trainer));
    take_settings(probe.trainer, count - 2, arguments + 2);
    check(pcil_trainer_prepare(probe.trainer));
    make_probe(&probe);
    probe.table = fopen(arguments[1], "w");
    if (!probe.table) ref_stop("cannot write", arguments[1]);
    write_header(&probe);
    write_row(&probe, 0, NAN);
    check(pcil_trainer_watch(probe.trainer, watch, &probe));
    check(pcil_trainer_run(probe.trainer));
    free_probe(&probe);
    return fclose(probe.table) ? EXIT_FAILURE : EXIT_SUCCESS;
}
