/* Pictures from and to files. */
#include "base/memory.h"
#include "base/text.h"
#include "image/image.h"

pcil_status pcil_image_write(const char *path, const uint8_t *pixels, int32_t channels, int32_t height, int32_t width) {
    struct pc_bytes content = {0};
    if (!path) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture's path is NULL");
    pcil_status status = pc_image_check(pixels, channels, height, width);
    if (status == PCIL_OK) status = pc_png_encode(pixels, channels, height, width, &content);
    if (status != PCIL_OK) return status;
    status = pc_file_write(NULL, path, content.bytes, content.size);
    pc_bytes_free(&content);
    return status;
}

static pcil_status decode(const char *path, const struct pc_bytes *content, struct pc_picture *picture) {
    struct pc_quote quote;
    if (pc_png_is(content)) return pc_png_decode(path, content, picture);
    if (pc_jpeg_is(content)) return pc_jpeg_picture(path, content, picture);
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is not a picture: it begins neither as a PNG nor as a JPEG file does",
                   pc_quote(&quote, path));
}

pcil_status pcil_image_read(const char *path, uint8_t *pixels, int32_t channels, int32_t height, int32_t width) {
    struct pc_bytes content = {0};
    struct pc_picture picture = {0};
    if (!path) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture's path is NULL");
    pcil_status status = pc_image_check(pixels, channels, height, width);
    if (status == PCIL_OK) status = pc_file_read(NULL, path, PC_IMAGE_MOST_BYTES, &content);
    if (status != PCIL_OK) return status;
    status = decode(path, &content, &picture);
    pc_bytes_free(&content);
    if (status != PCIL_OK) return status;
    status = pc_picture_fit(&picture, pixels, channels, height, width);
    pc_release(picture.pixels);
    return status;
}
