#include "network/patches.h"

#include <string.h>

enum { WIDE = 16, HALF = 8 };

/* Blocks of a fixed size become a few moves each; the last one overlaps the one before instead of a loop over the rest.
 */
static inline void copy_blocks(int64_t size, int64_t width, const float *restrict from, float *restrict to) {
    for (int64_t i = 0; i < width - size; i += size) memcpy(to + i, from + i, (size_t)size * sizeof *to);
    memcpy(to + width - size, from + width - size, (size_t)size * sizeof *to);
}

static inline void copy_row(int64_t width, const float *restrict from, float *restrict to) {
    if (width >= WIDE)
        copy_blocks(WIDE, width, from, to);
    else if (width >= HALF)
        copy_blocks(HALF, width, from, to);
    else
        for (int64_t i = 0; i < width; i++) to[i] = from[i];
}

static void copy(int64_t rows, int64_t width, int64_t pitch, const float *restrict image, float *restrict patch) {
    for (int64_t r = 0; r < rows; r++) copy_row(width, image + r * pitch, patch + r * width);
}

static void add(int64_t rows, int64_t width, int64_t pitch, const float *restrict patch, float *restrict image) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < width; i++) image[r * pitch + i] += patch[r * width + i];
}

const struct pc_patch_passes PC_VECTOR_NAME(pc_patch_passes) = {copy, add};
