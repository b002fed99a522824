/* Weights to other programs' formats and back; what of their files is refused. */
#include "test.h"

#include "base/api.h"
#include "file/checksum.h"
#include "file/file.h"
#include "file/npy.h"
#include "file/zip.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static char path[64];

static const char description[] = "2x4x3; conv 3 3x3/1 padding=1, relu; dense 5; tanh, dense 2, dense 2; softmax";

static int make_path(void **state) {
    (void)state;
    strcpy(path, "/tmp/pcil-convert-XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

static pcil_network *make(uint64_t seed) {
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, description));
    check_ok(pcil_network_initialise(network, "he", seed));
    return network;
}

static float *values_of(const pcil_network *network, int64_t *count) {
    *count = pcil_network_parameters(network);
    float *values = calloc((size_t)*count, sizeof *values), *next = values;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        int32_t rank;
        int64_t shape[4], size = 1;
        const char *name = pcil_network_tensor_name(network, i);
        check_ok(pcil_network_tensor_shape(network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) size *= shape[d];
        check_ok(pcil_network_get(network, name, next, size));
        next += size;
    }
    assert_int_equal(next - values, *count);
    return values;
}

static bool same(const pcil_network *a, const pcil_network *b) {
    int64_t count;
    float *first = values_of(a, &count), *second = values_of(b, &count);
    bool equal = memcmp(first, second, (size_t)count * sizeof *first) == 0;
    free(first);
    free(second);
    return equal;
}

static void test_every_format_comes_back_to_the_bit(void **state) {
    (void)state;
    assert_int_equal(pcil_kind_count("format"), 3);
    for (int32_t f = 0; f < pcil_kind_count("format"); f++) {
        const char *format = pcil_kind_name("format", f);
        pcil_network *from = make(1), *to = make(2);
        struct pc_bytes first, second;
        assert_false(same(from, to));
        check_ok(pcil_network_save_arrays(from, path, format, NULL));
        check_ok(pc_file_read(NULL, path, 1 << 20, &first));
        check_ok(pcil_network_load_arrays(to, path, format, NULL));
        assert_true(same(from, to));
        check_ok(pcil_network_save_arrays(to, path, format, NULL));
        check_ok(pc_file_read(NULL, path, 1 << 20, &second));
        assert_int_equal(first.size, second.size);
        assert_memory_equal(first.bytes, second.bytes, first.size);
        pc_bytes_free(&first);
        pc_bytes_free(&second);
        pcil_network_free(from);
        pcil_network_free(to);
    }
}

/* What PyTorch computes from the file, y[u] = b[u] + sum over c, y, x of W[u][c][y][x] in[c][y][x], is what we do. */
static void test_pytorchs_layout(void **state) {
    (void)state;
    enum { C = 2, H = 2, W = 3, U = 2, INPUTS = C * H * W };
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    float theirs[INPUTS * U], bias[U], image[INPUTS], outputs[U];
    check_ok(pcil_network_parse(&network, "2x2x3; dense 2"));
    check_ok(pcil_network_save_arrays(network, path, "torch", NULL));
    check_ok(pcil_network_get(network, "block0.dense.bias", bias, U));
    struct pc_bytes file;
    check_ok(pc_file_read(NULL, path, 1 << 16, &file));
    memcpy(theirs, file.bytes + file.size - sizeof bias - sizeof theirs, sizeof theirs);
    pc_bytes_free(&file);
    for (int i = 0; i < INPUTS; i++) image[i] = (float)(i * i % 7) - 3; /* ours: [y][x][c] */
    check_ok(pcil_inference_create(&inference, network, "backprop", 1));
    check_ok(pcil_predict(inference, image, 1, outputs));
    for (int u = 0; u < U; u++) {
        double sum = (double)bias[u];
        for (int c = 0; c < C; c++)
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    sum += (double)theirs[u * INPUTS + c * H * W + y * W + x] * (double)image[(y * W + x) * C + c];
        assert_true(fabs(sum - (double)outputs[u]) < 1e-5);
    }
    pcil_inference_free(inference);
    pcil_network_free(network);
}

