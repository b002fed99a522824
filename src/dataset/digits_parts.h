/* What the files of the drawn digits share: strokes of a digit, and the field of distances that they leave. */
#ifndef PC_DATASET_DIGITS_PARTS_H
#define PC_DATASET_DIGITS_PARTS_H

#include "base/random.h"
#include "dataset/digits.h"

enum { PC_DIGITS_PIXELS = PC_DIGITS_SIDE * PC_DIGITS_SIDE, PC_GLYPH_WIDTH = 60, PC_GLYPH_HEIGHT = 100 };

/*
 * One mark of a pen in a box of 60 x 100, y downwards: 'm' moves, 'l' draws a line, 'c' is the control point of a
 * quadratic curve that ends at the next mark, an 'e'. A glyph ends at kind 0.
 */
struct pc_mark {
    char kind;
    int8_t x, y;
};

/* One of the ways to write a digit. */
const struct pc_mark *pc_digits_glyph(int32_t digit, struct pc_random *random);

/* Where a glyph lands: its box's centre at (x, y), and the pixels that a unit to the right and a unit down mean. */
struct pc_placing {
    float x, y;
    float right[2], down[2];
};

/* The squared distance of every pixel's centre to the nearest stroke; right up to a reach, larger beyond it. */
struct pc_field {
    float square[PC_DIGITS_PIXELS];
    float reach;
};

void pc_field_clear(struct pc_field *field, float reach);

/* Adds a glyph's strokes, each mark displaced by up to `shake` units in x and y. */
void pc_field_trace(struct pc_field *field, const struct pc_mark *glyph, const struct pc_placing *placing, float shake,
                    struct pc_random *random);

/* Colours a field, with background, light, blur and noise. */
void pc_digits_paint(const struct pc_field *field, float radius, struct pc_random *random, uint8_t *pixels);

/* Uniform in [low, high): 24 bits, so that every step is exact in float. */
float pc_digits_between(struct pc_random *random, float low, float high);

/* True so often out of 100. */
int pc_digits_chance(struct pc_random *random, int32_t percent);

#endif
