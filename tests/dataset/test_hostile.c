/* Damaged and malicious files of CIFAR and IDX: each is told, with the file, the place and what was expected. */
#include "dataset/files.h"
#include "file/checksum.h"

enum { RECORD = 3073 };

static void refuse(const char *kind, const char *part, pcil_status status, const char *fragment) {
    pcil_dataset *set = NULL;
    check_fails(pcil_dataset_open(&set, kind, at("set"), part), status, fragment);
    assert_null(set);
}

static void accept(const char *kind, const char *part) {
    pcil_dataset *set;
    check_ok(pcil_dataset_open(&set, kind, at("set"), part));
    pcil_dataset_free(set);
}

static void write_set(const char *kind, int32_t channels, int32_t side, int32_t classes) {
    struct parts parts = make_parts(10, 4, channels, side, classes);
    check_ok(write_parts(&parts, kind, "set"));
    free_parts(&parts);
}

static void test_cifar_sizes(void **state) {
    (void)state;
    write_set("cifar10", 3, 32, 10);
    char path[512];
    strcpy(path, at("set/test_batch.bin"));
    static const long wrong[] = {0, 1, RECORD - 1, RECORD + 1, 4 * RECORD - 1, 4 * RECORD + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(truncate(path, wrong[i]), 0);
        refuse("cifar10", "test", PCIL_ERROR_FORMAT, "expected records of 3073 bytes");
    }
    /* a file with a hole costs nothing to make and must cost nothing to refuse */
    assert_int_equal(truncate(path, RECORD * ((1L << 20) + 1)), 0);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "at most 1048576");
    assert_int_equal(truncate(path, 2 * RECORD), 0);
    accept("cifar10", "test");
}

static void test_cifar_labels(void **state) {
    (void)state;
    write_set("cifar10", 3, 32, 10);
    poke(at("set/test_batch.bin"), 2 * RECORD, 10);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "test_batch.bin', byte 6146: label 10 of record 2, expected 0 ... 9");
    poke(at("set/data_batch_4.bin"), RECORD, 255);
    refuse("cifar10", "train", PCIL_ERROR_FORMAT, "data_batch_4.bin', byte 3073: label 255 of record 1");
    run("rm -r '%s'", at("set"));
    write_set("cifar100", 3, 32, 100);
    poke(at("set/test.bin"), 0, 20);
    refuse("cifar100", "test", PCIL_ERROR_FORMAT, "byte 0: label 20 of record 0, expected 0 ... 19");
    poke(at("set/test.bin"), 0, 19);
    poke(at("set/test.bin"), 1, 100);
    refuse("cifar100", "test", PCIL_ERROR_FORMAT, "byte 1: label 100 of record 0, expected 0 ... 99");
}

static void test_cifar_files(void **state) {
    (void)state;
    write_set("cifar10", 3, 32, 10);
    assert_int_equal(rename(at("set/data_batch_3.bin"), at("kept")), 0);
    refuse("cifar10", "train", PCIL_ERROR_IO, "data_batch_3.bin': No such file");
    accept("cifar10", "test");
    assert_int_equal(mkdir(at("set/data_batch_3.bin"), 0777), 0);
    refuse("cifar10", "train", PCIL_ERROR_IO, "is a folder, not a file");
    assert_int_equal(rmdir(at("set/data_batch_3.bin")), 0);
    assert_int_equal(mkfifo(at("set/data_batch_3.bin"), 0600), 0);
    refuse("cifar10", "train", PCIL_ERROR_IO, "is a pipe, not a file");
    assert_int_equal(unlink(at("set/data_batch_3.bin")), 0);
    assert_int_equal(symlink("/dev/zero", at("set/data_batch_3.bin")), 0);
    refuse("cifar10", "train", PCIL_ERROR_IO, "is a device, not a file");
    assert_int_equal(unlink(at("set/data_batch_3.bin")), 0);
    assert_int_equal(symlink("data_batch_3.bin", at("set/data_batch_3.bin")), 0);
    refuse("cifar10", "train", PCIL_ERROR_IO, "data_batch_3.bin': Too many levels");
    assert_int_equal(unlink(at("set/data_batch_3.bin")), 0);
    assert_int_equal(symlink(at("kept"), at("set/data_batch_3.bin")), 0);
    accept("cifar10", "train");
}

