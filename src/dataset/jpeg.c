#include "dataset/jpeg.h"

#include "base/text.h"

#include <errno.h>

#ifdef PCIL_WITH_JPEG
#include <turbojpeg.h>

enum { QUALITY = 95 };

pcil_status pc_jpeg_decoder(void **decoder) {
    *decoder = tjInitDecompress();
    return *decoder ? PCIL_OK : pc_fail_memory(NULL, "a JPEG decoder");
}

pcil_status pc_jpeg_encoder(void **encoder) {
    *encoder = tjInitCompress();
    return *encoder ? PCIL_OK : pc_fail_memory(NULL, "a JPEG encoder");
}

void pc_jpeg_free(void *coder) {
    if (coder) tjDestroy(coder);
}

/* libjpeg-turbo says what is wrong in words alone; that memory was wanting, the system has said. */
static pcil_status refused(void *decoder, const char *path) {
    struct pc_quote quote, reason;
    if (errno == ENOMEM) return pc_fail_memory(NULL, "a JPEG picture");
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is not a sound JPEG picture: %s", pc_quote(&quote, path),
                   pc_quote(&reason, tjGetErrorStr2(decoder)));
}

/* The header is believed only after it was compared: libjpeg-turbo may report success with a size of 0 x 0. */
pcil_status pc_jpeg_decode(void *decoder, const char *path, const struct pc_bytes *content, uint8_t *pixels) {
    int width = 0, height = 0, sampling = -1, colours = -1;
    struct pc_quote quote;
    unsigned long size = (unsigned long)content->size;
    errno = 0;
    if (tjDecompressHeader3(decoder, content->bytes, size, &width, &height, &sampling, &colours) != 0)
        return refused(decoder, path);
    if (width != PC_JPEG_SIDE || height != PC_JPEG_SIDE || (colours != TJCS_GRAY && colours != TJCS_YCbCr))
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' is a picture of %d x %d, colour space %d; expected 64 x 64, grey or YCbCr",
                       pc_quote(&quote, path), width, height, colours);
    int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
    errno = 0;
    int failed = tjDecompress2(decoder, content->bytes, size, pixels, width, 3 * width, height, TJPF_RGB, flags);
    return failed ? refused(decoder, path) : PCIL_OK;
}

pcil_status pc_jpeg_encode(void *encoder, const uint8_t *pixels, int32_t channels, struct pc_bytes *content) {
    unsigned long size = 0;
    int grey = channels == 1;
    *content = (struct pc_bytes){0};
    int failed =
        tjCompress2(encoder, pixels, PC_JPEG_SIDE, PC_JPEG_SIDE * channels, PC_JPEG_SIDE, grey ? TJPF_GRAY : TJPF_RGB,
                    &content->bytes, &size, grey ? TJSAMP_GRAY : TJSAMP_444, QUALITY, TJFLAG_ACCURATEDCT);
    content->size = size;
    if (!failed) return PCIL_OK;
    pc_jpeg_bytes_free(content);
    return pc_fail(NULL, PCIL_ERROR_MEMORY, "a picture cannot be encoded: %s", tjGetErrorStr2(encoder));
}

void pc_jpeg_bytes_free(struct pc_bytes *content) {
    tjFree(content->bytes);
    *content = (struct pc_bytes){0};
}
#else
static pcil_status unsupported(void) {
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "this build knows no JPEG pictures: it was made with the option PCIL_JPEG off");
}

pcil_status pc_jpeg_decoder(void **decoder) {
    (void)decoder;
    return unsupported();
}

pcil_status pc_jpeg_encoder(void **encoder) {
    (void)encoder;
    return unsupported();
}

void pc_jpeg_free(void *coder) {
    (void)coder;
}

pcil_status pc_jpeg_decode(void *decoder, const char *path, const struct pc_bytes *content, uint8_t *pixels) {
    (void)decoder, (void)path, (void)content, (void)pixels;
    return unsupported();
}

pcil_status pc_jpeg_encode(void *encoder, const uint8_t *pixels, int32_t channels, struct pc_bytes *content) {
    (void)encoder, (void)pixels, (void)channels, (void)content;
    return unsupported();
}

void pc_jpeg_bytes_free(struct pc_bytes *content) {
    (void)content;
}
#endif
