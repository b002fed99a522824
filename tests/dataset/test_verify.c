/* The report about a folder. */
#include "dataset/files.h"

#include <jansson.h>

/* The caller releases the object. */
static json_t *verify(const char *kind, const char *path) {
    int64_t length = -1, again;
    check_ok(pcil_dataset_verify(kind, path, NULL, 0, &length));
    assert_true(length > 0);
    char *text = malloc((size_t)length + 1);
    check_fails(pcil_dataset_verify(kind, path, text, length, &again), PCIL_ERROR_ARGUMENT, "does not fit");
    assert_int_equal(again, length);
    check_ok(pcil_dataset_verify(kind, path, text, length + 1, NULL));
    json_t *report = json_loads(text, 0, NULL);
    assert_non_null(report);
    free(text);
    return report;
}

static bool is_ok(json_t *report) {
    return json_is_true(json_object_get(report, "ok"));
}

static const char *first(json_t *report, const char *list) {
    const char *text = json_string_value(json_array_get(json_object_get(report, list), 0));
    return text ? text : "";
}

static void check_part(json_t *report, const struct parts *parts, int which) {
    enum { CHANNELS = 3, PLANE = 32 * 32 };
    json_t *part = json_object_get(json_object_get(report, "parts"), part_names[which]);
    int64_t count = pcil_dataset_count(parts->part[which]), labels[10] = {0};
    assert_int_equal(json_integer_value(json_object_get(part, "count")), count);
    assert_int_equal(json_integer_value(json_object_get(part, "width")), 32);
    assert_int_equal(json_array_size(json_object_get(part, "labels")), 10);
    for (int64_t i = 0; i < count; i++) labels[parts->labels[which][i]]++;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(json_integer_value(json_array_get(json_object_get(part, "labels"), i)), labels[i]);
    for (size_t c = 0; c < CHANNELS; c++) {
        double mean = 0, square = 0, pixels = (double)count * PLANE;
        for (int64_t i = 0; i < count * PLANE; i++)
            mean += (double)parts->inputs[which][i * CHANNELS + (int)c] / pixels;
        for (int64_t i = 0; i < count * PLANE; i++)
            square += pow((double)parts->inputs[which][i * CHANNELS + (int)c] - mean, 2) / pixels;
        double told[] = {json_real_value(json_array_get(json_object_get(part, "mean"), c)),
                         json_real_value(json_array_get(json_object_get(part, "deviation"), c))};
        assert_true(fabs(told[0] - mean) < 1e-7 && fabs(told[1] - sqrt(square)) < 1e-7);
    }
}

static void test_a_good_folder(void **state) {
    (void)state;
    struct parts parts = make_parts(25, 8, 3, 32, 10);
    check_ok(write_parts(&parts, "cifar10", "set"));
    json_t *report = verify("cifar10", at("set"));
    assert_true(is_ok(report));
    assert_true(json_is_null(json_object_get(report, "official")));
    assert_int_equal(json_array_size(json_object_get(report, "problems")), 0);
    assert_int_equal(json_array_size(json_object_get(report, "files")), 6);
    json_t *file = json_array_get(json_object_get(report, "files"), 0);
    assert_string_equal(json_string_value(json_object_get(file, "name")), "data_batch_1.bin");
    assert_int_equal(json_integer_value(json_object_get(file, "bytes")), 5 * 3073);
    assert_string_equal(json_string_value(json_object_get(report, "folder")), at("set"));
    for (int which = 0; which < 2; which++) check_part(report, &parts, which);
    json_decref(report);
    free_parts(&parts);
}

static void test_what_can_be_read_is_told(void **state) {
    (void)state;
    struct parts parts = make_parts(25, 8, 3, 32, 10);
    check_ok(write_parts(&parts, "cifar10", "cifar-10-batches-bin"));
    assert_int_equal(truncate(at("cifar-10-batches-bin/data_batch_3.bin"), 5 * 3073 - 1), 0);
    json_t *report = verify("cifar10", folder);
    assert_false(is_ok(report));
    assert_int_equal(json_array_size(json_object_get(report, "problems")), 1);
    assert_non_null(strstr(first(report, "problems"), "data_batch_3.bin' holds 15364 bytes"));
    assert_int_equal(json_array_size(json_object_get(report, "files")), 6);
    assert_null(json_object_get(json_object_get(report, "parts"), "train"));
    check_part(report, &parts, 1);
    json_decref(report);
    free_parts(&parts);
}

static void test_a_folder_that_is_none(void **state) {
    (void)state;
    json_t *report = verify("svhn", "/nowhere/\xff");
    assert_false(is_ok(report));
    assert_int_equal(json_array_size(json_object_get(report, "problems")), 2);
    assert_non_null(strstr(first(report, "problems"), "train_32x32.mat"));
    assert_string_equal(json_string_value(json_object_get(report, "folder")), "/nowhere/\\xff");
    json_decref(report);
}

static void test_archives_are_compared(void **state) {
    (void)state;
    struct parts parts = make_parts(5, 1, 3, 32, 10);
    check_ok(write_parts(&parts, "cifar10", "cifar-10-batches-bin"));
    put_text(at("cifar-10-binary.tar.gz"), "abc");
    for (int inside = 0; inside < 2; inside++) {
        json_t *report = verify("cifar10", inside ? at("cifar-10-batches-bin") : folder);
        json_t *archive = json_array_get(json_object_get(report, "archives"), 0);
        assert_true(is_ok(report));
        assert_string_equal(json_string_value(json_object_get(archive, "name")), "cifar-10-binary.tar.gz");
        assert_string_equal(json_string_value(json_object_get(archive, "official")),
                            "c32a1d4ab5d03f1284b67883e8d87530");
        if (json_is_null(json_object_get(archive, "md5"))) {
            print_message("this build does not compare checksums\n");
        } else {
            assert_string_equal(json_string_value(json_object_get(archive, "md5")), "900150983cd24fb0d6963f7d28e17f72");
            assert_true(json_is_false(json_object_get(archive, "ok")));
            assert_true(json_is_false(json_object_get(report, "official")));
            assert_non_null(strstr(first(report, "notes"), "is not the official file"));
        }
        json_decref(report);
    }
    free_parts(&parts);
}

static void test_drawn_digits_need_no_folder(void **state) {
    (void)state;
    json_t *report = verify("digits", NULL);
    json_t *train = json_object_get(json_object_get(report, "parts"), "train");
    assert_true(is_ok(report));
    assert_int_equal(json_integer_value(json_object_get(train, "count")), 10000);
    json_decref(report);
}

static void test_wrong_use(void **state) {
    (void)state;
    int64_t length = -1;
    check_fails(pcil_dataset_verify("nothing", folder, NULL, 0, &length), PCIL_ERROR_ARGUMENT, "unknown data set");
    check_fails(pcil_dataset_verify("idx", NULL, NULL, 0, &length), PCIL_ERROR_ARGUMENT, "a folder, but none is given");
    check_fails(pcil_dataset_verify("idx", "", NULL, 0, &length), PCIL_ERROR_ARGUMENT, "a folder, but none is given");
    assert_int_equal(length, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_can_be_read_is_told, make_folder, remove_folder),
        cmocka_unit_test(test_a_folder_that_is_none),
        cmocka_unit_test_setup_teardown(test_archives_are_compared, make_folder, remove_folder),
        cmocka_unit_test(test_drawn_digits_need_no_folder),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
