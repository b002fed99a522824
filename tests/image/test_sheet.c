/* Contact sheets: their size, their words, their refusals. */
#include "test.h"

#include "base/api.h"
#include "file/file.h"
#include "image/folder.h"
#include "image/font.h"
#include "image/image.h"

enum { COUNT = 5, SIDE = 4 };

static uint8_t pictures[COUNT * SIDE * SIDE * 3];

static int fill(void **state) {
    memset(pictures, 128, sizeof pictures);
    return make_folder(state);
}

#ifdef PCIL_WITH_PNG

static struct pc_picture read_sheet(const char *const *captions, int32_t columns, int32_t scale, const char *title) {
    struct pc_bytes content;
    struct pc_picture sheet;
    check_ok(pcil_image_sheet(in_folder("s.png"), pictures, captions, COUNT, 3, SIDE, SIDE, columns, scale, title));
    check_ok(pc_file_read(NULL, in_folder("s.png"), 1 << 20, &content));
    check_ok(pc_png_decode("s.png", &content, &sheet));
    pc_bytes_free(&content);
    return sheet;
}

static void check_size(struct pc_picture sheet, int32_t height, int32_t width) {
    assert_int_equal(sheet.height, height);
    assert_int_equal(sheet.width, width);
    free(sheet.pixels);
}

/* How many pixels of a sheet have a colour. */
static int count_colour(struct pc_picture sheet, int red, int green, int blue) {
    int count = 0;
    for (int i = 0; i < sheet.height * sheet.width; i++) {
        const uint8_t *pixel = sheet.pixels + 3 * i;
        count += pixel[0] == red && pixel[1] == green && pixel[2] == blue;
    }
    free(sheet.pixels);
    return count;
}

static int count_ink(struct pc_picture sheet) {
    return count_colour(sheet, 45, 48, 56);
}

static int count_mistakes(struct pc_picture sheet) {
    return count_colour(sheet, 200, 30, 40);
}

/* 8 around, 6 between; 12 for a caption's line, a title of 2 x 9 with 6 below. */
static void test_sizes(void **state) {
    (void)state;
    const char *const captions[COUNT] = {"a", "b", "c", "d", "e"};
    check_size(read_sheet(NULL, 5, 1, NULL), 16 + 4, 16 + 5 * 4 + 4 * 6);
    check_size(read_sheet(NULL, 2, 3, NULL), 16 + 3 * 12 + 2 * 6, 16 + 2 * 12 + 6);
    check_size(read_sheet(NULL, 1, 1, "T"), 16 + 24 + 5 * 4 + 4 * 6, 16 + 4);
    check_size(read_sheet(captions, 5, 2, ""), 16 + 8 + 12, 16 + 5 * 8 + 4 * 6);
    check_size(read_sheet(captions, 5, 1, NULL), 16 + 4 + 12, 16 + 5 * 6 + 4 * 6);
}

static void test_pixels_are_enlarged_where_they_stand(void **state) {
    (void)state;
    pictures[(SIDE + 2) * 3] = 251; /* row 1, column 2 of the first */
    struct pc_picture sheet = read_sheet(NULL, 5, 3, NULL);
    for (int y = 0; y < SIDE * 3; y++)
        for (int x = 0; x < SIDE * 3; x++) {
            int expected = y / 3 == 1 && x / 3 == 2 ? 251 : 128;
            assert_int_equal(sheet.pixels[((y + 8) * sheet.width + x + 8) * 3], expected);
        }
    assert_int_equal(sheet.pixels[0], 250);
    free(sheet.pixels);
    pictures[(SIDE + 2) * 3] = 128;
}

static void test_captions_are_drawn(void **state) {
    (void)state;
    const char *const none[COUNT] = {"", NULL, " ", "", ""}, *const one[COUNT] = {"1", NULL, "", "", ""};
    const char *const mistake[COUNT] = {"!1", "!", "", "", ""}, *const box[COUNT] = {"\xc3\xa9", "", "", "", ""};
    assert_int_equal(count_ink(read_sheet(none, 5, 2, NULL)), 0);
    assert_int_equal(count_ink(read_sheet(one, 5, 2, NULL)), 10);
    assert_int_equal(count_mistakes(read_sheet(one, 5, 2, NULL)), 0);
    assert_int_equal(count_ink(read_sheet(mistake, 5, 2, NULL)), 0);
    assert_int_equal(count_mistakes(read_sheet(mistake, 5, 2, NULL)), 10);
    assert_int_equal(count_ink(read_sheet(box, 5, 2, NULL)), 20); /* one character, one box */
}

