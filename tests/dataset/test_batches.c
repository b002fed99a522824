/* Batches: order, augmentation, normalisation, prefetch, resuming. */
#include "test.h"

#include "base/api.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 103, CHANNELS = 3, HEIGHT = 5, WIDTH = 4, SIZE = CHANNELS * HEIGHT * WIDTH, CLASSES = 7, TARGETS = 2 };

static float inputs[COUNT * SIZE], targets[COUNT * TARGETS];
static int32_t labels[COUNT];
static pcil_dataset *set;

/* Image i's first pixel tells i, so that a batch shows where its images come from. */
static int make_set(void **state) {
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < SIZE; j++) inputs[i * SIZE + j] = (float)((i * 37 + j * 11) % 101 + 1) / 102.0f;
        inputs[i * SIZE] = (float)(i + 1) / 128.0f;
        labels[i] = i % CLASSES;
        targets[i * TARGETS] = (float)i;
        targets[i * TARGETS + 1] = -(float)i;
    }
    return pcil_dataset_memory(&set, inputs, labels, targets, COUNT, CHANNELS, HEIGHT, WIDTH, CLASSES, TARGETS);
}

static int free_set(void **state) {
    (void)state;
    pcil_dataset_free(set);
    return 0;
}

static int image_of(const float *image) {
    return (int)lrintf(image[0] * 128.0f) - 1;
}

static pcil_batches *make_batches(int32_t batch, uint64_t seed, const char *options) {
    pcil_batches *batches;
    char name[32], value[32];
    int used;
    check_ok(pcil_batches_create(&batches, set, batch, seed));
    for (; sscanf(options, " %31[^=]=%31s%n", name, value, &used) == 2; options += used)
        check_ok(pcil_batches_set_text(batches, name, value));
    return batches;
}

/* An epoch's inputs, labels and targets one after the other; returns the images. */
struct epoch {
    float inputs[COUNT * SIZE], targets[COUNT * TARGETS];
    int32_t labels[COUNT];
    int images, batches;
};

static void walk(pcil_batches *batches, int64_t number, int64_t first, struct epoch *epoch) {
    memset(epoch, 0, sizeof *epoch);
    check_ok(pcil_batches_begin(batches, number, first));
    for (;;) {
        static float batch_inputs[COUNT * SIZE], batch_targets[COUNT * TARGETS];
        static int32_t batch_labels[COUNT];
        int32_t count = -1;
        check_ok(pcil_batches_next(batches, batch_inputs, batch_labels, batch_targets, &count));
        if (count == 0) return;
        assert_true(count > 0 && epoch->images + count <= COUNT);
        memcpy(epoch->inputs + epoch->images * SIZE, batch_inputs, (size_t)count * SIZE * sizeof(float));
        memcpy(epoch->targets + epoch->images * TARGETS, batch_targets, (size_t)count * TARGETS * sizeof(float));
        memcpy(epoch->labels + epoch->images, batch_labels, (size_t)count * sizeof(int32_t));
        epoch->images += count;
        epoch->batches++;
    }
}

static struct epoch one, two;

static void check_same(const struct epoch *a, const struct epoch *b) {
    assert_int_equal(a->images, b->images);
    assert_memory_equal(a->inputs, b->inputs, sizeof a->inputs);
    assert_memory_equal(a->targets, b->targets, sizeof a->targets);
    assert_memory_equal(a->labels, b->labels, sizeof a->labels);
}

static void test_each_image_comes_once_an_epoch(void **state) {
    (void)state;
    pcil_batches *batches = make_batches(10, 3, "");
    assert_int_equal(pcil_batches_per_epoch(batches), 11);
    for (int number = 0; number < 3; number++) {
        int seen[COUNT] = {0};
        walk(batches, number, 0, &one);
        assert_int_equal(one.images, COUNT);
        assert_int_equal(one.batches, 11);
        for (int i = 0; i < COUNT; i++) {
            int image = image_of(one.inputs + i * SIZE);
            seen[image]++;
            assert_int_equal(one.labels[i], labels[image]);
            assert_true(one.targets[i * TARGETS] == (float)image && one.targets[i * TARGETS + 1] == -(float)image);
            assert_memory_equal(one.inputs + i * SIZE, inputs + image * SIZE, SIZE * sizeof(float));
        }
        for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 1);
    }
    pcil_batches_free(batches);
}

