/* Tiny ImageNet's tree: pictures, lists, the cache. */
#include "dataset/decode.h"
#include "dataset/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

enum { TRAIN = 12, TEST = 5, CLASSES = 4 };

/* A tree at "tree", of pictures of 64 x 64. */
static int make_tree(void **state) {
    if (make_folder(state) != 0) return -1;
    if (!is_supported("tiny-imagenet")) {
        folder[0] = '\0';
        return 0;
    }
    struct parts *parts = malloc(sizeof *parts);
    *parts = make_parts(TRAIN, TEST, 3, 64, CLASSES);
    *state = parts;
    return write_parts(parts, "tiny-imagenet", "tree");
}

static int remove_tree(void **state) {
    if (!*state) return 0;
    free_parts(*state);
    free(*state);
    return remove_folder(state);
}

/* A tree sorts its pictures by class: finds what was written as image `index` of the part. */
static int written_index(const struct parts *parts, int which, int64_t index) {
    if (which == 1) return (int)index;
    for (int label = 0; label < CLASSES; label++)
        for (int i = 0; i < TRAIN; i++)
            if (parts->labels[0][i] == label && index-- == 0) return i;
    fail();
    return 0;
}

static pcil_dataset *open_tree(int which) {
    pcil_dataset *set;
    check_ok(pcil_dataset_open(&set, "tiny-imagenet", at("tree"), part_names[which]));
    return set;
}

static void check_pictures(const struct parts *parts, int which) {
    enum { SIZE = 64 * 64 * 3 };
    static float pixels[SIZE];
    pcil_dataset *set = open_tree(which);
    int32_t channels, height, width;
    check_ok(pcil_dataset_shape(set, &channels, &height, &width));
    assert_true(channels == 3 && height == 64 && width == 64);
    assert_int_equal(pcil_dataset_count(set), which ? TEST : TRAIN);
    assert_int_equal(pcil_dataset_classes(set), CLASSES);
    for (int64_t i = 0; i < pcil_dataset_count(set); i++) {
        int32_t label;
        int from = written_index(parts, which, i);
        check_ok(pcil_dataset_read(set, &i, 1, pixels, &label, NULL));
        assert_int_equal(label, parts->labels[which][from]);
        check_close(pixels, parts->inputs[which] + from * SIZE, SIZE, 6.0 / 255);
    }
    pcil_dataset_free(set);
}

static void test_pictures_come_back(void **state) {
    if (!*state) skip();
    for (int which = 0; which < 2; which++) check_pictures(*state, which);
}

/* The second time, nothing of the pictures is read: they may be garbage of the same size and time. */
static void test_the_cache_is_used(void **state) {
    if (!*state) skip();
    struct stat before;
    size_t size;
    check_pictures(*state, 1);
    assert_int_equal(stat(at("tree/val/images/val_0.JPEG"), &before), 0);
    free(get_file(at("tree/val/images/val_0.JPEG"), &size));
    unsigned char *garbage = calloc(size, 1);
    put_file(at("tree/val/images/val_0.JPEG"), garbage, size);
    struct timespec times[] = {before.st_atim, before.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, at("tree/val/images/val_0.JPEG"), times, 0), 0);
    check_pictures(*state, 1);
    times[1].tv_nsec = (times[1].tv_nsec + 1) % 1000000000;
    assert_int_equal(utimensat(AT_FDCWD, at("tree/val/images/val_0.JPEG"), times, 0), 0);
    pcil_dataset *set;
    check_fails(pcil_dataset_open(&set, "tiny-imagenet", at("tree"), "test"), PCIL_ERROR_FORMAT, "val_0.JPEG");
    assert_int_not_equal(access(at("tree/pcil-test.cache.tmp"), F_OK), 0);
    free(garbage);
}

static void test_a_changed_tree_is_decoded_anew(void **state) {
    if (!*state) skip();
    pcil_dataset *set = open_tree(0);
    assert_int_equal(pcil_dataset_count(set), TRAIN);
    pcil_dataset_free(set);
    size_t size;
    unsigned char *bytes = get_file(at("tree/val/images/val_3.JPEG"), &size);
    put_file(at("tree/train/n00000001/images/z.JPEG"), bytes, size);
    free(bytes);
    set = open_tree(0);
    assert_int_equal(pcil_dataset_count(set), TRAIN + 1);
    pcil_dataset_free(set);
}

