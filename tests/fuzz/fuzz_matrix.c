/* A MATLAB file of SVHN. */
#include "fuzz.h"

void fuzz(const uint8_t *bytes, size_t size) {
    fuzz_make_folders("svhn");
    fuzz_put("svhn/test_32x32.mat", bytes, size);
    fuzz_open_dataset("svhn", "svhn");
}