static int same_places(const struct epoch *a, const struct epoch *b) {
    int same = 0;
    for (int i = 0; i < COUNT; i++) same += image_of(a->inputs + i * SIZE) == image_of(b->inputs + i * SIZE);
    return same;
}

static void test_the_order_follows_seed_and_epoch(void **state) {
    (void)state;
    pcil_batches *batches = make_batches(10, 3, ""), *again = make_batches(25, 3, ""), *other = make_batches(10, 4, "");
    pcil_batches *plain = make_batches(10, 3, "shuffle=0");
    walk(batches, 0, 0, &one);
    walk(batches, 1, 0, &two);
    assert_true(same_places(&one, &two) < 10);
    walk(other, 0, 0, &two);
    assert_true(same_places(&one, &two) < 10);
    walk(again, 0, 0, &two);
    check_same(&one, &two);
    walk(batches, 0, 0, &two);
    check_same(&one, &two);
    walk(plain, 5, 0, &two);
    for (int i = 0; i < COUNT; i++) assert_int_equal(image_of(two.inputs + i * SIZE), i);
    pcil_batches_free(batches);
    pcil_batches_free(again);
    pcil_batches_free(other);
    pcil_batches_free(plain);
}

static void test_drop_last(void **state) {
    (void)state;
    pcil_batches *batches = make_batches(10, 3, "drop_last=1"), *large = make_batches(COUNT + 1, 3, "drop_last=1");
    assert_int_equal(pcil_batches_per_epoch(batches), 10);
    walk(batches, 0, 0, &one);
    assert_int_equal(one.images, 100);
    assert_int_equal(pcil_batches_per_epoch(large), 0);
    walk(large, 0, 0, &one);
    assert_int_equal(one.images, 0);
    pcil_batches_free(batches);
    pcil_batches_free(large);
}

static void test_prefetch_gives_the_same_bytes(void **state) {
    (void)state;
    pcil_batches *plain = make_batches(10, 3, "flip=1 crop=2 normalise=standard");
    pcil_batches *ahead = make_batches(10, 3, "flip=1 crop=2 normalise=standard prefetch=1");
    for (int number = 0; number < 20; number++) {
        walk(plain, number, 0, &one);
        walk(ahead, number, 0, &two);
        check_same(&one, &two);
    }
    pcil_batches_free(plain);
    pcil_batches_free(ahead);
}

/* Lets this process have no other thread; false where that cannot be asked for. */
static bool refuse_threads(void) {
    const struct rlimit none = {0, 0};
    return (geteuid() != 0 || setuid(65534) == 0) && setrlimit(RLIMIT_NPROC, &none) == 0;
}

/* A child's walk goes on where its parent's stands, its thread being the parent's no more, also where it can have none;
 * or is freed unused. */
static void test_prefetch_goes_on_after_a_fork(void **state) {
    (void)state;
    skip_where_forks_are_unknown();
    enum { SKIPPED = 77 };
    static float got[20 * SIZE], expected[20 * SIZE];
    int32_t count;
    pcil_batches *ahead = make_batches(10, 3, "flip=1 prefetch=1"), *plain = make_batches(10, 3, "flip=1");
    check_ok(pcil_batches_begin(ahead, 0, 0));
    check_ok(pcil_batches_begin(plain, 0, 1));
    check_ok(pcil_batches_next(ahead, got, NULL, NULL, &count));
    for (int i = 0; i < 2; i++) check_ok(pcil_batches_next(plain, expected + i * 10 * SIZE, NULL, NULL, &count));
    for (int use = 0; use < 3; use++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            pcil_status made = PCIL_OK;
            alarm(60);
            if (use == 2 && !refuse_threads()) _exit(SKIPPED);
            for (int i = 0; i < 2 && use && made == PCIL_OK; i++)
                made = pcil_batches_next(ahead, got + i * 10 * SIZE, NULL, NULL, &count);
            pcil_batches_free(ahead);
            _exit(made == PCIL_OK && (!use || memcmp(got, expected, sizeof got) == 0) ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SKIPPED));
        if (WEXITSTATUS(status) == SKIPPED) print_message("a process without threads could not be had\n");
    }
    check_ok(pcil_batches_next(ahead, got, NULL, NULL, &count));
    assert_memory_equal(got, expected, sizeof got / 2);
    pcil_batches_free(ahead);
    pcil_batches_free(plain);
}

