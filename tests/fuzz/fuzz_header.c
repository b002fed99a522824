/* The JSON header of a safetensors file alone; the first two bytes say how many bytes of data follow it. */
#include "file/safetensors.h"
#include "fuzz.h"

#include <stdlib.h>

void fuzz(const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    uint64_t data = fuzz_byte(&input);
    data |= (uint64_t)fuzz_byte(&input) << 8;
    if (input.size < 2) return;
    char *text = fuzz_text(input);
    struct pc_safetensors archive = {.file = {.descriptor = -1, .size = 8 + input.size + data}, .data = 8 + input.size};
    if (fuzz_good(pc_safetensors_check(&archive, NULL, text, input.size))) {
        uint64_t at = 0;
        for (int32_t i = 0; i < archive.count; i++) {
            must(archive.tensors[i].begin == at && archive.tensors[i].end >= at);
            must(pc_safetensors_find(&archive, archive.tensors[i].name) == &archive.tensors[i]);
            at = archive.tensors[i].end;
        }
        must(at == data);
    }
    pc_safetensors_close(&archive);
    free(text);
}
