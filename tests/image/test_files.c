/* Pictures through files, and files that are none. */
#include "test.h"

#include "base/api.h"
#include "file/checksum.h"
#include "file/file.h"
#include "image/folder.h"

#include <stdio.h>
#include <unistd.h>

#ifdef PCIL_WITH_PNG
#include <png.h>
#endif

#ifdef PCIL_WITH_JPEG
#include <turbojpeg.h>
#endif

enum { HIGH = 5, WIDE = 7, BYTES = HIGH * WIDE * 3, ANY = 8 * 8 * 3 };

static uint8_t colours[BYTES], got[64 * 64 * 3];

static int fill(void **state) {
    uint32_t noise = 1;
    for (int i = 0; i < BYTES; i++) colours[i] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
    return make_folder(state);
}

static void write_bytes(const char *path, const void *bytes, uint64_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

#ifdef PCIL_WITH_PNG

static struct pc_bytes picture_file(void) {
    struct pc_bytes content;
    check_ok(pcil_image_write(in_folder("whole.png"), colours, 3, HIGH, WIDE));
    check_ok(pc_file_read(NULL, in_folder("whole.png"), 1 << 20, &content));
    return content;
}

static void test_colours_come_back(void **state) {
    (void)state;
    check_ok(pcil_image_write(in_folder("a.png"), colours, 3, HIGH, WIDE));
    check_ok(pcil_image_read(in_folder("a.png"), got, 3, HIGH, WIDE));
    assert_memory_equal(got, colours, BYTES);
    check_fails(pcil_image_write("/proc/none/x.png", colours, 3, 1, 1), PCIL_ERROR_IO, "/proc/none");
}

static void test_grey_comes_back_from_grey_and_colour(void **state) {
    (void)state;
    uint8_t grey[HIGH * WIDE];
    check_ok(pcil_image_write(in_folder("g.png"), colours, 1, HIGH, WIDE));
    check_ok(pcil_image_read(in_folder("g.png"), grey, 1, HIGH, WIDE));
    assert_memory_equal(grey, colours, sizeof grey);
    check_ok(pcil_image_read(in_folder("g.png"), got, 3, HIGH, WIDE));
    for (int i = 0; i < HIGH * WIDE; i++)
        assert_true(got[3 * i] == grey[i] && got[3 * i + 1] == grey[i] && got[3 * i + 2] == grey[i]);
}

/* What can be seen through lies on white paper. */
static void test_what_is_transparent_is_white(void **state) {
    (void)state;
    const uint8_t pixels[] = {10, 20, 30, 0, 10, 20, 30, 255}, expected[] = {255, 255, 255, 10, 20, 30};
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 2, .height = 1, .format = PNG_FORMAT_RGBA};
    assert_true(png_image_write_to_file(&image, in_folder("clear.png"), 0, pixels, 0, NULL));
    check_ok(pcil_image_read(in_folder("clear.png"), got, 3, 1, 2));
    assert_memory_equal(got, expected, sizeof expected);
}

#else

static void test_png_is_unsupported(void **state) {
    (void)state;
    write_bytes(in_folder("a.png"), "\x89PNG\r\n\x1a\n", 8);
    check_fails(pcil_image_write(in_folder("b.png"), colours, 3, HIGH, WIDE), PCIL_ERROR_UNSUPPORTED, "PCIL_PNG=ON");
    check_fails(pcil_image_read(in_folder("a.png"), got, 3, 8, 8), PCIL_ERROR_UNSUPPORTED, "PCIL_PNG=ON");
}

#endif

static void test_arguments_are_checked(void **state) {
    (void)state;
    const char *path = in_folder("none.png");
    check_fails(pcil_image_write(NULL, colours, 3, 1, 1), PCIL_ERROR_ARGUMENT, "path is NULL");
    check_fails(pcil_image_write(path, NULL, 3, 1, 1), PCIL_ERROR_ARGUMENT, "pixels are NULL");
    check_fails(pcil_image_write(path, colours, 2, 1, 1), PCIL_ERROR_ARGUMENT, "has 2 channels, expected 1");
    check_fails(pcil_image_write(path, colours, 3, 0, 1), PCIL_ERROR_ARGUMENT, "is 1 x 0 pixels, expected 1 ... 16384");
    check_fails(pcil_image_write(path, colours, 3, 1, 16385), PCIL_ERROR_ARGUMENT, "is 16385 x 1 pixels");
    check_fails(pcil_image_write(path, colours, 3, 16384, 16384), PCIL_ERROR_ARGUMENT, "at most 67108864 in all");
    assert_int_equal(access(path, F_OK), -1);
    check_fails(pcil_image_read(path, got, 3, 8192, 8192), PCIL_ERROR_IO, "none.png"); /* the most in all */
    check_fails(pcil_image_read(NULL, got, 3, 1, 1), PCIL_ERROR_ARGUMENT, "path is NULL");
    check_fails(pcil_image_read(path, NULL, 3, 1, 1), PCIL_ERROR_ARGUMENT, "pixels are NULL");
    check_fails(pcil_image_read(path, got, 3, INT32_MAX, INT32_MAX), PCIL_ERROR_ARGUMENT, "expected 1 ... 16384");
}

