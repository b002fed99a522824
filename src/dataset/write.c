/* Writing data sets: what all formats share. */
#include "dataset/write.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>

static pcil_status check_shape(const struct pcil_dataset *set, const struct pc_limits *limits, const char *format) {
    bool fits = (limits->channels == 0 || set->channels == limits->channels) &&
                (limits->height == 0 || set->height == limits->height) &&
                (limits->width == 0 || set->width == limits->width);
    if (!fits)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "images of %d x %d x %d; format '%s' holds %d x %d x %d (0: any)",
                       set->channels, set->height, set->width, format, limits->channels, limits->height, limits->width);
    return PCIL_OK;
}

pcil_status pc_write_check(const struct pcil_dataset *set, const struct pc_limits *limits, const char *format) {
    pcil_status status = check_shape(set, limits, format);
    if (status != PCIL_OK) return status;
    if (set->classes < 1 || set->classes > limits->classes)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%d classes; format '%s' holds 1 ... %d", set->classes, format,
                       limits->classes);
    if (set->count < limits->least || set->count > limits->most)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a part of %lld images; format '%s' holds %lld ... %lld",
                       (long long)set->count, format, (long long)limits->least, (long long)limits->most);
    return PCIL_OK;
}

pcil_status pc_write_collect(const struct pcil_dataset *set, int64_t first, int64_t count, uint8_t *pixels) {
    int64_t size = pc_dataset_image_size(set);
    float *scratch = pc_allocate_floats(1, size);
    if (!scratch) return pc_fail_memory(NULL, "an image");
    pcil_status status = PCIL_OK;
    for (int64_t i = 0; i < count && status == PCIL_OK; i++)
        status = pc_dataset_bytes(set, first + i, scratch, pixels + i * size);
    pc_release(scratch);
    return status;
}

pcil_status pc_write_file(const char *folder, const char *name, const void *bytes, uint64_t size) {
    char *path = pc_file_join(folder, name);
    if (!path) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_file_write(NULL, path, bytes, size);
    pc_release(path);
    return status;
}

pcil_status pc_write_names(const struct pcil_dataset *set, int32_t classes, const char *folder, const char *name) {
    if (!set->names || set->classes != classes) return PCIL_OK;
    struct pc_text text = {0};
    for (int32_t i = 0; i < classes; i++) pc_text_append(&text, "%s\n", set->names[i]);
    pcil_status status =
        text.failed ? pc_fail_memory(NULL, "class names") : pc_write_file(folder, name, text.bytes, text.length);
    pc_text_free(&text);
    return status;
}

/* None of the official names may be taken. */
static pcil_status check_absent(const struct pc_reader *reader, const char *folder) {
    struct pc_quote quote;
    for (const char *const *name = reader->files; *name; name++) {
        char *path = pc_file_join(folder, *name);
        if (!path) return pc_fail_memory(NULL, "a path");
        pcil_status status = PCIL_OK;
        if (pc_file_exists(path))
            status = errno != 0 ? pc_file_fail_look(NULL, path)
                                : pc_fail(NULL, PCIL_ERROR_IO,
                                          "'%s' is there already; a data set is written into a new folder",
                                          pc_quote(&quote, path));
        pc_release(path);
        if (status != PCIL_OK) return status;
    }
    return PCIL_OK;
}

static pcil_status check_parts(const struct pcil_dataset *train, const struct pcil_dataset *test, const char *folder) {
    if (!train || !test) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s part is NULL", train ? "test" : "train");
    if (!folder || !*folder) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the folder is %s", folder ? "empty" : "NULL");
    if (train->channels != test->channels || train->height != test->height || train->width != test->width)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "train images of %d x %d x %d, test images of %d x %d x %d",
                       train->channels, train->height, train->width, test->channels, test->height, test->width);
    if (train->classes != test->classes)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%d classes to train, %d to test", train->classes, test->classes);
    return PCIL_OK;
}

pcil_status pcil_dataset_write(const pcil_dataset *train, const pcil_dataset *test, const char *kind,
                               const char *folder) {
    const struct pc_kind *found;
    pcil_status status = pc_family_choose(&pc_dataset_family, NULL, kind, &found);
    if (status != PCIL_OK) return status;
    const struct pc_reader *reader = (const struct pc_reader *)found;
    if (!reader->write)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "data set '%s' has no files; it cannot be written", kind);
    status = check_parts(train, test, folder);
    if (status == PCIL_OK) status = check_absent(reader, folder);
    const struct pcil_dataset *const parts[PC_PARTS] = {train, test};
    return status == PCIL_OK ? reader->write(parts, folder) : status;
}
