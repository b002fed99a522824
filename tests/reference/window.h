/* Where windows lie: what the reference's convolution and pooling share. Images are [height][width][channels]. */
#ifndef TESTS_REFERENCE_WINDOW_H
#define TESTS_REFERENCE_WINDOW_H

#include "reference/reference.h"

/* One pixel of one window of one sample. */
struct ref_tap {
    int sample, y, x; /* the output position */
    int ky, kx;       /* the place within the window */
};

/* Calls `each` for every pixel of every window that lies inside its image, windows and pixels in reading order. `in`
 * and `out` are where the channels of the pixel and of the output position begin. */
typedef void (*ref_visit)(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user);
void ref_windows(const struct ref_operation *o, int batch, ref_visit each, void *user);

#endif
