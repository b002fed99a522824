/*
 * From strokes to distances. Only +, -, *, / and square roots are used, whose results IEEE 754 fixes to the last bit,
 * so that every compiler and processor draws the same digits; contraction is off in the whole build.
 */
#include "dataset/digits_parts.h"

#include <math.h>

enum { SIDE = PC_DIGITS_SIDE, PIECES = 5 /* lines that stand for a curve: off by less than a tenth of a pixel */ };

struct point {
    float x, y;
};

float pc_digits_between(struct pc_random *random, float low, float high) {
    return low + (high - low) * ((float)(pc_random_next(random) >> 40) * 0x1p-24f);
}

int pc_digits_chance(struct pc_random *random, int32_t percent) {
    return pc_random_below(random, 100) < (uint64_t)percent;
}

void pc_field_clear(struct pc_field *field, float reach) {
    field->reach = reach;
    for (int i = 0; i < PC_DIGITS_PIXELS; i++) field->square[i] = 1e9f;
}

/* The rows or columns that a stroke can touch: [first, end). */
static int first_touched(float low) {
    return low <= 0 ? 0 : low >= SIDE ? SIDE : (int)low;
}

static int end_touched(float high) {
    return high < 0 ? 0 : high >= SIDE - 1 ? SIDE : (int)high + 1;
}

static float square_distance(struct point at, struct point from, struct point way, float length) {
    float x = at.x - from.x, y = at.y - from.y;
    float share = length > 0 ? (x * way.x + y * way.y) / length : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    x -= share * way.x;
    y -= share * way.y;
    return x * x + y * y;
}

static void draw_line(struct pc_field *field, struct point from, struct point to) {
    struct point way = {to.x - from.x, to.y - from.y};
    float length = way.x * way.x + way.y * way.y, reach = field->reach;
    int left = first_touched(fminf(from.x, to.x) - reach), right = end_touched(fmaxf(from.x, to.x) + reach);
    int top = first_touched(fminf(from.y, to.y) - reach), bottom = end_touched(fmaxf(from.y, to.y) + reach);
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            float square = square_distance((struct point){(float)x + .5f, (float)y + .5f}, from, way, length);
            float *least = &field->square[y * SIDE + x];
            if (square < *least) *least = square;
        }
    }
}

static void draw_curve(struct pc_field *field, struct point from, struct point control, struct point to) {
    struct point last = from;
    for (int i = 1; i <= PIECES; i++) {
        float t = (float)i / PIECES, a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
        struct point next = {a * from.x + b * control.x + c * to.x, a * from.y + b * control.y + c * to.y};
        draw_line(field, last, next);
        last = next;
    }
}

static struct point place(const struct pc_mark *mark, const struct pc_placing *placing, float shake,
                          struct pc_random *random) {
    float x = (float)mark->x - .5f * PC_GLYPH_WIDTH + pc_digits_between(random, -shake, shake);
    float y = (float)mark->y - .5f * PC_GLYPH_HEIGHT + pc_digits_between(random, -shake, shake);
    return (struct point){placing->x + x * placing->right[0] + y * placing->down[0],
                          placing->y + x * placing->right[1] + y * placing->down[1]};
}

void pc_field_trace(struct pc_field *field, const struct pc_mark *glyph, const struct pc_placing *placing, float shake,
                    struct pc_random *random) {
    struct point pen = {0, 0}, control = {0, 0};
    for (const struct pc_mark *mark = glyph; mark->kind; mark++) {
        struct point next = place(mark, placing, shake, random);
        if (mark->kind == 'l') draw_line(field, pen, next);
        if (mark->kind == 'e') draw_curve(field, pen, control, next);
        if (mark->kind == 'c')
            control = next;
        else
            pen = next;
    }
}
