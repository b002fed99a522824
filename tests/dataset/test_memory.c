/* Arrays of the caller, and views on a data set. */
#include "test.h"

#include "base/api.h"

enum { COUNT = 11, SIZE = 6 };

static float inputs[COUNT * SIZE], targets[COUNT];
static int32_t labels[COUNT];

static int fill(void **state) {
    (void)state;
    for (int i = 0; i < COUNT * SIZE; i++) inputs[i] = (float)i;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % 3;
        targets[i] = (float)i / 2;
    }
    return 0;
}

static pcil_dataset *make_set(void) {
    pcil_dataset *set;
    check_ok(pcil_dataset_memory(&set, inputs, labels, targets, COUNT, 3, 1, 2, 3, 1));
    return set;
}

/* Which images a set has, by their first element. */
static void list_images(const pcil_dataset *set, int64_t *images) {
    for (int64_t i = 0; i < pcil_dataset_count(set); i++) {
        float pixels[SIZE], target;
        int32_t label;
        check_ok(pcil_dataset_read(set, &i, 1, pixels, &label, &target));
        images[i] = (int64_t)pixels[0] / SIZE;
        assert_int_equal(label, labels[images[i]]);
        assert_true(target == targets[images[i]]);
    }
}

static void test_arrays_are_given_back(void **state) {
    (void)state;
    pcil_dataset *set = make_set();
    int64_t indices[] = {10, 0, 10};
    float pixels[3 * SIZE], wanted[3];
    int32_t channels, height, width, read[3];
    assert_int_equal(pcil_dataset_count(set), COUNT);
    assert_int_equal(pcil_dataset_classes(set), 3);
    assert_int_equal(pcil_dataset_target_size(set), 1);
    assert_null(pcil_dataset_class_name(set, 0));
    check_ok(pcil_dataset_shape(set, &channels, &height, &width));
    check_ok(pcil_dataset_shape(set, NULL, NULL, NULL));
    assert_true(channels == 3 && height == 1 && width == 2);
    check_ok(pcil_dataset_read(set, indices, 3, pixels, read, wanted));
    for (int i = 0; i < 3; i++) {
        assert_memory_equal(pixels + i * SIZE, inputs + indices[i] * SIZE, SIZE * sizeof(float));
        assert_int_equal(read[i], labels[indices[i]]);
        assert_true(wanted[i] == targets[indices[i]]);
    }
    check_ok(pcil_dataset_read(set, indices, 3, NULL, NULL, NULL));
    check_ok(pcil_dataset_read(set, NULL, 0, pixels, read, wanted));
    pcil_dataset_free(set);
}

static void test_labels_or_targets_may_lack(void **state) {
    (void)state;
    pcil_dataset *labelled, *aimed;
    int64_t index = 0;
    float target;
    int32_t label;
    check_ok(pcil_dataset_memory(&labelled, inputs, labels, NULL, COUNT, 3, 1, 2, 3, 0));
    check_ok(pcil_dataset_memory(&aimed, inputs, NULL, targets, COUNT, 3, 1, 2, 0, 1));
    check_fails(pcil_dataset_read(labelled, &index, 1, NULL, NULL, &target), PCIL_ERROR_ARGUMENT, "no targets");
    check_fails(pcil_dataset_read(aimed, &index, 1, NULL, &label, NULL), PCIL_ERROR_ARGUMENT, "no labels");
    pcil_dataset_free(labelled);
    pcil_dataset_free(aimed);
}

static pcil_status wrap(int64_t count, int32_t channels, int32_t height, int32_t classes, int32_t target_size) {
    pcil_dataset *set = NULL;
    pcil_status status =
        pcil_dataset_memory(&set, inputs, labels, targets, count, channels, height, 2, classes, target_size);
    assert_null(set);
    return status;
}