/* Damage of every kind to the cache makes it anew. */
static void test_a_damaged_cache_is_made_anew(void **state) {
    if (!*state) skip();
    size_t size;
    check_pictures(*state, 1);
    unsigned char *bytes = get_file(at("tree/pcil-test.cache"), &size);
    put_file(at("tree/pcil-test.cache"), bytes, size - 1);
    check_pictures(*state, 1);
    put_file(at("tree/pcil-test.cache"), bytes, 10);
    check_pictures(*state, 1);
    for (size_t i = 0; i < 48; i++) {
        bytes[i] ^= 0x10;
        memset(bytes + 48, 0, size - 48);
        put_file(at("tree/pcil-test.cache"), bytes, size);
        bytes[i] ^= 0x10;
        check_pictures(*state, 1);
    }
    free(bytes);
}

/* What reading one picture of the part "test" says. */
static void check_rotten(int64_t index, bool rotten) {
    static float pixels[64 * 64 * 3];
    pcil_dataset *set = open_tree(1);
    pcil_status status = pcil_dataset_read(set, &index, 1, pixels, NULL, NULL);
    char expected[64];
    snprintf(expected, sizeof expected, "tree/pcil-test.cache', picture %d: its CRC-32 is ", (int)index);
    if (rotten)
        check_fails(status, PCIL_ERROR_IO, expected);
    else
        check_ok(status);
    pcil_dataset_free(set);
}

static void check_verified(bool sound) {
    char report[16384];
    check_ok(pcil_dataset_verify("tiny-imagenet", at("tree"), report, sizeof report, NULL));
    assert_true((strstr(report, "\"ok\": true") != NULL) == sound);
    assert_true((strstr(report, "the file is damaged; remove it") == NULL) == sound);
}

/* Opening does not look at the pictures: a changed bit, or a picture in another's place, shows when it is read. */
static void test_a_rotten_picture_is_told(void **state) {
    if (!*state) skip();
    enum { HEAD = 48, EACH = 64 * 64 * 3 + 4, CHANGED = HEAD + 2 * EACH };
    size_t size;
    check_pictures(*state, 1);
    unsigned char *bytes = get_file(at("tree/pcil-test.cache"), &size);
    assert_int_equal(size, HEAD + TEST * EACH);
    for (int i = 0; i < EACH; i += 307) {
        poke(at("tree/pcil-test.cache"), CHANGED + i, bytes[CHANGED + i] ^ (1 << i % 8));
        check_rotten(2, true);
        poke(at("tree/pcil-test.cache"), CHANGED + i, bytes[CHANGED + i]);
    }
    check_rotten(2, false);
    memcpy(bytes + HEAD + 3 * EACH, bytes + HEAD + 4 * EACH, EACH);
    put_file(at("tree/pcil-test.cache"), bytes, size);
    check_rotten(2, false);
    check_rotten(3, true);
    check_verified(false);
    assert_int_equal(unlink(at("tree/pcil-test.cache")), 0);
    check_verified(true);
    check_pictures(*state, 1);
    free(bytes);
}

static void test_a_cache_is_no_link(void **state) {
    if (!*state) skip();
    struct stat outside, inside;
    check_pictures(*state, 1);
    assert_int_equal(rename(at("tree/pcil-test.cache"), at("outside.cache")), 0);
    assert_int_equal(symlink("../outside.cache", at("tree/pcil-test.cache")), 0);
    check_pictures(*state, 1);
    assert_int_equal(lstat(at("tree/pcil-test.cache"), &inside), 0);
    assert_int_equal(stat(at("outside.cache"), &outside), 0);
    assert_true(S_ISREG(inside.st_mode) && inside.st_ino != outside.st_ino);
}

static void test_where_the_cache_lies(void **state) {
    if (!*state) skip();
    glob_t found;
    check_pictures(*state, 1);
    assert_int_equal(access(at("tree/pcil-test.cache"), F_OK), 0);
    assert_int_equal(unlink(at("tree/pcil-test.cache")), 0);
    /* a folder stands where the file should grow: the tree cannot be used, as if it were read-only */
    assert_int_equal(mkdir(at("tree/pcil-test.cache.tmp"), 0777), 0);
    setenv("XDG_CACHE_HOME", at("caches"), 1);
    check_pictures(*state, 1);
    assert_int_equal(glob(at("caches/pcil/tiny-imagenet-*-test.cache"), 0, NULL, &found), 0);
    globfree(&found);
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", at("home"), 1);
    check_pictures(*state, 1);
    assert_int_equal(glob(at("home/.cache/pcil/tiny-imagenet-*-test.cache"), 0, NULL, &found), 0);
    globfree(&found);
    setenv("PCIL_CACHE", at("chosen"), 1);
    check_pictures(*state, 1);
    assert_int_equal(glob(at("chosen/tiny-imagenet-*-test.cache"), 0, NULL, &found), 0);
    globfree(&found);
    unsetenv("PCIL_CACHE");
}

