/* Contact sheets: a title, then rows of pictures, each with a caption under it. */
#include "base/memory.h"
#include "base/text.h"
#include "image/font.h"
#include "image/image.h"

#include <string.h>

enum { MOST_COUNT = 10000, MOST_SCALE = 16, MOST_LETTERS = 32, MOST_TITLE = 256, LARGE_PICTURE = 96 };

static const struct pc_ink paper = {250, 250, 248}, ink = {45, 48, 56}, mistake = {200, 30, 40};

/* What is shown. */
struct contents {
    const uint8_t *pixels;
    const char *const *captions;
    const char *title;
    int32_t count, channels, height, width, columns, scale;
};

/* Where it stands; all in pixels of the sheet. */
struct layout {
    int32_t margin, text;            /* text: pixels of a dot */
    int32_t cell_width, cell_height; /* of a picture with its caption, without the gap */
    int32_t gap, title;              /* title: pixels of a dot, 0 for none */
    int32_t top;                     /* of the first row */
};

static int is_mistake(const char *caption) {
    return caption && caption[0] == '!';
}

static const char *words_of(const char *caption) {
    return !caption ? "" : is_mistake(caption) ? caption + 1 : caption;
}

/* Cells are as wide as the longest caption needs, up to a limit. */
static int32_t longest_caption(const struct contents *contents) {
    int32_t longest = 0;
    for (int32_t i = 0; contents->captions && i < contents->count; i++) {
        int32_t count = pc_font_count(words_of(contents->captions[i]), MOST_LETTERS);
        if (count > longest) longest = count;
    }
    return longest;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static struct layout plan(const struct contents *contents) {
    int32_t width = contents->width * contents->scale, letters = longest_caption(contents);
    struct layout layout = {.text = width >= LARGE_PICTURE ? 2 : 1};
    layout.margin = 8 * layout.text;
    layout.gap = 6 * layout.text;
    layout.cell_width = larger(width, letters * PC_FONT_WIDTH * layout.text);
    layout.cell_height = contents->height * contents->scale;
    if (contents->captions) layout.cell_height += (3 + PC_FONT_HEIGHT) * layout.text;
    layout.title = contents->title && *contents->title ? layout.text + 1 : 0;
    layout.top = layout.margin + layout.title * PC_FONT_HEIGHT + (layout.title ? layout.gap : 0);
    return layout;
}

static int32_t letters_that_fit(int32_t width, int32_t dot) {
    return width / (PC_FONT_WIDTH * dot);
}

/* A title that is too wide for its row of pictures is written smaller, then cut. */
static void write_title(const struct pc_canvas *canvas, const struct contents *contents, const struct layout *layout) {
    int32_t room = canvas->width - 2 * layout->margin, dot = layout->title;
    int32_t count = pc_font_count(contents->title, MOST_TITLE);
    while (dot > 1 && count > letters_that_fit(room, dot)) dot--;
    if (count > letters_that_fit(room, dot)) count = letters_that_fit(room, dot);
    pc_font_write(canvas, layout->margin, layout->margin, contents->title, count, dot, ink);
}

static struct pc_ink pixel_of(const struct contents *contents, int32_t picture, int32_t y, int32_t x) {
    size_t place = ((size_t)picture * (size_t)contents->height + (size_t)y) * (size_t)contents->width + (size_t)x;
    const uint8_t *pixel = contents->pixels + place * (size_t)contents->channels;
    if (contents->channels == 1) return (struct pc_ink){pixel[0], pixel[0], pixel[0]};
    return (struct pc_ink){pixel[0], pixel[1], pixel[2]};
}

static void draw_picture(const struct pc_canvas *canvas, const struct contents *contents, int32_t picture, int32_t left,
                         int32_t top) {
    int32_t scale = contents->scale;
    for (int32_t y = 0; y < contents->height; y++) {
        for (int32_t x = 0; x < contents->width; x++)
            pc_canvas_fill(canvas, left + x * scale, top + y * scale, scale, scale, pixel_of(contents, picture, y, x));
    }
}

static void draw_cell(const struct pc_canvas *canvas, const struct contents *contents, const struct layout *layout,
                      int32_t picture) {
    int32_t width = contents->width * contents->scale;
    int32_t left = layout->margin + picture % contents->columns * (layout->cell_width + layout->gap);
    int32_t top = layout->top + picture / contents->columns * (layout->cell_height + layout->gap);
    draw_picture(canvas, contents, picture, left + (layout->cell_width - width) / 2, top);
    if (!contents->captions) return;
    const char *caption = contents->captions[picture], *words = words_of(caption);
    int32_t count = pc_font_count(words, letters_that_fit(layout->cell_width, layout->text));
    /* The last letter's space to the right does not count, so that the words look centred. */
    int32_t indent = (layout->cell_width - (count * PC_FONT_WIDTH - 1) * layout->text) / 2;
    pc_font_write(canvas, left + indent, top + contents->height * contents->scale + 3 * layout->text, words, count,
                  layout->text, is_mistake(caption) ? mistake : ink);
}

static pcil_status check(const struct contents *contents) {
    if (contents->count < 1 || contents->count > MOST_COUNT)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a sheet has %d pictures, expected 1 ... %d", contents->count,
                       MOST_COUNT);
    if (contents->columns < 1 || contents->columns > contents->count)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a sheet has %d columns, expected 1 ... %d, its pictures",
                       contents->columns, contents->count);
    if (contents->scale < 1 || contents->scale > MOST_SCALE)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a sheet's scale is %d, expected 1 ... %d", contents->scale,
                       MOST_SCALE);
    return pc_image_check(contents->pixels, contents->channels, contents->height, contents->width);
}

