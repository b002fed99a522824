/* A convolution's own kernels, one of each for every instruction set. */
#ifndef PC_LINALG_CONVOLVE_H
#define PC_LINALG_CONVOLVE_H

#include "base/vector.h"
#include "linalg/windows.h"

#include <stdbool.h>

/* Floats of packed weights. */
typedef int64_t pc_own_packed_t(const struct pc_windows *windows, bool back);

/* Puts weights into the order in which a product, forward or back, reads them. */
typedef void pc_own_pack_t(const struct pc_windows *windows, bool back, const float *weights, float *packed);

/* out = keep out + factor x * W of some images, by packed weights; back: the same with e and W turned. */
typedef void pc_own_convolve_t(const struct pc_windows *windows, bool back, int64_t images, float factor,
                               const float *left, const float *packed, float keep, float *out);

/* out += factor times what x and e of some images give W, in `rows` rows of the kernel from `first_row` on; `out` is
 * the whole W. */
typedef void pc_own_convolve_outer_t(const struct pc_windows *windows, int32_t first_row, int32_t rows, int64_t images,
                                     float factor, const float *x, const float *e, float *out);

PC_VECTOR_DECLARE(pc_own_packed_t, pc_own_packed);
PC_VECTOR_DECLARE(pc_own_pack_t, pc_own_pack);
PC_VECTOR_DECLARE(pc_own_convolve_t, pc_own_convolve);
PC_VECTOR_DECLARE(pc_own_convolve_outer_t, pc_own_convolve_outer);

#endif