/* Whether the pictures are in a file that has no name any more; else they are in memory. */
static bool is_unnamed(void) {
    pcil_dataset *set = open_tree(1);
    bool unnamed = set->bytes == NULL;
    assert_true(!unnamed || (strncmp(set->path, folder, strlen(folder)) == 0 && access(set->path, F_OK) != 0));
    pcil_dataset_free(set);
    return unnamed;
}

static int count_entries(const char *name) {
    DIR *directory = opendir(name);
    int count = 0;
    assert_non_null(directory);
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

/* Temporary files go to an empty folder, a cache to `cache`. */
static void choose_places(const char *cache) {
    assert_int_equal(mkdir(at("temporary"), 0777), 0);
    setenv("TMPDIR", at("temporary"), 1);
    setenv("PCIL_CACHE", at(cache), 1);
}

/* None was left there. */
static void forget_places(void) {
    assert_int_equal(count_entries(at("temporary")), 2);
    unsetenv("TMPDIR");
    unsetenv("PCIL_CACHE");
}

static void test_no_place_for_a_cache(void **state) {
    if (!*state) skip();
    put_text(at("file"), "");
    assert_int_equal(mkdir(at("tree/pcil-test.cache.tmp"), 0777), 0);
    choose_places("file");
    unsetenv("PCIL_CACHE");
    setenv("XDG_CACHE_HOME", at("file"), 1);
    assert_true(is_unnamed());
    unsetenv("XDG_CACHE_HOME");
    setenv("PCIL_CACHE", at("file"), 1);
    int descriptors = count_entries("/proc/self/fd");
    assert_true(is_unnamed());
    check_pictures(*state, 0);
    check_pictures(*state, 1);
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    forget_places();
}

/* A file-size limit makes the system refuse the room as a full disk does: the pictures stay in memory. */
static void test_no_room_for_a_cache(void **state) {
    if (!*state) skip();
    struct rlimit old, small;
    choose_places("temporary");
    int descriptors = count_entries("/proc/self/fd");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 5000;
    setrlimit(RLIMIT_FSIZE, &small);
    bool unnamed = is_unnamed();
    check_pictures(*state, 1);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_false(unnamed);
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    forget_places();
}

/* Another place does not help a picture that is not sound. */
static void test_a_bad_picture_has_no_place(void **state) {
    if (!*state) skip();
    pcil_dataset *set;
    glob_t found;
    put_text(at("file"), "");
    choose_places("file");
    assert_int_equal(glob(at("tree/val/images/*"), 0, NULL, &found), 0);
    put_text(found.gl_pathv[0], "no picture");
    globfree(&found);
    assert_int_equal(pcil_dataset_open(&set, "tiny-imagenet", at("tree"), "test"), PCIL_ERROR_FORMAT);
    forget_places();
}

static void test_grey_and_small_images(void **state) {
    if (!*state) skip();
    struct parts parts = make_parts(3, 1, 1, 32, 2);
    static float pixels[64 * 64 * 3];
    pcil_dataset *set;
    int64_t index = 0;
    check_ok(write_parts(&parts, "tiny-imagenet", "grey"));
    check_ok(pcil_dataset_open(&set, "tiny-imagenet", at("grey"), "test"));
    check_ok(pcil_dataset_read(set, &index, 1, pixels, NULL, NULL));
    for (int i = 0; i < 64 * 64; i++) {
        float expected = parts.inputs[1][i / 64 / 2 * 32 + i % 64 / 2];
        assert_true(pixels[3 * i] == pixels[3 * i + 1] && pixels[3 * i] == pixels[3 * i + 2]);
        assert_true(fabsf(pixels[3 * i] - expected) < 8.0f / 255);
    }
    pcil_dataset_free(set);
    free_parts(&parts);
}

static void test_names_of_classes(void **state) {
    if (!*state) skip();
    put_text(at("tree/words.txt"), "n99999999\tnothing\nn00000002\tEgyptian cat, the second\nn00000001\tox\n");
    pcil_dataset *set = open_tree(1);
    assert_string_equal(pcil_dataset_class_name(set, 0), "n00000000");
    assert_string_equal(pcil_dataset_class_name(set, 1), "ox");
    assert_string_equal(pcil_dataset_class_name(set, 2), "Egyptian cat");
    pcil_dataset_free(set);
    check_ok(pcil_dataset_open(&set, "tiny-imagenet", at("tree"), "train"));
    check_ok(pcil_dataset_write(set, set, "tiny-imagenet", at("again")));
    pcil_dataset_free(set);
    check_ok(pcil_dataset_open(&set, "tiny-imagenet", at("again"), "train"));
    assert_string_equal(pcil_dataset_class_name(set, 2), "Egyptian cat");
    pcil_dataset_free(set);
}

static void test_many_classes(void **state) {
    if (!*state) skip();
    enum { MANY = 70 };
    char text[MANY * 10 + 1] = "", expected[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(expected, sizeof expected, "n%08d\n", i);
        memcpy(text + i * 10, expected, 11);
    }
    put_text(at("tree/wnids.txt"), text);
    pcil_dataset *set = open_tree(1);
    assert_int_equal(pcil_dataset_classes(set), MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(expected, sizeof expected, "n%08d", i);
        assert_string_equal(pcil_dataset_class_name(set, i), expected);
    }
    pcil_dataset_free(set);
}

static void check_refused(const char *part, pcil_status status, const char *fragment) {
    pcil_dataset *set = NULL;
    check_fails(pcil_dataset_open(&set, "tiny-imagenet", at("tree"), part), status, fragment);
    assert_null(set);
}

static void check_list(const char *name, const char *part, const char *text, const char *fragment) {
    size_t size;
    unsigned char *bytes = get_file(at(name), &size);
    put_text(at(name), text);
    check_refused(part, PCIL_ERROR_FORMAT, fragment);
    put_file(at(name), bytes, size);
    free(bytes);
}

static void test_bad_lists(void **state) {
    if (!*state) skip();
    static const char wnids[] = "tree/wnids.txt", val[] = "tree/val/val_annotations.txt";
    char line[5000];
    memset(line, 'n', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    check_list(wnids, "train", "", "names no class");
    check_list(wnids, "train", "n00000000\nn0000001\n", "line 2: 'n0000001'; expected 'n' and eight digits");
    check_list(wnids, "train", "../../etc\n", "eight digits");
    check_list(wnids, "train", "n00000000\nn00000000\n", "names class n00000000 twice");
    check_list(wnids, "train", line, "at most 4096 bytes");
    check_list(wnids, "test", "n00000000\n", "a class of wnids.txt");
    check_list(wnids, "train",
               "n0000\x01"
               "000\n",
               "control characters");
    check_list(val, "test", "val_0.JPEG\n", "a class of wnids.txt");
    check_list(val, "test", "../val_0.JPEG\tn00000000\n", "the name of a .JPEG file");
    check_list(val, "test", ".JPEG\tn00000000\n", "the name of a .JPEG file");
    check_list(val, "test", "val_0.JPEG.JPEG\tn00000000\n", "the name of a .JPEG file");
    check_list(val, "test", "val_0.JPEG\tn00000000\nval_1.JPEG\tn00000000\nval_0.JPEG\tn00000001\n", "twice");
    check_list(val, "test", "\n\n", "holds no picture of part 'test'");
    put_text(at("tree/words.txt"), "n00000000\t\n");
    check_refused("train", PCIL_ERROR_FORMAT, "a tab and a name");
    put_text(at("tree/words.txt"), "n00000000\t\xff\n");
    check_refused("train", PCIL_ERROR_FORMAT, "UTF-8");
    put_text(at("tree/val/val_annotations.txt"), "val_99.JPEG\tn00000000\n");
    check_refused("test", PCIL_ERROR_IO, "val_99.JPEG");
}

static void test_bad_files_in_the_tree(void **state) {
    if (!*state) skip();
    put_text(at("tree/train/n00000001/images/.hidden"), "");
    pcil_dataset_free(open_tree(0));
    put_text(at("tree/train/n00000001/images/Thumbs.db"), "");
    check_refused("train", PCIL_ERROR_FORMAT, "holds 'Thumbs.db'");
    unlink(at("tree/train/n00000001/images/Thumbs.db"));
    assert_int_equal(symlink("nowhere", at("tree/train/n00000001/images/a.JPEG")), 0);
    check_refused("train", PCIL_ERROR_IO, "a.JPEG");
    unlink(at("tree/train/n00000001/images/a.JPEG"));
    assert_int_equal(mkfifo(at("tree/train/n00000001/images/a.JPEG"), 0600), 0);
    check_refused("train", PCIL_ERROR_FORMAT, "no regular file");
    unlink(at("tree/train/n00000001/images/a.JPEG"));
    put_text(at("tree/train/n00000001/images/a.JPEG"), "");
    assert_int_equal(truncate(at("tree/train/n00000001/images/a.JPEG"), (1 << 20) + 1), 0);
    check_refused("train", PCIL_ERROR_FORMAT, "at most 1 MiB");
    run("cd '%s' && cp tree/val/images/val_0.JPEG tree/train/n00000001/images/a.JPEG", folder);
    assert_int_equal(truncate(at("tree/train/n00000001/images/a.JPEG"), 1 << 20), 0);
    pcil_dataset_free(open_tree(0));
    unlink(at("tree/train/n00000001/images/a.JPEG"));
    run("rm -r '%s'", at("tree/train/n00000002"));
    check_refused("train", PCIL_ERROR_IO, "train/n00000002/images");
}

/* A tree from elsewhere must not make the library look at what lies beside it. */
static void test_links_do_not_lead_out_of_the_tree(void **state) {
    if (!*state) skip();
    assert_int_equal(rename(at("tree/val/images/val_1.JPEG"), at("outside.JPEG")), 0);
    assert_int_equal(symlink("../../../outside.JPEG", at("tree/val/images/val_1.JPEG")), 0);
    check_refused("test", PCIL_ERROR_FORMAT, "val_1.JPEG' leads out of the data set's folder");
    unlink(at("tree/val/images/val_1.JPEG"));
    assert_int_equal(symlink("val_0.JPEG", at("tree/val/images/val_1.JPEG")), 0);
    pcil_dataset_free(open_tree(1));
    assert_int_equal(rename(at("tree/val/images"), at("images")), 0);
    assert_int_equal(symlink("../../images", at("tree/val/images")), 0);
    check_refused("test", PCIL_ERROR_FORMAT, "val/images' leads out");
    assert_int_equal(rename(at("tree/train/n00000001"), at("n00000001")), 0);
    assert_int_equal(symlink("../../n00000001", at("tree/train/n00000001")), 0);
    check_refused("train", PCIL_ERROR_FORMAT, "n00000001/images' leads out");
    assert_int_equal(symlink("/etc/hostname", at("tree/words.txt")), 0);
    unlink(at("tree/val/val_annotations.txt"));
    assert_int_equal(symlink("/etc/hostname", at("tree/val/val_annotations.txt")), 0);
    check_refused("test", PCIL_ERROR_FORMAT, "val_annotations.txt' leads out");
    unlink(at("tree/wnids.txt"));
    assert_int_equal(symlink("/etc/hostname", at("tree/wnids.txt")), 0);
    check_refused("train", PCIL_ERROR_FORMAT, "wnids.txt' leads out");
    check_refused("test", PCIL_ERROR_FORMAT, "wnids.txt' leads out");
}

/* Decodes the part "test" after `change` was run between the look at the pictures and their decoding. */
static pcil_status decode_changed(const char *change) {
    static uint8_t bytes[TEST * PC_JPEG_BYTES];
    struct pc_sink sink = {.bytes = bytes, .descriptor = -1};
    struct pc_tree tree;
    char *root = at("tree");
    check_ok(pc_tree_read(&tree, root, PC_TEST));
    run(change, folder);
    pcil_status status = pc_decode(&tree, &sink);
    pc_tree_free(&tree);
    return status;
}

/* What was looked at is what is read, even where somebody puts a link in its place meanwhile. */
static void test_pictures_are_not_exchanged(void **state) {
    if (!*state) skip();
    check_ok(decode_changed("cd '%s'"));
    check_fails(decode_changed("cd '%s' && cp tree/val/images/val_1.JPEG outside.JPEG && "
                               "ln -sf ../../../outside.JPEG tree/val/images/val_1.JPEG"),
                PCIL_ERROR_IO, "val_1.JPEG' was replaced while the data set was opened");
    run("cd '%s' && rm tree/val/images/val_1.JPEG && mv outside.JPEG tree/val/images/val_1.JPEG", folder);
    check_ok(decode_changed("cd '%s'"));
    check_fails(decode_changed("cd '%s' && mv tree/val/images inside && cp -r inside outside && "
                               "ln -s ../../outside tree/val/images"),
                PCIL_ERROR_IO, "val_0.JPEG' was replaced while the data set was opened");
}

/* Every prefix and many bit flips of a picture: told or decoded, never worse. A prefix is never whole. */
static void test_damaged_pictures(void **state) {
    if (!*state) skip();
    static const char name[] = "tree/val/images/val_0.JPEG";
    size_t size;
    pcil_dataset *set;
    unsigned char *bytes = get_file(at(name), &size);
    put_text(at("tree/val/val_annotations.txt"), "val_0.JPEG\tn00000000\n");
    for (size_t length = 0; length < size; length += 1 + size / 97) {
        put_file(at(name), bytes, length);
        check_refused("test", PCIL_ERROR_FORMAT, "val_0.JPEG' is");
    }
    for (size_t i = 0; i < size; i += 1 + size / 499) {
        bytes[i] ^= (unsigned char)(1 << i % 8);
        put_file(at(name), bytes, size);
        bytes[i] ^= (unsigned char)(1 << i % 8);
        pcil_status status = pcil_dataset_open(&set, "tiny-imagenet", at("tree"), "test");
        if (status == PCIL_OK)
            pcil_dataset_free(set);
        else
            assert_int_equal(status, PCIL_ERROR_FORMAT);
    }
    free(bytes);
}

/* The cache is cut short under an open set: the batch fails, the program lives, and with the file back all goes on. */
static void test_a_read_error_reaches_the_batch(void **state) {
    if (!*state) skip();
    enum { SIZE = 64 * 64 * 3 };
    static float expected[TEST * SIZE], pixels[SIZE];
    size_t size;
    for (int ahead = 0; ahead < 2; ahead++) {
        pcil_dataset *set = open_tree(1);
        pcil_batches *batches;
        int32_t count;
        bool failed = false;
        unsigned char *bytes = get_file(at("tree/pcil-test.cache"), &size);
        check_ok(pcil_dataset_read(set, (int64_t[]){0, 1, 2, 3, 4}, TEST, expected, NULL, NULL));
        check_ok(pcil_batches_create(&batches, set, 1, 0));
        check_ok(pcil_batches_set(batches, "shuffle", 0));
        check_ok(pcil_batches_set(batches, "prefetch", ahead));
        check_ok(pcil_batches_begin(batches, 0, 0));
        assert_int_equal(truncate(at("tree/pcil-test.cache"), 48), 0);
        for (int i = 0; i < TEST; i++) {
            pcil_status status = pcil_batches_next(batches, pixels, NULL, NULL, &count);
            if (status != PCIL_OK) {
                assert_false(failed);
                assert_int_equal(status, PCIL_ERROR_IO);
                assert_non_null(strstr(pcil_batches_error(batches), "cut short"));
                assert_string_equal(pcil_batches_error(batches), pcil_last_error());
                failed = true;
                put_file(at("tree/pcil-test.cache"), bytes, size);
                check_ok(pcil_batches_next(batches, pixels, NULL, NULL, &count));
            }
            assert_int_equal(count, 1);
            assert_memory_equal(pixels, expected + i * SIZE, sizeof pixels);
        }
        assert_true(failed);
        check_ok(pcil_batches_next(batches, pixels, NULL, NULL, &count));
        assert_int_equal(count, 0);
        pcil_batches_free(batches);
        pcil_dataset_free(set);
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pictures_come_back, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_the_cache_is_used, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_changed_tree_is_decoded_anew, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_damaged_cache_is_made_anew, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_rotten_picture_is_told, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_cache_is_no_link, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_where_the_cache_lies, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_no_place_for_a_cache, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_no_room_for_a_cache, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_bad_picture_has_no_place, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_grey_and_small_images, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_names_of_classes, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_many_classes, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_bad_lists, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_bad_files_in_the_tree, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_links_do_not_lead_out_of_the_tree, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_pictures_are_not_exchanged, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_a_read_error_reaches_the_batch, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_damaged_pictures, make_tree, remove_tree),
    };
    return cmocka_run_group_tests_name("tiny", tests, NULL, NULL);
}
