/*
 * Fitting a picture to a shape: the largest part of the shape's proportions about the centre, averaged by area where it
 * shrinks and interpolated linearly where it grows.
 */
#include "base/memory.h"
#include "image/image.h"

#include <math.h>

/* The source rows or columns behind one of the result: the first and last count as they say, those between fully. */
struct span {
    int32_t first, count;
    double first_weight, last_weight;
};

static double weight_of(const struct span *span, int32_t i) {
    if (i == 0) return span->first_weight;
    return i == span->count - 1 ? span->last_weight : 1;
}

/* All that lies between `low` and `high`, with parts of the pixels at the ends. */
static struct span average(double low, double high, int32_t size) {
    int32_t first = (int32_t)low, last = (int32_t)ceil(high) - 1;
    if (last >= size) last = size - 1;
    if (last <= first) return (struct span){.first = first, .count = 1, .first_weight = 1};
    return (struct span){
        .first = first, .count = last - first + 1, .first_weight = first + 1 - low, .last_weight = high - last};
}

/* Between the two pixels whose centres lie around `centre`; beyond the outermost centres there is only one. */
static struct span interpolate(double centre, int32_t size) {
    double place = fmin(fmax(centre - .5, 0), size - 1);
    int32_t first = (int32_t)place;
    double share = place - first;
    if (share == 0) return (struct span){.first = first, .count = 1, .first_weight = 1};
    return (struct span){.first = first, .count = 2, .first_weight = 1 - share, .last_weight = share};
}

/* `part` of the source's `size` pixels, about its centre, become `count`. */
static struct span *make_spans(double part, int32_t size, int32_t count) {
    struct span *spans = pc_allocate((size_t)count, sizeof *spans);
    double step = part / count, start = (size - part) / 2;
    for (int32_t i = 0; spans && i < count; i++) {
        double low = start + i * step;
        spans[i] = step > 1 ? average(low, low + step, size) : interpolate(low + step / 2, size);
    }
    return spans;
}

static void mix(const struct pc_picture *picture, const struct span *rows, const struct span *columns,
                uint8_t *colour) {
    double sums[3] = {0}, total = 0;
    for (int32_t y = 0; y < rows->count; y++) {
        const uint8_t *from =
            picture->pixels + ((size_t)(rows->first + y) * (size_t)picture->width + (size_t)columns->first) * 3;
        for (int32_t x = 0; x < columns->count; x++, from += 3) {
            double weight = weight_of(rows, y) * weight_of(columns, x);
            for (int k = 0; k < 3; k++) sums[k] += weight * from[k];
            total += weight;
        }
    }
    for (int k = 0; k < 3; k++) colour[k] = (uint8_t)(sums[k] / total + .5);
}

/* Brightness by ITU-R BT.601; the weights add up to 256, so that grey stays what it was. */
static uint8_t brightness(const uint8_t *colour) {
    return (uint8_t)((77 * colour[0] + 150 * colour[1] + 29 * colour[2] + 128) / 256);
}

static void fill(const struct pc_picture *picture, const struct span *rows, const struct span *columns, uint8_t *pixels,
                 int32_t channels, int32_t height, int32_t width) {
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++, pixels += channels) {
            uint8_t colour[3];
            mix(picture, &rows[y], &columns[x], colour);
            pixels[0] = channels == 1 ? brightness(colour) : colour[0];
            for (int k = 1; k < channels; k++) pixels[k] = colour[k];
        }
    }
}

pcil_status pc_picture_fit(const struct pc_picture *picture, uint8_t *pixels, int32_t channels, int32_t height,
                           int32_t width) {
    double high = fmin(picture->height, (double)picture->width * height / width);
    double wide = fmin(picture->width, (double)picture->height * width / height);
    struct span *rows = make_spans(high, picture->height, height);
    struct span *columns = make_spans(wide, picture->width, width);
    pcil_status status = PCIL_OK;
    if (rows && columns)
        fill(picture, rows, columns, pixels, channels, height, width);
    else
        status = pc_fail_memory(NULL, "the scaling of a picture");
    pc_release(rows);
    pc_release(columns);
    return status;
}
