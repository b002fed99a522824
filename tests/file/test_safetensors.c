#include "test.h"

#include "base/memory.h"
#include "file/checksum.h"
#include "file/safetensors.h"

#include <stdio.h>
#include <unistd.h>

static char path[64];

static int make_path(void **state) {
    (void)state;
    strcpy(path, "/tmp/pcil-tensors-XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

static void write_file(const char *header, uint64_t length, size_t data) {
    size_t size = strlen(header);
    unsigned char *bytes = pc_allocate(8 + size + data, 1);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, size);
    check_ok(pc_file_write(NULL, path, bytes, 8 + size + data));
    pc_release(bytes);
}

static void test_checksum_is_the_common_one(void **state) {
    (void)state;
    assert_int_equal(pc_checksum(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(pc_checksum(pc_checksum(0, "1234", 4), "56789", 5), 0xcbf43926);
    assert_int_equal(pc_checksum(0, "", 0), 0);
    /* Many bytes at once give the sum that they give one by one. */
    static unsigned char many[40000];
    for (size_t k = 0; k < sizeof many; k++) many[k] = (unsigned char)(k * k / 7);
    for (size_t size = sizeof many; size > sizeof many - 20; size--) {
        uint32_t sum = 5;
        for (size_t k = 0; k < size; k++) sum = pc_checksum(sum, many + k, 1);
        assert_int_equal(pc_checksum(5, many, size), sum);
    }
}

#define ENTRY(shape, offsets) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void test_hostile_headers_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] = {
        {"[]", 0, "begins with byte 0x5b, expected '{'"},
        {" {}", 0, "begins with byte 0x20"},
        {"{}\n", 0, "ends with byte 0x0a, expected '}' and spaces"},
        {"{} x", 0, "byte 3 is 0x78"},
        {"{}{}", 0, "line 1, column 3: end of file expected"},
        {"{ ", 0, "ends with byte 0x7b"},
        {"{\"a\":{}", 0, "line 1"},
        {"{\"a\":[[[[]]]]}", 0, "more than 3 deep"},
        {"{\"a\":true}", 0, "byte 5 is 0x74"},
        {"{\"a\":-1}", 0, "byte 5 is 0x2d"},
        {"{\"a\":1.0}", 0, "byte 6 is 0x2e"},
        {"{\"a\":1e3}", 0, "byte 6 is 0x65"},
        {"{\"a\":01}", 0, "line 1"},
        {"{\"\xff\":1}", 0, "unable to decode byte 0xff"},
        {"{\"a\\u0000\":1}", 0, "line 1"},
        {"{\"a\":1,\"a\":1}", 0, "duplicate object key"},
        {"{\"a\":1}", 0, "tensor 'a': is not an object"},
        {"{\"a\\u0007\":1}", 0, "tensor 'a\\x07': is not an object"},
        {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__: 'k' is not a text"},
        {"{\"a\":{}}", 0, "has 0 keys, expected exactly dtype, shape, data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"x\":1}}", 4, "has 4 keys, expected exactly"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"offsets\":[0,4]}}", 4, "data_offsets is not an array"},
        {"{\"a\":{\"dtype\":\"F32\",\"form\":[],\"data_offsets\":[0,4]}}", 4, "shape is missing"},
        {"{\"a\":{\"type\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype is missing"},
        {"{\"a\":{\"dtype\":7,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype is missing or not a text"},
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype is 'F16', expected 'F32'"},
        {"{\"a\":" ENTRY("1", "[0,4]") "}", 4, "shape is missing or not an array"},
        {"{\"a\":" ENTRY("[\"1\"]", "[0,4]") "}", 4, "shape[0] is not an integer"},
        {"{\"a\":" ENTRY("[2147483648]", "[0,4]") "}", 4, "shape[0] is 2147483648, expected 0 to 2147483647"},
        {"{\"a\":" ENTRY("[99999999999999999999]", "[0,4]") "}", 4, "too big integer"},
        {"{\"a\":" ENTRY("[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "shape has 9 dimensions, expected at most 8"},
        {"{\"a\":" ENTRY("[2147483647,2147483647,4]", "[0,4]") "}", 4, "more bytes than 64 bits count"},
        {"{\"a\":" ENTRY("[65536,65536,65536,16384]", "[0,0]") "}", 0, "more bytes than 64 bits count"},
        {"{\"a\":" ENTRY("[2]", "[0,4]") "}", 4, "data_offsets are [0, 4], expected to span the 8 bytes"},
        {"{\"a\":" ENTRY("[1]", "[4,0]") "}", 4, "data_offsets are [4, 0], expected to span the 4 bytes"},
        {"{\"a\":" ENTRY("[1]", "[0]") "}", 4, "not an array of two integers"},
        {"{\"a\":" ENTRY("[1]", "[0,4,8]") "}", 4, "not an array of two integers"},
        {"{\"a\":" ENTRY("[1]", "[0,\"4\"]") "}", 4, "not an array of two integers"},
        {"{\"a\":" ENTRY("[1]", "[4,8]") "}", 8,
         "tensor 'a': its data begin at byte 4, expected 0, where those before end"},
        {"{\"a\":" ENTRY("[1]", "[0,4]") ",\"b\":" ENTRY("[1]", "[0,4]") "}", 4,
         "its data begin at byte 0, expected 4, where those before end: a hole or an overlap"},
        {"{\"a\":" ENTRY("[2]", "[0,8]") ",\"b\":" ENTRY("[1]", "[4,8]") "}", 8, "tensor 'b'"},
        {"{\"a\":" ENTRY("[1]", "[0,4]") ",\"b\":" ENTRY("[1]", "[8,12]") "}", 12, "tensor 'b'"},
        {"{\"a\":" ENTRY("[1]", "[0,4]") "}", 5, "describes 4 bytes of data, the file holds 5"},
        {"{\"a\":" ENTRY("[1]", "[0,4]") "}", 3, "describes 4 bytes of data, the file holds 3"},
        {"{}", 1, "describes 0 bytes of data, the file holds 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pc_safetensors archive = {.count = -7};
        write_file(cases[i].header, strlen(cases[i].header), cases[i].data);
        check_fails(pc_safetensors_open(&archive, NULL, path), PCIL_ERROR_FORMAT, cases[i].message);
        assert_non_null(strstr(pcil_last_error(), path));
        assert_int_equal(archive.count, -7);
    }
}

static void test_hostile_lengths_are_refused(void **state) {
    (void)state;
    struct pc_safetensors archive;
    const uint64_t lengths[] = {0, 1, 3, PC_HEADER_MOST + 1, UINT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_file("{}", lengths[i], 0);
        check_fails(pc_safetensors_open(&archive, NULL, path), PCIL_ERROR_FORMAT, "header's length");
    }
    check_ok(pc_file_write(NULL, path, "1234567", 7));
    check_fails(pc_safetensors_open(&archive, NULL, path), PCIL_ERROR_FORMAT, "holds 7 bytes, but 8 are wanted");
    check_fails(pc_safetensors_open(&archive, NULL, "/nowhere/at/all"), PCIL_ERROR_IO, "No such file");
}

/* A header of many tiny values must not become hundreds of megabytes. */
static void test_a_header_of_many_values_is_refused(void **state) {
    (void)state;
    struct pc_safetensors archive;
    size_t size = PC_HEADER_MOST;
    char *header = pc_allocate(size + 1, 1);
    memset(header, ' ', size);
    strcpy(header, "{\"a\":[");
    for (size_t i = 6; i + 8 < size; i += 3) memcpy(header + i, "[],", 3);
    memcpy(header + size - 2, "]}", 2);
    write_file(header, size, 0);
    check_fails(pc_safetensors_open(&archive, NULL, path), PCIL_ERROR_FORMAT, "more than 400000 values");
    pc_release(header);
}

/* A text that does not end is read to the last byte and not beyond, which the sanitizers see. */
static void test_json_is_not_read_beyond_its_end(void **state) {
    (void)state;
    enum { SIZE = 64 };
    json_t *object = NULL;
    char *text = pc_allocate(SIZE, 1);
    memset(text, 'a', SIZE);
    memcpy(text, "{\"", 2);
    check_fails(pc_json_parse(NULL, "text", text, SIZE, (struct pc_json_limits){3, 9}, &object), PCIL_ERROR_FORMAT,
                "line 1");
    assert_null(object);
    pc_release(text);
}

/* As many tensors as a header holds, each looked up by name, must not take the square of their number. */
static void test_thousands_of_tensors_are_found_by_name(void **state) {
    (void)state;
    enum { COUNT = 40000, ROOM = 96 };
    struct pc_safetensors archive;
    char *header = pc_allocate(COUNT + 1, ROOM), *end = header, name[16];
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end, "%c\"%x\":" ENTRY("[1]", "[%d,%d]"), i ? ',' : '{', i, 4 * i, 4 * i + 4);
    strcpy(end, "}");
    write_file(header, strlen(header), 4 * (size_t)COUNT);
    check_ok(pc_safetensors_open(&archive, NULL, path));
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%x", i);
        assert_int_equal(pc_safetensors_find(&archive, name)->begin, 4 * i);
    }
    assert_null(pc_safetensors_find(&archive, "none"));
    pc_safetensors_close(&archive);
    pc_release(header);
}

static void write_two(void) {
    const float data[] = {1, 2, 3, 4, 5, 6, -0.0f};
    const struct pc_stored_tensor tensors[] = {{.name = "w", .rank = 2, .shape = {2, 3}, .begin = 0, .end = 24},
                                               {.name = "b", .rank = 0, .begin = 24, .end = 28}};
    const void *const places[] = {data, data + 6};
    json_t *metadata = json_pack("{s:s}", "key", "a \"text\"");
    check_ok(pc_safetensors_write(NULL, path, metadata, tensors, 2, places, false));
    json_decref(metadata);
}

static void test_what_is_written_is_read(void **state) {
    (void)state;
    struct pc_safetensors archive;
    float values[6];
    write_two();
    check_ok(pc_safetensors_open(&archive, NULL, path));
    assert_int_equal(archive.count, 2);
    assert_int_equal(archive.data % 8, 0);
    assert_string_equal(pc_safetensors_metadata(&archive, "key"), "a \"text\"");
    assert_null(pc_safetensors_metadata(&archive, "other"));
    assert_null(pc_safetensors_find(&archive, "x"));
    const struct pc_stored_tensor *w = pc_safetensors_find(&archive, "w"), *b = pc_safetensors_find(&archive, "b");
    assert_int_equal(w->rank, 2);
    assert_int_equal(w->shape[1], 3);
    check_ok(pc_safetensors_read(&archive, NULL, w, values));
    assert_true(values[0] == 1 && values[5] == 6);
    check_ok(pc_safetensors_read(&archive, NULL, b, values));
    assert_true(values[0] == 0 && signbit(values[0]));
    pc_safetensors_close(&archive);
}

static void test_every_prefix_is_refused(void **state) {
    (void)state;
    struct pc_safetensors archive;
    struct pc_bytes whole;
    write_two();
    check_ok(pc_file_read(NULL, path, 4096, &whole));
    for (uint64_t size = 0; size < whole.size; size++) {
        check_ok(pc_file_write(NULL, path, whole.bytes, size));
        assert_int_equal(pc_safetensors_open(&archive, NULL, path), PCIL_ERROR_FORMAT);
    }
    pc_bytes_free(&whole);
}

static void test_data_may_be_listed_in_any_order_and_be_empty(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{\"z\":" ENTRY("[1]", "[4,8]") ",\"e\":" ENTRY("[0,5]", "[4,4]") ",\"a\":" ENTRY("[]", "[0,4]") "}   ",
        "{\"e\":" ENTRY("[0,5]", "[4,4]") ",\"a\":" ENTRY("[]", "[0,4]") ",\"z\":" ENTRY("[1]", "[4,8]") "}   "};
    for (int i = 0; i < 2; i++) {
        struct pc_safetensors archive;
        write_file(headers[i], strlen(headers[i]), 8);
        check_ok(pc_safetensors_open(&archive, NULL, path));
        assert_int_equal(archive.count, 3);
        assert_string_equal(archive.tensors[0].name, "a");
        assert_string_equal(archive.tensors[1].name, "e");
        assert_string_equal(archive.tensors[2].name, "z");
        pc_safetensors_close(&archive);
    }
}

#define with_file(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum_is_the_common_one),
        with_file(test_hostile_headers_are_refused),
        with_file(test_hostile_lengths_are_refused),
        with_file(test_a_header_of_many_values_is_refused),
        cmocka_unit_test(test_json_is_not_read_beyond_its_end),
        with_file(test_thousands_of_tensors_are_found_by_name),
        with_file(test_what_is_written_is_read),
        with_file(test_every_prefix_is_refused),
        with_file(test_data_may_be_listed_in_any_order_and_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