static pcil_status make_canvas(const struct contents *contents, const struct layout *layout, struct pc_canvas *canvas) {
    int64_t rows = (contents->count - 1) / contents->columns + 1;
    int64_t width = (int64_t)contents->columns * (layout->cell_width + layout->gap) - layout->gap + 2 * layout->margin;
    int64_t height = layout->top + rows * (layout->cell_height + layout->gap) - layout->gap + layout->margin;
    if (width > PC_IMAGE_MOST_SIDE || height > PC_IMAGE_MOST_SIDE || width * height > PC_IMAGE_MOST_PIXELS)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT,
                       "the sheet would be %lld x %lld pixels, expected at most %d a side and %d in all; show fewer "
                       "pictures, choose other columns or a smaller scale",
                       (long long)width, (long long)height, PC_IMAGE_MOST_SIDE, PC_IMAGE_MOST_PIXELS);
    uint8_t *pixels = pc_allocate((size_t)(width * height), 3);
    if (!pixels) return pc_fail_memory(NULL, "a contact sheet");
    *canvas = (struct pc_canvas){.pixels = pixels, .height = (int32_t)height, .width = (int32_t)width};
    return PCIL_OK;
}

pcil_status pcil_image_sheet(const char *path, const uint8_t *pixels, const char *const *captions, int32_t count,
                             int32_t channels, int32_t height, int32_t width, int32_t columns, int32_t scale,
                             const char *title) {
    struct contents contents = {pixels, captions, title, count, channels, height, width, columns, scale};
    struct pc_canvas canvas;
    if (!path) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture's path is NULL");
    pcil_status status = check(&contents);
    if (status != PCIL_OK) return status;
    struct layout layout = plan(&contents);
    status = make_canvas(&contents, &layout, &canvas);
    if (status != PCIL_OK) return status;
    pc_canvas_fill(&canvas, 0, 0, canvas.width, canvas.height, paper);
    if (layout.title) write_title(&canvas, &contents, &layout);
    for (int32_t i = 0; i < count; i++) draw_cell(&canvas, &contents, &layout, i);
    status = pcil_image_write(path, canvas.pixels, 3, canvas.height, canvas.width);
    pc_release(canvas.pixels);
    return status;
}