/* A convolution's weight [o][c][y][x] of theirs is [y][x][c][o] of ours. */
static void test_pytorchs_convolution(void **state) {
    (void)state;
    enum { O = 3, C = 2, H = 3, W = 1, COUNT = O * C * H * W };
    pcil_network *network = NULL;
    float ours[COUNT], theirs[COUNT];
    check_ok(pcil_network_parse(&network, "2x4x3; conv 3 3x1; dense 1"));
    for (int i = 0; i < COUNT; i++) ours[i] = (float)i;
    check_ok(pcil_network_set(network, "block0.conv.weight", ours, COUNT));
    check_ok(pcil_network_save_arrays(network, path, "torch", NULL));
    struct pc_bytes file;
    check_ok(pc_file_read(NULL, path, 1 << 16, &file));
    uint64_t data = 8 + file.bytes[0] + 256u * file.bytes[1];
    assert_non_null(strstr((char *)file.bytes + 8, "\"shape\":[3,2,3,1]"));
    assert_null(strstr((char *)file.bytes + 8, "__metadata__"));
    memcpy(theirs, file.bytes + data, sizeof theirs);
    pc_bytes_free(&file);
    for (int o = 0; o < O; o++)
        for (int c = 0; c < C; c++)
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    assert_true(theirs[((o * C + c) * H + y) * W + x] == ours[((y * W + x) * C + c) * O + o]);
    pcil_network_free(network);
}

static void test_names_are_translated(void **state) {
    (void)state;
    static const char map[] = "{\"0.weight\":\"block0.conv.weight\",\"0.bias\":\"block0.conv.bias\"}";
    pcil_network *from = make(1), *to = make(2);
    check_ok(pcil_network_save_arrays(from, path, "npz", map));
    check_fails(pcil_network_load_arrays(to, path, "npz", NULL), PCIL_ERROR_FORMAT,
                "holds '0.weight' [3, 3, 2, 3], which the network has not; it has 'block0.conv.weight' [3, 3, 2, 3]");
    check_ok(pcil_network_load_arrays(to, path, "npz", map));
    assert_true(same(from, to));
    check_fails(pcil_network_load_arrays(to, path, "npz", "{\"a\":\"b\"}"), PCIL_ERROR_ARGUMENT,
                "'a' stands for 'b', no tensor of the network, which has 'block0.conv.weight', 'block0.conv.bias', ");
    check_fails(pcil_network_load_arrays(to, path, "npz", "{\"a\":1}"), PCIL_ERROR_ARGUMENT,
                "'a' does not stand for a text");
    check_fails(pcil_network_load_arrays(to, path, "npz", "{\"a\":\"block1.dense.bias\",\"b\":\"block1.dense.bias\"}"),
                PCIL_ERROR_ARGUMENT, "two names stand for 'block1.dense.bias'");
    check_fails(pcil_network_load_arrays(to, path, "npz", "[]"), PCIL_ERROR_ARGUMENT, "the map of names");
    pcil_network_free(from);
    pcil_network_free(to);
}

static void refuse_names(const pcil_network *network, const char *format, const char *map, const char *part) {
    assert_int_equal(unlink(path), 0);
    check_fails(pcil_network_save_arrays(network, path, format, map), PCIL_ERROR_ARGUMENT, part);
    assert_int_equal(access(path, F_OK), -1);
    check_ok(pcil_network_save_arrays(network, path, format, NULL));
}

/* Tensors of one name, and names that no reader takes, would make a file that cannot be read again. */
static void test_names_that_no_file_can_hold_are_refused(void **state) {
    (void)state;
    pcil_network *network = make(1);
    for (int32_t f = 0; f < pcil_kind_count("format"); f++) {
        const char *format = pcil_kind_name("format", f);
        bool npz = strcmp(format, "npz") == 0;
        refuse_names(network, format, "{\"block1.dense.bias\":\"block0.conv.bias\"}",
                     "'block1.dense.bias' stands for 'block0.conv.bias', but is also another tensor's own name");
        refuse_names(network, format, "{\"\":\"block0.conv.bias\"}", "stands for 'block0.conv.bias': it has 0 bytes");
        if (!npz) refuse_names(network, format, "{\"__metadata__\":\"block0.conv.bias\"}", "is no tensor's name");
        check_fails(pcil_network_load_arrays(network, path, format, "{\"block1.dense.bias\":\"block0.conv.bias\"}"),
                    PCIL_ERROR_ARGUMENT, "another tensor's own name");
        /* two tensors may change their names */
        static const char map[] =
            "{\"block1.dense.bias\":\"block0.conv.bias\",\"block0.conv.bias\":\"block1.dense.bias\","
            "\"block0.conv.weight\":\"block0.conv.weight\"}";
        check_ok(pcil_network_save_arrays(network, path, format, map));
        check_ok(pcil_network_load_arrays(network, path, format, map));
    }
    pcil_network_free(network);
}

