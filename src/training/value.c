/* Counts and measurements of a run by name. */
#include "base/text.h"
#include "training/trainer.h"

#include <math.h>
#include <string.h>

struct named_value {
    const char *name;
    double value;
};

static double seconds_left(const struct pc_parts *parts) {
    const struct pc_counts *counts = &parts->counts;
    double left = (double)(pc_steps(parts) - counts->iteration);
    return counts->iteration > 0 ? counts->seconds / (double)counts->iteration * left : NAN;
}

/* The rate since the latest evaluation, or that of the interval it ended. */
static double samples_per_second(const struct pc_parts *parts) {
    const struct pc_interval *interval = &parts->interval;
    return interval->seconds > 0 ? (double)interval->samples / interval->seconds : parts->counts.samples_per_second;
}

static pcil_status block_value(const pcil_trainer *trainer, const char *text, double *value) {
    double number;
    int32_t blocks = pcil_network_blocks(trainer->parts.network);
    bool good = pc_parse_number(text, &number) && number >= 0 && number < blocks && number == floor(number);
    struct pc_quote quote;
    if (!good)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "'update_magnitude.%s': after the point stands a block, 0 ... %d",
                       pc_quote(&quote, text), blocks - 1);
    *value = trainer->parts.counts.magnitudes[(int32_t)number];
    return PCIL_OK;
}

static pcil_status unknown_value(const struct named_value *values, size_t count, const char *name) {
    struct pc_text known = {0};
    for (size_t i = 0; i < count; i++) pc_text_append(&known, "%s, ", values[i].name);
    struct pc_quote quote;
    pcil_status status = pc_fail(NULL, PCIL_ERROR_ARGUMENT, "unknown value '%s'; known: %supdate_magnitude.BLOCK",
                                 pc_quote(&quote, name), known.bytes && !known.failed ? known.bytes : "");
    pc_text_free(&known);
    return status;
}

pcil_status pcil_trainer_value(const pcil_trainer *trainer, const char *name, double *value) {
    if (!trainer || !name || !value)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s is NULL",
                       !trainer ? "trainer"
                       : !name  ? "value's name"
                                : "place for the value");
    if (!trainer->prepared) return pc_fail(NULL, PCIL_ERROR_STATE, "the trainer is not prepared");
    const struct pc_counts *counts = &trainer->parts.counts;
    const struct named_value values[] = {
        {"epoch", (double)counts->epoch},
        {"epochs", (double)trainer->parts.plan.epochs},
        {"batch", (double)counts->batch},
        {"batches", (double)counts->batches},
        {"iteration", (double)counts->iteration},
        {"samples", (double)counts->samples},
        {"seconds", counts->seconds},
        {"data_wait_share", counts->timed > 0 ? counts->waited / counts->timed : NAN},
        {"samples_per_second", samples_per_second(&trainer->parts)},
        {"seconds_left", seconds_left(&trainer->parts)},
        {"batch_loss", counts->batch_loss},
        {"train_loss", counts->train_loss},
        {"train_energy", counts->train_energy},
        {"test_loss", counts->test.loss},
        {"test_accuracy", counts->test.accuracy},
        {"test_top5", counts->test.top5},
        {"best_accuracy", counts->best_accuracy},
        {"best_loss", counts->best_loss},
        {"best_epoch", (double)counts->best_epoch},
    };
    const size_t count = sizeof values / sizeof values[0];
    static const char magnitude[] = "update_magnitude.";
    if (strncmp(name, magnitude, sizeof magnitude - 1) == 0)
        return block_value(trainer, name + sizeof magnitude - 1, value);
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0) {
            *value = values[i].value;
            return PCIL_OK;
        }
    return unknown_value(values, count, name);
}