/* A title becomes smaller where it must: 16 dots of T at 2 x 2, then at 1. Beyond that it is cut. */
static void test_titles_fit(void **state) {
    (void)state;
    char title[400];
    memset(title, 'T', sizeof title - 1);
    title[sizeof title - 1] = 0;
    assert_int_equal(count_ink(read_sheet(NULL, 5, 4, "T")), 11 * 4);
    assert_int_equal(count_ink(read_sheet(NULL, 5, 4, "TTTTTTTTTTTT")), 11 * 12);
    assert_int_equal(count_ink(read_sheet(NULL, 5, 4, title)), 11 * (104 / 6));
}

#endif

/* Every printable character but the space leaves dots, and no two the same. */
static void test_letters_differ(void **state) {
    (void)state;
    static uint8_t seen[128][PC_FONT_WIDTH * PC_FONT_HEIGHT * 3];
    const struct pc_ink ink = {1, 1, 1};
    for (int letter = ' '; letter <= 127; letter++) {
        const char text[] = {(char)letter, 0};
        struct pc_canvas canvas = {seen[letter], PC_FONT_HEIGHT, PC_FONT_WIDTH};
        pc_font_write(&canvas, 0, 0, text, 1, 1, ink);
        for (int other = ' '; other < letter; other++)
            if (memcmp(seen[other], seen[letter], sizeof seen[0]) == 0) fail_msg("'%c' looks like '%c'", letter, other);
    }
}

static void test_arguments_are_checked(void **state) {
    (void)state;
    const char *path = in_folder("none.png");
    const uint8_t *p = pictures;
    const int32_t bad = PCIL_ERROR_ARGUMENT;
    check_fails(pcil_image_sheet(NULL, p, NULL, 1, 3, 4, 4, 1, 1, NULL), bad, "path is NULL");
    check_fails(pcil_image_sheet(path, NULL, NULL, 1, 3, 4, 4, 1, 1, NULL), bad, "pixels are NULL");
    check_fails(pcil_image_sheet(path, p, NULL, 0, 3, 4, 4, 1, 1, NULL), bad, "has 0 pictures, expected 1 ... 10000");
    check_fails(pcil_image_sheet(path, p, NULL, 10001, 3, 4, 4, 1, 1, NULL), bad, "has 10001 pictures");
    check_fails(pcil_image_sheet(path, p, NULL, 5, 3, 4, 4, 6, 1, NULL), bad, "has 6 columns, expected 1 ... 5");
    check_fails(pcil_image_sheet(path, p, NULL, 5, 3, 4, 4, 0, 1, NULL), bad, "has 0 columns");
    check_fails(pcil_image_sheet(path, p, NULL, 5, 3, 4, 4, 5, 17, NULL), bad, "scale is 17, expected 1 ... 16");
    check_fails(pcil_image_sheet(path, p, NULL, 5, 3, 4, 4, 5, 0, NULL), bad, "scale is 0");
    check_fails(pcil_image_sheet(path, p, NULL, 5, 4, 4, 4, 5, 1, NULL), bad, "4 channels");
    check_fails(pcil_image_sheet(path, p, NULL, 10000, 3, 4096, 4096, 10000, 16, NULL), bad, "smaller scale");
    check_fails(pcil_image_sheet(path, p, NULL, 2, 3, 16384, 4096, 1, 16, NULL), bad, "at most 16384 a side");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef PCIL_WITH_PNG
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_pixels_are_enlarged_where_they_stand),
        cmocka_unit_test(test_captions_are_drawn),
        cmocka_unit_test(test_titles_fit),
#endif
        cmocka_unit_test(test_letters_differ),
        cmocka_unit_test(test_arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, fill, remove_folder);
}