static void test_the_longest_name_comes_back(void **state) {
    (void)state;
    enum { MOST = 1020 };
    char name[MOST + 2] = {0}, map[MOST + 64];
    pcil_network *from = make(1), *to = make(2);
    memset(name, 'n', MOST);
    snprintf(map, sizeof map, "{\"%s\":\"block0.conv.bias\"}", name);
    check_ok(pcil_network_save_arrays(from, path, "npz", map));
    check_ok(pcil_network_load_arrays(to, path, "npz", map));
    assert_true(same(from, to));
    name[MOST] = 'n';
    snprintf(map, sizeof map, "{\"%s\":\"block0.conv.bias\"}", name);
    refuse_names(from, "npz", map, "it has 1021 bytes, expected 1 to 1020 in a file of format 'npz'");
    check_ok(pcil_network_save_arrays(from, path, "torch", map));
    check_ok(pcil_network_load_arrays(to, path, "torch", map));
    pcil_network_free(from);
    pcil_network_free(to);
}

/* The header of an entry that begins with `mark`, where its name stands `length` bytes behind. */
static unsigned char *find_header(const struct pc_bytes *whole, const char *mark, const char *name, size_t length) {
    unsigned char *entry = whole->bytes - 1, *end = whole->bytes + whole->size;
    do entry = memmem(entry + 1, (size_t)(end - entry - 1), mark, 4);
    while (entry && memcmp(entry + length, name, strlen(name)) != 0);
    assert_non_null(entry);
    return entry;
}

/* Told as UTF-8 in both headers, as Python's zipfile wants it. */
static void test_a_name_in_any_language(void **state) {
    (void)state;
    const char map[] = "{\"verschiebung_\xc3\xa4\":\"block0.conv.bias\"}";
    pcil_network *from = make(1), *to = make(2);
    struct pc_bytes whole;
    check_ok(pcil_network_save_arrays(from, path, "npz", map));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    assert_int_equal(find_header(&whole, "PK\1\2", "verschiebung_\xc3\xa4", 46)[9], 8);
    assert_int_equal(find_header(&whole, "PK\3\4", "verschiebung_\xc3\xa4", 30)[7], 8);
    assert_int_equal(find_header(&whole, "PK\3\4", "block0.conv.weight", 30)[7], 0);
    pc_bytes_free(&whole);
    check_ok(pcil_network_load_arrays(to, path, "npz", map));
    assert_true(same(from, to));
    pcil_network_free(from);
    pcil_network_free(to);
}

/* What this library does not read, and others might: versions and dates of both headers, and in the directory no
 * comment, disk or attribute. */
static void test_what_only_others_read(void **state) {
    (void)state;
    const unsigned char version[] = {20, 0}, date[] = {0, 0, 0x21, 0}, none[10] = {0};
    pcil_network *from = make(1);
    struct pc_bytes whole;
    check_ok(pcil_network_save_arrays(from, path, "npz", NULL));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    const unsigned char *header = find_header(&whole, "PK\3\4", "block0.conv.weight", 30),
                        *entry = find_header(&whole, "PK\1\2", "block0.conv.weight", 46);
    assert_memory_equal(header + 4, version, sizeof version);
    assert_memory_equal(header + 10, date, sizeof date);
    assert_memory_equal(entry + 4, version, sizeof version);
    assert_memory_equal(entry + 6, version, sizeof version);
    assert_memory_equal(entry + 12, date, sizeof date);
    assert_memory_equal(entry + 32, none, sizeof none);
    pc_bytes_free(&whole);
    pcil_network_free(from);
}

