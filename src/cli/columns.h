/* im2col and its transpose in plain loops, for the products that a bench times alone. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "cli.h"

/* A convolution's geometry; channels last. */
struct cli_window {
    int channels, height, width; /* of the image */
    int rows, columns;           /* of the kernel */
    int stride, padding;
    int out_height, out_width;
};

/* Reads all but the kernel's sides from a block's text: `tensor` is its weights' name in the block, such as
 * "conv.weight". False if the text says something else. */
bool cli_window_read(struct cli_window *window, const pcil_network *network, int32_t block, const char *tensor);

/* columns [images][out_height][out_width][rows][columns][channels] of images; what lies outside is 0. */
void cli_im2col(const struct cli_window *window, int images, const float *image, float *columns);

/* Adds columns back to cleared images. */
void cli_col2im(const struct cli_window *window, int images, const float *columns, float *image);

#endif
