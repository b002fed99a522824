/* Windows that slide over an image: what convolution and pooling share. Their text is HEIGHTxWIDTH[/STRIDE]. */
#ifndef PC_NETWORK_WINDOW_H
#define PC_NETWORK_WINDOW_H

#include "network/operation.h"

/* Places in an operation's sizes, and of the option in its options. */
enum { PC_CHANNELS, PC_WINDOW_HEIGHT, PC_WINDOW_WIDTH, PC_WINDOW_STRIDE };
enum { PC_PADDING };

/* Reads "5x5/2"; without a stride it is `stride`, or the window's own size if that is 0. */
bool pc_window_read(struct pc_operation *operation, const char *word, size_t length, int32_t stride);
void pc_window_print(const struct pc_operation *operation, struct pc_text *text, int32_t stride);

/* Sets the output's height and width, and its channels to the input's; a window larger than its padded input fails. */
pcil_status pc_window_shape(struct pc_operation *operation, struct pc_error *own);

/* Where in the input the window at an output position begins; negative within the padding. */
static inline int32_t pc_window_top(const struct pc_operation *operation, int32_t y) {
    return y * operation->sizes[PC_WINDOW_STRIDE] - (int32_t)operation->options[PC_PADDING];
}

static inline int32_t pc_window_left(const struct pc_operation *operation, int32_t x) {
    return x * operation->sizes[PC_WINDOW_STRIDE] - (int32_t)operation->options[PC_PADDING];
}

#endif
