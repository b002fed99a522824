#include "test.h"

#include "base/memory.h"
#include "file/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/pcil-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static int count_entries(void) {
    DIR *directory = opendir(folder);
    int count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    return count - 2;
}

static void check_content(const char *path, const char *expected) {
    struct pc_bytes content;
    check_ok(pc_file_read(NULL, path, 100, &content));
    assert_int_equal(content.size, strlen(expected));
    assert_string_equal((char *)content.bytes, expected);
    pc_bytes_free(&content);
}

static void test_written_bytes_come_back(void **state) {
    (void)state;
    check_ok(pc_file_write(NULL, in_folder("a"), "old", 3));
    check_content(in_folder("a"), "old");
    const struct pc_file_part parts[] = {{"one", 3}, {NULL, 0}, {"two", 3}};
    check_ok(pc_file_write_parts(NULL, in_folder("a"), parts, 3, false));
    check_content(in_folder("a"), "onetwo");
    check_ok(pc_file_write(NULL, in_folder("a"), NULL, 0));
    check_content(in_folder("a"), "");
    assert_int_equal(count_entries(), 1);
}

static void test_the_old_file_is_kept_aside(void **state) {
    (void)state;
    const struct pc_file_part old = {"old", 3}, new = {"new", 3};
    check_ok(pc_file_write_parts(NULL, in_folder("a"), &old, 1, true));
    assert_int_equal(count_entries(), 1);
    check_ok(pc_file_write_parts(NULL, in_folder("a"), &new, 1, true));
    check_content(in_folder("a"), "new");
    check_content(in_folder("a.previous"), "old");
    check_ok(pc_file_write_parts(NULL, in_folder("a"), &old, 1, true));
    check_content(in_folder("a.previous"), "new");
    assert_int_equal(count_entries(), 2);
}

