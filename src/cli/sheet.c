#include "sheet.h"

#include <math.h>
#include <stdlib.h>

enum { PICTURE_SIDE = 96, LARGEST_SCALE = 16 };

size_t cli_picture_size(const struct cli_pictures *pictures) {
    return (size_t)pictures->channels * (size_t)pictures->height * (size_t)pictures->width;
}

int cli_pictures_read(struct cli_pictures *pictures, const pcil_dataset *dataset, int64_t first, int32_t count) {
    *pictures = (struct cli_pictures){.count = count};
    pcil_dataset_shape(dataset, &pictures->channels, &pictures->height, &pictures->width);
    int64_t *indices = cli_allocate((size_t)count, sizeof *indices);
    pictures->pixels = cli_allocate((size_t)count * cli_picture_size(pictures), sizeof(float));
    if (pcil_dataset_classes(dataset) > 0) pictures->labels = cli_allocate((size_t)count, sizeof(int32_t));
    for (int32_t i = 0; i < count; i++) indices[i] = first + i;
    int code = cli_status(pcil_dataset_read(dataset, indices, count, pictures->pixels, pictures->labels, NULL));
    free(indices);
    return code;
}

void cli_pictures_free(struct cli_pictures *pictures) {
    free(pictures->pixels);
    free(pictures->labels);
    *pictures = (struct cli_pictures){0};
}

static uint8_t *to_bytes(const float *pixels, size_t count) {
    uint8_t *bytes = cli_allocate(count, 1);
    for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)lrintf(fminf(fmaxf(pixels[i], 0), 1) * 255);
    return bytes;
}

static int32_t between(int32_t value, int32_t least, int32_t most) {
    return value < least ? least : value > most ? most : value;
}

int cli_pictures_draw(const struct cli_pictures *pictures, const char *path, char *const *captions, int32_t columns,
                      const char *title) {
    int32_t longer = pictures->height > pictures->width ? pictures->height : pictures->width;
    int32_t scale = between(PICTURE_SIDE / longer, 1, LARGEST_SCALE);
    if (columns == 0) columns = (int32_t)ceil(sqrt(2.0 * pictures->count));
    uint8_t *bytes = to_bytes(pictures->pixels, (size_t)pictures->count * cli_picture_size(pictures));
    int code = cli_status(pcil_image_sheet(path, bytes, (const char *const *)captions, pictures->count,
                                           pictures->channels, pictures->height, pictures->width,
                                           between(columns, 1, pictures->count), scale, title));
    free(bytes);
    return code;
}
