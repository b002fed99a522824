/* Every format written and read back. */
#include "dataset/files.h"

/* Compares a part read back with what was written; returns the largest difference of a pixel. */
static double compare(const struct parts *parts, int which, const char *kind, const char *path) {
    pcil_dataset *set;
    check_ok(pcil_dataset_open(&set, kind, path, part_names[which]));
    int64_t count = pcil_dataset_count(parts->part[which]);
    int32_t shape[3], expected[3];
    check_ok(pcil_dataset_shape(set, &shape[0], &shape[1], &shape[2]));
    check_ok(pcil_dataset_shape(parts->part[which], &expected[0], &expected[1], &expected[2]));
    assert_memory_equal(shape, expected, sizeof shape);
    assert_int_equal(pcil_dataset_count(set), count);
    int64_t size = (int64_t)shape[0] * shape[1] * shape[2];
    float *pixels = malloc((size_t)size * sizeof *pixels);
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t label;
        check_ok(pcil_dataset_read(set, &i, 1, pixels, &label, NULL));
        assert_int_equal(label, parts->labels[which][i]);
        for (int64_t j = 0; j < size; j++)
            worst = fmax(worst, fabs((double)pixels[j] - (double)parts->inputs[which][i * size + j]));
    }
    free(pixels);
    pcil_dataset_free(set);
    return worst;
}

static void check_exact(const struct parts *parts, const char *kind, const char *path) {
    for (int which = 0; which < 2; which++) assert_true(compare(parts, which, kind, path) == 0);
}

static void check_round_trip(const char *kind, int32_t classes, int32_t side, int32_t channels) {
    struct parts parts = make_parts(23, 7, channels, side, classes);
    check_ok(write_parts(&parts, kind, "new/set"));
    check_exact(&parts, kind, at("new/set"));
    check_fails(write_parts(&parts, kind, "new/set"), PCIL_ERROR_IO, "is there already");
    free_parts(&parts);
}

static void test_cifar10(void **state) {
    (void)state;
    check_round_trip("cifar10", 10, 32, 3);
}

static void test_cifar100(void **state) {
    (void)state;
    check_round_trip("cifar100", 100, 32, 3);
}

/* Files are read in pieces of 64 records: two pieces and a part. */
static void test_more_records_than_a_piece(void **state) {
    (void)state;
    struct parts parts = make_parts(150, 3, 3, 32, 100);
    check_ok(write_parts(&parts, "cifar100", "many"));
    check_exact(&parts, "cifar100", at("many"));
    free_parts(&parts);
}

static void test_svhn(void **state) {
    (void)state;
    if (!is_supported("svhn")) skip();
    check_round_trip("svhn", 10, 32, 3);
}

/* Up to four labels stand in their own tag. */
static void test_svhn_of_few_images(void **state) {
    (void)state;
    if (!is_supported("svhn")) skip();
    for (int count = 1; count <= 5; count++) {
        char name[16];
        snprintf(name, sizeof name, "few%d", count);
        struct parts parts = make_parts(count, 6 - count, 3, 32, 10);
        check_ok(write_parts(&parts, "svhn", name));
        check_exact(&parts, "svhn", at(name));
        free_parts(&parts);
    }
}

static void test_idx(void **state) {
    (void)state;
    check_round_trip("idx", 26, 9, 1);
}

static void test_official_folders_are_found(void **state) {
    (void)state;
    static const char *const sets[][2] = {{"cifar10", "cifar-10-batches-bin"}, {"cifar100", "cifar-100-binary"}};
    struct parts parts = make_parts(5, 2, 3, 32, 10);
    for (int i = 0; i < 2; i++) {
        check_ok(write_parts(&parts, sets[i][0], sets[i][1]));
        check_exact(&parts, sets[i][0], folder);
    }
    free_parts(&parts);
}

static void test_colour_becomes_grey(void **state) {
    (void)state;
    struct parts parts = make_parts(4, 1, 3, 8, 3);
    pcil_dataset *set;
    check_ok(write_parts(&parts, "idx", "grey"));
    check_ok(pcil_dataset_open(&set, "idx", at("grey"), "train"));
    for (int64_t i = 0; i < 4; i++) {
        float pixels[64];
        check_ok(pcil_dataset_read(set, &i, 1, pixels, NULL, NULL));
        for (int j = 0; j < 64; j++) {
            const float *from = parts.inputs[0] + (i * 64 + j) * 3;
            double grey = 0.299 * (double)from[0] + 0.587 * (double)from[1] + 0.114 * (double)from[2];
            assert_true(fabs((double)pixels[j] - grey) < 0.501 / 255);
        }
    }
    pcil_dataset_free(set);
    free_parts(&parts);
}

