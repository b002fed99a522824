/*
 * The geometry of a convolution, for the backends that make one without patches. Images are [height][width][channels],
 * weights [kernel height][kernel width][channels][outputs], results [out height][out width][outputs].
 */
#ifndef PC_LINALG_WINDOWS_H
#define PC_LINALG_WINDOWS_H

#include <stdint.h>

struct pc_windows {
    int32_t height, width, channels;     /* of an image */
    int32_t kernel_height, kernel_width; /* smaller than 2^31 numbers with the channels */
    int32_t stride, padding;             /* padding is smaller than the kernel's sides */
    int32_t out_height, out_width, outputs;
};

static inline int64_t pc_windows_in(const struct pc_windows *w) {
    return (int64_t)w->height * w->width * w->channels;
}

static inline int64_t pc_windows_out(const struct pc_windows *w) {
    return (int64_t)w->out_height * w->out_width * w->outputs;
}

/* Numbers that a kernel sees: rows of the weights' matrix. */
static inline int64_t pc_windows_inputs(const struct pc_windows *w) {
    return (int64_t)w->kernel_height * w->kernel_width * w->channels;
}

#endif
