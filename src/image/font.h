/* Text in pictures: printable ASCII in cells of 6 x 9 pixels, of which glyphs fill 5 x 7 and what hangs below. */
#ifndef PC_IMAGE_FONT_H
#define PC_IMAGE_FONT_H

#include "base/status.h"

enum { PC_FONT_WIDTH = 6, PC_FONT_HEIGHT = 9 };

/* A picture to draw on, [height][width][3]. */
struct pc_canvas {
    uint8_t *pixels;
    int32_t height, width;
};

struct pc_ink {
    uint8_t red, green, blue;
};

/* Fills a rectangle; what lies outside the canvas is left out. */
void pc_canvas_fill(const struct pc_canvas *canvas, int32_t x, int32_t y, int32_t width, int32_t height,
                    struct pc_ink ink);

/* How many glyphs a text takes: one for each character, a box for each that is not printable ASCII; at most `most`. */
int32_t pc_font_count(const char *text, int32_t most);

/* Writes the first `count` glyphs of a text, each pixel `scale` x `scale`. */
void pc_font_write(const struct pc_canvas *canvas, int32_t x, int32_t y, const char *text, int32_t count, int32_t scale,
                   struct pc_ink ink);

#endif