/* A zip is as bounded when it is made as when it is read. */
static void test_a_directory_that_no_reader_takes_is_not_made(void **state) {
    (void)state;
    enum { COUNT = 60000, ENTRY = 46, MOST = (4 << 20) - COUNT * ENTRY };
    struct pc_zip_making making;
    check_ok(pc_zip_make(&making, COUNT, MOST, 1));
    pc_zip_make_free(&making);
    check_fails(pc_zip_make(&making, COUNT, MOST + 1, 1), PCIL_ERROR_ARGUMENT,
                "whose directory has 4194305 bytes, expected at most 4194304");
    check_fails(pc_zip_make(&making, 65535, 65535, 1), PCIL_ERROR_ARGUMENT, "in 65535 entries");
}

static void test_arguments_are_checked(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_fails(pcil_network_save_arrays(NULL, path, "npz", NULL), PCIL_ERROR_ARGUMENT, "the network is NULL");
    check_fails(pcil_network_load_arrays(NULL, path, "npz", NULL), PCIL_ERROR_ARGUMENT, "the network is NULL");
    check_ok(pcil_network_create(&network));
    check_fails(pcil_network_save_arrays(network, path, "npz", NULL), PCIL_ERROR_STATE, "not finished");
    check_fails(pcil_network_load_arrays(network, path, "npz", NULL), PCIL_ERROR_STATE, "not finished");
    pcil_network_free(network);
    network = make(1);
    check_fails(pcil_network_save_arrays(network, NULL, "npz", NULL), PCIL_ERROR_ARGUMENT, "path is NULL");
    check_fails(pcil_network_save_arrays(network, path, NULL, NULL), PCIL_ERROR_ARGUMENT, "format");
    check_fails(pcil_network_save_arrays(network, path, "npy", NULL), PCIL_ERROR_ARGUMENT, "did you mean 'npz'");
    check_fails(pcil_network_save_arrays(network, "/nowhere/x", "npz", NULL), PCIL_ERROR_IO, "/nowhere/x");
    check_fails(pcil_network_load_arrays(network, "/nowhere/x", "torch", NULL), PCIL_ERROR_IO, "/nowhere/x");
    pcil_network_free(network);
}

/* Other shapes, missing and doubled tensors: told by name, and nothing is changed. */
static void test_files_of_another_network_are_refused(void **state) {
    (void)state;
    pcil_network *other = NULL, *network = NULL, *before = NULL;
    check_ok(pcil_network_parse(&network, "3; dense 2; relu, dense 2"));
    check_ok(pcil_network_parse(&before, "3; dense 2; relu, dense 2"));
    for (int32_t f = 0; f < pcil_kind_count("format"); f++) {
        const char *format = pcil_kind_name("format", f);
        bool torch = strcmp(format, "torch") == 0;
        check_ok(pcil_network_parse(&other, "4; dense 2; relu, dense 2"));
        check_ok(pcil_network_save_arrays(other, path, format, NULL));
        check_fails(pcil_network_load_arrays(network, path, format, NULL), PCIL_ERROR_FORMAT,
                    torch ? "'block0.dense.weight' is [2, 4], expected [2, 3]"
                          : "'block0.dense.weight' is [4, 2], expected [3, 2]");
        pcil_network_free(other);
        check_ok(pcil_network_parse(&other, "3; dense 2"));
        check_ok(pcil_network_save_arrays(other, path, format, NULL));
        check_fails(pcil_network_load_arrays(network, path, format, NULL), PCIL_ERROR_FORMAT,
                    "lacks 'block1.dense.weight'");
        pcil_network_free(other);
        assert_true(same(network, before));
    }
    pcil_network_free(network);
    pcil_network_free(before);
}

