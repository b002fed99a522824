/* A .npz with the weights of a small network: a zip, its entries' compression, the arrays' headers. */
#include "fuzz.h"

void fuzz(const uint8_t *bytes, size_t size) {
    static pcil_network *network;
    if (!network) must(pcil_network_parse(&network, "2; dense 2; relu, dense 1") == PCIL_OK);
    fuzz_put("arrays.npz", bytes, size);
    (void)fuzz_good(pcil_network_load_arrays(network, fuzz_path("arrays.npz"), "npz", NULL));
}