static void test_a_walk_may_begin_anywhere(void **state) {
    (void)state;
    for (int ahead = 0; ahead < 2; ahead++) {
        const char *options = ahead ? "flip=1 crop=1 prefetch=1" : "flip=1 crop=1";
        pcil_batches *batches = make_batches(10, 3, options), *fresh = make_batches(10, 3, options);
        walk(batches, 7, 0, &one);
        walk(fresh, 7, 6, &two);
        assert_int_equal(two.images, COUNT - 60);
        assert_memory_equal(two.inputs, one.inputs + 60 * SIZE, (COUNT - 60) * SIZE * sizeof(float));
        assert_memory_equal(two.labels, one.labels + 60, (COUNT - 60) * sizeof(int32_t));
        walk(fresh, 7, 11, &two);
        assert_int_equal(two.images, 0);
        pcil_batches_free(batches);
        pcil_batches_free(fresh);
    }
}

/* A walk left in the middle, and one never finished before it is freed. */
static void test_beginning_again_in_the_middle(void **state) {
    (void)state;
    static float batch[10 * SIZE];
    int32_t count;
    pcil_batches *batches = make_batches(10, 3, "prefetch=1"), *plain = make_batches(10, 3, "");
    check_ok(pcil_batches_begin(batches, 0, 0));
    check_ok(pcil_batches_next(batches, batch, NULL, NULL, &count));
    walk(batches, 4, 2, &one);
    walk(plain, 4, 2, &two);
    check_same(&one, &two);
    check_ok(pcil_batches_begin(batches, 5, 0));
    pcil_batches_free(batches);
    pcil_batches_free(plain);
}

/* A thread's walk through the common set with batches of its own; cmocka's checks belong to the main thread. */
static void *walk_alone(void *result) {
    struct epoch *epoch = result;
    pcil_batches *batches;
    int32_t count = 1;
    if (pcil_batches_create(&batches, set, 10, 3) != PCIL_OK) return NULL;
    pcil_status status = pcil_batches_set(batches, "prefetch", 1);
    if (status == PCIL_OK) status = pcil_batches_set_text(batches, "normalise", "standard");
    if (status == PCIL_OK) status = pcil_batches_set(batches, "crop", 1);
    if (status == PCIL_OK) status = pcil_batches_begin(batches, 2, 0);
    while (status == PCIL_OK && count > 0 && epoch->images + 10 <= COUNT + 7) {
        static _Thread_local float images[10 * SIZE];
        status = pcil_batches_next(batches, images, epoch->labels + epoch->images, NULL, &count);
        if (status == PCIL_OK)
            memcpy(epoch->inputs + epoch->images * SIZE, images, (size_t)count * SIZE * sizeof(float));
        epoch->images += count;
    }
    epoch->batches = status == PCIL_OK;
    pcil_batches_free(batches);
    return NULL;
}

static void test_threads_share_a_set(void **state) {
    (void)state;
    enum { THREADS = 4 };
    static struct epoch epochs[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, walk_alone, &epochs[i]), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    pcil_batches *batches = make_batches(10, 3, "normalise=standard crop=1");
    walk(batches, 2, 0, &one);
    for (int i = 0; i < THREADS; i++) {
        assert_true(epochs[i].batches);
        assert_int_equal(epochs[i].images, COUNT);
        assert_memory_equal(epochs[i].inputs, one.inputs, sizeof one.inputs);
        assert_memory_equal(epochs[i].labels, one.labels, sizeof one.labels);
    }
    pcil_batches_free(batches);
}

/* Whether `image` is the original moved by (top, left), mirrored or not. */
static int is_moved(const float *image, const float *original, int top, int left, int flip) {
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int row = y + top, column = (flip ? WIDTH - 1 - x : x) + left;
            int inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
            for (int c = 0; c < CHANNELS; c++) {
                float expected = inside ? original[(row * WIDTH + column) * CHANNELS + c] : 0;
                if (image[(y * WIDTH + x) * CHANNELS + c] != expected) return 0;
            }
        }
    return 1;
}

static void test_flip_mirrors_half_of_the_images(void **state) {
    (void)state;
    pcil_batches *batches = make_batches(10, 3, "flip=1 shuffle=0");
    int flipped = 0;
    for (int number = 0; number < 10; number++) {
        walk(batches, number, 0, &one);
        for (int i = 0; i < COUNT; i++) {
            int flip = is_moved(one.inputs + i * SIZE, inputs + i * SIZE, 0, 0, 1);
            assert_true(flip || is_moved(one.inputs + i * SIZE, inputs + i * SIZE, 0, 0, 0));
            flipped += flip;
        }
    }
    /* of 1030 fair coins; six standard deviations are 96 */
    assert_in_range(flipped, 515 - 96, 515 + 96);
    pcil_batches_free(batches);
}

