/* Arrays of the caller as a data set. */
#include "base/memory.h"
#include "dataset/dataset.h"

#include <math.h>
#include <string.h>

static pcil_status read_lent(const struct pcil_dataset *set, int64_t index, float *pixels) {
    int64_t size = pc_dataset_image_size(set);
    memcpy(pixels, set->inputs + index * size, (size_t)size * sizeof(float));
    return PCIL_OK;
}

/* Not in the registry: nothing can be opened by this name. */
static const struct pc_reader lent = {.kind = {.name = "memory", .help = "arrays of the caller"}, .read = read_lent};

/* count * size as a number of floats that memory can hold. */
static bool fits(int64_t count, int64_t size) {
    int64_t bytes;
    return !__builtin_mul_overflow(count, size, &bytes) && !__builtin_mul_overflow(bytes, 4, &bytes);
}

static pcil_status check_sizes(const struct pcil_dataset *set) {
    int64_t plane = (int64_t)set->height * set->width, size;
    if (set->count < 1 || set->channels < 1 || set->height < 1 || set->width < 1)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld images of %d x %d x %d: each number must be at least 1",
                       (long long)set->count, set->channels, set->height, set->width);
    if (__builtin_mul_overflow(plane, (int64_t)set->channels, &size) || size > INT32_MAX || !fits(set->count, size))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld images of %d x %d x %d are more than memory can hold",
                       (long long)set->count, set->channels, set->height, set->width);
    if (!fits(set->count, set->target_size))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld targets of %d features are more than memory can hold",
                       (long long)set->count, set->target_size);
    return PCIL_OK;
}

static pcil_status check_presence(const struct pcil_dataset *set) {
    if (!set->inputs) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inputs are NULL");
    if (!set->labels && !set->targets)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "labels and targets are both NULL; at least one is needed");
    if (set->labels ? set->classes < 1 : set->classes != 0)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "classes is %d; it must be %s", set->classes,
                       set->labels ? "at least 1" : "0 where labels are NULL");
    if (set->targets ? set->target_size < 1 : set->target_size != 0)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "target_size is %d; it must be %s", set->target_size,
                       set->targets ? "at least 1" : "0 where targets are NULL");
    return PCIL_OK;
}

static pcil_status check_finite(const float *array, const char *name, int64_t rows, int64_t columns) {
    for (int64_t i = 0; array && i < rows * columns; i++)
        if (!isfinite(array[i]))
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%s[%lld], of image %lld, is not finite", name, (long long)i,
                           (long long)(i / columns));
    return PCIL_OK;
}

static pcil_status check_labels(const struct pcil_dataset *set) {
    for (int64_t i = 0; set->labels && i < set->count; i++)
        if (set->labels[i] < 0 || set->labels[i] >= set->classes)
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "labels[%lld] is %d; with %d classes a label is 0 ... %d",
                           (long long)i, set->labels[i], set->classes, set->classes - 1);
    return PCIL_OK;
}

static pcil_status check(const struct pcil_dataset *set) {
    pcil_status status = check_presence(set);
    if (status == PCIL_OK) status = check_sizes(set);
    if (status == PCIL_OK) status = check_labels(set);
    if (status == PCIL_OK) status = check_finite(set->inputs, "inputs", set->count, pc_dataset_image_size(set));
    if (status == PCIL_OK) status = check_finite(set->targets, "targets", set->count, set->target_size);
    return status;
}

pcil_status pcil_dataset_memory(pcil_dataset **dataset, const float *inputs, const int32_t *labels,
                                const float *targets, int64_t count, int32_t channels, int32_t height, int32_t width,
                                int32_t classes, int32_t target_size) {
    struct pcil_dataset set = {
        .reader = &lent,
        .count = count,
        .channels = channels,
        .height = height,
        .width = width,
        .classes = classes,
        .target_size = target_size,
        .labels = labels,
        .file.descriptor = -1,
        .inputs = inputs,
        .targets = targets,
    };
    if (!dataset) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the data set's handle is NULL");
    pcil_status status = check(&set);
    if (status != PCIL_OK) return status;
    struct pcil_dataset *made = pc_allocate(1, sizeof *made);
    if (!made) return pc_fail_memory(NULL, "a data set");
    *made = set;
    *dataset = made;
    return PCIL_OK;
}
