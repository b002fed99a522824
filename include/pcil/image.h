/* Pictures: PNG out, PNG and JPEG in, contact sheets. Pixels are 8 bit, [height][width][channels], 1 or 3 channels. */
#ifndef PCIL_IMAGE_H
#define PCIL_IMAGE_H

#include "pcil/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes a PNG file, replacing the file as a whole or not at all. Any thread.
 *
 * @param pixels [height][width][channels], at most 16384 a side and 2^26 in all.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_IO; PCIL_ERROR_MEMORY; PCIL_ERROR_UNSUPPORTED (no libpng). @since
 * 0.1
 */
pcil_status pcil_image_write(const char *path, const uint8_t *pixels, int32_t channels, int32_t height, int32_t width);

/**
 * Reads a PNG or JPEG file, told apart by its first bytes, and fits it to a shape: grey and colour are converted,
 * what shines through is on white, another size is cut to the shape's aspect ratio about the centre and scaled by area
 * averaging (down) or linearly (up).
 *
 * @param pixels receives [height][width][channels].
 * @return PCIL_OK; PCIL_ERROR_IO; PCIL_ERROR_FORMAT (not such a file, damaged, or beyond 16384 pixels a side, 2^26 in
 * all or 64 MiB); PCIL_ERROR_UNSUPPORTED; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_image_read(const char *path, uint8_t *pixels, int32_t channels, int32_t height, int32_t width);

/**
 * Writes a contact sheet as PNG: pictures in rows, a caption under each, a title above.
 *
 * @param pixels   [count][height][width][channels].
 * @param captions [count] texts of printable ASCII (others are drawn as boxes), NULL for none; a caption that begins
 * with '!' is drawn, without the mark, in the colour of a mistake.
 * @param count    1 ... 10,000.
 * @param columns  pictures in a row, 1 ... count.
 * @param scale    each pixel becomes scale x scale, 1 ... 16.
 * @param title    may be NULL.
 * @return as pcil_image_write. @since 0.1
 */
pcil_status pcil_image_sheet(const char *path, const uint8_t *pixels, const char *const *captions, int32_t count,
                             int32_t channels, int32_t height, int32_t width, int32_t columns, int32_t scale,
                             const char *title);

#ifdef __cplusplus
}
#endif

#endif
