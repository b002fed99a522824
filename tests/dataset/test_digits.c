/* The drawn digits: the same bits everywhere, fair labels, no image twice. */
#include "test.h"

#include "base/api.h"
#include "dataset/digits.h"
#include "file/checksum.h"

enum { MANY = 1000 };

static uint32_t sum_of(uint64_t seed, int64_t index, int32_t *label) {
    uint8_t pixels[PC_DIGITS_BYTES];
    pc_digits_draw(seed, index, pixels, label);
    return pc_checksum(0, pixels, sizeof pixels);
}

/* The sums were taken from builds of gcc and clang, plain and optimised for a newer processor: all agreed. */
static void test_images_keep_their_bits(void **state) {
    (void)state;
    uint8_t pixels[PC_DIGITS_BYTES];
    int32_t label;
    uint32_t sum = 0;
    for (int64_t i = 0; i < MANY; i++) {
        pc_digits_draw(5, i, pixels, &label);
        sum = pc_checksum(sum, pixels, sizeof pixels);
        if (i == 0) assert_int_equal(sum, 0x40859d69);
        if (i == 1) assert_int_equal(sum, 0x76cf22fe);
    }
    assert_int_equal(sum, 0xa2ea40f8);
    assert_int_equal(label, 4);
}

static void test_order_does_not_matter(void **state) {
    (void)state;
    int32_t label, again;
    uint32_t last = sum_of(1, 99, &label), first = sum_of(1, 0, &again);
    assert_true(first != last);
    assert_int_equal(sum_of(1, 99, &again), last);
    assert_int_equal(again, label);
    assert_true(sum_of(2, 99, &again) != last);
}

static void test_any_seed_and_index_is_drawn(void **state) {
    (void)state;
    int32_t label;
    assert_int_equal(sum_of(UINT64_MAX, INT64_MAX, &label), 0x2bc8af23);
    assert_int_equal(label, 9);
    const uint64_t seeds[] = {0, 1, UINT64_MAX};
    const int64_t indices[] = {INT64_MIN, -1, 0, INT64_MAX};
    for (int i = 0; i < 12; i++) {
        label = -1;
        sum_of(seeds[i % 3], indices[i / 3], &label);
        assert_in_range(label, 0, 9);
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Equal sums of different images are no more likely than 1 in 8,000. */
static void test_no_image_comes_twice(void **state) {
    (void)state;
    uint32_t sums[MANY];
    int32_t label;
    for (int i = 0; i < MANY; i++) sums[i] = sum_of(3, i, &label);
    qsort(sums, MANY, sizeof *sums, compare);
    for (int i = 1; i < MANY; i++) assert_true(sums[i] != sums[i - 1]);
}

/* Chi-squared of the labels, and of pairs of labels a step apart, for 9 and 99 degrees of freedom. */
static void test_labels_are_fair(void **state) {
    (void)state;
    double counts[10] = {0}, pairs[10][10] = {{0}}, off = 0, pairs_off = 0;
    int32_t label = 0, last = 0;
    const int images = 5000;
    for (int i = 0; i < images; i++) {
        last = label;
        sum_of(7, i, &label);
        counts[label]++;
        pairs[last][label]++;
    }
    for (int i = 0; i < 100; i++) {
        double expected = images / 100.;
        pairs_off += pow(pairs[i / 10][i % 10] - expected, 2) / expected;
        if (i < 10) off += pow(counts[i] - 10 * expected, 2) / (10 * expected);
    }
    assert_true(off < 27.9);        /* exceeded once in 1,000 seeds */
    assert_true(pairs_off < 148.3); /* the same */
}

/* Ink stands out: brightness within an image differs, and images are neither black nor white as a whole. */
static void test_images_show_something(void **state) {
    (void)state;
    uint8_t pixels[PC_DIGITS_BYTES];
    int32_t label;
    double total = 0;
    for (int i = 0; i < MANY; i++) {
        double sum = 0, squares = 0;
        pc_digits_draw(11, i, pixels, &label);
        for (int k = 0; k < PC_DIGITS_BYTES; k++) {
            sum += pixels[k];
            squares += (double)pixels[k] * pixels[k];
        }
        double mean = sum / PC_DIGITS_BYTES;
        assert_true(squares / PC_DIGITS_BYTES - mean * mean > 20);
        total += mean;
    }
    assert_true(total / MANY > 80 && total / MANY < 175);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_keep_their_bits),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_any_seed_and_index_is_drawn),
        cmocka_unit_test(test_no_image_comes_twice),
        cmocka_unit_test(test_labels_are_fair),
        cmocka_unit_test(test_images_show_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
