/* Data set handles: opening by kind, what they tell about themselves, freeing. */
#include "dataset/dataset.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct pcil_dataset *pc_dataset_new(const struct pc_reader *reader) {
    struct pcil_dataset *set = pc_allocate(1, sizeof *set);
    if (!set) return NULL;
    set->reader = reader;
    set->file.descriptor = -1;
    return set;
}

static pcil_status find_part(const char *name, enum pc_part *part) {
    struct pc_quote quote;
    if (!name) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set's part is NULL; 'train' or 'test' is expected");
    if (strcmp(name, "train") != 0 && strcmp(name, "test") != 0)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set's part is '%s'; 'train' or 'test' is expected",
                       pc_quote(&quote, name));
    *part = strcmp(name, "train") == 0 ? PC_TRAIN : PC_TEST;
    return PCIL_OK;
}

pcil_status pcil_dataset_open(pcil_dataset **dataset, const char *kind, const char *folder, const char *part) {
    const struct pc_kind *found;
    enum pc_part wanted;
    if (!dataset) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the data set's handle is NULL");
    pcil_status status = pc_family_choose(&pc_dataset_family, NULL, kind, &found);
    if (status == PCIL_OK) status = find_part(part, &wanted);
    if (status != PCIL_OK) return status;
    const struct pc_reader *reader = (const struct pc_reader *)found;
    if (reader->fetch && (!folder || !*folder))
        return pc_fail(
            NULL, PCIL_ERROR_ARGUMENT,
            "data set '%s' is read from a folder, but none is given ('data'); datasets/%s/fetch can fetch it", kind,
            reader->fetch);
    struct pcil_dataset *set = pc_dataset_new(reader);
    if (!set) return pc_fail_memory(NULL, "a data set");
    status = reader->open(set, folder, wanted);
    if (status == PCIL_OK)
        *dataset = set;
    else
        pcil_dataset_free(set);
    return status;
}

pcil_status pc_dataset_reserve(struct pcil_dataset *set, int64_t count, const int32_t shape[3], int32_t classes,
                               bool bytes) {
    set->count = count;
    set->channels = shape[0];
    set->height = shape[1];
    set->width = shape[2];
    set->classes = classes;
    set->own_labels = pc_allocate_unset((size_t)count, sizeof *set->own_labels);
    set->labels = set->own_labels;
    if (bytes) set->bytes = pc_allocate_unset((size_t)count, (size_t)pc_dataset_image_size(set));
    if (!set->labels || (bytes && !set->bytes)) return pc_fail_memory(NULL, "a data set's images");
    return PCIL_OK;
}

pcil_status pc_dataset_number_names(struct pcil_dataset *set) {
    char number[16];
    set->names = pc_allocate((size_t)set->classes, sizeof *set->names);
    for (int32_t i = 0; set->names && i < set->classes; i++) {
        snprintf(number, sizeof number, "%d", i);
        set->names[i] = pc_copy_text(number);
        if (!set->names[i]) return pc_fail_memory(NULL, "class names");
    }
    return set->names ? PCIL_OK : pc_fail_memory(NULL, "class names");
}

void pcil_dataset_free(pcil_dataset *dataset) {
    if (!dataset) return;
    if (dataset->names && !dataset->whole)
        for (int32_t i = 0; i < dataset->classes; i++) pc_release(dataset->names[i]);
    if (!dataset->whole) pc_release(dataset->names);
    pc_release(dataset->bytes);
    pc_release(dataset->own_labels);
    pc_release(dataset->chosen);
    pc_release(dataset->path);
    if (dataset->file.descriptor >= 0) pc_file_close(&dataset->file);
    pc_release(dataset);
}

int64_t pc_dataset_image_size(const struct pcil_dataset *set) {
    return (int64_t)set->channels * set->height * set->width;
}

int64_t pcil_dataset_count(const pcil_dataset *dataset) {
    return dataset ? dataset->count : -1;
}

int32_t pcil_dataset_classes(const pcil_dataset *dataset) {
    return dataset ? dataset->classes : -1;
}

int32_t pcil_dataset_target_size(const pcil_dataset *dataset) {
    return dataset ? dataset->target_size : -1;
}

const char *pcil_dataset_class_name(const pcil_dataset *dataset, int32_t label) {
    if (!dataset || !dataset->names || label < 0 || label >= dataset->classes) return NULL;
    return dataset->names[label];
}

pcil_status pcil_dataset_shape(const pcil_dataset *dataset, int32_t *channels, int32_t *height, int32_t *width) {
    if (!dataset) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set is NULL");
    if (channels) *channels = dataset->channels;
    if (height) *height = dataset->height;
    if (width) *width = dataset->width;
    return PCIL_OK;
}
