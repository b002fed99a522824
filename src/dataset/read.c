/* Reading images: from bytes, or floats of the caller; through views. */
#include "base/memory.h"
#include "dataset/dataset.h"

#include <math.h>
#include <string.h>

void pc_take_bytes(const uint8_t *bytes, int64_t count, float *pixels) {
    for (int64_t i = 0; i < count; i++) pixels[i] = (float)bytes[i] / 255.0f;
}

pcil_status pc_read_memory(const struct pcil_dataset *set, int64_t index, float *pixels) {
    int64_t size = pc_dataset_image_size(set);
    pc_take_bytes(set->bytes + index * size, size, pixels);
    return PCIL_OK;
}

static const struct pcil_dataset *resolve(const struct pcil_dataset *set, int64_t *index) {
    if (!set->whole) return set;
    *index = set->chosen[*index];
    return set->whole;
}

pcil_status pc_dataset_pixels(const struct pcil_dataset *set, int64_t index, float *pixels) {
    const struct pcil_dataset *whole = resolve(set, &index);
    return whole->reader->read(whole, index, pixels);
}

pcil_status pc_dataset_bytes(const struct pcil_dataset *set, int64_t index, float *scratch, uint8_t *bytes) {
    pcil_status status = pc_dataset_pixels(set, index, scratch);
    int64_t size = pc_dataset_image_size(set);
    for (int64_t i = 0; i < size && status == PCIL_OK; i++)
        bytes[i] = (uint8_t)lrintf(255.0f * fminf(fmaxf(scratch[i], 0.0f), 1.0f));
    return status;
}

int32_t pc_dataset_label(const struct pcil_dataset *set, int64_t index) {
    const struct pcil_dataset *whole = resolve(set, &index);
    return whole->labels[index];
}

const float *pc_dataset_target(const struct pcil_dataset *set, int64_t index) {
    const struct pcil_dataset *whole = resolve(set, &index);
    return whole->targets + index * whole->target_size;
}

static pcil_status check_read(const struct pcil_dataset *set, const int64_t *indices, int64_t count,
                              const int32_t *labels, const float *targets) {
    if (!set) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set is NULL");
    if (count < 0) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld images are wanted", (long long)count);
    if (!indices && count > 0) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the indices are NULL");
    if (labels && set->classes == 0) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set has no labels");
    if (targets && set->target_size == 0) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set has no targets");
    for (int64_t i = 0; i < count; i++)
        if (indices[i] < 0 || indices[i] >= set->count)
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "indices[%lld] is %lld; the data set has images 0 ... %lld",
                           (long long)i, (long long)indices[i], (long long)set->count - 1);
    return PCIL_OK;
}

pcil_status pcil_dataset_read(const pcil_dataset *dataset, const int64_t *indices, int64_t count, float *inputs,
                              int32_t *labels, float *targets) {
    pcil_status status = check_read(dataset, indices, count, labels, targets);
    for (int64_t i = 0; i < count && status == PCIL_OK; i++) {
        if (inputs) status = pc_dataset_pixels(dataset, indices[i], inputs + i * pc_dataset_image_size(dataset));
        if (labels) labels[i] = pc_dataset_label(dataset, indices[i]);
        if (targets)
            memcpy(targets + i * dataset->target_size, pc_dataset_target(dataset, indices[i]),
                   (size_t)dataset->target_size * sizeof(float));
    }
    return status;
}
