#include "columns.h"

#include "output.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* The number behind a word in a text such as "conv 64 5x5/2 padding=1"; `otherwise` if the word is not there. */
static int number_behind(const char *text, const char *word, int otherwise) {
    const char *found = strstr(text, word);
    return found ? atoi(found + strlen(word)) : otherwise;
}

/* Splits "relu, conv 8 3x3, relu" at the operation that a tensor such as "conv.weight" belongs to: what stands before
 * it, up to the comma, and it alone, which is returned. NULL if there is none. */
static char *cut_at(char *text, const char *tensor) {
    size_t length = strcspn(tensor, ".");
    char *operation = text;
    while (operation && (strncmp(operation, tensor, length) != 0 || operation[length] != ' ')) {
        operation = strstr(operation, ", ");
        if (operation) operation += 2;
    }
    if (!operation) return NULL;
    operation[strcspn(operation, ",")] = '\0';
    if (operation > text) operation[-2] = '\0';
    return operation;
}

/* The last node's shape of the network that a text describes. */
static bool shape_of(const char *text, int32_t *channels, int32_t *height, int32_t *width) {
    pcil_network *network = NULL;
    bool parsed = pcil_network_parse(&network, text) == PCIL_OK;
    if (parsed) pcil_network_node_shape(network, pcil_network_nodes(network) - 1, channels, height, width);
    pcil_network_free(network);
    return parsed;
}

static bool read_shapes(struct cli_window *window, const char *input, const char *before, const char *operation) {
    bool alone = before == operation;
    char *text = alone ? cli_format("%s; identity", input) : cli_format("%s; %s", input, before);
    char *whole = cli_format("%s; %s%s%s", input, alone ? "" : before, alone ? "" : ", ", operation);
    int32_t channels;
    bool read = shape_of(text, &window->channels, &window->height, &window->width) &&
                shape_of(whole, &channels, &window->out_height, &window->out_width);
    free(whole);
    free(text);
    return read;
}

bool cli_window_read(struct cli_window *window, const pcil_network *network, int32_t block, const char *tensor) {
    struct cli_shape input;
    int32_t from = 0;
    int64_t length;
    pcil_network_block_info(network, block, &from, NULL, NULL, NULL, 0, &length);
    char *text = cli_block_text(network, block), *operation = text ? cut_at(text, tensor) : NULL;
    bool read = operation && read_shapes(window, cli_node_shape(&input, network, from), text, operation);
    if (read) {
        window->stride = number_behind(operation, "/", 1);
        window->padding = number_behind(operation, "padding=", 0);
    }
    free(text);
    return read;
}

/* Where a pixel of a patch stands in its image; -1 outside. */
static int64_t pixel_at(const struct cli_window *w, int y, int x, int row, int column) {
    int image_y = y * w->stride - w->padding + row, image_x = x * w->stride - w->padding + column;
    bool inside = image_y >= 0 && image_x >= 0 && image_y < w->height && image_x < w->width;
    return inside ? ((int64_t)image_y * w->width + image_x) * w->channels : -1;
}

/* One row of a patch at (y, x): the pixels inside it lie side by side. */
static void take_row(const struct cli_window *w, const float *image, int y, int x, int row, float *out) {
    size_t pixel = (size_t)w->channels * sizeof *out;
    int64_t first = pixel_at(w, y, x, row, 0), last = pixel_at(w, y, x, row, w->columns - 1);
    if (first >= 0 && last >= 0) {
        memcpy(out, image + first, pixel * (size_t)w->columns);
        return;
    }
    for (int column = 0; column < w->columns; column++, out += w->channels) {
        int64_t at = pixel_at(w, y, x, row, column);
        if (at >= 0)
            memcpy(out, image + at, pixel);
        else
            memset(out, 0, pixel);
    }
}

static void add_row(const struct cli_window *w, const float *in, int y, int x, int row, float *image) {
    for (int column = 0; column < w->columns; column++, in += w->channels) {
        int64_t at = pixel_at(w, y, x, row, column);
        for (int c = 0; at >= 0 && c < w->channels; c++) image[at + c] += in[c];
    }
}

void cli_im2col(const struct cli_window *w, int images, const float *image, float *columns) {
    int64_t size = (int64_t)w->height * w->width * w->channels;
    for (int i = 0; i < images; i++, image += size)
        for (int y = 0; y < w->out_height; y++)
            for (int x = 0; x < w->out_width; x++)
                for (int row = 0; row < w->rows; row++, columns += (ptrdiff_t)w->columns * w->channels)
                    take_row(w, image, y, x, row, columns);
}

void cli_col2im(const struct cli_window *w, int images, const float *columns, float *image) {
    int64_t size = (int64_t)w->height * w->width * w->channels;
    memset(image, 0, (size_t)(images * size) * sizeof *image);
    for (int i = 0; i < images; i++, image += size)
        for (int y = 0; y < w->out_height; y++)
            for (int x = 0; x < w->out_width; x++)
                for (int row = 0; row < w->rows; row++, columns += (ptrdiff_t)w->columns * w->channels)
                    add_row(w, columns, y, x, row, image);
}