/* Of both parts together: neither alone has all classes. */
static void test_classes_of_idx(void **state) {
    (void)state;
    struct parts parts = make_parts(3, 1, 1, 4, 9);
    pcil_dataset *set;
    check_ok(write_parts(&parts, "idx", "idx"));
    for (int which = 0; which < 2; which++) {
        check_ok(pcil_dataset_open(&set, "idx", at("idx"), part_names[which]));
        assert_int_equal(pcil_dataset_classes(set), 8);
        assert_null(pcil_dataset_class_name(set, 0));
        pcil_dataset_free(set);
    }
    free_parts(&parts);
}

/* gzip itself is the witness. */
static void test_idx_gzipped(void **state) {
    (void)state;
    if (system("command -v gzip >/dev/null") != 0 || !is_supported("svhn")) skip();
    struct parts parts = make_parts(30, 10, 1, 28, 10);
    check_ok(write_parts(&parts, "idx", "packed"));
    run("gzip '%s'/*", at("packed"));
    check_exact(&parts, "idx", at("packed"));
    free_parts(&parts);
}

static void test_class_names(void **state) {
    (void)state;
    pcil_dataset *set;
    struct parts parts = make_parts(5, 1, 3, 32, 10);
    check_ok(write_parts(&parts, "cifar10", "named"));
    check_ok(pcil_dataset_open(&set, "cifar10", at("named"), "test"));
    assert_null(pcil_dataset_class_name(set, 0));
    pcil_dataset_free(set);
    pcil_dataset *train, *view;
    put_text(at("named/batches.meta.txt"), "a\nb\r\nc\nd\ne\nf\ng\nh\ni\ncaf\xc3\xa9\n\n");
    check_ok(pcil_dataset_open(&set, "cifar10", at("named"), "test"));
    check_ok(pcil_dataset_open(&train, "cifar10", at("named"), "train"));
    assert_string_equal(pcil_dataset_class_name(set, 0), "a");
    assert_string_equal(pcil_dataset_class_name(set, 1), "b");
    assert_string_equal(pcil_dataset_class_name(set, 9), "caf\xc3\xa9");
    assert_null(pcil_dataset_class_name(set, 10));
    assert_null(pcil_dataset_class_name(set, -1));
    check_ok(pcil_dataset_limit(set, 1, &view));
    check_ok(pcil_dataset_write(train, view, "cifar10", at("again")));
    check_ok(pcil_dataset_write(set, set, "cifar100", at("hundred")));
    pcil_dataset_free(view);
    pcil_dataset_free(train);
    check_ok(pcil_dataset_open(&train, "cifar10", at("again"), "train"));
    assert_string_equal(pcil_dataset_class_name(train, 9), "caf\xc3\xa9");
    pcil_dataset_free(train);
    pcil_dataset_free(set);
    /* ten names for a hundred classes are none */
    check_ok(pcil_dataset_open(&set, "cifar100", at("hundred"), "test"));
    assert_null(pcil_dataset_class_name(set, 0));
    pcil_dataset_free(set);
    free_parts(&parts);
}

static void check_not_written(int32_t channels, int32_t side, int32_t classes, int64_t train, const char *kind,
                              const char *fragment) {
    struct parts parts = make_parts(train, 1, channels, side, classes);
    check_fails(write_parts(&parts, kind, "none"), PCIL_ERROR_ARGUMENT, fragment);
    assert_int_not_equal(access(at("none"), F_OK), 0);
    free_parts(&parts);
}

static void test_what_does_not_fit_is_not_written(void **state) {
    (void)state;
    check_not_written(1, 32, 10, 5, "cifar10", "images of 1 x 32 x 32");
    check_not_written(3, 31, 10, 5, "cifar100", "images of 3 x 31 x 31");
    check_not_written(3, 32, 11, 5, "cifar10", "11 classes");
    check_not_written(3, 32, 101, 5, "cifar100", "101 classes");
    check_not_written(3, 32, 10, 4, "cifar10", "a part of 4 images; format 'cifar10' holds 5 ...");
    check_not_written(2, 32, 10, 5, "idx", "images of 2 channels");
    check_not_written(3, 32, 10, 5, "digits", "cannot be written");
    check_not_written(3, 32, 10, 5, "cifar11", "did you mean 'cifar10'");
    if (!is_supported("svhn") || !is_supported("tiny-imagenet")) skip();
    check_not_written(3, 65, 10, 5, "tiny-imagenet", "at most 64 x 64");
    check_not_written(3, 32, 11, 5, "svhn", "11 classes");
}