static void overwrite(const unsigned char *bytes, uint64_t size) {
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void set4(unsigned char *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(value >> 8 * i);
}

/* An entry's sum, in a zip's directory and before its bytes, made that of its bytes, `size` at `data`. */
static void sum_again(const struct pc_bytes *whole, const char *name, const unsigned char *data, size_t size) {
    uint32_t sum = pc_checksum(0, data, size);
    set4(find_header(whole, "PK\1\2", name, 46) + 16, sum);
    set4(find_header(whole, "PK\3\4", name, 30) + 14, sum);
}

/* The library writes no such number itself: it is put into the file in the place of `marked`. */
static void test_a_number_that_is_not_finite_is_told_with_its_place(void **state) {
    (void)state;
    const float weights[] = {1, 2, 3, 4, 1234.5F, 6}, marked = weights[4], bad = -INFINITY;
    enum { HEADER = 128 };
    pcil_network *network = NULL, *before = NULL;
    check_ok(pcil_network_parse(&network, "3; dense 2"));
    check_ok(pcil_network_set(network, "block0.dense.weight", weights, 6));
    check_ok(pcil_network_parse(&before, "3; dense 2"));
    check_ok(pcil_network_set(before, "block0.dense.weight", weights, 6));
    for (int32_t f = 0; f < pcil_kind_count("format"); f++) {
        const char *format = pcil_kind_name("format", f);
        bool torch = strcmp(format, "torch") == 0;
        struct pc_bytes whole;
        check_ok(pcil_network_save_arrays(network, path, format, NULL));
        check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
        unsigned char *place = memmem(whole.bytes, whole.size, &marked, sizeof marked);
        assert_non_null(place);
        memcpy(place, &bad, sizeof bad);
        if (strcmp(format, "npz") == 0)
            sum_again(&whole, "block0.dense.weight.npy", place - 4 * sizeof bad - HEADER, HEADER + sizeof weights);
        overwrite(whole.bytes, whole.size);
        pc_bytes_free(&whole);
        /* counted as the file has them */
        check_fails(pcil_network_load_arrays(network, path, format, NULL), PCIL_ERROR_FORMAT,
                    torch ? "'block0.dense.weight': number 2 is -inf" : "'block0.dense.weight': number 4 is -inf");
        assert_true(same(network, before));
    }
    pcil_network_free(network);
    pcil_network_free(before);
}

/* No prefix and no flipped bit of a zip is taken for the whole, save where the format says the same twice or nothing.
 */
static void test_every_damage_to_an_npz_is_found(void **state) {
    (void)state;
    pcil_network *network = NULL, *before = NULL;
    struct pc_bytes whole;
    check_ok(pcil_network_parse(&network, "3; dense 2"));
    check_ok(pcil_network_parse(&before, "3; dense 2"));
    check_ok(pcil_network_save_arrays(network, path, "npz", NULL));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    for (uint64_t size = 0; size < whole.size; size++) {
        overwrite(whole.bytes, size);
        assert_int_equal(pcil_network_load_arrays(network, path, "npz", NULL), PCIL_ERROR_FORMAT);
    }
    int taken = 0;
    for (uint64_t bit = 0; bit < 8 * whole.size; bit++) {
        whole.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        overwrite(whole.bytes, whole.size);
        whole.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        pcil_status status = pcil_network_load_arrays(network, path, "npz", NULL);
        if (status == PCIL_OK)
            taken++;
        else if (status != PCIL_ERROR_UNSUPPORTED)
            assert_int_equal(status, PCIL_ERROR_FORMAT);
        assert_true(same(network, before));
    }
    /* of two entries: versions and dates, twice; comment's disk, attributes of two kinds */
    assert_int_equal(taken, 2 * 8 * (2 * (2 + 4) + 2 + 2 + 2 + 4));
    pc_bytes_free(&whole);
    pcil_network_free(network);
    pcil_network_free(before);
}

/* How a small zip becomes a huge one: entries that share bytes, a claim that no compression could keep; and one name
 * twice. */
static void test_bombs(void **state) {
    (void)state;
    enum { PACKED = 20, SIZE = 24 };
    struct pc_bytes whole;
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "3; dense 2; relu, dense 2"));
    check_ok(pcil_network_save_arrays(network, path, "npz", NULL));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    unsigned char *entry = memmem(whole.bytes, whole.size, "PK\1\2", 4);
    assert_non_null(entry);
    uint32_t size = (uint32_t)(entry[SIZE] | entry[SIZE + 1] << 8);
    set4(entry + PACKED, size + 1);
    set4(entry + SIZE, size + 1);
    set4(whole.bytes + PACKED - 2, size + 1);
    set4(whole.bytes + SIZE - 2, size + 1);
    overwrite(whole.bytes, whole.size);
    check_fails(pcil_network_load_arrays(network, path, "npz", NULL), PCIL_ERROR_FORMAT, "overlaps another entry");
    set4(entry + PACKED, size);
    set4(entry + SIZE, 0x7ffffff0);
    set4(whole.bytes + PACKED - 2, size);
    set4(whole.bytes + SIZE - 2, 0x7ffffff0);
    entry[10] = whole.bytes[8] = 8; /* deflated */
    overwrite(whole.bytes, whole.size);
    pcil_status status = pcil_network_load_arrays(network, path, "npz", NULL);
    if (status != PCIL_ERROR_UNSUPPORTED) assert_int_equal(status, PCIL_ERROR_FORMAT);
    set4(entry + SIZE, size);
    set4(whole.bytes + SIZE - 2, size);
    entry[10] = whole.bytes[8] = 0;
    for (unsigned char *name; (name = memmem(whole.bytes, whole.size, "block1.dense.weight", 19));) name[5] = '0';
    overwrite(whole.bytes, whole.size);
    check_fails(pcil_network_load_arrays(network, path, "npz", NULL), PCIL_ERROR_FORMAT, "twice");
    pc_bytes_free(&whole);
    pcil_network_free(network);
}