static void test_cifar_names(void **state) {
    (void)state;
    write_set("cifar10", 3, 32, 10);
    char path[512], line[5000];
    strcpy(path, at("set/batches.meta.txt"));
    put_text(path, "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "fewer than 10 class names");
    put_text(path, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "more than 10 class names");
    put_file(path, "a\0b\n", 4);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "line 1: 'a'; expected text without zero bytes");
    put_text(path, "a\nb\x1b[2J\n");
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "line 2: 'b\\x1b[2J'; expected UTF-8 text without control");
    static const char *const bad[] = {"\xc0\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xe2\x82",
                                      "\x80",
                                      "\xe0\x80\x80",
                                      "\xc2\x80",
                                      "\xc2\x85",
                                      ("a\xc2\x9b"
                                       "2J"),
                                      "\xc2\x9d",
                                      "\xc2\x9f",
                                      "\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_text(path, bad[i]);
        refuse("cifar10", "test", PCIL_ERROR_FORMAT, "expected UTF-8 text without control");
    }
    put_text(path, "\xc2\xa0\xc3\x89\xe2\x82\xac\xf0\x9f\x90\xb1\n");
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "fewer than 10 class names");
    memset(line, 'x', sizeof line - 1);
    line[4097] = '\0';
    put_text(path, line);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "at most 4096 bytes");
    line[4096] = '\0';
    put_text(path, line);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "fewer than 10");
    assert_int_equal(truncate(path, (16 << 20) + 1), 0);
    refuse("cifar10", "test", PCIL_ERROR_FORMAT, "expected at most");
}

static void put_number(unsigned char *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_head(unsigned char *bytes, uint32_t magic, uint32_t count, uint32_t height, uint32_t width) {
    put_number(bytes, magic);
    put_number(bytes + 4, count);
    put_number(bytes + 8, height);
    put_number(bytes + 12, width);
}

/* Images and labels of part "test" with these claims and so many bytes of content. */
static void put_idx(uint32_t magic, uint32_t count, uint32_t height, uint32_t width, size_t content) {
    unsigned char *bytes = calloc(16 + content, 1);
    put_head(bytes, magic, count, height, width);
    put_file(at("set/t10k-images-idx3-ubyte"), bytes, 16 + content);
    free(bytes);
}

static void put_labels(uint32_t magic, uint32_t count, size_t content) {
    unsigned char *bytes = calloc(8 + content, 1);
    put_number(bytes, magic);
    put_number(bytes + 4, count);
    put_file(at("set/t10k-labels-idx1-ubyte"), bytes, 8 + content);
    free(bytes);
}

static void test_idx_claims(void **state) {
    (void)state;
    assert_int_equal(mkdir(at("set"), 0777), 0);
    put_labels(0x801, 3, 3);
    put_idx(0x803, 3, 4, 5, 60);
    accept("idx", "test");
    put_idx(0x802, 3, 4, 5, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "begins with 0x00000802, expected 0x00000803");
    put_idx(0x803, 3, 4, 5, 59);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 60 bytes behind its header, more than its 75");
    put_idx(0x803, 3, 4, 5, 61);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "more follows than expected");
    put_idx(0x803, 0, 4, 5, 0);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 0 images");
    put_idx(0x803, 3, 0, 5, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "of 0 x 5");
    put_idx(0x803, 3, 4, 1, 12);
    accept("idx", "test");
    put_idx(0x803, 3, 1, 4, 12);
    accept("idx", "test");
    put_idx(0x803, 3, 4097, 5, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "of 4097 x 5");
    put_idx(0x803, 3, 5, 4097, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "of 5 x 4097");
    put_idx(0x803, UINT32_MAX, UINT32_MAX, UINT32_MAX, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 4294967295 images");
    put_idx(0x803, 1 << 24, 4096, 4096, 60);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 281474976710656 bytes");
    put_idx(0x803, 3, 4, 5, 60);
    put_labels(0x801, 2, 2);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "holds 2 labels, but there are 3 images");
    put_labels(0x801, 3, 2);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 3 bytes");
    put_labels(0x801, 3, 4);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "more follows");
    put_labels(0x803, 3, 3);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "expected 0x00000801");
    put_file(at("set/t10k-labels-idx1-ubyte"), "\0\0\10", 3);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "ends too early");
    assert_int_equal(unlink(at("set/t10k-labels-idx1-ubyte")), 0);
    refuse("idx", "test", PCIL_ERROR_IO, "t10k-labels-idx1-ubyte.gz': No such file");
}

/* The other part's labels count the classes: damaged ones must be told, too. */
static void test_idx_other_part(void **state) {
    (void)state;
    write_set("idx", 1, 6, 4);
    accept("idx", "test");
    assert_int_equal(truncate(at("set/train-labels-idx1-ubyte"), 12), 0);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "train-labels-idx1-ubyte' claims 10 bytes");
    assert_int_equal(unlink(at("set/train-labels-idx1-ubyte")), 0);
    accept("idx", "test");
}

