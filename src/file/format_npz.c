/* numpy's .npz: a zip of .npy arrays, "NAME.npy" each. Read stored or deflated, in C or Fortran order; written stored.
 */
#include "base/memory.h"
#include "file/checksum.h"
#include "file/formats.h"
#include "file/npy.h"
#include "file/zip.h"

#include <string.h>

static const char ending[] = ".npy";

/* One entry while it is read. */
struct reading {
    const struct pc_zip *zip;
    const struct pc_zip_entry *entry;
    struct pc_stream *stream;
    uint32_t sum;
};

static pcil_status read_part(struct reading *reading, void *bytes, uint64_t size) {
    if (size > reading->entry->size - pc_stream_position(reading->stream))
        return pc_zip_fail(reading->zip, reading->entry->name, "is shorter than its header says");
    pcil_status status = pc_stream_read(reading->stream, bytes, size);
    if (status == PCIL_OK) reading->sum = pc_checksum(reading->sum, bytes, (size_t)size);
    return status;
}

static pcil_status read_header(struct reading *reading, struct pc_npy *npy) {
    unsigned char begin[PC_NPY_BEGIN];
    char text[PC_NPY_MOST];
    pcil_status status = read_part(reading, begin, sizeof begin);
    if (status != PCIL_OK) return status;
    uint32_t length = pc_npy_length(begin);
    if (length == 0 || length > sizeof text)
        return pc_zip_fail(reading->zip, reading->entry->name, "is no .npy array of version 1");
    status = read_part(reading, text, length);
    if (status != PCIL_OK) return status;
    const char *problem = pc_npy_parse(text, length, npy);
    return problem ? pc_zip_fail(reading->zip, reading->entry->name, problem) : PCIL_OK;
}

static pcil_status check_end(const struct reading *reading) {
    if (pc_stream_position(reading->stream) != reading->entry->size)
        return pc_zip_fail(reading->zip, reading->entry->name, "is longer than its shape says");
    pcil_status status = pc_stream_finish(reading->stream);
    if (status != PCIL_OK) return status;
    return reading->sum == reading->entry->sum
               ? PCIL_OK
               : pc_zip_fail(reading->zip, reading->entry->name, "its CRC-32 is wrong: the file is damaged");
}

static pcil_status read_values(struct reading *reading, const struct pc_npy *npy, const struct pc_foreigners *tensors,
                               const struct pc_foreign *tensor) {
    struct pc_layout layout = tensor->layout;
    float *values = pc_allocate_floats(layout.count, 1);
    if (!values) return pc_fail_memory(NULL, "a tensor");
    pcil_status status = read_part(reading, values, (uint64_t)layout.count * sizeof *values);
    if (status == PCIL_OK) status = check_end(reading);
    if (npy->reversed) pc_layout_reverse(&layout);
    if (status == PCIL_OK) status = pc_foreign_take(tensors, tensor, &layout, values);
    pc_release(values);
    return status;
}

static pcil_status read_array(struct reading *reading, struct pc_foreigners *tensors) {
    struct pc_npy npy;
    struct pc_foreign *tensor = NULL;
    size_t length = strlen(reading->entry->name), end = sizeof ending - 1;
    if (length <= end || strcmp(reading->entry->name + length - end, ending) != 0)
        return pc_zip_fail(reading->zip, reading->entry->name, "is no .npy array");
    pcil_status status = read_header(reading, &npy);
    if (status != PCIL_OK) return status;
    char *name = pc_copy_text(reading->entry->name);
    if (!name) return pc_fail_memory(NULL, "a tensor's name");
    name[length - end] = '\0';
    status = pc_foreign_claim(tensors, name, npy.rank, npy.shape, &tensor);
    pc_release(name);
    return status == PCIL_OK ? read_values(reading, &npy, tensors, tensor) : status;
}

static pcil_status read_file(struct pc_foreigners *tensors) {
    struct pc_zip zip;
    pcil_status status = pc_zip_open(&zip, tensors->path);
    if (status != PCIL_OK) return status;
    for (int32_t i = 0; i < zip.count && status == PCIL_OK; i++) {
        struct reading reading = {.zip = &zip, .entry = &zip.entries[i]};
        status = pc_zip_stream(&zip, reading.entry, &reading.stream);
        if (status == PCIL_OK) status = read_array(&reading, tensors);
        pc_stream_close(reading.stream);
    }
    pc_zip_close(&zip);
    return status;
}

/* Each entry's name and header, before anything is reserved for the whole. */
struct entry {
    struct pc_text name, header;
};

static pcil_status describe(const struct pc_foreigners *tensors, struct entry *entries, struct pc_zip_making *making) {
    uint64_t names = 0, content = 0;
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct pc_layout *layout = &tensors->list[i].layout;
        pc_text_append(&entries[i].name, "%s%s", tensors->list[i].name, ending);
        pc_npy_print(layout->rank, layout->shape, &entries[i].header);
        if (entries[i].name.failed || entries[i].header.failed) return pc_fail_memory(NULL, "a zip file");
        names += entries[i].name.length;
        content += entries[i].header.length + (uint64_t)layout->count * sizeof(float);
    }
    return pc_zip_make(making, tensors->count, names, content);
}

static void put_array(struct pc_zip_making *making, const struct entry *entry, const struct pc_foreign *tensor,
                      float *values) {
    uint64_t bytes = (uint64_t)tensor->layout.count * sizeof *values;
    pc_zip_begin(making, entry->name.bytes);
    memcpy(pc_zip_put(making, entry->header.length), entry->header.bytes, entry->header.length);
    pc_layout_give(&tensor->layout, tensor->values, values);
    memcpy(pc_zip_put(making, bytes), values, bytes);
    pc_zip_end(making);
}

static pcil_status fill(const struct pc_foreigners *tensors, const struct entry *entries,
                        struct pc_zip_making *making) {
    int64_t most = 0;
    for (int32_t i = 0; i < tensors->count; i++)
        if (tensors->list[i].layout.count > most) most = tensors->list[i].layout.count;
    float *values = pc_allocate_floats(most, 1);
    if (!values) return pc_fail_memory(NULL, "a tensor");
    for (int32_t i = 0; i < tensors->count; i++) put_array(making, &entries[i], &tensors->list[i], values);
    pc_release(values);
    pc_zip_finish(making);
    return pc_file_write(NULL, tensors->path, making->bytes, making->size);
}

static pcil_status write_file(const struct pc_foreigners *tensors) {
    struct pc_zip_making making = {0};
    struct entry *entries = pc_allocate((size_t)tensors->count, sizeof *entries);
    pcil_status status = entries ? describe(tensors, entries, &making) : pc_fail_memory(NULL, "a zip file");
    if (status == PCIL_OK) status = fill(tensors, entries, &making);
    for (int32_t i = 0; entries && i < tensors->count; i++) {
        pc_text_free(&entries[i].name);
        pc_text_free(&entries[i].header);
    }
    pc_release(entries);
    pc_zip_make_free(&making);
    return status;
}

const struct pc_format pc_npz = {
    .kind = {.name = "npz", .help = "numpy's .npz, stored or compressed: our names and shapes"},
    .name_most = PC_ZIP_NAME_MOST - (sizeof ending - 1),
    .layout = pc_layout_own,
    .write = write_file,
    .read = read_file,
};