static void test_bad_arrays_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = NULL;
    check_fails(pcil_dataset_memory(NULL, inputs, labels, NULL, 1, 3, 1, 2, 3, 0), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_memory(&set, NULL, labels, NULL, 1, 3, 1, 2, 3, 0), PCIL_ERROR_ARGUMENT,
                "inputs are NULL");
    check_fails(pcil_dataset_memory(&set, inputs, NULL, NULL, 1, 3, 1, 2, 0, 0), PCIL_ERROR_ARGUMENT, "both NULL");
    check_fails(pcil_dataset_memory(&set, inputs, NULL, targets, 1, 3, 1, 2, 3, 1), PCIL_ERROR_ARGUMENT,
                "classes is 3");
    check_fails(pcil_dataset_memory(&set, inputs, labels, NULL, 1, 3, 1, 2, 3, 1), PCIL_ERROR_ARGUMENT,
                "target_size is 1");
    check_fails(wrap(0, 3, 1, 3, 1), PCIL_ERROR_ARGUMENT, "at least 1");
    check_fails(wrap(COUNT, 0, 1, 3, 1), PCIL_ERROR_ARGUMENT, "at least 1");
    check_fails(wrap(COUNT, 3, 1, 0, 1), PCIL_ERROR_ARGUMENT, "classes is 0");
    check_fails(wrap(COUNT, 3, 1, 3, -1), PCIL_ERROR_ARGUMENT, "target_size is -1");
    check_fails(wrap(COUNT, INT32_MAX, INT32_MAX, 3, 1), PCIL_ERROR_ARGUMENT, "more than memory can hold");
    check_fails(wrap(INT64_MAX / 8, 3, 1, 3, 1), PCIL_ERROR_ARGUMENT, "more than memory can hold");
    check_fails(wrap(COUNT, 3, 1, 2, 1), PCIL_ERROR_ARGUMENT, "labels[2] is 2; with 2 classes");
    inputs[17] = NAN;
    check_fails(wrap(COUNT, 3, 1, 3, 1), PCIL_ERROR_ARGUMENT, "inputs[17], of image 2,");
    inputs[17] = 17;
    targets[4] = INFINITY;
    check_fails(wrap(COUNT, 3, 1, 3, 1), PCIL_ERROR_ARGUMENT, "targets[4], of image 4,");
    targets[4] = 2;
    labels[3] = -1;
    check_fails(wrap(COUNT, 3, 1, 3, 1), PCIL_ERROR_ARGUMENT, "labels[3] is -1");
    labels[3] = 0;
}