static void test_what_is_no_picture_is_refused(void **state) {
    (void)state;
    const char *path = in_folder("no.png");
    check_fails(pcil_image_read(path, got, 3, 8, 8), PCIL_ERROR_IO, "cannot open");
    write_bytes(path, "", 0);
    check_fails(pcil_image_read(path, got, 3, 8, 8), PCIL_ERROR_FORMAT, "is not a picture");
    write_bytes(path, "GIF89a and so on", 16);
    check_fails(pcil_image_read(path, got, 3, 8, 8), PCIL_ERROR_FORMAT, "neither as a PNG nor as a JPEG");
    check_fails(pcil_image_read(folder, got, 3, 8, 8), PCIL_ERROR_IO, "is a folder, not a file");
    assert_int_equal(symlink("/dev/zero", in_folder("device")), 0);
    check_fails(pcil_image_read(in_folder("device"), got, 3, 8, 8), PCIL_ERROR_IO, "is a device, not a file");
    assert_int_equal(truncate(in_folder("no.png"), (1 << 26) + 1), 0);
    check_fails(pcil_image_read(in_folder("no.png"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "expected at most 67108864");
}

#ifdef PCIL_WITH_PNG

static void test_every_cut_of_a_png_is_refused(void **state) {
    (void)state;
    struct pc_bytes content = picture_file();
    for (uint64_t size = 0; size < content.size; size++) {
        write_bytes(in_folder("cut.png"), content.bytes, size);
        check_fails(pcil_image_read(in_folder("cut.png"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "cut.png");
    }
    pc_bytes_free(&content);
}

static void test_every_flipped_bit_of_a_png_is_refused(void **state) {
    (void)state;
    struct pc_bytes content = picture_file();
    memset(got, 77, ANY);
    for (uint64_t bit = 0; bit < content.size * 8; bit++) {
        content.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_bytes(in_folder("flip.png"), content.bytes, content.size);
        check_fails(pcil_image_read(in_folder("flip.png"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "flip.png");
        content.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (int i = 0; i < ANY; i++) assert_int_equal(got[i], 77);
    pc_bytes_free(&content);
}

static unsigned char *put_number(unsigned char *to, uint32_t value) {
    for (int i = 0; i < 4; i++) *to++ = (unsigned char)(value >> (24 - 8 * i));
    return to;
}

static unsigned char *put_chunk(unsigned char *to, const char *name, const void *bytes, uint32_t size) {
    unsigned char *begin = put_number(to, size);
    memcpy(begin, name, 4);
    memcpy(begin + 4, bytes, size);
    return put_number(begin + 4 + size, pc_checksum(0, begin, size + 4));
}

/* Reads a grey picture of 4 x 4 pixels, of `rows` bytes in a zlib stream of one stored block, whose sum is changed by
 * `sum`, and of `behind` bytes after it in the same chunk. */
static pcil_status read_stored(uint32_t rows, uint32_t sum, uint32_t behind) {
    static const unsigned char size[] = {0, 0, 0, 4, 0, 0, 0, 4, 8, 0, 0, 0, 0};
    unsigned char data[512] = {0x78, 1, 1}, file[1024] = {137, 'P', 'N', 'G', '\r', '\n', 26, '\n'};
    uint32_t low = 1, high = 0;
    data[3] = (unsigned char)rows;
    data[5] = (unsigned char)~rows;
    data[6] = 255;
    for (uint32_t i = 0; i < rows; i++) {
        data[7 + i] = i % 5 ? (unsigned char)(i * 11) : 0;
        low += data[7 + i];
        high += low;
    }
    unsigned char *end = put_number(data + 7 + rows, (high % 65521 << 16 | low % 65521) + sum);
    memset(end, 'x', behind);
    unsigned char *at = put_chunk(file + 8, "IHDR", size, sizeof size);
    at = put_chunk(at, "IDAT", data, (uint32_t)(end - data) + behind);
    at = put_chunk(at, "IEND", "", 0);
    write_bytes(in_folder("stored.png"), file, (uint64_t)(at - file));
    return pcil_image_read(in_folder("stored.png"), got, 3, 4, 4);
}

/* The sum of the compressed data is compared, and nothing follows the picture in them, nor them in their chunk. */
static void test_surplus_data_of_a_png_are_refused(void **state) {
    (void)state;
    enum { ROWS = 4 * 5 };
    check_ok(read_stored(ROWS, 0, 0));
    check_fails(read_stored(ROWS, 1, 0), PCIL_ERROR_FORMAT, "stored.png' is not a sound PNG picture");
    check_fails(read_stored(ROWS, 0, 1), PCIL_ERROR_FORMAT, "stored.png' is not a sound PNG picture");
    for (uint32_t more = 1; more <= 200; more += 199) {
        check_fails(read_stored(ROWS + more, 0, 0), PCIL_ERROR_FORMAT, "stored.png' is not a sound PNG picture");
        check_fails(read_stored(ROWS + more, 1, 0), PCIL_ERROR_FORMAT, "stored.png' is not a sound PNG picture");
    }
}

/* Sizes with a right checksum, as an attacker would write them: IHDR is the first chunk, its size at byte 16. */
static pcil_status read_claimed(struct pc_bytes *content, uint32_t width, uint32_t height) {
    for (int i = 0; i < 4; i++) {
        content->bytes[16 + i] = (unsigned char)(width >> (24 - 8 * i));
        content->bytes[20 + i] = (unsigned char)(height >> (24 - 8 * i));
    }
    uint32_t sum = pc_checksum(0, content->bytes + 12, 17);
    for (int i = 0; i < 4; i++) content->bytes[29 + i] = (unsigned char)(sum >> (24 - 8 * i));
    write_bytes(in_folder("claim.png"), content->bytes, content->size);
    return pcil_image_read(in_folder("claim.png"), got, 3, 8, 8);
}

static void test_claimed_sizes_are_not_believed(void **state) {
    (void)state;
    struct pc_bytes content = picture_file();
    check_ok(read_claimed(&content, WIDE, HIGH));
    check_fails(read_claimed(&content, 16384, 4096), PCIL_ERROR_FORMAT, "bytes can hold");
    check_fails(read_claimed(&content, 16384, 16384), PCIL_ERROR_FORMAT, "at most 67108864 in all");
    check_fails(read_claimed(&content, 16385, 1), PCIL_ERROR_FORMAT, "16385 x 1 pixels, expected 1 ... 16384");
    check_fails(read_claimed(&content, 0x7fffffff, 0x7fffffff), PCIL_ERROR_FORMAT, "not a sound PNG");
    check_fails(read_claimed(&content, 0, 5), PCIL_ERROR_FORMAT, "not a sound PNG");
    check_fails(read_claimed(&content, WIDE, HIGH + 1), PCIL_ERROR_FORMAT, "not a sound PNG");
    pc_bytes_free(&content);
}

#endif

#ifdef PCIL_WITH_JPEG

/* A JPEG file of a smooth picture, kept in a buffer. */
static struct pc_bytes jpeg_file(int format, int sampling) {
    static unsigned char bytes[1 << 16];
    uint8_t smooth[64 * 64 * 4];
    unsigned char *made = NULL;
    unsigned long size = 0;
    int pixel_size = tjPixelSize[format];
    for (int i = 0; i < 64 * 64; i++)
        for (int k = 0; k < pixel_size; k++) smooth[i * pixel_size + k] = (uint8_t)(k == 0 ? i % 64 * 3 : 40 + 60 * k);
    tjhandle coder = tjInitCompress();
    assert_int_equal(tjCompress2(coder, smooth, 64, 0, 64, format, &made, &size, sampling, 95, 0), 0);
    assert_in_range(size, 100, sizeof bytes);
    memcpy(bytes, made, size);
    tjFree(made);
    tjDestroy(coder);
    write_bytes(in_folder("a.jpg"), bytes, size);
    return (struct pc_bytes){bytes, size};
}

static void test_jpeg_is_read(void **state) {
    (void)state;
    jpeg_file(TJPF_RGB, TJSAMP_444);
    check_ok(pcil_image_read(in_folder("a.jpg"), got, 3, 64, 64));
    for (int i = 0; i < 64 * 64; i++) {
        assert_true(abs(got[3 * i] - i % 64 * 3) <= 4);
        assert_true(abs(got[3 * i + 1] - 100) <= 4 && abs(got[3 * i + 2] - 160) <= 4);
    }
    jpeg_file(TJPF_GRAY, TJSAMP_GRAY);
    check_ok(pcil_image_read(in_folder("a.jpg"), got, 1, 64, 64));
    for (int i = 0; i < 64 * 64; i++) assert_true(abs(got[i] - i % 64 * 3) <= 4);
    jpeg_file(TJPF_CMYK, TJSAMP_444);
    check_fails(pcil_image_read(in_folder("a.jpg"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "CMYK");
}

static void test_every_cut_of_a_jpeg_is_refused(void **state) {
    (void)state;
    struct pc_bytes content = jpeg_file(TJPF_RGB, TJSAMP_420);
    for (uint64_t size = 0; size < content.size; size++) {
        write_bytes(in_folder("cut.jpg"), content.bytes, size);
        check_fails(pcil_image_read(in_folder("cut.jpg"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "cut.jpg");
    }
}

/* JPEG has no checksums: a flipped bit may give another picture, but nothing else than a picture or a refusal. */
static void test_flipped_bits_of_a_jpeg_do_no_harm(void **state) {
    (void)state;
    struct pc_bytes content = jpeg_file(TJPF_RGB, TJSAMP_420);
    int refused = 0, read = 0;
    for (uint64_t bit = 0; bit < content.size * 8; bit++) {
        content.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_bytes(in_folder("flip.jpg"), content.bytes, content.size);
        pcil_status status = pcil_image_read(in_folder("flip.jpg"), got, 3, 8, 8);
        if (status == PCIL_OK)
            read++;
        else
            assert_int_equal(status, PCIL_ERROR_FORMAT), refused++;
        content.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_true(refused > 100 && read > 100);
}

/* The size stands in the frame header, marker ff c0: length, precision, height, width. */
static void test_jpeg_sizes_are_not_believed(void **state) {
    (void)state;
    struct pc_bytes content = jpeg_file(TJPF_RGB, TJSAMP_444);
    unsigned char *frame = content.bytes;
    while (frame[0] != 0xff || frame[1] != 0xc0) frame++;
    for (int i = 5; i < 9; i++) frame[i] = 0xff;
    write_bytes(in_folder("a.jpg"), content.bytes, content.size);
    check_fails(pcil_image_read(in_folder("a.jpg"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "a.jpg");
    frame[5] = frame[7] = 0x1f;
    write_bytes(in_folder("a.jpg"), content.bytes, content.size);
    check_fails(pcil_image_read(in_folder("a.jpg"), got, 3, 8, 8), PCIL_ERROR_FORMAT, "bytes can hold");
}

/* Scans that cost a few bytes each would each visit all pixels: those of a comment stand for them here. */
static void test_jpeg_scans_are_counted(void **state) {
    (void)state;
    enum { SEGMENT = 0xfffe, MARKS = (SEGMENT - 2) / 2 };
    struct pc_bytes content = jpeg_file(TJPF_RGB, TJSAMP_444);
    unsigned char *frame = content.bytes, *whole = malloc(content.size + SEGMENT + 2);
    while (frame[0] != 0xff || frame[1] != 0xc0) frame++;
    memcpy(frame + 5, "\4\0\4\0", 4);
    memcpy(whole, content.bytes, 2);
    memcpy(whole + 2, "\xff\xfe\xff\xfe", 4);
    for (int i = 0; i < MARKS; i++) memcpy(whole + 6 + 2 * i, "\xff\xda", 2);
    memcpy(whole + 2 + 2 + SEGMENT, content.bytes + 2, content.size - 2);
    write_bytes(in_folder("a.jpg"), whole, content.size + SEGMENT + 2);
    check_fails(pcil_image_read(in_folder("a.jpg"), got, 3, 8, 8), PCIL_ERROR_FORMAT,
                "too many scans for its 1024 x 1024");
    free(whole);
}

#else

static void test_jpeg_is_unsupported(void **state) {
    (void)state;
    write_bytes(in_folder("a.jpg"), "\xff\xd8\xff\xe0", 4);
    check_fails(pcil_image_read(in_folder("a.jpg"), got, 3, 8, 8), PCIL_ERROR_UNSUPPORTED, "PCIL_JPEG=ON");
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_are_checked),
        cmocka_unit_test(test_what_is_no_picture_is_refused),
#ifdef PCIL_WITH_PNG
        cmocka_unit_test(test_colours_come_back),
        cmocka_unit_test(test_grey_comes_back_from_grey_and_colour),
        cmocka_unit_test(test_what_is_transparent_is_white),
        cmocka_unit_test(test_every_cut_of_a_png_is_refused),
        cmocka_unit_test(test_every_flipped_bit_of_a_png_is_refused),
        cmocka_unit_test(test_surplus_data_of_a_png_are_refused),
        cmocka_unit_test(test_claimed_sizes_are_not_believed),
#else
        cmocka_unit_test(test_png_is_unsupported),
#endif
#ifdef PCIL_WITH_JPEG
        cmocka_unit_test(test_jpeg_is_read),
        cmocka_unit_test(test_every_cut_of_a_jpeg_is_refused),
        cmocka_unit_test(test_flipped_bits_of_a_jpeg_do_no_harm),
        cmocka_unit_test(test_jpeg_sizes_are_not_believed),
        cmocka_unit_test(test_jpeg_scans_are_counted),
#else
        cmocka_unit_test(test_jpeg_is_unsupported),
#endif
    };
    return cmocka_run_group_tests(tests, fill, remove_folder);
}
