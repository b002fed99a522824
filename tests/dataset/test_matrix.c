/* Damaged and malicious MATLAB files, built byte by byte. */
#include "dataset/files.h"

/* A file under construction; numbers are little-endian. */
struct mat {
    unsigned char bytes[1 << 16];
    size_t size;
};

/* What one matrix claims; content is `content` bytes of `fill`. */
struct claim {
    uint32_t class, flags, rank;
    uint32_t sizes[5];
    const char *name;
    uint32_t type, numbers; /* of the data, in bytes */
    uint32_t content;
    int fill;
    int extra; /* added to the matrix's size */
};

static void put(struct mat *mat, uint32_t value) {
    for (int i = 0; i < 4; i++) mat->bytes[mat->size++] = (unsigned char)(value >> 8 * i);
}

static void put_header(struct mat *mat) {
    memset(mat->bytes, ' ', 124);
    memcpy(mat->bytes + 124, "\0\1IM", 4);
    mat->size = 128;
}

static uint32_t padded(uint32_t size) {
    return (size + 7) / 8 * 8;
}

static void put_matrix(struct mat *mat, const struct claim *claim) {
    uint32_t name = (uint32_t)strlen(claim->name);
    put(mat, 14);
    put(mat, 16 + 8 + padded(4 * claim->rank) + 8 + padded(name) + 8 + padded(claim->numbers) + (uint32_t)claim->extra);
    put(mat, 6), put(mat, 8), put(mat, claim->class | claim->flags << 8), put(mat, 0);
    put(mat, 5), put(mat, 4 * claim->rank);
    for (uint32_t i = 0; i < claim->rank; i++) put(mat, claim->sizes[i]);
    if (claim->rank % 2) put(mat, 0);
    put(mat, 1), put(mat, name);
    memset(mat->bytes + mat->size, 0, padded(name));
    memcpy(mat->bytes + mat->size, claim->name, name);
    mat->size += padded(name);
    put(mat, claim->type), put(mat, claim->numbers);
    memset(mat->bytes + mat->size, claim->fill, claim->content);
    mat->size += claim->content;
}

enum { IMAGES = 3, PIXELS = 3072 };

static const struct claim good_x = {9, 0, 4, {32, 32, 3, IMAGES}, "X", 2, IMAGES *PIXELS, IMAGES *PIXELS, 77, 0};
static const struct claim good_y = {9, 0, 2, {IMAGES, 1}, "y", 2, IMAGES, 8, 4, 0};

static void put_mat(const struct mat *mat) {
    put_file(at("test_32x32.mat"), mat->bytes, mat->size);
}

static void refuse(const char *fragment) {
    pcil_dataset *set = NULL;
    check_fails(pcil_dataset_open(&set, "svhn", folder, "test"), PCIL_ERROR_FORMAT, fragment);
    assert_null(set);
}

static struct mat mat;

static void build(const struct claim *first, const struct claim *second) {
    put_header(&mat);
    if (first) put_matrix(&mat, first);
    if (second) put_matrix(&mat, second);
    put_mat(&mat);
}

static void refuse_x(struct claim claim, const char *fragment) {
    build(&claim, &good_y);
    refuse(fragment);
}

static void refuse_y(struct claim claim, const char *fragment) {
    build(&good_x, &claim);
    refuse(fragment);
}

static void check_labels(int32_t expected) {
    pcil_dataset *set;
    static float pixels[PIXELS];
    check_ok(pcil_dataset_open(&set, "svhn", folder, "test"));
    assert_int_equal(pcil_dataset_count(set), IMAGES);
    for (int64_t i = 0; i < IMAGES; i++) {
        int32_t label;
        check_ok(pcil_dataset_read(set, &i, 1, pixels, &label, NULL));
        assert_int_equal(label, expected);
        assert_true(pixels[0] == 77.0f / 255 && pixels[PIXELS - 1] == 77.0f / 255);
    }
    pcil_dataset_free(set);
}

/* Uncompressed, in any order, labels of either class and form. */
static void test_what_is_read(void **state) {
    (void)state;
    build(&good_x, &good_y);
    check_labels(4);
    build(&good_y, &good_x);
    check_labels(4);
    struct claim ten = good_y, stored = good_y, doubles = good_y;
    ten.fill = 10;
    build(&good_x, &ten);
    check_labels(0);
    stored.class = 6;
    build(&good_x, &stored);
    check_labels(4);
    doubles.class = 6;
    doubles.type = 9;
    doubles.numbers = doubles.content = 8 * IMAGES;
    doubles.fill = 0;
    build(&good_x, &doubles);
    for (int i = 0; i < IMAGES; i++) memcpy(mat.bytes + mat.size - 8 * IMAGES + 8 * i, &(double){7}, 8);
    put_mat(&mat);
    check_labels(7);
}

