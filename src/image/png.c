/*
 * PNG (ISO/IEC 15948) through libpng's simplified interface, whose errors come back as values. The sums of all chunks
 * are compared before libpng sees a file: it would pass over some, and a damaged size would be believed.
 */
#include "base/memory.h"
#include "base/text.h"
#include "file/checksum.h"
#include "image/image.h"

#include <errno.h>
#include <string.h>

#ifdef PCIL_WITH_PNG
#include <png.h>
#endif

static const unsigned char signature[8] = {137, 'P', 'N', 'G', '\r', '\n', 26, '\n'};

int pc_png_is(const struct pc_bytes *content) {
    return content->size >= sizeof signature && memcmp(content->bytes, signature, sizeof signature) == 0;
}

#ifdef PCIL_WITH_PNG

/* Deflate packs at most 1,032 bytes into one, and a byte holds at most 8 pixels. */
enum { CHUNK_BYTES = 12 /* length, name, sum */, PIXELS_IN_A_BYTE = 8 * 1032 };

static uint32_t read_big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static pcil_status damaged(const char *path, const char *reason) {
    struct pc_quote quote, why;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is not a sound PNG picture: %s", pc_quote(&quote, path),
                   pc_quote(&why, reason));
}

/* libpng says what is wrong in words alone; that memory was wanting, the system has said. */
static pcil_status refused(const char *path, const png_image *image) {
    return errno == ENOMEM ? pc_fail_memory(NULL, "a PNG picture") : damaged(path, image->message);
}

/* Walks through the chunks up to the last, IEND; bytes after it are no part of the picture. */
static pcil_status check_chunks(const char *path, const struct pc_bytes *content) {
    uint64_t place = sizeof signature;
    for (;;) {
        const unsigned char *chunk = content->bytes + place;
        if (content->size - place < CHUNK_BYTES) return damaged(path, "it ends too early");
        uint32_t length = read_big_endian(chunk);
        if (length > content->size - place - CHUNK_BYTES) return damaged(path, "it ends within a chunk");
        if (read_big_endian(chunk + 8 + length) != pc_checksum(0, chunk + 4, (size_t)length + 4))
            return damaged(path, "a chunk's checksum is wrong");
        if (memcmp(chunk + 4, "IEND", 4) == 0) return PCIL_OK;
        place += CHUNK_BYTES + (uint64_t)length;
    }
}

/* What libpng warns of while it reads pixels: data that go on behind the picture, whose sum it does not compare.
 * Warnings of what stands before the pixels, such as colour profiles, are no matter. */
static pcil_status finish_read(const char *path, png_image *image, struct pc_picture *picture) {
    const png_color paper = {255, 255, 255};
    image->warning_or_error = 0;
    errno = 0;
    bool read = png_image_finish_read(image, &paper, picture->pixels, 0, NULL);
    return read && image->warning_or_error == 0 ? PCIL_OK : refused(path, image);
}

static pcil_status read_pixels(const char *path, const struct pc_bytes *content, png_image *image,
                               struct pc_picture *picture) {
    pcil_status status = pc_picture_reserve(picture, path, content, image->height, image->width, PIXELS_IN_A_BYTE);
    if (status != PCIL_OK) return status;
    image->format = PNG_FORMAT_RGB;
    status = finish_read(path, image, picture);
    if (status == PCIL_OK) return PCIL_OK;
    pc_release(picture->pixels);
    *picture = (struct pc_picture){0};
    return status;
}

pcil_status pc_png_decode(const char *path, const struct pc_bytes *content, struct pc_picture *picture) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    pcil_status status = check_chunks(path, content);
    if (status != PCIL_OK) return status;
    errno = 0;
    if (!png_image_begin_read_from_memory(&image, content->bytes, (size_t)content->size)) return refused(path, &image);
    status = read_pixels(path, content, &image, picture);
    png_image_free(&image);
    return status;
}

pcil_status pc_png_encode(const uint8_t *pixels, int32_t channels, int32_t height, int32_t width,
                          struct pc_bytes *content) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *bytes = pc_allocate(size, 1);
    if (!bytes) return pc_fail_memory(NULL, "a PNG file");
    if (!png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL)) {
        pc_release(bytes);
        return pc_fail(NULL, PCIL_ERROR_MEMORY, "a picture of %d x %d cannot be encoded as PNG: %s", width, height,
                       image.message);
    }
    *content = (struct pc_bytes){.bytes = bytes, .size = size};
    return PCIL_OK;
}

#else

pcil_status pc_png_decode(const char *path, const struct pc_bytes *content, struct pc_picture *picture) {
    (void)content, (void)picture;
    struct pc_quote quote;
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "'%s' is a PNG picture, which this build does not read; build with PCIL_PNG=ON (libpng)",
                   pc_quote(&quote, path));
}

pcil_status pc_png_encode(const uint8_t *pixels, int32_t channels, int32_t height, int32_t width,
                          struct pc_bytes *content) {
    (void)pixels, (void)channels, (void)height, (void)width, (void)content;
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "this build does not write PNG pictures; build with PCIL_PNG=ON (libpng)");
}

#endif