static void test_crop_moves_within_the_padding(void **state) {
    (void)state;
    pcil_batches *batches = make_batches(10, 3, "crop=2 flip=1 shuffle=0");
    int seen[5][5][2] = {{{0}}};
    for (int number = 0; number < 10; number++) {
        walk(batches, number, 0, &one);
        for (int i = 0; i < COUNT; i++) {
            int found = 0;
            for (int m = 0; m < 50 && !found; m++) {
                found = is_moved(one.inputs + i * SIZE, inputs + i * SIZE, m / 10 - 2, m / 2 % 5 - 2, m % 2);
                if (found) seen[m / 10][m / 2 % 5][m % 2]++;
            }
            assert_true(found);
        }
    }
    for (int m = 0; m < 50; m++) assert_true(seen[m / 10][m / 2 % 5][m % 2] > 0);
    pcil_batches_free(batches);
}

static void check_normalised(const char *options, const pcil_dataset *reference, const double *scale,
                             const double *shift) {
    static float expected[COUNT * SIZE];
    pcil_batches *batches = make_batches(COUNT, 1, options);
    if (reference) check_ok(pcil_batches_normalise_like(batches, reference));
    walk(batches, 0, 0, &one);
    for (int i = 0; i < COUNT * SIZE; i++) expected[i] = (float)(inputs[i] * scale[i % CHANNELS] + shift[i % CHANNELS]);
    check_close(one.inputs, expected, COUNT * SIZE, 3e-7);
    pcil_batches_free(batches);
}

/* Two passes in double, the plain way. */
static void find_statistics(int count, double *scale, double *shift) {
    int elements = count * HEIGHT * WIDTH;
    for (int c = 0; c < CHANNELS; c++) {
        double mean = 0, square = 0;
        for (int i = 0; i < elements; i++) mean += (double)inputs[i * CHANNELS + c] / elements;
        for (int i = 0; i < elements; i++) {
            double off = inputs[i * CHANNELS + c] - mean;
            square += off * off / elements;
        }
        scale[c] = 1 / sqrt(square);
        shift[c] = -mean / sqrt(square);
    }
}

static void test_normalisations(void **state) {
    (void)state;
    double scale[CHANNELS], shift[CHANNELS];
    check_normalised("shuffle=0", NULL, (double[]){1, 1, 1}, (double[]){0, 0, 0});
    check_normalised("shuffle=0 normalise=none", NULL, (double[]){1, 1, 1}, (double[]){0, 0, 0});
    check_normalised("shuffle=0 normalise=centre", NULL, (double[]){2, 2, 2}, (double[]){-1, -1, -1});
    check_normalised("shuffle=0 normalise=shrink", NULL, (double[]){.99, .99, .99}, (double[]){.005, .005, .005});
    find_statistics(COUNT, scale, shift);
    check_normalised("shuffle=0 normalise=standard", NULL, scale, shift);
    pcil_dataset *reference;
    check_ok(pcil_dataset_memory(&reference, inputs, labels, NULL, 20, CHANNELS, HEIGHT, WIDTH, CLASSES, 0));
    find_statistics(20, scale, shift);
    check_normalised("shuffle=0 normalise=standard", reference, scale, shift);
    pcil_dataset_free(reference);
}

static void test_a_channel_without_deviation_is_only_centred(void **state) {
    (void)state;
    static const float pixels[] = {0.25f, 0.0f, 0.25f, 1.0f};
    static const int32_t both[] = {0, 1};
    float batch[4];
    int32_t count;
    pcil_dataset *flat;
    pcil_batches *batches;
    check_ok(pcil_dataset_memory(&flat, pixels, both, NULL, 2, 2, 1, 1, 2, 0));
    check_ok(pcil_batches_create(&batches, flat, 2, 0));
    check_ok(pcil_batches_set(batches, "shuffle", 0));
    check_ok(pcil_batches_set_text(batches, "normalise", "standard"));
    check_ok(pcil_batches_begin(batches, 0, 0));
    check_ok(pcil_batches_next(batches, batch, NULL, NULL, &count));
    check_close(batch, ((float[]){0, -1, 0, 1}), 4, 1e-6);
    pcil_batches_free(batches);
    pcil_dataset_free(flat);
}