static void test_wrong_reading_is_refused(void **state) {
    (void)state;
    pcil_dataset *set = make_set();
    int64_t indices[] = {0, COUNT}, negative = -1;
    float pixels[2 * SIZE] = {-5};
    check_fails(pcil_dataset_read(set, indices, 2, pixels, NULL, NULL), PCIL_ERROR_ARGUMENT, "indices[1] is 11");
    check_fails(pcil_dataset_read(set, &negative, 1, pixels, NULL, NULL), PCIL_ERROR_ARGUMENT, "indices[0] is -1");
    check_fails(pcil_dataset_read(set, NULL, 1, pixels, NULL, NULL), PCIL_ERROR_ARGUMENT, "indices are NULL");
    check_fails(pcil_dataset_read(set, indices, -1, pixels, NULL, NULL), PCIL_ERROR_ARGUMENT, "-1 images");
    check_fails(pcil_dataset_read(NULL, indices, 1, pixels, NULL, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_shape(NULL, NULL, NULL, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    assert_true(pixels[0] == -5);
    assert_int_equal(pcil_dataset_count(NULL), -1);
    assert_int_equal(pcil_dataset_classes(NULL), -1);
    assert_int_equal(pcil_dataset_target_size(NULL), -1);
    assert_null(pcil_dataset_class_name(NULL, 0));
    pcil_dataset_free(set);
    pcil_dataset_free(NULL);
}

static void test_a_split_parts_the_set(void **state) {
    (void)state;
    pcil_dataset *set = make_set(), *first, *second, *other_first, *other_second;
    int64_t images[2][COUNT], others[COUNT];
    for (double fraction = 0.01; fraction < 1; fraction += 0.14) {
        int seen[COUNT] = {0};
        check_ok(pcil_dataset_split(set, fraction, 5, &first, &second));
        int64_t share = (int64_t)fmin(fmax(floor(fraction * COUNT + 0.5), 1), COUNT - 1);
        assert_int_equal(pcil_dataset_count(second), share);
        assert_int_equal(pcil_dataset_count(first), COUNT - share);
        list_images(first, images[0]);
        list_images(second, images[1]);
        for (int64_t i = 0; i < COUNT; i++) seen[i < share ? images[1][i] : images[0][i - share]]++;
        for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 1);
        pcil_dataset_free(first);
        pcil_dataset_free(second);
    }
    check_ok(pcil_dataset_split(set, 0.4, 5, &first, &second));
    list_images(second, images[0]);
    check_ok(pcil_dataset_split(set, 0.4, 5, &other_first, &other_second));
    list_images(other_second, others);
    assert_memory_equal(images[0], others, 4 * sizeof(int64_t));
    pcil_dataset_free(other_first);
    pcil_dataset_free(other_second);
    check_ok(pcil_dataset_split(set, 0.4, 6, &other_first, &other_second));
    list_images(other_second, others);
    assert_memory_not_equal(images[0], others, 4 * sizeof(int64_t));
    pcil_dataset_free(other_first);
    pcil_dataset_free(other_second);
    pcil_dataset_free(first);
    pcil_dataset_free(second);
    pcil_dataset_free(set);
}

static void test_a_limit_spreads_evenly(void **state) {
    (void)state;
    pcil_dataset *set = make_set(), *view, *inner;
    int64_t images[COUNT];
    for (int64_t count = 1; count <= COUNT; count++) {
        check_ok(pcil_dataset_limit(set, count, &view));
        assert_int_equal(pcil_dataset_count(view), count);
        list_images(view, images);
        for (int64_t i = 0; i < count; i++) assert_int_equal(images[i], i * COUNT / count);
        pcil_dataset_free(view);
    }
    check_ok(pcil_dataset_limit(set, 5, &view)); /* 0 2 4 6 8 */
    check_ok(pcil_dataset_limit(view, 2, &inner));
    pcil_dataset_free(view);
    list_images(inner, images);
    assert_true(images[0] == 0 && images[1] == 4);
    pcil_dataset_free(inner);
    pcil_dataset_free(set);
}

static void test_wrong_views_are_refused(void **state) {
    (void)state;
    pcil_dataset *set = make_set(), *single, *view = NULL;
    check_ok(pcil_dataset_limit(set, 1, &single));
    check_fails(pcil_dataset_limit(set, 0, &view), PCIL_ERROR_ARGUMENT, "the data set has 11");
    check_fails(pcil_dataset_limit(set, COUNT + 1, &view), PCIL_ERROR_ARGUMENT, "12 images are wanted");
    check_fails(pcil_dataset_limit(NULL, 1, &view), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_limit(set, 1, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_split(set, 0, 0, &view, &view), PCIL_ERROR_ARGUMENT, "share is 0");
    check_fails(pcil_dataset_split(set, 1, 0, &view, &view), PCIL_ERROR_ARGUMENT, "share is 1");
    check_fails(pcil_dataset_split(set, NAN, 0, &view, &view), PCIL_ERROR_ARGUMENT, "not finite");
    check_fails(pcil_dataset_split(set, 0.5, 0, NULL, &view), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_split(NULL, 0.5, 0, &view, &view), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_split(single, 0.5, 0, &view, &view), PCIL_ERROR_ARGUMENT, "one image");
    assert_null(view);
    pcil_dataset_free(single);
    pcil_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_are_given_back),   cmocka_unit_test(test_labels_or_targets_may_lack),
        cmocka_unit_test(test_bad_arrays_are_refused),  cmocka_unit_test(test_wrong_reading_is_refused),
        cmocka_unit_test(test_a_split_parts_the_set),   cmocka_unit_test(test_a_limit_spreads_evenly),
        cmocka_unit_test(test_wrong_views_are_refused),
    };
    return cmocka_run_group_tests_name("memory", tests, fill, NULL);
}
