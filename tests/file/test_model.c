#include "test.h"

#include "base/api.h"
#include "file/file.h"

#include <stdio.h>
#include <unistd.h>

static char path[64];

static int make_path(void **state) {
    (void)state;
    strcpy(path, "/tmp/pcil-model-XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

static pcil_network *make_network(void) {
    pcil_network *network = NULL;
    check_ok(pcil_network_parse(&network, "2x3x2; dense 5; relu, dense 4, tanh; dense 3; softmax"));
    check_ok(pcil_network_initialise(network, "fan_in", 7));
    return network;
}

static void test_a_model_comes_back_to_the_bit(void **state) {
    (void)state;
    pcil_network *network = make_network(), *loaded = NULL;
    char before[256], after[256];
    check_ok(pcil_network_save(network, path, "{\"note\":\"hello\"}"));
    check_ok(pcil_network_load(&loaded, path));
    check_ok(pcil_network_describe(network, before, sizeof before, NULL));
    check_ok(pcil_network_describe(loaded, after, sizeof after, NULL));
    assert_string_equal(before, after);
    assert_int_equal(pcil_network_tensors(loaded), pcil_network_tensors(network));
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int32_t rank;
        int64_t shape[4], count = 1;
        float a[64], b[64];
        check_ok(pcil_network_tensor_shape(network, name, &rank, shape));
        for (int32_t d = 0; d < rank; d++) count *= shape[d];
        check_ok(pcil_network_get(network, name, a, count));
        check_ok(pcil_network_get(loaded, name, b, count));
        assert_memory_equal(a, b, (size_t)count * sizeof *a);
    }
    pcil_network_free(network);
    pcil_network_free(loaded);
}

static void test_metadata_is_kept(void **state) {
    (void)state;
    char text[512];
    pcil_network *network = make_network();
    check_ok(pcil_network_save(network, path, "{\"note\":\"hello\"}"));
    check_ok(pcil_network_metadata(path, text, sizeof text, NULL));
    assert_non_null(strstr(text, "\"note\":\"hello\""));
    assert_non_null(strstr(text, "\"description\":\"2x3x2; dense 5;"));
    assert_non_null(strstr(text, "\"pcil_format\":\"1\""));
    check_ok(pcil_network_save(network, path, "{\"z\":\"1\",\"a\":\"2\"}"));
    check_ok(pcil_network_metadata(path, text, sizeof text, NULL));
    assert_ptr_equal(strstr(text, "{\"z\":\"1\",\"a\":\"2\",\"description\":"), text); /* in the file's order */
    check_fails(pcil_network_save(network, path, "{\"a\":1}"), PCIL_ERROR_ARGUMENT, "'a' is not a text");
    static const char *const reserved[] = {"description", "pcil_format", "pcil_version", "data_crc32"};
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "{\"%s\":\"\"}", reserved[i]);
        check_fails(pcil_network_save(network, path, text), PCIL_ERROR_ARGUMENT, "by the library");
    }
    check_fails(pcil_network_save(network, path, "{\"a\":{}}"), PCIL_ERROR_ARGUMENT, "more than 1 deep");
    check_fails(pcil_network_save(network, path, "{"), PCIL_ERROR_ARGUMENT, "metadata: line 1");
    pcil_network_free(network);
}