/* The file with other bytes in its first entry's own header. */
static pcil_status load_with(const struct pc_bytes *whole, size_t place, const char *bytes, size_t count) {
    unsigned char *changed = malloc(whole->size);
    pcil_network *network = NULL;
    memcpy(changed, whole->bytes, whole->size);
    memcpy(changed + place, bytes, count);
    overwrite(changed, whole->size);
    check_ok(pcil_network_parse(&network, "3; dense 2"));
    pcil_status status = pcil_network_load_arrays(network, path, "npz", NULL);
    pcil_network_free(network);
    free(changed);
    return status;
}

static void test_entries_agree_with_the_directory(void **state) {
    (void)state;
    enum { FLAGS = 6, METHOD = 8, SUM = 14, PACKED = 18, SIZE = 22 };
    static const int places[] = {FLAGS,   FLAGS + 1, METHOD,     METHOD + 1, SUM,
                                 SUM + 3, PACKED,    PACKED + 3, SIZE,       SIZE + 3};
    struct pc_bytes whole;
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "3; dense 2"));
    check_ok(pcil_network_save_arrays(network, path, "npz", NULL));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    check_ok(load_with(&whole, 0, "PK", 2));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        check_fails(load_with(&whole, (size_t)places[i], "\x55", 1), PCIL_ERROR_FORMAT, "own header");
    check_fails(load_with(&whole, PACKED, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), PCIL_ERROR_FORMAT, "own header");
    /* sum and sizes may follow the bytes, if both headers say so */
    unsigned char *entry = memmem(whole.bytes, whole.size, "PK\1\2", 4);
    assert_non_null(entry);
    entry[8] = whole.bytes[FLAGS] = 8;
    check_ok(load_with(&whole, SUM, "\0\0\0\0\0\0\0\0\0\0\0\0", 12));
    pc_bytes_free(&whole);
    pcil_network_free(network);
}

