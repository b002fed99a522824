/* Scaling and cutting. */
#include "test.h"

#include "base/api.h"
#include "image/image.h"

static uint8_t pixels[256 * 256 * 3], got[256 * 256 * 3];

static void fit(int32_t height, int32_t width, int32_t to_height, int32_t to_width) {
    struct pc_picture picture = {pixels, height, width};
    check_ok(pc_picture_fit(&picture, got, 3, to_height, to_width));
}

/* Brightness grows by one a column. */
static void make_ramp(int height, int width) {
    for (int i = 0; i < height * width * 3; i++) pixels[i] = (uint8_t)(i / 3 % width);
}

static void test_constant_stays_constant(void **state) {
    (void)state;
    const int sizes[] = {1, 2, 3, 7, 32, 33, 100};
    for (int value = 0; value < 256; value += 51) {
        memset(pixels, value, 100 * 100 * 3);
        for (int i = 0; i < 7 * 7 * 7; i++) {
            int side = sizes[i % 7];
            fit(sizes[i / 7 % 7], sizes[i / 49], side, side);
            for (int k = 0; k < side * side * 3; k++) assert_int_equal(got[k], value);
        }
    }
}

static void test_same_size_stays_the_same(void **state) {
    (void)state;
    for (int i = 0; i < 9 * 13 * 3; i++) pixels[i] = (uint8_t)(i * 37);
    fit(9, 13, 9, 13);
    assert_memory_equal(got, pixels, 9 * 13 * 3);
}

/* Two by two pixels become one: their mean. */
static void test_half_is_the_mean(void **state) {
    (void)state;
    for (int i = 0; i < 8 * 8 * 3; i++) pixels[i] = (uint8_t)(i * 91);
    fit(8, 8, 4, 4);
    for (int i = 0; i < 4 * 4 * 3; i++) {
        const uint8_t *from = pixels + (i / 12 * 16 + i % 12 / 3 * 2) * 3 + i % 3;
        assert_int_equal(got[i], (from[0] + from[3] + from[24] + from[27] + 2) / 4);
    }
}

/* 3 columns to 2: each result covers one and a half. */
static void test_parts_of_pixels_count(void **state) {
    (void)state;
    const uint8_t row[] = {10, 40, 100};
    for (int i = 0; i < 27; i++) pixels[i] = row[i / 3 % 3];
    fit(3, 3, 2, 2);
    assert_int_equal(got[0], 20);
    assert_int_equal(got[3], 80);
}

static void test_a_ramp_grows_evenly(void **state) {
    (void)state;
    make_ramp(64, 64);
    for (int i = 0; i < 64 * 64 * 3; i++) pixels[i] = (uint8_t)(pixels[i] * 4);
    fit(64, 64, 256, 256);
    for (int x = 2; x < 254; x++) assert_int_equal(got[x * 3], x - 1 - (x < 2));
    assert_int_equal(got[0], 0);
    assert_int_equal(got[255 * 3], 252);
}

static void test_a_ramp_shrinks_evenly(void **state) {
    (void)state;
    make_ramp(256, 256);
    fit(256, 256, 32, 32);
    for (int x = 0; x < 32; x++) assert_int_equal(got[x * 3], 8 * x + 4);
}

static void test_the_middle_is_kept(void **state) {
    (void)state;
    make_ramp(10, 30);
    fit(10, 30, 10, 10);
    for (int x = 0; x < 10; x++) assert_int_equal(got[x * 3], 10 + x);
    for (int i = 0; i < 30 * 10 * 3; i++) pixels[i] = (uint8_t)(i / 30);
    fit(30, 10, 10, 10);
    for (int y = 0; y < 10; y++) assert_int_equal(got[y * 30], 10 + y);
    make_ramp(2, 200);
    fit(2, 200, 1, 1);
    assert_int_equal(got[0], 100);
}

static void test_brightness_weighs_the_colours(void **state) {
    (void)state;
    const uint8_t colours[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9};
    struct pc_picture picture = {pixels, 1, 4};
    memcpy(pixels, colours, sizeof colours);
    check_ok(pc_picture_fit(&picture, got, 1, 1, 4));
    const uint8_t expected[] = {77, 149, 29, 9};
    assert_memory_equal(got, expected, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_stays_constant), cmocka_unit_test(test_same_size_stays_the_same),
        cmocka_unit_test(test_half_is_the_mean),        cmocka_unit_test(test_parts_of_pixels_count),
        cmocka_unit_test(test_a_ramp_grows_evenly),     cmocka_unit_test(test_a_ramp_shrinks_evenly),
        cmocka_unit_test(test_the_middle_is_kept),      cmocka_unit_test(test_brightness_weighs_the_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
