/* The lines of metrics.jsonl: one object per evaluation, one write per line, so that a line is there or not. */
#include "base/text.h"
#include "training/trainer.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* JSON has no NaN. */
static void put_value(struct pc_text *line, double value) {
    struct pc_number number;
    pc_text_append(line, "%s", isfinite(value) ? pc_format_number(&number, value) : "null");
}

static void put_field(struct pc_text *line, const char *name, double value) {
    pc_text_append(line, "%s\"%s\": ", line->length > 1 ? ", " : "", name);
    put_value(line, value);
}

static double to_microseconds(double value) {
    return floor(value * 1e6 + .5) / 1e6;
}

static void put_magnitudes(struct pc_text *line, const struct pc_parts *parts) {
    pc_text_append(line, ", \"update_magnitude\": [");
    for (int32_t b = 0; b < pcil_network_blocks(parts->network); b++) {
        if (b > 0) pc_text_append(line, ", ");
        put_value(line, parts->counts.magnitudes[b]);
    }
    pc_text_append(line, "]");
}

/* MQ's v of each block; other optimizers have none. */
static void put_v(struct pc_text *line, const pcil_trainer *trainer) {
    if (strcmp(pc_choice_text(&trainer->choices, "optimizer"), "mq") != 0) return;
    pc_text_append(line, ", \"v\": [");
    for (int32_t b = 0; b < pcil_network_blocks(trainer->parts.network); b++) {
        double v = NAN;
        pcil_optimizer_value(trainer->parts.optimizer, "v", b, &v);
        if (b > 0) pc_text_append(line, ", ");
        put_value(line, v);
    }
    pc_text_append(line, "]");
}

double pc_epochs_done(const struct pc_counts *counts) {
    return (double)(counts->epoch - 1) + (double)counts->batch / (double)counts->batches;
}

static void build_line(struct pc_text *line, const pcil_trainer *trainer) {
    const struct pc_counts *counts = &trainer->parts.counts;
    pc_text_append(line, "{");
    put_field(line, "epoch", pc_epochs_done(counts));
    put_field(line, "iteration", (double)counts->iteration);
    put_field(line, "train_loss", counts->train_loss);
    put_field(line, "train_energy", counts->train_energy);
    put_field(line, "test_loss", counts->test.loss);
    put_field(line, "test_accuracy", counts->test.accuracy);
    put_field(line, "test_top5", counts->test.top5);
    put_field(line, "seconds", to_microseconds(counts->seconds));
    put_field(line, "samples_per_second", floor(counts->samples_per_second));
    put_magnitudes(line, &trainer->parts);
    put_v(line, trainer);
    pc_measure_write(line, &trainer->parts);
    pc_text_append(line, "}\n");
}

static bool is_removed(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_nlink == 0;
}

static pcil_status write_line(pcil_trainer *trainer, const struct pc_text *line) {
    ssize_t written;
    if (is_removed(trainer->folder.metrics)) {
        pcil_status status = pc_folder_renew_metrics(trainer);
        pc_run_tell(trainer);
        if (status != PCIL_OK) return status;
    }
    do written = write(trainer->folder.metrics, line->bytes, line->length);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)line->length) {
        trainer->folder.metrics_size += written;
        return PCIL_OK;
    }
    int error = errno;
    if (written > 0) pc_folder_cut_metrics(trainer);
    struct pc_quote quote;
    return pc_fail(&trainer->error, PCIL_ERROR_IO, "cannot write '%s/metrics.jsonl': %s",
                   pc_quote(&quote, trainer->folder.path), written < 0 ? strerror(error) : "the disk is full");
}

pcil_status pc_folder_write_metrics(pcil_trainer *trainer) {
    struct pc_text line = {0};
    build_line(&line, trainer);
    pcil_status status =
        line.failed ? pc_fail_memory(&trainer->error, "a line of metrics") : write_line(trainer, &line);
    pc_text_free(&line);
    return status;
}
