#include "network/window.h"

#include "base/text.h"

#include <string.h>

bool pc_window_read(struct pc_operation *operation, const char *word, size_t length, int32_t stride) {
    const char *slash = memchr(word, '/', length);
    size_t area = slash ? (size_t)(slash - word) : length;
    const char *cross = memchr(word, 'x', area);
    if (!cross) return false;
    int32_t *sizes = operation->sizes;
    size_t height = (size_t)(cross - word);
    if (!pc_read_size(word, height, &sizes[PC_WINDOW_HEIGHT])) return false;
    if (!pc_read_size(cross + 1, area - height - 1, &sizes[PC_WINDOW_WIDTH])) return false;
    sizes[PC_WINDOW_STRIDE] = stride;
    return !slash || pc_read_size(slash + 1, length - area - 1, &sizes[PC_WINDOW_STRIDE]);
}

void pc_window_print(const struct pc_operation *operation, struct pc_text *text, int32_t stride) {
    const int32_t *sizes = operation->sizes;
    pc_text_append(text, " %dx%d", sizes[PC_WINDOW_HEIGHT], sizes[PC_WINDOW_WIDTH]);
    if (sizes[PC_WINDOW_STRIDE] != stride) pc_text_append(text, "/%d", sizes[PC_WINDOW_STRIDE]);
}

/* Positions of a window along one side; 0 if it does not fit once. */
static int32_t positions(int64_t side, int32_t window, int32_t stride, int32_t padding) {
    int64_t room = side + 2 * (int64_t)padding - window;
    return room < 0 ? 0 : (int32_t)(room / stride + 1);
}

pcil_status pc_window_shape(struct pc_operation *operation, struct pc_error *own) {
    const int32_t *sizes = operation->sizes;
    struct pc_shape in = operation->in;
    int32_t height = sizes[PC_WINDOW_HEIGHT], width = sizes[PC_WINDOW_WIDTH], stride = sizes[PC_WINDOW_STRIDE];
    int32_t padding = (int32_t)operation->options[PC_PADDING];
    const char *name = operation->kind->kind.name;
    if (padding >= height || padding >= width)
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "%s: a padding of %d leaves windows of %dx%d empty; it is smaller than both sides", name,
                       padding, height, width);
    if ((int64_t)in.height + 2 * (int64_t)padding > INT32_MAX || (int64_t)in.width + 2 * (int64_t)padding > INT32_MAX)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "%s: an image of %dx%d with padding %d has a side of more than 2^31-1",
                       name, in.height, in.width, padding);
    operation->out = in;
    operation->out.height = positions(in.height, height, stride, padding);
    operation->out.width = positions(in.width, width, stride, padding);
    if (operation->out.height > 0 && operation->out.width > 0) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_ARGUMENT,
                   "%s: a window of %dx%d does not fit into an image of %dx%d with padding %d", name, height, width,
                   in.height, in.width, padding);
}
