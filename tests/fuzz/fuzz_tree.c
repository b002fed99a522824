/* Tiny ImageNet's lists (annotations, classes, words) and one picture, which the annotations may name. */
#include "fuzz.h"

#include <unistd.h>

void fuzz(const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    struct fuzz_input annotations = fuzz_part(&input), wnids = fuzz_part(&input), words = fuzz_part(&input);
    fuzz_make_folders("tiny/val/images");
    fuzz_put("tiny/val/val_annotations.txt", annotations.bytes, annotations.size);
    fuzz_put("tiny/wnids.txt", wnids.bytes, wnids.size);
    fuzz_put("tiny/words.txt", words.bytes, words.size);
    fuzz_put("tiny/val/images/val_0.JPEG", input.bytes, input.size);
    fuzz_open_dataset("tiny-imagenet", "tiny");
    unlink(fuzz_path("tiny/pcil-test.cache"));
}
