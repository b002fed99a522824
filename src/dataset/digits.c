/*
 * House numbers, drawn: a digit of one of several hands near the middle, often with neighbours that the edges cut off,
 * as in the cropped digits of SVHN (Netzer et al. 2011). Nothing is read from any file; image i of a seed comes from
 * the stream "digits", i alone. docs/digits.md shows them and says how hard they are.
 */
#include "dataset/digits.h"

#include "dataset/digits_parts.h"

/* All of a sign's digits share their size, slant and turn. */
static struct pc_placing pick_placing(struct pc_random *random) {
    float high = pc_digits_between(random, 17, 26), wide = high * pc_digits_between(random, .42f, .74f);
    float slant = pc_digits_between(random, -.25f, .25f);
    /* The half angle's tangent gives sine and cosine without a library's: at most 15 degrees. */
    float half = pc_digits_between(random, -.13f, .13f), scale = 1 / (1 + half * half);
    float cosine = (1 - half * half) * scale, sine = 2 * half * scale;
    float x = wide / PC_GLYPH_WIDTH, y = high / PC_GLYPH_HEIGHT;
    return (struct pc_placing){
        .x = 16 + pc_digits_between(random, -2, 2),
        .y = 16 + pc_digits_between(random, -2, 2),
        .right = {cosine * x, sine * x},
        .down = {(slant * cosine - sine) * y, (slant * sine + cosine) * y},
    };
}

/* A digit beside the labelled one, `side` -1 or 1. */
static void trace_neighbour(struct pc_field *field, struct pc_placing placing, float side, float gap, float shake,
                            struct pc_random *random) {
    const struct pc_mark *glyph = pc_digits_glyph((int32_t)pc_random_below(random, 10), random);
    float units = side * (PC_GLYPH_WIDTH + gap);
    placing.x += units * placing.right[0];
    placing.y += units * placing.right[1];
    pc_field_trace(field, glyph, &placing, shake, random);
}

void pc_digits_draw(uint64_t seed, int64_t index, uint8_t *pixels, int32_t *label) {
    struct pc_random random;
    struct pc_field field;
    pc_random_seed(&random, seed, "digits", (uint64_t)index);
    *label = (int32_t)pc_random_below(&random, 10);
    struct pc_placing placing = pick_placing(&random);
    float radius = pc_digits_between(&random, .9f, 2.3f), shake = pc_digits_between(&random, 0, 6);
    float gap = pc_digits_between(&random, 14, 40);
    pc_field_clear(&field, radius + 2);
    pc_field_trace(&field, pc_digits_glyph(*label, &random), &placing, shake, &random);
    if (pc_digits_chance(&random, 50)) trace_neighbour(&field, placing, -1, gap, shake, &random);
    if (pc_digits_chance(&random, 50)) trace_neighbour(&field, placing, 1, gap, shake, &random);
    pc_digits_paint(&field, radius, &random, pixels);
}
