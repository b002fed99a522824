/* In which order other programs keep a tensor's numbers. */
#ifndef PC_NETWORK_LAYOUT_H
#define PC_NETWORK_LAYOUT_H

#include "network/structure.h"

/*
 * A tensor as somebody else sees it: `shape`, and how a walk through all `extent`s, the last fastest, steps over our
 * numbers. Extents and strides may be more than the shape has: a flattened image is still its three sides.
 */
struct pc_layout {
    int32_t rank;
    int64_t shape[PC_MOST_RANK];
    int64_t extent[PC_MOST_RANK], stride[PC_MOST_RANK];
    int64_t count;
};

/* Ours, row-major. */
void pc_layout_own(const pcil_network *network, int32_t tensor, struct pc_layout *layout);

/* PyTorch's: outputs first, images with channels before rows. */
void pc_layout_torch(const pcil_network *network, int32_t tensor, struct pc_layout *layout);

/* The same shape with the first index fastest. */
void pc_layout_reverse(struct pc_layout *layout);

/* Copies a tensor's numbers from our order to theirs, and back. */
void pc_layout_give(const struct pc_layout *layout, const float *ours, float *theirs);
void pc_layout_take(const struct pc_layout *layout, const float *theirs, float *ours);

#endif
