/* IDX: a byte of choices (plain or gzipped, labels or none), the labels, the images. */
#include "fuzz.h"

#include <unistd.h>

enum { PACKED_IMAGES = 1, PACKED_LABELS = 2, NO_LABELS = 4, OTHER_LABELS = 8 };

void fuzz(const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    static const char *const names[] = {"idx/t10k-images-idx3-ubyte", "idx/t10k-images-idx3-ubyte.gz",
                                        "idx/t10k-labels-idx1-ubyte", "idx/t10k-labels-idx1-ubyte.gz",
                                        "idx/train-labels-idx1-ubyte"};
    uint8_t choices = fuzz_byte(&input);
    struct fuzz_input labels = fuzz_part(&input);
    fuzz_make_folders("idx");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unlink(fuzz_path(names[i]));
    fuzz_put(names[choices & PACKED_IMAGES ? 1 : 0], input.bytes, input.size);
    if (!(choices & NO_LABELS)) fuzz_put(names[choices & PACKED_LABELS ? 3 : 2], labels.bytes, labels.size);
    if (choices & OTHER_LABELS) fuzz_put(names[4], labels.bytes, labels.size);
    fuzz_open_dataset("idx", "idx");
}