static void test_headers(void **state) {
    (void)state;
    build(&good_x, &good_y);
    mat.bytes[126] = 'M', mat.bytes[127] = 'I';
    put_mat(&mat);
    refuse("the byte order");
    mat.bytes[126] = 'H', mat.bytes[127] = 'D';
    put_mat(&mat);
    refuse("the version at byte 124");
    mat.bytes[126] = 'I', mat.bytes[127] = 'M', mat.bytes[125] = 2;
    put_mat(&mat);
    refuse("the version at byte 124 is 512, expected 256");
    for (size_t size = 0; size < 128; size += 9) {
        put_file(at("test_32x32.mat"), mat.bytes, size);
        refuse("are wanted at byte 0");
    }
    build(NULL, NULL);
    refuse("has no matrix 'X'");
    build(&good_x, NULL);
    refuse("has no matrix 'y'");
    build(&good_y, NULL);
    refuse("has no matrix 'X'");
}

static void test_claims_about_images(void **state) {
    (void)state;
    struct claim claim;
    claim = good_x, claim.class = 7;
    refuse_x(claim, "the class is 7");
    claim = good_x, claim.class = 6;
    refuse_x(claim, "expected uint8 32 x 32 x 3 x N");
    claim = good_x, claim.flags = 8;
    refuse_x(claim, "the flags is 8");
    claim = good_x, claim.type = 3;
    refuse_x(claim, "the numbers' type is 3");
    claim = good_x, claim.type = 9;
    refuse_x(claim, "the numbers' type is 9");
    claim = good_x, claim.name = "x";
    refuse_x(claim, "matrix 'x'");
    claim = good_x, claim.name = "y";
    refuse_x(claim, "N x 1");
    claim = good_x, claim.name = "X\x01";
    refuse_x(claim, "matrix 'X\\x01'");
    claim = good_x, claim.name = "";
    refuse_x(claim, "matrix ''");
    claim = good_x, claim.name = "a_name_that_is_far_longer_than_any_that_this_reader_could_ever_want_to_know";
    refuse_x(claim, "an element's size is 75");
    claim = good_x, claim.sizes[0] = 31;
    refuse_x(claim, "product of the matrix's sizes");
    claim = good_x, claim.sizes[3] = 0;
    refuse_x(claim, "a size is 0");
    claim = good_x, claim.sizes[3] = 0x80000000u;
    refuse_x(claim, "a size is 2147483648");
    claim = good_x, claim.sizes[3] = 4;
    refuse_x(claim, "product of the matrix's sizes");
    claim = good_x, claim.numbers = PIXELS;
    refuse_x(claim, "product of the matrix's sizes");
    claim = good_x, claim.extra = 8;
    refuse_x(claim, "the matrix's end");
    claim = good_x, claim.extra = -8;
    refuse_x(claim, "the matrix's end");
    claim = good_x, claim.rank = 1;
    refuse_x(claim, "the sizes' size is 4");
    claim = good_x, claim.rank = 5;
    refuse_x(claim, "an element's size is 20");
    struct claim square = good_x;
    square.sizes[0] = 16, square.sizes[1] = 64;
    refuse_x(square, "expected uint8 32 x 32 x 3 x N");
    struct claim flat = good_x;
    flat.rank = 2, flat.sizes[0] = IMAGES, flat.sizes[1] = PIXELS;
    refuse_x(flat, "expected uint8 32 x 32 x 3 x N");
    build(&good_x, &good_x);
    refuse("one matrix X");
}

static void test_claims_about_labels(void **state) {
    (void)state;
    struct claim claim;
    claim = good_y, claim.fill = 0;
    refuse_y(claim, "label 0 of image 0, expected 1 ... 10");
    claim = good_y, claim.fill = 11;
    refuse_y(claim, "label 11 of image 0");
    struct claim row = good_y;
    row.sizes[0] = 1, row.sizes[1] = IMAGES;
    refuse_y(row, "expected N x 1");
    struct claim fewer = good_y;
    fewer.sizes[0] = fewer.numbers = IMAGES - 1;
    refuse_y(fewer, "holds 3 images, but 2 labels");
    struct claim doubles = {6, 0, 2, {IMAGES, 1}, "y", 9, 8 * IMAGES, 8 * IMAGES, 0xff, 0};
    refuse_y(doubles, "label (not finite) of image 0");
    build(&good_x, &doubles);
    for (int i = 0; i < IMAGES; i++)
        memcpy(mat.bytes + mat.size - 8 * IMAGES + 8 * i, &(double){i + 1.5 * (i == 2)}, 8);
    put_mat(&mat);
    refuse("label 0 of image 0");
    memcpy(mat.bytes + mat.size - 24, &(double){2.5}, 8);
    put_mat(&mat);
    refuse("label 2.5 of image 0");
    build(&good_y, &good_y);
    refuse("one matrix y");
}

