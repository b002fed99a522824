/* From distances to colours: a wall, a sign's edge, paint with a shadow or an outline, light, a camera's blur and
 * noise. */
#include "dataset/digits_parts.h"

#include <math.h>

enum { SIDE = PC_DIGITS_SIDE, KNOTS = 5 };

struct colour {
    float of[3];
};

/* What a picture is painted from. */
struct paint {
    struct colour wall, beyond, ink, trim;
    float edge[3];             /* pixels where edge[0] x + edge[1] y > edge[2] lie beyond the sign */
    float stain[KNOTS][KNOTS]; /* blotches, between whose knots the brightness runs smoothly */
    float light[3];            /* brightness: light[0] + light[1] x + light[2] y */
    float outline;             /* width of a trim around the strokes */
    int shadow;                /* pixels that a trim is displaced by, down and right */
};

static struct colour shade(struct pc_random *random, float brightness, float tint) {
    struct colour colour;
    for (int k = 0; k < 3; k++) colour.of[k] = brightness + pc_digits_between(random, -tint, tint);
    return colour;
}

/* Ink lighter or darker than the wall, sometimes by little; the other way round where it would leave the range. */
static float pick_ink(struct pc_random *random, float wall) {
    float contrast = pc_digits_between(random, .14f, .7f);
    if (pc_digits_chance(random, 15)) contrast = -contrast;
    float ink = wall + contrast;
    return ink < 0 || ink > 1 ? wall - contrast : ink;
}

static void pick_edge(struct pc_random *random, float edge[3]) {
    float x = pc_digits_between(random, -1, 1), y = pc_digits_between(random, -1, 1);
    float length = sqrtf(x * x + y * y) + .01f;
    edge[0] = x / length;
    edge[1] = y / length;
    edge[2] = pc_digits_between(random, 4, 14);
}

static struct paint pick_paint(struct pc_random *random) {
    struct paint paint = {0};
    float wall = pc_digits_between(random, .12f, .72f), tint = pc_digits_between(random, 0, .2f);
    float beyond = pc_digits_chance(random, 50) ? pc_digits_between(random, -.3f, .3f) : 0;
    float stain = pc_digits_between(random, 0, .12f);
    paint.wall = shade(random, wall, tint);
    paint.beyond = paint.wall;
    for (int k = 0; k < 3; k++) paint.beyond.of[k] += beyond;
    paint.ink = shade(random, pick_ink(random, wall), tint);
    paint.trim = shade(random, pc_digits_between(random, 0, 1), .1f);
    pick_edge(random, paint.edge);
    for (int i = 0; i < KNOTS * KNOTS; i++)
        paint.stain[i / KNOTS][i % KNOTS] = pc_digits_between(random, -stain, stain);
    paint.light[0] = pc_digits_between(random, .85f, 1.1f);
    paint.light[1] = pc_digits_between(random, -.02f, .02f);
    paint.light[2] = pc_digits_between(random, -.02f, .02f);
    if (pc_digits_chance(random, 20)) paint.outline = pc_digits_between(random, .5f, 1.5f);
    if (pc_digits_chance(random, 25)) paint.shadow = 1 + (int)pc_random_below(random, 2);
    return paint;
}

/* How much of a pixel a stroke of a radius covers, by its centre's distance. */
static float cover(const struct pc_field *field, int x, int y, float radius) {
    if (x < 0 || y < 0) return 0;
    float inside = radius + .5f - sqrtf(field->square[y * SIDE + x]);
    return inside < 0 ? 0 : inside > 1 ? 1 : inside;
}

static float stain_at(const struct paint *paint, int x, int y) {
    int column = x / 8, row = y / 8;
    float right = (float)(x % 8) / 8, down = (float)(y % 8) / 8;
    const float *upper = paint->stain[row], *lower = paint->stain[row + 1];
    float above = upper[column] + right * (upper[column + 1] - upper[column]);
    float below = lower[column] + right * (lower[column + 1] - lower[column]);
    return above + down * (below - above);
}

static void paint_pixel(const struct pc_field *field, float radius, const struct paint *paint, int x, int y,
                        float *pixel) {
    float across = (float)x - 15.5f, down = (float)y - 15.5f;
    float past = paint->edge[0] * across + paint->edge[1] * down - paint->edge[2] + .5f;
    past = past < 0 ? 0 : past > 1 ? 1 : past;
    float ink = cover(field, x, y, radius), stain = stain_at(paint, x, y), trim = 0;
    if (paint->outline > 0) trim = cover(field, x, y, radius + paint->outline);
    if (paint->shadow > 0) trim = cover(field, x - paint->shadow, y - paint->shadow, radius);
    float light = paint->light[0] + paint->light[1] * across + paint->light[2] * down;
    for (int k = 0; k < 3; k++) {
        float value = paint->wall.of[k] + past * (paint->beyond.of[k] - paint->wall.of[k]) + stain;
        value += trim * (paint->trim.of[k] - value);
        value += ink * (paint->ink.of[k] - value);
        pixel[k] = light * value;
    }
}

/* One row or column of one colour, smoothed by (w, 1 - 2w, w); its ends repeat. */
static void blur_line(float *line, int step, float weight) {
    float before = line[0];
    for (int i = 0; i < SIDE; i++) {
        float here = line[i * step], after = line[(i + 1 < SIDE ? i + 1 : i) * step];
        line[i * step] = here + weight * (before - 2 * here + after);
        before = here;
    }
}

static void blur(float *image, float weight) {
    for (int i = 0; i < SIDE * 3; i++) blur_line(image + i, SIDE * 3, weight);
    for (int i = 0; i < SIDE * 3; i++) blur_line(image + i / 3 * SIDE * 3 + i % 3, 3, weight);
}

/* The sum of four uniforms of 16 bits: nearly normal, and free of a library's logarithm. About 1 wide. */
static float noise(struct pc_random *random) {
    uint64_t bits = pc_random_next(random);
    int32_t sum =
        (int32_t)(bits & 65535) + (int32_t)(bits >> 16 & 65535) + (int32_t)(bits >> 32 & 65535) + (int32_t)(bits >> 48);
    return (float)(sum - 131070) * 0x1.bb68p-16f;
}

void pc_digits_paint(const struct pc_field *field, float radius, struct pc_random *random, uint8_t *pixels) {
    float image[PC_DIGITS_BYTES];
    struct paint paint = pick_paint(random);
    for (int i = 0; i < PC_DIGITS_PIXELS; i++) paint_pixel(field, radius, &paint, i % SIDE, i / SIDE, image + i * 3);
    int passes = (int)pc_random_below(random, 3);
    for (int i = 0; i < passes; i++) blur(image, pc_digits_between(random, .05f, .25f));
    float grain = pc_digits_between(random, .005f, .05f);
    for (int i = 0; i < PC_DIGITS_BYTES; i++) {
        float value = (image[i] + grain * noise(random)) * 255 + .5f;
        pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}
