/* Normalisations, all of the form x * scale + shift per channel. */
#include "base/memory.h"
#include "dataset/batches.h"

/* In the order of the option's words. */
enum { NONE, CENTRE, STANDARD, SHRINK };

static void spread(struct pcil_batches *batches, int32_t channel, double scale, double shift) {
    int64_t row = (int64_t)batches->set->width * batches->set->channels;
    for (int64_t i = channel; i < row; i += batches->set->channels) {
        batches->scale[i] = (float)scale;
        batches->shift[i] = (float)shift;
    }
}

/* A channel that is the same everywhere has no deviation to be divided by; it is only centred. */
static pcil_status find_standard(struct pcil_batches *batches) {
    int32_t channels = batches->set->channels;
    double *mean = pc_allocate((size_t)channels * 2, sizeof *mean);
    if (!mean) return pc_fail_memory(&batches->error, "a data set's statistics");
    double *deviation = mean + channels;
    pcil_status status = pc_dataset_statistics(batches->reference, &batches->error, mean, deviation);
    for (int32_t c = 0; c < channels && status == PCIL_OK; c++) {
        double scale = deviation[c] > 0 ? 1 / deviation[c] : 1;
        spread(batches, c, scale, -mean[c] * scale);
    }
    pc_release(mean);
    return status;
}

pcil_status pc_batches_find_scale(struct pcil_batches *batches) {
    int kind = (int)pc_setting(&batches->settings, PC_NORMALISE);
    batches->normalised = kind != NONE;
    if (kind == STANDARD) return find_standard(batches);
    for (int32_t c = 0; c < batches->set->channels; c++)
        if (kind == CENTRE)
            spread(batches, c, 2, -1);
        else
            spread(batches, c, 0.99, 0.005);
    return PCIL_OK;
}
