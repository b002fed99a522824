#include "network/layout.h"

#include <string.h>

static void set_row_major(struct pc_layout *layout) {
    int64_t stride = 1;
    for (int32_t d = PC_MOST_RANK - 1; d >= 0; d--) {
        int32_t own = d - (PC_MOST_RANK - layout->rank);
        layout->extent[d] = own >= 0 ? layout->shape[own] : 1;
        layout->stride[d] = stride;
        stride *= layout->extent[d];
    }
    layout->count = stride;
}

void pc_layout_own(const pcil_network *network, int32_t tensor, struct pc_layout *layout) {
    const struct pc_tensor *own = &network->tensors[tensor];
    *layout = (struct pc_layout){.rank = own->rank};
    memcpy(layout->shape, own->shape, sizeof layout->shape);
    set_row_major(layout);
}

/*
 * Ours are [height][width][channels][units], for dense weights with the sides of the image that they look at, or
 * 1 x 1 x inputs. Theirs are [units][channels][height][width], which dense weights flatten to [units][inputs].
 */
void pc_layout_torch(const pcil_network *network, int32_t tensor, struct pc_layout *layout) {
    const struct pc_tensor *own = &network->tensors[tensor];
    const struct pc_operation *operation = &network->blocks[own->block].operations[own->operation];
    pc_layout_own(network, tensor, layout);
    if (own->rank < 2) return;
    bool dense = own->rank == 2;
    int64_t height = dense ? operation->in.height : own->shape[0], width = dense ? operation->in.width : own->shape[1];
    int64_t channels = dense ? operation->in.channels : own->shape[2], units = own->shape[own->rank - 1];
    int64_t extent[] = {units, channels, height, width};
    int64_t stride[] = {1, units, width * channels * units, channels * units};
    int64_t flat[PC_MOST_RANK] = {units, channels * height * width};
    memcpy(layout->extent, extent, sizeof extent);
    memcpy(layout->stride, stride, sizeof stride);
    memcpy(layout->shape, dense ? flat : extent, sizeof flat);
}

void pc_layout_reverse(struct pc_layout *layout) {
    for (int32_t d = 0, e = PC_MOST_RANK - 1; d < e; d++, e--) {
        int64_t extent = layout->extent[d], stride = layout->stride[d];
        layout->extent[d] = layout->extent[e];
        layout->stride[d] = layout->stride[e];
        layout->extent[e] = extent;
        layout->stride[e] = stride;
    }
}

/* The place of ours that follows `place` in their order; `index` counts along. */
static int64_t advance(const struct pc_layout *layout, int64_t index[PC_MOST_RANK], int64_t place) {
    for (int32_t d = PC_MOST_RANK - 1; d >= 0; d--) {
        place += layout->stride[d];
        if (++index[d] < layout->extent[d]) return place;
        place -= layout->stride[d] * layout->extent[d];
        index[d] = 0;
    }
    return place;
}

void pc_layout_give(const struct pc_layout *layout, const float *ours, float *theirs) {
    int64_t index[PC_MOST_RANK] = {0}, place = 0;
    for (int64_t i = 0; i < layout->count; i++, place = advance(layout, index, place)) theirs[i] = ours[place];
}

void pc_layout_take(const struct pc_layout *layout, const float *theirs, float *ours) {
    int64_t index[PC_MOST_RANK] = {0}, place = 0;
    for (int64_t i = 0; i < layout->count; i++, place = advance(layout, index, place)) ours[place] = theirs[i];
}
