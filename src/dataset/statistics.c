/* Mean and deviation of each channel of a data set. */
#include "base/memory.h"
#include "dataset/dataset.h"

#include <math.h>

/* Sums of x - 1/2 and its square, which lose less than those of x and x^2. */
static void add(const float *pixels, int64_t plane, int32_t channels, double *sums) {
    for (int32_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < plane; i++) {
            double x = (double)pixels[i * channels + c] - 0.5;
            sum += x;
            squares += x * x;
        }
        sums[2 * c] += sum;
        sums[2 * c + 1] += squares;
    }
}

static void finish(const double *sums, double elements, int32_t channels, double *mean, double *deviation) {
    for (int32_t c = 0; c < channels; c++) {
        double offset = sums[2 * c] / elements;
        mean[c] = offset + 0.5;
        deviation[c] = sqrt(fmax(sums[2 * c + 1] / elements - offset * offset, 0));
    }
}

pcil_status pc_dataset_statistics(const struct pcil_dataset *set, struct pc_error *own, double *mean,
                                  double *deviation) {
    int64_t plane = (int64_t)set->height * set->width;
    float *pixels = pc_allocate_floats(1, pc_dataset_image_size(set));
    double *sums = pc_allocate((size_t)set->channels * 2, sizeof *sums);
    pcil_status status = pixels && sums ? PCIL_OK : pc_fail_memory(own, "a data set's statistics");
    for (int64_t i = 0; i < set->count && status == PCIL_OK; i++) {
        status = pc_dataset_pixels(set, i, pixels);
        if (status == PCIL_OK) add(pixels, plane, set->channels, sums);
    }
    if (status == PCIL_OK) finish(sums, (double)plane * (double)set->count, set->channels, mean, deviation);
    if (status == PCIL_ERROR_IO) pc_fail_again(own, status);
    pc_release(pixels);
    pc_release(sums);
    return status;
}