static void test_the_old_mode_stays_and_a_new_one_follows_umask(void **state) {
    (void)state;
    struct stat status;
    mode_t mask = umask(027);
    check_ok(pc_file_write(NULL, in_folder("new"), "x", 1));
    umask(mask);
    assert_int_equal(stat(in_folder("new"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(chmod(in_folder("new"), 0604), 0);
    check_ok(pc_file_write(NULL, in_folder("new"), "y", 1));
    assert_int_equal(stat(in_folder("new"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0604);
}

static void test_links_are_followed(void **state) {
    (void)state;
    struct stat status;
    check_ok(pc_file_write(NULL, in_folder("target"), "x", 1));
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(symlink("missing", in_folder("dangling")), 0);
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
    check_ok(pc_file_write(NULL, in_folder("link"), "y", 1));
    check_content(in_folder("target"), "y");
    assert_int_equal(lstat(in_folder("link"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    check_ok(pc_file_write(NULL, in_folder("dangling"), "z", 1));
    check_content(in_folder("missing"), "z");
    check_fails(pc_file_write(NULL, in_folder("loop"), "z", 1), PCIL_ERROR_IO, "chain of more than");
}

static void test_only_regular_files_are_read(void **state) {
    (void)state;
    struct pc_bytes content = {0};
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    check_fails(pc_file_read(NULL, in_folder("pipe"), 9, &content), PCIL_ERROR_IO, "is a pipe, not a file");
    check_fails(pc_file_read(NULL, folder, 9, &content), PCIL_ERROR_IO, "is a folder, not a file");
    check_fails(pc_file_read(NULL, "/dev/zero", 9, &content), PCIL_ERROR_IO, "is a device, not a file");
    check_fails(pc_file_read(NULL, in_folder("none"), 9, &content), PCIL_ERROR_IO, "No such file");
    check_fails(pc_file_read(NULL, NULL, 9, &content), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pc_file_read(NULL, "", 9, &content), PCIL_ERROR_ARGUMENT, "empty");
    check_fails(pc_file_read(NULL, "a\nb", 9, &content), PCIL_ERROR_IO, "'a\\x0ab'");
    assert_null(content.bytes);
}

static void test_sizes_are_bounded(void **state) {
    (void)state;
    struct pc_bytes content;
    struct pc_file file;
    char bytes[4];
    check_ok(pc_file_write(NULL, in_folder("big"), "0123456789", 10));
    check_fails(pc_file_read(NULL, in_folder("big"), 9, &content), PCIL_ERROR_FORMAT, "holds 10 bytes");
    check_ok(pc_file_open(&file, NULL, in_folder("big")));
    check_ok(pc_file_read_at(&file, NULL, "big", 6, bytes, 4));
    assert_memory_equal(bytes, "6789", 4);
    check_fails(pc_file_read_at(&file, NULL, "big", 7, bytes, 4), PCIL_ERROR_FORMAT, "4 are wanted at byte 7");
    check_fails(pc_file_read_at(&file, NULL, "big", UINT64_MAX, bytes, 4), PCIL_ERROR_FORMAT, "are wanted");
    assert_int_equal(truncate(in_folder("big"), 5), 0);
    check_fails(pc_file_read_at(&file, NULL, "big", 3, bytes, 4), PCIL_ERROR_FORMAT, "cut short to 5 bytes");
    pc_file_close(&file);
}

/* A file-size limit makes the system refuse the write as a full disk does. */
static void test_a_full_disk_leaves_the_old_file(void **state) {
    (void)state;
    struct rlimit old, small;
    static char large[1 << 16];
    check_ok(pc_file_write(NULL, in_folder("a"), "old", 3));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 5000;
    setrlimit(RLIMIT_FSIZE, &small);
    pcil_status status = pc_file_write(NULL, in_folder("a"), large, sizeof large);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    check_fails(status, PCIL_ERROR_IO, "what was there is unchanged");
    check_content(in_folder("a"), "old");
    assert_int_equal(count_entries(), 1);
}

static void test_devices_and_folders_are_not_replaced(void **state) {
    (void)state;
    struct stat status;
    check_fails(pc_file_write(NULL, "/dev/full", "x", 1), PCIL_ERROR_IO, "not a regular file");
    assert_int_equal(stat("/dev/full", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    check_fails(pc_file_write(NULL, folder, "x", 1), PCIL_ERROR_IO, "not a regular file");
    check_fails(pc_file_write(NULL, in_folder("none/file"), "x", 1), PCIL_ERROR_IO, "No such file");
    check_fails(pc_file_write(NULL, NULL, "x", 1), PCIL_ERROR_ARGUMENT, "NULL");
}

static void test_a_folder_without_permission(void **state) {
    (void)state;
    uid_t user = geteuid();
    check_ok(pc_file_write(NULL, in_folder("a"), "old", 3));
    assert_int_equal(chmod(folder, 0555), 0);
    if (user == 0) assert_int_equal(seteuid(65534), 0);
    pcil_status status = pc_file_write(NULL, in_folder("a"), "new", 3);
    pcil_status made = pc_file_make_folder(NULL, in_folder("b"));
    if (user == 0) assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, PCIL_ERROR_IO);
    check_fails(made, PCIL_ERROR_IO, "Permission denied");
    check_content(in_folder("a"), "old");
}

static void test_folders_are_made_with_their_parents(void **state) {
    (void)state;
    check_ok(pc_file_make_folder(NULL, in_folder("x/y/z/")));
    check_ok(pc_file_make_folder(NULL, in_folder("x/y/z")));
    assert_true(pc_file_exists(in_folder("x/y/z")));
    assert_false(pc_file_exists(in_folder("x/y/w")));
    check_ok(pc_file_write(NULL, in_folder("file"), "", 0));
    check_fails(pc_file_make_folder(NULL, in_folder("file")), PCIL_ERROR_IO, "a file of that name stands there");
    check_fails(pc_file_make_folder(NULL, in_folder("file/a")), PCIL_ERROR_IO, "stands there");
    check_fails(pc_file_make_folder(NULL, ""), PCIL_ERROR_ARGUMENT, "empty");
}

/* Files are closed, whether they could be read or not. */
static void test_descriptors_are_given_back(void **state) {
    (void)state;
    struct pc_bytes content;
    check_ok(pc_file_write(NULL, in_folder("a"), "text", 4));
    int before = dup(0);
    close(before);
    check_ok(pc_file_read(NULL, in_folder("a"), 9, &content));
    pc_bytes_free(&content);
    assert_int_equal(pc_file_read(NULL, in_folder("a"), 3, &content), PCIL_ERROR_FORMAT);
    assert_int_equal(pc_file_read(NULL, folder, 3, &content), PCIL_ERROR_IO);
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
}

/* What becomes of files while a standard stream is closed, and is told once it is open again. */
struct without_stream {
    pcil_status opened, refused, written;
    int number;
    bool is_free;
};

static struct without_stream try_without(int stream) {
    struct without_stream seen;
    struct rlimit old;
    struct pc_file file = {.descriptor = -1};
    getrlimit(RLIMIT_NOFILE, &old);
    struct rlimit none = {STDERR_FILENO + 1, old.rlim_max};
    int kept = dup(stream);
    close(stream);
    seen.opened = pc_file_open(&file, NULL, in_folder("a"));
    seen.number = file.descriptor;
    pc_file_close(&file);
    setrlimit(RLIMIT_NOFILE, &none);
    seen.refused = pc_file_open(&file, NULL, in_folder("a"));
    seen.written = pc_file_write(NULL, in_folder("b"), "b", 1);
    seen.is_free = fcntl(stream, F_GETFD) < 0;
    setrlimit(RLIMIT_NOFILE, &old);
    dup2(kept, stream);
    close(kept);
    return seen;
}

/* What a caller without streams prints must not land in a file of the library's. */
static void test_a_closed_streams_number_is_not_taken(void **state) {
    (void)state;
    check_ok(pc_file_write(NULL, in_folder("a"), "abcd", 4));
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        struct without_stream seen = try_without(stream);
        check_ok(seen.opened);
        assert_true(seen.number > STDERR_FILENO);
        assert_int_equal(seen.refused, PCIL_ERROR_IO);
        assert_int_equal(seen.written, PCIL_ERROR_IO);
        assert_true(seen.is_free);
        assert_int_equal(count_entries(), 1);
    }
}

static void test_names_are_joined(void **state) {
    (void)state;
    const char *cases[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (int i = 0; i < 4; i++) {
        char *path = pc_file_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        pc_release(path);
    }
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_written_bytes_come_back),
        in_a_folder(test_the_old_file_is_kept_aside),
        in_a_folder(test_the_old_mode_stays_and_a_new_one_follows_umask),
        in_a_folder(test_links_are_followed),
        in_a_folder(test_only_regular_files_are_read),
        in_a_folder(test_sizes_are_bounded),
        in_a_folder(test_a_full_disk_leaves_the_old_file),
        in_a_folder(test_devices_and_folders_are_not_replaced),
        in_a_folder(test_a_folder_without_permission),
        in_a_folder(test_folders_are_made_with_their_parents),
        in_a_folder(test_descriptors_are_given_back),
        in_a_folder(test_a_closed_streams_number_is_not_taken),
        cmocka_unit_test(test_names_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
