/* JPEG (ITU-T T.81) through libjpeg-turbo's own interface, which neither exits nor prints. */
#include "base/memory.h"
#include "base/text.h"
#include "image/image.h"

#include <errno.h>

#ifdef PCIL_WITH_JPEG
#include <turbojpeg.h>
#endif

int pc_jpeg_is(const struct pc_bytes *content) {
    const unsigned char *bytes = content->bytes;
    return content->size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

#ifdef PCIL_WITH_JPEG

/* A block of 8 x 8 pixels takes at least one bit (arithmetic coding, which nobody writes, may do with less). A pixel is
 * visited once a scan, some ten times in sound pictures. */
enum { PIXELS_IN_A_BYTE = 8 * 64 };
static const uint64_t most_visits = UINT64_C(1) << 31;

/* libjpeg-turbo says what is wrong in words alone; that memory was wanting, the system has said. */
static pcil_status refused(tjhandle decoder, const char *path) {
    struct pc_quote quote, reason;
    if (errno == ENOMEM) return pc_fail_memory(NULL, "a JPEG picture");
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is not a sound JPEG picture: %s", pc_quote(&quote, path),
                   pc_quote(&reason, tjGetErrorStr2(decoder)));
}

/* Marks that begin a scan; those of a picture within the picture (EXIF) count, too. */
static uint64_t count_scans(const struct pc_bytes *content) {
    uint64_t scans = 0;
    for (uint64_t i = 1; i < content->size; i++) scans += content->bytes[i - 1] == 0xff && content->bytes[i] == 0xda;
    return scans;
}

/* libjpeg-turbo may report success with a size of 0 x 0, which the reservation refuses. */
static pcil_status read_header(tjhandle decoder, const char *path, const struct pc_bytes *content,
                               struct pc_picture *picture) {
    int width = 0, height = 0, sampling = -1, colours = -1;
    struct pc_quote quote;
    errno = 0;
    if (tjDecompressHeader3(decoder, content->bytes, (unsigned long)content->size, &width, &height, &sampling,
                            &colours) != 0)
        return refused(decoder, path);
    if (colours == TJCS_CMYK || colours == TJCS_YCCK)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is a JPEG picture in CMYK, expected grey, RGB or YCbCr",
                       pc_quote(&quote, path));
    if (count_scans(content) > most_visits / ((uint64_t)width * (uint64_t)height + 1))
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is a JPEG picture of too many scans for its %d x %d pixels",
                       pc_quote(&quote, path), width, height);
    return pc_picture_reserve(picture, path, content, height, width, PIXELS_IN_A_BYTE);
}

static pcil_status decode(tjhandle decoder, const char *path, const struct pc_bytes *content,
                          struct pc_picture *picture) {
    int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
    pcil_status status = read_header(decoder, path, content, picture);
    if (status != PCIL_OK) return status;
    errno = 0;
    if (tjDecompress2(decoder, content->bytes, (unsigned long)content->size, picture->pixels, picture->width, 0,
                      picture->height, TJPF_RGB, flags) == 0)
        return PCIL_OK;
    pc_release(picture->pixels);
    *picture = (struct pc_picture){0};
    return refused(decoder, path);
}

pcil_status pc_jpeg_picture(const char *path, const struct pc_bytes *content, struct pc_picture *picture) {
    tjhandle decoder = tjInitDecompress();
    if (!decoder) return pc_fail_memory(NULL, "a JPEG decoder");
    pcil_status status = decode(decoder, path, content, picture);
    tjDestroy(decoder);
    return status;
}

#else

pcil_status pc_jpeg_picture(const char *path, const struct pc_bytes *content, struct pc_picture *picture) {
    (void)content, (void)picture;
    struct pc_quote quote;
    return pc_fail(NULL, PCIL_ERROR_UNSUPPORTED,
                   "'%s' is a JPEG picture, which this build does not read; build with PCIL_JPEG=ON (libjpeg-turbo)",
                   pc_quote(&quote, path));
}

#endif
