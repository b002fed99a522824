/* The official files, where the environment's PCIL_DATA names a folder that holds them. */
#include "dataset/files.h"

static pcil_dataset *open_real(const char *kind, const char *file, const char *part) {
    const char *data = getenv("PCIL_DATA");
    char path[4096];
    pcil_dataset *set = NULL;
    if (data) snprintf(path, sizeof path, "%s/%s", data, file);
    if (!data || access(path, F_OK) != 0) {
        print_message("PCIL_DATA %s; skipped\n", data ? "holds no such set" : "is not set");
        return NULL;
    }
    setenv("PCIL_CACHE", folder, 1);
    pcil_status status = pcil_dataset_open(&set, kind, data, part);
    unsetenv("PCIL_CACHE");
    if (status == PCIL_ERROR_UNSUPPORTED) return NULL;
    check_ok(status);
    return set;
}

static void check_labels(const pcil_dataset *set, const int64_t *expected) {
    int64_t counts[256] = {0};
    for (int64_t i = 0; i < pcil_dataset_count(set); i++) {
        int32_t label;
        check_ok(pcil_dataset_read(set, &i, 1, NULL, &label, NULL));
        counts[label]++;
    }
    for (int32_t i = 0; i < pcil_dataset_classes(set); i++) assert_int_equal(counts[i], expected[i]);
}

/* The published mean and deviation of the training images. */
static void test_cifar10(void **state) {
    (void)state;
    static const double mean[] = {.4914, .4822, .4465}, deviation[] = {.2470, .2435, .2616};
    static const char *const names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                        "dog",      "frog",       "horse", "ship", "truck"};
    pcil_dataset *train = open_real("cifar10", "cifar-10-batches-bin/test_batch.bin", "train");
    if (!train) skip();
    pcil_dataset *test = open_real("cifar10", "cifar-10-batches-bin/test_batch.bin", "test");
    assert_int_equal(pcil_dataset_count(train), 50000);
    assert_int_equal(pcil_dataset_count(test), 10000);
    check_labels(train, (int64_t[]){5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000});
    check_labels(test, (int64_t[]){1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000});
    for (int32_t i = 0; i < 10; i++) assert_string_equal(pcil_dataset_class_name(test, i), names[i]);
    static float pixels[32 * 32 * 3];
    double sums[6] = {0};
    for (int64_t i = 0; i < 50000; i++) {
        check_ok(pcil_dataset_read(train, &i, 1, pixels, NULL, NULL));
        for (int j = 0; j < 32 * 32 * 3; j++) {
            sums[j % 3] += (double)pixels[j] / (50000.0 * 1024);
            sums[3 + j % 3] += (double)pixels[j] * (double)pixels[j] / (50000.0 * 1024);
        }
    }
    for (int c = 0; c < 3; c++) {
        assert_true(fabs(sums[c] - mean[c]) < 5.1e-5);
        assert_true(fabs(sqrt(sums[3 + c] - sums[c] * sums[c]) - deviation[c]) < 1e-4);
    }
    pcil_dataset_free(train);
    pcil_dataset_free(test);
}

/* The official counts (Netzer et al. 2011), and those of a shorter set: the first 10,000 official test images as 7,500
 * and 2,500. */
static void test_svhn(void **state) {
    (void)state;
    static const int64_t official[2][10] = {{4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659},
                                            {1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595}};
    static const int64_t shorter[2][10] = {{510, 1447, 1194, 836, 749, 686, 580, 558, 469, 471},
                                           {174, 521, 396, 268, 215, 223, 193, 209, 152, 149}};
    for (int which = 0; which < 2; which++) {
        pcil_dataset *set = open_real("svhn", which ? "test_32x32.mat" : "train_32x32.mat", part_names[which]);
        if (!set) skip();
        bool whole = pcil_dataset_count(set) == (which ? 26032 : 73257);
        if (!whole) assert_int_equal(pcil_dataset_count(set), which ? 2500 : 7500);
        check_labels(set, whole ? official[which] : shorter[which]);
        pcil_dataset_free(set);
    }
}

/* As many classes as wnids.txt has lines: 200, or fewer in a part of the set; all of one size in val/. */
static void test_tiny_imagenet(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        pcil_dataset *set = open_real("tiny-imagenet", "tiny-imagenet-200/wnids.txt", part_names[which]);
        if (!set) skip();
        int32_t classes = pcil_dataset_classes(set);
        int64_t expected[256], each = pcil_dataset_count(set) / classes;
        assert_in_range(classes, 1, 200);
        for (int i = 0; i < classes; i++) expected[i] = each;
        if (which) assert_int_equal(each, 50);
        check_labels(set, expected);
        for (int32_t i = 0; i < classes; i++) assert_non_null(pcil_dataset_class_name(set, i));
        pcil_dataset_free(set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cifar10),
        cmocka_unit_test(test_svhn),
        cmocka_unit_test_setup_teardown(test_tiny_imagenet, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
