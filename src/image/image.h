/* Pictures: what the files of this folder share. */
#ifndef PC_IMAGE_IMAGE_H
#define PC_IMAGE_IMAGE_H

#include "file/file.h"

enum { PC_IMAGE_MOST_SIDE = 16384, PC_IMAGE_MOST_PIXELS = 1 << 26, PC_IMAGE_MOST_BYTES = 1 << 26 };

/* A decoded picture, [height][width][3]. */
struct pc_picture {
    uint8_t *pixels; /* released by pc_release */
    int32_t height, width;
};

/* Checks a size that a file claims against what the file can hold, `packed` pixels in a byte, and reserves the pixels.
 */
pcil_status pc_picture_reserve(struct pc_picture *picture, const char *path, const struct pc_bytes *content,
                               int64_t height, int64_t width, int32_t packed);

/* Both decode whole files held in memory; on failure nothing is left reserved. */
pcil_status pc_png_decode(const char *path, const struct pc_bytes *content, struct pc_picture *picture);
pcil_status pc_jpeg_picture(const char *path, const struct pc_bytes *content, struct pc_picture *picture);

/* Whether a file's bytes begin as those of a PNG or JPEG do. */
int pc_png_is(const struct pc_bytes *content);
int pc_jpeg_is(const struct pc_bytes *content);

/* `content` is released by pc_bytes_free. */
pcil_status pc_png_encode(const uint8_t *pixels, int32_t channels, int32_t height, int32_t width,
                          struct pc_bytes *content);

/* Fits a picture to a shape: see pcil_image_read. */
pcil_status pc_picture_fit(const struct pc_picture *picture, uint8_t *pixels, int32_t channels, int32_t height,
                           int32_t width);

/* Checks what a caller says of pixels. */
pcil_status pc_image_check(const uint8_t *pixels, int32_t channels, int32_t height, int32_t width);

#endif
