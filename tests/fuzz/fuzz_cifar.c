/* CIFAR: a byte that chooses between 10 and 100 classes, the file of class names, the records. */
#include "fuzz.h"

void fuzz(const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    bool hundred = fuzz_byte(&input) & 1;
    struct fuzz_input names = fuzz_part(&input);
    fuzz_make_folders("cifar");
    fuzz_put(hundred ? "cifar/fine_label_names.txt" : "cifar/batches.meta.txt", names.bytes, names.size);
    fuzz_put(hundred ? "cifar/test.bin" : "cifar/test_batch.bin", input.bytes, input.size);
    fuzz_open_dataset(hundred ? "cifar100" : "cifar10", "cifar");
}
