/* A picture of Tiny ImageNet: 64 x 64 or refused. */
#include "dataset/jpeg.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A decoder of its own for each input: libjpeg-turbo 2.1.5 finds nothing sound any more behind a header that is not. */
void fuzz(const uint8_t *bytes, size_t size) {
    void *decoder = NULL;
    uint8_t *pixels = malloc(PC_JPEG_BYTES);
    char *copy = fuzz_text((struct fuzz_input){bytes, size});
    struct pc_bytes content = {(unsigned char *)copy, size};
    must(pc_jpeg_decoder(&decoder) == PCIL_OK);
    must(pixels);
    (void)fuzz_good(pc_jpeg_decode(decoder, "picture", &content, pixels));
    pc_jpeg_free(decoder);
    free(pixels);
    free(copy);
}
