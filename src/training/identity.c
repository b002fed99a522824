/* What a run depends on beside its settings: the data, by a cheap checksum, and what computes. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"
#include "file/checksum.h"
#include "training/checkpoint.h"

enum { LOOKED_AT = 16 };

static uint32_t sum_labels(const pcil_dataset *set, uint32_t sum) {
    for (int64_t i = 0; i < set->count && set->classes > 0; i++) {
        int32_t label = pc_dataset_label(set, i);
        sum = pc_checksum(sum, &label, sizeof label);
    }
    return sum;
}

/* Pixels and targets of images spread evenly, the first and the last among them. */
static pcil_status sum_images(const pcil_dataset *set, float *pixels, uint32_t *sum) {
    size_t size = (size_t)pc_dataset_image_size(set) * sizeof *pixels;
    for (int64_t i = 0; i < LOOKED_AT; i++) {
        int64_t index = i * (set->count - 1) / (LOOKED_AT - 1);
        pcil_status status = pc_dataset_pixels(set, index, pixels);
        if (status != PCIL_OK) return status;
        *sum = pc_checksum(*sum, pixels, size);
        if (set->target_size > 0)
            *sum = pc_checksum(*sum, pc_dataset_target(set, index), (size_t)set->target_size * sizeof(float));
    }
    return PCIL_OK;
}

pcil_status pc_data_identity(const pcil_dataset *set, struct pc_error *own, struct pc_text *text) {
    if (!set) {
        pc_text_append(text, "none");
        return PCIL_OK;
    }
    float *pixels = pc_allocate_floats(1, pc_dataset_image_size(set));
    if (!pixels) return pc_fail_memory(own, "an image");
    uint32_t sum = sum_labels(set, 0);
    pcil_status status = sum_images(set, pixels, &sum);
    pc_release(pixels);
    if (status != PCIL_OK) return pc_fail_again(own, status);
    pc_text_append(text, "%lld images %dx%dx%d, %d classes, %d targets, checksum %08x", (long long)set->count,
                   set->channels, set->height, set->width, set->classes, set->target_size, (unsigned)sum);
    return PCIL_OK;
}

void pc_machine(struct pc_text *text, bool deterministic) {
    static const char *const topics[] = {"compiler", "blas", "vector"};
    pc_text_append(text, "libpcil %s, blas_threads %s", pcil_version(),
                   deterministic ? "1" : pcil_build_info("blas_threads"));
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        pc_text_append(text, ", %s %s", topics[i], pcil_build_info(topics[i]));
}