/* A gzip file of one stored block (RFC 1951, 1952), so that its content is any that the test wants. */
static size_t put_gzip(const unsigned char *content, size_t size, unsigned char *bytes) {
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1};
    memcpy(bytes, head, sizeof head);
    unsigned char *at_end = bytes + sizeof head;
    uint32_t facts[] = {(uint32_t)size | ~(uint32_t)size << 16, pc_checksum(0, content, size), (uint32_t)size};
    for (int i = 0; i < 4; i++) at_end[i] = (unsigned char)(facts[0] >> 8 * i);
    memcpy(at_end + 4, content, size);
    at_end += 4 + size;
    for (int i = 0; i < 8; i++) at_end[i] = (unsigned char)(facts[1 + i / 4] >> i % 4 * 8);
    return (size_t)(at_end + 8 - bytes);
}

static void test_gzipped_idx(void **state) {
    (void)state;
    if (!is_supported("svhn")) skip();
    unsigned char content[16 + 60] = {0}, bytes[256];
    const char *path = "set/t10k-images-idx3-ubyte.gz";
    assert_int_equal(mkdir(at("set"), 0777), 0);
    put_labels(0x801, 3, 3);
    put_head(content, 0x803, 3, 4, 5);
    size_t size = put_gzip(content, sizeof content, bytes);
    put_file(at(path), bytes, size);
    accept("idx", "test");
    for (size_t length = 0; length < size; length++) {
        put_file(at(path), bytes, length);
        refuse("idx", "test", PCIL_ERROR_FORMAT, "t10k-images-idx3-ubyte.gz'");
    }
    put_file(at(path), bytes, size);
    for (size_t i = 10; i < size; i++) {
        poke(at(path), (long)i, bytes[i] ^ 0x10);
        /* bits that pad a stored block's head mean nothing */
        if (i != 10) refuse("idx", "test", PCIL_ERROR_FORMAT, "t10k-images-idx3-ubyte.gz'");
        poke(at(path), (long)i, bytes[i]);
    }
    bytes[size] = 0;
    put_file(at(path), bytes, size + 1);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "bytes follow the compressed data");
    size = put_gzip(content, sizeof content - 1, bytes);
    put_file(at(path), bytes, size);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "the content ends too early");
    put_number(content + 8, 3);
    size = put_gzip(content, sizeof content, bytes);
    put_file(at(path), bytes, size);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "the compressed data hold more than expected");
    /* a claim that no compression could keep */
    put_number(content + 4, 1 << 20);
    size = put_gzip(content, sizeof content, bytes);
    put_file(at(path), bytes, size);
    refuse("idx", "test", PCIL_ERROR_FORMAT, "claims 15728640 bytes behind its header");
}

/* What is read at once may end just where the compressed data do: the bytes behind must be seen all the same. A file's
 * name of any length in the head makes the whole as long as is wanted. */
static void test_bytes_behind_gzipped_idx(void **state) {
    (void)state;
    if (!is_supported("svhn")) skip();
    enum { HEAD = 10, NAME = 3, IS_NAMED = 8, MORE = 100 };
    static unsigned char bytes[3 * 65536 + MORE];
    unsigned char content[16 + 60] = {0}, plain[256];
    assert_int_equal(mkdir(at("set"), 0777), 0);
    put_labels(0x801, 3, 3);
    put_head(content, 0x803, 3, 4, 5);
    size_t size = put_gzip(content, sizeof content, plain);
    for (size_t whole = 32768; whole <= 3 * 65536; whole += 32768) {
        memset(bytes, 'a', sizeof bytes);
        memcpy(bytes, plain, HEAD);
        bytes[NAME] |= IS_NAMED;
        memcpy(bytes + whole - (size - HEAD), plain + HEAD, size - HEAD);
        bytes[whole - (size - HEAD) - 1] = '\0';
        put_file(at("set/t10k-images-idx3-ubyte.gz"), bytes, whole);
        accept("idx", "test");
        put_file(at("set/t10k-images-idx3-ubyte.gz"), bytes, whole + MORE);
        refuse("idx", "test", PCIL_ERROR_FORMAT, "bytes follow the compressed data");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cifar_sizes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cifar_labels, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cifar_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cifar_names, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_idx_claims, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_idx_other_part, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_gzipped_idx, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_bytes_behind_gzipped_idx, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