static void test_wrong_use_is_told(void **state) {
    (void)state;
    float batch[SIZE];
    int32_t count = -7;
    pcil_batches *batches = NULL, *crop = make_batches(1, 0, "crop=4");
    check_fails(pcil_batches_create(NULL, set, 1, 0), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_batches_create(&batches, NULL, 1, 0), PCIL_ERROR_ARGUMENT, "data set is NULL");
    check_fails(pcil_batches_create(&batches, set, 0, 0), PCIL_ERROR_ARGUMENT, "a batch of 0 images");
    assert_null(batches);
    batches = make_batches(1, 0, "");
    assert_string_equal(pcil_batches_error(batches), "");
    check_fails(pcil_batches_set(batches, "flips", 1), PCIL_ERROR_ARGUMENT, "did you mean 'flip'");
    check_fails(pcil_batches_set(batches, "crop", -1), PCIL_ERROR_ARGUMENT, "'crop' is an integer from 0 to 1024");
    check_fails(pcil_batches_set_text(batches, "normalise", "unit"), PCIL_ERROR_ARGUMENT, "none centre standard");
    check_fails(pcil_batches_next(batches, batch, NULL, NULL, &count), PCIL_ERROR_STATE, "pcil_batches_begin");
    check_fails(pcil_batches_begin(batches, -1, 0), PCIL_ERROR_ARGUMENT, "epoch -1");
    check_fails(pcil_batches_begin(batches, 0, COUNT + 1), PCIL_ERROR_ARGUMENT, "batches 0 ... 102");
    check_fails(pcil_batches_begin(crop, 0, 0), PCIL_ERROR_ARGUMENT, "'crop' is 4");
    check_ok(pcil_batches_begin(batches, 0, 0));
    check_fails(pcil_batches_set(batches, "flip", 1), PCIL_ERROR_STATE, "before pcil_batches_begin");
    check_fails(pcil_batches_normalise_like(batches, set), PCIL_ERROR_STATE, "before pcil_batches_begin");
    check_fails(pcil_batches_next(batches, NULL, NULL, NULL, &count), PCIL_ERROR_ARGUMENT, "inputs is NULL");
    check_fails(pcil_batches_next(batches, batch, NULL, NULL, NULL), PCIL_ERROR_ARGUMENT, "count is NULL");
    assert_non_null(strstr(pcil_batches_error(batches), "count is NULL"));
    check_fails(pcil_batches_next(NULL, batch, NULL, NULL, &count), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_batches_begin(NULL, 0, 0), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_batches_set(NULL, "flip", 1), PCIL_ERROR_ARGUMENT, "NULL");
    assert_int_equal(count, -7);
    assert_int_equal(pcil_batches_per_epoch(NULL), -1);
    assert_string_equal(pcil_batches_error(NULL), "");
    pcil_batches_free(batches);
    pcil_batches_free(crop);
    pcil_batches_free(NULL);
}

static void test_the_reference_has_the_same_channels(void **state) {
    (void)state;
    pcil_dataset *grey;
    pcil_batches *batches = make_batches(1, 0, "");
    check_ok(pcil_dataset_memory(&grey, inputs, labels, NULL, 1, 1, 1, 1, CLASSES, 0));
    check_fails(pcil_batches_normalise_like(batches, grey), PCIL_ERROR_ARGUMENT, "has 1 channels");
    check_fails(pcil_batches_normalise_like(batches, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    pcil_batches_free(batches);
    pcil_dataset_free(grey);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_image_comes_once_an_epoch),
        cmocka_unit_test(test_the_order_follows_seed_and_epoch),
        cmocka_unit_test(test_drop_last),
        cmocka_unit_test(test_prefetch_gives_the_same_bytes),
        cmocka_unit_test(test_prefetch_goes_on_after_a_fork),
        cmocka_unit_test(test_a_walk_may_begin_anywhere),
        cmocka_unit_test(test_beginning_again_in_the_middle),
        cmocka_unit_test(test_threads_share_a_set),
        cmocka_unit_test(test_flip_mirrors_half_of_the_images),
        cmocka_unit_test(test_crop_moves_within_the_padding),
        cmocka_unit_test(test_normalisations),
        cmocka_unit_test(test_a_channel_without_deviation_is_only_centred),
        cmocka_unit_test(test_wrong_use_is_told),
        cmocka_unit_test(test_the_reference_has_the_same_channels),
    };
    return cmocka_run_group_tests_name("batches", tests, make_set, free_set);
}
