/* Patches: what a convolution's kernel sees at each position, a row each (im2col), and adding them back (col2im). */
#ifndef PC_NETWORK_PATCHES_H
#define PC_NETWORK_PATCHES_H

#include "network/operation.h"

/* patches [images][out height][out width][kernel height][kernel width][channels] of x; what lies outside is 0. */
void pc_patches_gather(const struct pc_operation *operation, struct pc_team *team, int64_t images, const float *x,
                       float *patches);

/* x = the sum, at each pixel, of the patches' numbers that stand for it. */
void pc_patches_scatter(const struct pc_operation *operation, struct pc_team *team, int64_t images,
                        const float *patches, float *x);

/* Adds the patches of each image back to its gx, has it moved, and puts the patches of its dx in their place. */
void pc_patches_step(const struct pc_operation *operation, struct pc_team *team, int64_t first, int64_t images,
                     float *patches, const struct pc_images_move *move);

/* One patch inside its image: `rows` rows of `width` floats, `pitch` floats apart in the image. */
struct pc_patch_passes {
    void (*copy)(int64_t rows, int64_t width, int64_t pitch, const float *restrict image, float *restrict patch);
    void (*add)(int64_t rows, int64_t width, int64_t pitch, const float *restrict patch, float *restrict image);
};

PC_VECTOR_DECLARE(const struct pc_patch_passes, pc_patch_passes);

#endif
