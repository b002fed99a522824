/* The fetch scripts, without a network: their files come from a folder by PCIL_MIRROR. */
#include "dataset/files.h"

#include <sys/wait.h>

#define DATASETS PCIL_SOURCE_DIR "/datasets"

/* What a command printed, and its exit status. */
static char printed[8192];

static int shell(const char *command) {
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    printed[fread(printed, 1, sizeof printed - 1, pipe)] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int has_tools(void) {
    return system("command -v curl md5sum tar gzip >/dev/null") == 0;
}

/* A script like the real ones, for an archive that the test makes: fetch NAME MD5 UNPACKED. */
static int fetch(const char *name, const char *md5, const char *unpacked) {
    char command[2048], unpack[256] = "";
    if (unpacked) snprintf(unpack, sizeof unpack, "unpack %s tar -xzf ../%s;", unpacked, name);
    snprintf(
        command, sizeof command,
        "PCIL_MIRROR=file://%s/mirror sh -c '. %s/fetch.sh; begin test 1 %s/out; get %s %s http://nowhere/; %s' 2>&1",
        folder, DATASETS, folder, name, md5, unpack);
    return shell(command);
}

static void check_printed(const char *fragment) {
    if (!strstr(printed, fragment)) fail_msg("'%s' is not in: %s", fragment, printed);
}

static bool exists(const char *name) {
    return access(at(name), F_OK) == 0;
}

/* abc's checksum, of RFC 1321 */
static const char abc[] = "900150983cd24fb0d6963f7d28e17f72";

static int make_mirror(void **state) {
    if (make_folder(state) != 0) return -1;
    mkdir(at("mirror"), 0777);
    mkdir(at("out"), 0777);
    put_text(at("mirror/abc"), "abc");
    return 0;
}

static void test_a_download_is_verified(void **state) {
    (void)state;
    if (!has_tools()) skip();
    size_t size;
    assert_int_equal(fetch("abc", abc, NULL), 0);
    check_printed("abc: checksum right");
    unsigned char *bytes = get_file(at("out/abc"), &size);
    assert_true(size == 3 && memcmp(bytes, "abc", 3) == 0);
    free(bytes);
    assert_false(exists("out/abc.part"));
}

static void test_a_good_file_is_left_alone(void **state) {
    (void)state;
    if (!has_tools()) skip();
    struct stat before, after;
    put_text(at("out/abc"), "abc");
    assert_int_equal(stat(at("out/abc"), &before), 0);
    unlink(at("mirror/abc"));
    assert_int_equal(fetch("abc", abc, NULL), 0);
    check_printed("there already");
    assert_int_equal(stat(at("out/abc"), &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

static void test_another_file_is_never_overwritten(void **state) {
    (void)state;
    if (!has_tools()) skip();
    size_t size;
    put_text(at("out/abc"), "mine");
    assert_int_equal(fetch("abc", abc, NULL), 1);
    check_printed("is not the official file");
    unsigned char *bytes = get_file(at("out/abc"), &size);
    assert_true(size == 4 && memcmp(bytes, "mine", 4) == 0);
    free(bytes);
}

static void test_a_bad_download_is_removed(void **state) {
    (void)state;
    if (!has_tools()) skip();
    put_text(at("mirror/abc"), "abd");
    assert_int_equal(fetch("abc", abc, NULL), 1);
    check_printed("wrong checksum");
    assert_false(exists("out/abc"));
    assert_false(exists("out/abc.part"));
    assert_int_equal(fetch("none", abc, NULL), 1);
    check_printed("broke off");
}

/* The part's own bytes stay: a right beginning is not downloaded again, which a wrong one shows. */
static void test_a_broken_download_goes_on(void **state) {
    (void)state;
    if (!has_tools()) skip();
    put_text(at("out/abc.part"), "ab");
    assert_int_equal(fetch("abc", abc, NULL), 0);
    assert_true(exists("out/abc"));
    unlink(at("out/abc"));
    put_text(at("out/abc.part"), "xb");
    assert_int_equal(fetch("abc", abc, NULL), 1);
    check_printed("wrong checksum");
    put_text(at("out/abc.part"), "abc");
    assert_int_equal(fetch("abc", abc, NULL), 0);
    unlink(at("out/abc"));
    put_text(at("out/abc.part"), "too long to go on with");
    (void)fetch("abc", abc, NULL);
    assert_int_equal(fetch("abc", abc, NULL), 0);
}

static void test_unpacking(void **state) {
    (void)state;
    if (!has_tools()) skip();
    run("cd '%s' && mkdir set && echo one >set/file && tar -czf mirror/set.tar.gz set && rm -r set", folder);
    char command[256], sum[33];
    snprintf(command, sizeof command, "md5sum <'%s'", at("mirror/set.tar.gz"));
    assert_int_equal(shell(command), 0);
    snprintf(sum, sizeof sum, "%.32s", printed);
    assert_int_equal(fetch("set.tar.gz", sum, "set"), 0);
    check_printed("set: unpacked");
    assert_true(exists("out/set/file"));
    put_text(at("out/set/file"), "mine");
    assert_int_equal(fetch("set.tar.gz", sum, "set"), 0);
    check_printed("set: there already");
    run("grep -q mine '%s'", at("out/set/file"));
    assert_int_equal(fetch("set.tar.gz", sum, "other"), 1);
    check_printed("does not hold other");
    run("test -z \"$(ls -A '%s' | grep unpack)\"", at("out"));
}

/* The real scripts: each explains itself, refuses what it does not know, and takes no file with a wrong checksum. */
static void test_each_script(void **state) {
    (void)state;
    if (!has_tools() || system("command -v unzip >/dev/null") != 0) skip();
    static const char *const sets[][2] = {{"cifar10", "cifar-10-binary.tar.gz"},
                                          {"cifar100", "cifar-100-binary.tar.gz"},
                                          {"svhn", "train_32x32.mat"},
                                          {"tiny-imagenet", "tiny-imagenet-200.zip"},
                                          {"mnist", "train-images-idx3-ubyte.gz"}};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char command[1024], name[64];
        snprintf(command, sizeof command, "%s/%s/fetch --help 2>&1", DATASETS, sets[i][0]);
        assert_int_equal(shell(command), 0);
        check_printed("usage: fetch [FOLDER]");
        snprintf(command, sizeof command, "%s/%s/fetch --all 2>&1", DATASETS, sets[i][0]);
        assert_int_equal(shell(command), 1);
        check_printed("unknown option --all");
        snprintf(name, sizeof name, "mirror/%s", sets[i][1]);
        put_text(at(name), "abc");
        snprintf(command, sizeof command, "PCIL_MIRROR=file://%s/mirror %s/%s/fetch %s/out/new/%s 2>&1", folder,
                 DATASETS, sets[i][0], folder, sets[i][0]);
        assert_int_equal(shell(command), 1);
        check_printed("wrong checksum");
        snprintf(name, sizeof name, "out/new/%s/%s", sets[i][0], sets[i][1]);
        assert_false(exists(name));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_download_is_verified, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_good_file_is_left_alone, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_another_file_is_never_overwritten, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_bad_download_is_removed, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_broken_download_goes_on, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_unpacking, make_mirror, remove_folder),
        cmocka_unit_test_setup_teardown(test_each_script, make_mirror, remove_folder),
    };
    return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
