/* A picture to predict, PNG or JPEG, fitted to a shape that the first byte chooses. */
#include "fuzz.h"

#include <stdlib.h>

void fuzz(const uint8_t *bytes, size_t size) {
    static const int32_t shapes[][3] = {{3, 32, 32}, {1, 28, 28}, {3, 1, 7}, {1, 64, 3}};
    struct fuzz_input input = {bytes, size};
    const int32_t *shape = shapes[fuzz_byte(&input) % 4];
    uint8_t *pixels = malloc((size_t)(shape[0] * shape[1] * shape[2]));
    must(pixels);
    fuzz_put("picture", input.bytes, input.size);
    (void)fuzz_good(pcil_image_read(fuzz_path("picture"), pixels, shape[0], shape[1], shape[2]));
    free(pixels);
}