static void test_wrong_writing_is_refused(void **state) {
    (void)state;
    struct parts parts = make_parts(5, 1, 3, 32, 10), other = make_parts(5, 1, 1, 32, 9);
    pcil_dataset *aimed;
    float target = 0;
    check_ok(pcil_dataset_memory(&aimed, parts.inputs[0], NULL, &target, 1, 3, 32, 32, 0, 1));
    check_fails(pcil_dataset_write(NULL, parts.part[1], "idx", at("none")), PCIL_ERROR_ARGUMENT, "train part is NULL");
    check_fails(pcil_dataset_write(parts.part[0], NULL, "idx", at("none")), PCIL_ERROR_ARGUMENT, "test part is NULL");
    check_fails(pcil_dataset_write(parts.part[0], parts.part[1], "idx", ""), PCIL_ERROR_ARGUMENT, "folder is empty");
    check_fails(pcil_dataset_write(parts.part[0], parts.part[1], NULL, at("none")), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_write(parts.part[0], other.part[1], "idx", at("none")), PCIL_ERROR_ARGUMENT,
                "test images of 1 x 32 x 32");
    check_fails(pcil_dataset_write(aimed, aimed, "idx", at("none")), PCIL_ERROR_ARGUMENT, "0 classes");
    put_text(at("file"), "");
    check_fails(pcil_dataset_write(parts.part[0], parts.part[1], "idx", at("file")), PCIL_ERROR_IO, "cannot make");
    pcil_dataset_free(aimed);
    free_parts(&parts);
    free_parts(&other);
}

static void test_wrong_opening_is_refused(void **state) {
    (void)state;
    pcil_dataset *set = NULL;
    check_fails(pcil_dataset_open(NULL, "idx", folder, "train"), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_dataset_open(&set, "svnh", folder, "train"), PCIL_ERROR_ARGUMENT, "did you mean 'svhn'?; known:");
    check_fails(pcil_dataset_open(&set, "memory", folder, "train"), PCIL_ERROR_ARGUMENT, "unknown data set");
    check_fails(pcil_dataset_open(&set, "idx", folder, "valid"), PCIL_ERROR_ARGUMENT, "'train' or 'test'");
    check_fails(pcil_dataset_open(&set, "idx", folder, NULL), PCIL_ERROR_ARGUMENT, "part is NULL");
    check_fails(pcil_dataset_open(&set, "idx", NULL, "train"), PCIL_ERROR_ARGUMENT, "a folder, but none is given");
    check_fails(pcil_dataset_open(&set, "idx", "", "train"), PCIL_ERROR_ARGUMENT, "datasets/mnist/fetch");
    check_fails(pcil_dataset_open(&set, "cifar10", folder, "train"), PCIL_ERROR_IO, "'data_batch_1.bin'");
    check_fails(pcil_dataset_open(&set, "cifar10", folder, "train"), PCIL_ERROR_IO, "/cifar-10-batches-bin'");
    check_fails(pcil_dataset_open(&set, "cifar10", folder, "train"), PCIL_ERROR_IO, "datasets/cifar10/fetch");
    check_fails(pcil_dataset_open(&set, "svhn", at("nowhere"), "test"), PCIL_ERROR_IO, "'test_32x32.mat'");
    assert_null(set);
}

/* Drawn digits need no folder, are numbered as they are named, and are the same each time. */
static void test_digits(void **state) {
    (void)state;
    pcil_dataset *train, *test, *seeded, *none = NULL;
    static float one[32 * 32 * 3], two[32 * 32 * 3];
    int64_t index = 17;
    int32_t labels[2];
    check_ok(pcil_dataset_open(&train, "digits", NULL, "train"));
    check_ok(pcil_dataset_open(&test, "digits", NULL, "test"));
    check_ok(pcil_dataset_digits(&seeded, 18, 2));
    assert_int_equal(pcil_dataset_count(train), 10000);
    assert_int_equal(pcil_dataset_count(test), 2000);
    assert_int_equal(pcil_dataset_count(seeded), 18);
    assert_int_equal(pcil_dataset_classes(train), 10);
    assert_string_equal(pcil_dataset_class_name(train, 7), "7");
    check_ok(pcil_dataset_read(test, &index, 1, one, &labels[0], NULL));
    check_ok(pcil_dataset_read(seeded, &index, 1, two, &labels[1], NULL));
    assert_memory_equal(one, two, sizeof one);
    assert_int_equal(labels[0], labels[1]);
    check_ok(pcil_dataset_read(train, &index, 1, two, NULL, NULL));
    assert_memory_not_equal(one, two, sizeof one);
    check_fails(pcil_dataset_digits(&none, 0, 1), PCIL_ERROR_ARGUMENT, "0 digits are wanted");
    check_fails(pcil_dataset_digits(&none, 10000001, 1), PCIL_ERROR_ARGUMENT, "1 ... 10000000");
    check_fails(pcil_dataset_digits(NULL, 1, 1), PCIL_ERROR_ARGUMENT, "NULL");
    assert_null(none);
    pcil_dataset_free(train);
    pcil_dataset_free(test);
    pcil_dataset_free(seeded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cifar10, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cifar100, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_more_records_than_a_piece, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_svhn, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_svhn_of_few_images, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_idx, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_official_folders_are_found, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_colour_becomes_grey, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_classes_of_idx, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_idx_gzipped, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_class_names, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_not_written, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_wrong_writing_is_refused, make_folder, remove_folder),
        cmocka_unit_test(test_digits),
        cmocka_unit_test_setup_teardown(test_wrong_opening_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