static void test_what_follows(void **state) {
    (void)state;
    build(&good_x, &good_y);
    size_t size = mat.size;
    put_matrix(&mat, &good_y);
    put_mat(&mat);
    refuse("one matrix y");
    mat.size = size;
    put(&mat, 14), put(&mat, 0);
    put_mat(&mat);
    refuse("test_32x32.mat'");
    mat.size = size;
    put(&mat, 1);
    put_mat(&mat);
    refuse("are wanted at byte");
    mat.size = size;
    put(&mat, 99), put(&mat, 0);
    put_mat(&mat);
    refuse("an element's type is 99");
    mat.size = size;
    put(&mat, 14), put(&mat, 0xffffffffu);
    put_mat(&mat);
    refuse("no more than the rest of the file");
}

/* A tag that holds its own data has room for four bytes. */
static void test_small_elements(void **state) {
    (void)state;
    put_header(&mat);
    put(&mat, 14), put(&mat, 64);
    put(&mat, 6), put(&mat, 8), put(&mat, 9), put(&mat, 0);
    put(&mat, 5), put(&mat, 8), put(&mat, 3), put(&mat, 1);
    put(&mat, 1 | 5u << 16), put(&mat, 'y');
    for (int i = 0; i < 6; i++) put(&mat, 0);
    put_mat(&mat);
    refuse("a small element's size is 5, expected at most 4");
}

/* Claims that would cost gigabytes if they were believed. */
static void test_claims_beyond_the_file(void **state) {
    (void)state;
    struct claim many = good_x;
    many.sizes[3] = 1 << 20;
    many.numbers = (1u << 20) * PIXELS;
    refuse_x(many, "no more than the rest of the file");
    build(&good_y, &many);
    put_mat(&mat);
    refuse("no more than the rest of the file");
    if (!is_supported("svhn")) skip();
    /* the same behind a compressed element of a few stored bytes: zlib's header, one stored block */
    static struct mat inner;
    inner.size = 0;
    many.content = 64;
    put_matrix(&inner, &many);
    put_header(&mat);
    put(&mat, 15), put(&mat, (uint32_t)(2 + 5 + inner.size + 4));
    const unsigned char head[] = {0x78,
                                  0x01,
                                  1,
                                  (unsigned char)inner.size,
                                  (unsigned char)(inner.size >> 8),
                                  (unsigned char)~inner.size,
                                  (unsigned char)(~inner.size >> 8)};
    memcpy(mat.bytes + mat.size, head, sizeof head);
    memcpy(mat.bytes + mat.size + sizeof head, inner.bytes, inner.size);
    mat.size += sizeof head + inner.size;
    put(&mat, 0);
    put_mat(&mat);
    refuse("no more than the file can hold");
}

static void test_every_prefix_is_refused(void **state) {
    (void)state;
    build(&good_x, &good_y);
    for (size_t size = 0; size<mat.size; size += size> 300 && size + 300 < mat.size ? 101 : 1) {
        put_file(at("test_32x32.mat"), mat.bytes, size);
        refuse("test_32x32.mat'");
    }
}

/* Compressed as in the official files, every damage is told, or it changed nothing. */
static void test_bit_rot(void **state) {
    (void)state;
    if (!is_supported("svhn")) skip();
    struct parts parts = make_parts(2, 2, 3, 32, 10);
    check_ok(write_parts(&parts, "svhn", "rot"));
    size_t size;
    int told = 0, same = 0;
    unsigned char *bytes = get_file(at("rot/test_32x32.mat"), &size);
    for (size_t i = 124; i < size; i += i < 200 || i + 100 > size ? 1 : 7) {
        pcil_dataset *set = NULL;
        bytes[i] ^= (unsigned char)(1 << i % 8);
        put_file(at("rot/test_32x32.mat"), bytes, size);
        bytes[i] ^= (unsigned char)(1 << i % 8);
        pcil_status status = pcil_dataset_open(&set, "svhn", at("rot"), "test");
        if (status != PCIL_OK) {
            assert_int_equal(status, PCIL_ERROR_FORMAT);
            told++;
            continue;
        }
        static float pixels[2 * PIXELS];
        int32_t labels[2];
        check_ok(pcil_dataset_read(set, (int64_t[]){0, 1}, 2, pixels, labels, NULL));
        assert_memory_equal(pixels, parts.inputs[1], sizeof pixels);
        assert_memory_equal(labels, parts.labels[1], sizeof labels);
        pcil_dataset_free(set);
        same++;
    }
    assert_true(told > 100 && same <= 2);
    free(bytes);
    free_parts(&parts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_headers, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_claims_about_images, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_claims_about_labels, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_follows, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_small_elements, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_claims_beyond_the_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_every_prefix_is_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_bit_rot, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
