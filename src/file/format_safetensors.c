/* safetensors without metadata, in our layout and in PyTorch's, whose state_dict goes through safetensors.torch. */
#include "base/memory.h"
#include "file/formats.h"
#include "file/safetensors.h"

static pcil_status read_one(const struct pc_safetensors *archive, const struct pc_stored_tensor *stored,
                            struct pc_foreigners *tensors) {
    struct pc_foreign *tensor = NULL;
    pcil_status status = pc_foreign_claim(tensors, stored->name, stored->rank, stored->shape, &tensor);
    if (status != PCIL_OK) return status;
    float *values = pc_allocate_floats(tensor->layout.count, 1);
    status = values ? pc_safetensors_read(archive, NULL, stored, values) : pc_fail_memory(NULL, "a tensor");
    if (status == PCIL_OK) status = pc_foreign_take(tensors, tensor, &tensor->layout, values);
    pc_release(values);
    return status;
}

static pcil_status read_file(struct pc_foreigners *tensors) {
    struct pc_safetensors archive;
    pcil_status status = pc_safetensors_open(&archive, NULL, tensors->path);
    if (status != PCIL_OK) return status;
    for (int32_t i = 0; i < archive.count && status == PCIL_OK; i++)
        status = read_one(&archive, &archive.tensors[i], tensors);
    pc_safetensors_close(&archive);
    return status;
}

static void lay_out(const struct pc_foreigners *tensors, struct pc_stored_tensor *stored, float *data,
                    const void **places) {
    uint64_t at = 0;
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct pc_foreign *tensor = &tensors->list[i];
        stored[i] = (struct pc_stored_tensor){.name = tensor->name, .rank = tensor->layout.rank, .begin = at};
        for (int32_t d = 0; d < tensor->layout.rank; d++) stored[i].shape[d] = tensor->layout.shape[d];
        pc_layout_give(&tensor->layout, tensor->values, data + at / sizeof *data);
        places[i] = data + at / sizeof *data;
        at = stored[i].end = at + (uint64_t)tensor->layout.count * sizeof *data;
    }
}

static pcil_status write_file(const struct pc_foreigners *tensors) {
    int64_t count = 0;
    for (int32_t i = 0; i < tensors->count; i++) count += tensors->list[i].layout.count;
    struct pc_stored_tensor *stored = pc_allocate((size_t)tensors->count, sizeof *stored);
    float *data = pc_allocate_floats(count, 1);
    const void **places = pc_allocate((size_t)tensors->count, sizeof *places);
    pcil_status status = stored && data && places ? PCIL_OK : pc_fail_memory(NULL, "a copy of the weights");
    if (status == PCIL_OK) {
        lay_out(tensors, stored, data, places);
        status = pc_safetensors_write(NULL, tensors->path, NULL, stored, tensors->count, places, false);
    }
    pc_release(places);
    pc_release(data);
    pc_release(stored);
    return status;
}

const struct pc_format pc_plain_safetensors = {
    .kind = {.name = "safetensors", .help = "safetensors without metadata: our names and shapes"},
    .name_most = PC_HEADER_MOST,
    .reserved = PC_METADATA,
    .layout = pc_layout_own,
    .write = write_file,
    .read = read_file,
};

const struct pc_format pc_torch = {
    .kind = {.name = "torch", .help = "safetensors of a PyTorch state_dict: outputs first, channels before rows"},
    .name_most = PC_HEADER_MOST,
    .reserved = PC_METADATA,
    .layout = pc_layout_torch,
    .write = write_file,
    .read = read_file,
};