/* numpy's own headers have room for sizes of 64 bits behind the name, whatever the sizes are. */
static void test_entries_with_large_sizes(void **state) {
    (void)state;
    enum { HEADER = 30, NAME = 26, EXTRA = 28, SIZES = 18, ROOM = 20 };
    struct pc_bytes whole;
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "3; dense 2"));
    check_ok(pcil_network_save_arrays(network, path, "npz", NULL));
    check_ok(pc_file_read(NULL, path, 1 << 20, &whole));
    struct pc_bytes large = {.bytes = calloc(whole.size + ROOM, 1), .size = whole.size + ROOM};
    size_t behind = HEADER + whole.bytes[NAME], end = large.size - 22;
    unsigned char *extra = large.bytes + behind;
    memcpy(large.bytes, whole.bytes, behind);
    memcpy(extra + ROOM, whole.bytes + behind, whole.size - behind);
    large.bytes[EXTRA] = ROOM;
    memset(large.bytes + SIZES, 255, 8);
    extra[0] = 1;
    extra[2] = 16;
    memcpy(extra + 4, whole.bytes + SIZES + 4, 4);
    memcpy(extra + 12, whole.bytes + SIZES, 4);
    large.bytes[end + 16] = (unsigned char)(large.bytes[end + 16] + ROOM);
    if (large.bytes[end + 16] < ROOM) large.bytes[end + 17]++;
    unsigned char *second = memmem(large.bytes, large.size, "PK\1\2", 4);
    second = memmem(second + 1, (size_t)(large.bytes + end - second), "PK\1\2", 4);
    assert_non_null(second);
    second[42] = (unsigned char)(second[42] + ROOM);
    if (second[42] < ROOM) second[43]++;
    check_ok(load_with(&large, 0, "PK", 2));
    for (size_t i = 0; i < ROOM; i++)
        check_fails(load_with(&large, behind + i, "\x55", 1), PCIL_ERROR_FORMAT, "own header");
    free(large.bytes);
    pc_bytes_free(&whole);
    pcil_network_free(network);
}

static void test_npy_headers(void **state) {
    (void)state;
    static const struct {
        const char *text, *problem; /* NULL: sound */
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }  \n", NULL},
        {"{'shape': (), 'fortran_order': True, 'descr': '<f4'}\n", NULL},
        {"{'descr':'<f4','fortran_order':False,'shape':(2147483647,)}\n", NULL},
        {"['descr']\n", "is not a dictionary"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", "save .astype('float32')"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }\n", "save .astype('float32')"},
        {"{'descr': '<f4', 'fortran_order': None, 'shape': (3,), }\n", "neither True nor False"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': [3], }\n", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3), }\n", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (,), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (03,), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 00), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 10, ), }\n", NULL},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), }\n", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648,), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1), }\n", "more than 4 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (", "not an integer from 0"},
        {"{'descr': '<f4', 'fortran_order': False, }\n", "not exactly descr, fortran_order, shape"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (3,), }\n", "not exactly descr, fortran_order, shape"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (3,), }\n", "not exactly descr, fortran_order, shape"},
        {"{'descr' '<f4', 'fortran_order': False, 'shape': (3,), }\n", "not exactly descr, fortran_order, shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}\n", "does not end in '}'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "does not end in '}'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\nx", "does not end in '}'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pc_npy npy;
        const char *problem = pc_npy_parse(cases[i].text, strlen(cases[i].text), &npy);
        bool good = cases[i].problem ? problem && strstr(problem, cases[i].problem) : !problem;
        if (!good) fail_msg("%s: %s", cases[i].text, problem ? problem : "taken");
    }
    struct pc_npy npy;
    assert_null(pc_npy_parse(cases[0].text, strlen(cases[0].text), &npy));
    assert_true(npy.rank == 2 && npy.shape[0] == 3 && npy.shape[1] == 4 && !npy.reversed);
    assert_null(pc_npy_parse(cases[1].text, strlen(cases[1].text), &npy));
    assert_true(npy.rank == 0 && npy.reversed);
    assert_int_equal(pc_npy_length((const unsigned char *)"\x93NUMPY\1\0\x36\1"), 0x136);
    assert_int_equal(pc_npy_length((const unsigned char *)"\x93NUMPY\2\0\x36\1"), 0);
}

#define with_file(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_file(test_every_format_comes_back_to_the_bit),
        with_file(test_pytorchs_layout),
        with_file(test_pytorchs_convolution),
        with_file(test_names_are_translated),
        with_file(test_names_that_no_file_can_hold_are_refused),
        with_file(test_the_longest_name_comes_back),
        with_file(test_a_name_in_any_language),
        with_file(test_what_only_others_read),
        cmocka_unit_test(test_a_directory_that_no_reader_takes_is_not_made),
        with_file(test_arguments_are_checked),
        with_file(test_files_of_another_network_are_refused),
        with_file(test_a_number_that_is_not_finite_is_told_with_its_place),
        with_file(test_every_damage_to_an_npz_is_found),
        with_file(test_bombs),
        with_file(test_entries_agree_with_the_directory),
        with_file(test_entries_with_large_sizes),
        cmocka_unit_test(test_npy_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