static void test_arguments_are_checked(void **state) {
    (void)state;
    pcil_network *network = NULL;
    check_fails(pcil_network_save(NULL, path, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_network_load(NULL, path), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_network_load(&network, NULL), PCIL_ERROR_ARGUMENT, "NULL");
    check_fails(pcil_network_load(&network, "/nowhere"), PCIL_ERROR_IO, "/nowhere");
    check_ok(pcil_network_create(&network));
    check_fails(pcil_network_save(network, path, NULL), PCIL_ERROR_STATE, "not finished");
    pcil_network_free(network);
    network = make_network();
    check_fails(pcil_network_save(network, "/nowhere/model", NULL), PCIL_ERROR_IO, "No such file");
    pcil_network_free(network);
}

/* Writes a model by hand: one dense block from 1 to 1 feature unless the pieces say otherwise. */
static void write_model(const char *metadata, const char *tensors, const float *data, size_t count) {
    char header[1024];
    int length = snprintf(header, sizeof header, "{\"__metadata__\":{%s},%s}", metadata, tensors);
    unsigned char bytes[2048] = {(unsigned char)length, (unsigned char)(length >> 8)};
    memcpy(bytes + 8, header, (size_t)length);
    if (count) memcpy(bytes + 8 + length, data, count * sizeof *data);
    check_ok(pc_file_write(NULL, path, bytes, 8 + (size_t)length + count * sizeof *data));
}

#define ONE     "\"description\":\"1; dense 1\",\"pcil_format\":\"1\""
#define TENSORS WEIGHT("[1,1]", "[0,4]") "," BIAS("[4,8]")
#define WEIGHT(shape, offsets)                                                                                         \
    "\"block0.dense.weight\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define BIAS(offsets) "\"block0.dense.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" offsets "}"

static void test_a_file_of_another_program_is_read(void **state) {
    (void)state;
    pcil_network *network = NULL;
    const float data[] = {2, 3};
    float value;
    write_model(ONE, TENSORS, data, 2);
    check_ok(pcil_network_load(&network, path));
    check_ok(pcil_network_get(network, "block0.dense.bias", &value, 1));
    assert_true(value == 3);
    pcil_network_free(network);
}

static void test_models_that_contradict_themselves_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *metadata, *tensors;
        float data[2];
        const char *message;
    } cases[] = {
        {"\"pcil_format\":\"1\"", TENSORS, {0}, "'description' is missing"},
        {"\"description\":\"1; dense 1\"", TENSORS, {0}, "'pcil_format' is missing: not a model of libpcil"},
        {"\"description\":\"1; dense 1\",\"pcil_format\":\"2\"", TENSORS, {0}, "is '2', this library reads '1'"},
        {"\"description\":\"1; dens 1\",\"pcil_format\":\"1\"", TENSORS, {0}, "description: "},
        {"\"description\":\"1; dense 2000000000\",\"pcil_format\":\"1\"", TENSORS, {0}, "more than 2 learned numbers"},
        {"\"description\":\"1; dense 1; dense 1\",\"pcil_format\":\"1\"", TENSORS, {0}, "more than 2 learned"},
        {ONE,
         WEIGHT("[1,1]", "[0,4]") ",\"other\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}",
         {0},
         "tensor 'block0.dense.bias' is missing"},
        {ONE,
         TENSORS ",\"other\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}",
         {0},
         "holds 3 tensors, its description has 2"},
        {ONE,
         WEIGHT("[1]", "[0,4]") "," BIAS("[4,8]"),
         {0},
         "'block0.dense.weight' is [1], expected [1, 1] by the description"},
        {ONE, TENSORS, {0, INFINITY}, "block0.dense.bias"},
        {ONE, TENSORS, {NAN, 0}, "block0.dense.weight"},
        {ONE ",\"data_crc32\":\"00000000\"", TENSORS, {1, 2}, "the file is damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pcil_network *network = NULL;
        write_model(cases[i].metadata, cases[i].tensors, cases[i].data, 2);
        check_fails(pcil_network_load(&network, path), PCIL_ERROR_FORMAT, cases[i].message);
        assert_non_null(strstr(pcil_last_error(), path));
        assert_null(network);
    }
}

/* Without the waiting for the disk that a lasting file needs. */
static void overwrite(const struct pc_bytes *whole) {
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(whole->bytes, 1, whole->size, file), whole->size);
    assert_int_equal(fclose(file), 0);
}

/* Whatever bit of the data rots, the checksum tells; whatever byte of the header, nothing crashes. */
static void test_damage_is_found(void **state) {
    (void)state;
    struct pc_bytes whole;
    pcil_network *network = make_network(), *loaded = NULL;
    check_ok(pcil_network_save(network, path, NULL));
    check_ok(pc_file_read(NULL, path, 1 << 16, &whole));
    uint64_t data = 8 + whole.bytes[0] + 256u * whole.bytes[1];
    for (uint64_t i = 0; i < whole.size; i++) {
        whole.bytes[i] ^= (unsigned char)(1u << i % 8);
        overwrite(&whole);
        pcil_status status = pcil_network_load(&loaded, path);
        if (i >= data) assert_int_equal(status, PCIL_ERROR_FORMAT);
        if (status == PCIL_OK) pcil_network_free(loaded);
        whole.bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    pc_bytes_free(&whole);
    pcil_network_free(network);
}

#define with_file(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_file(test_a_model_comes_back_to_the_bit),
        with_file(test_metadata_is_kept),
        with_file(test_arguments_are_checked),
        with_file(test_a_file_of_another_program_is_read),
        with_file(test_models_that_contradict_themselves_are_refused),
        with_file(test_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
