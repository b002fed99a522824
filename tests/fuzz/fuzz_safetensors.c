/* A whole model file: loading, its metadata; what loads is saved and loaded again to the same bits. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void compare(const pcil_network *a, const pcil_network *b) {
    must(pcil_network_tensors(a) == pcil_network_tensors(b));
    for (int32_t i = 0; i < pcil_network_tensors(a); i++) {
        const char *name = pcil_network_tensor_name(a, i);
        int64_t shape[4] = {0}, count = 1;
        int32_t rank = 0;
        must(pcil_network_tensor_shape(a, name, &rank, shape) == PCIL_OK);
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        float *first = malloc((size_t)count * 2 * sizeof *first), *second = first + count;
        must(first && pcil_network_get(a, name, first, count) == PCIL_OK);
        must(pcil_network_get(b, name, second, count) == PCIL_OK);
        must(memcmp(first, second, (size_t)count * sizeof *first) == 0);
        free(first);
    }
}

void fuzz(const uint8_t *bytes, size_t size) {
    pcil_network *network = NULL, *again = NULL;
    char text[4096];
    int64_t length = -1;
    fuzz_put("model", bytes, size);
    (void)fuzz_good(pcil_network_metadata(fuzz_path("model"), text, sizeof text, &length));
    if (!fuzz_good(pcil_network_load(&network, fuzz_path("model")))) {
        must(!network);
        return;
    }
    must(fuzz_good(pcil_network_save(network, fuzz_path("again"), NULL)));
    must(fuzz_good(pcil_network_load(&again, fuzz_path("again"))));
    compare(network, again);
    pcil_network_free(network);
    pcil_network_free(again);
}
