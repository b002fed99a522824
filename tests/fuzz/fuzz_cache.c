/*
 * Tiny ImageNet's cache of decoded pictures. The input is the difference to the sound one: two bytes that are added to
 * its length, then bytes that change its own from the first on.
 */
#include "dataset/jpeg.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 16 };

static void put_text(const char *name, const char *text) {
    fuzz_put(name, (const uint8_t *)text, strlen(text));
}

static void make_tree(void) {
    static uint8_t pixels[PC_JPEG_BYTES];
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct pc_bytes picture;
    void *encoder = NULL;
    fuzz_make_folders("tiny/val/images");
    put_text("tiny/wnids.txt", "n00000001\n");
    put_text("tiny/val/val_annotations.txt", "val_0.JPEG\tn00000001\t0\t0\t63\t63\n");
    must(pc_jpeg_encoder(&encoder) == PCIL_OK && pc_jpeg_encode(encoder, pixels, 3, &picture) == PCIL_OK);
    fuzz_put("tiny/val/images/val_0.JPEG", picture.bytes, picture.size);
    must(utimensat(AT_FDCWD, fuzz_path("tiny/val/images/val_0.JPEG"), times, 0) == 0);
    pc_jpeg_bytes_free(&picture);
    pc_jpeg_free(encoder);
}

/* The cache that the library itself makes. */
static uint8_t *sound(size_t *size) {
    make_tree();
    fuzz_open_dataset("tiny-imagenet", "tiny");
    FILE *file = fopen(fuzz_path("tiny/pcil-test.cache"), "rb");
    uint8_t *bytes = malloc(MOST);
    must(file && bytes);
    *size = fread(bytes, 1, MOST, file);
    must(*size > PC_JPEG_BYTES && *size < MOST);
    fclose(file);
    return bytes;
}

void fuzz(const uint8_t *bytes, size_t size) {
    static uint8_t *cache, changed[MOST + UINT16_MAX];
    static size_t length;
    struct fuzz_input input = {bytes, size};
    if (!cache) cache = sound(&length);
    size_t added = fuzz_byte(&input);
    added |= (size_t)fuzz_byte(&input) << 8;
    memset(changed, 0, sizeof changed);
    memcpy(changed, cache, length);
    for (size_t i = 0; i < input.size && i < MOST; i++) changed[i] ^= input.bytes[i];
    fuzz_put("tiny/pcil-test.cache", changed, added < 32768 ? length + added : (length + added - 65536) % MOST);
    fuzz_open_dataset("tiny-imagenet", "tiny");
    must(access(fuzz_path("tiny/pcil-test.cache.tmp"), F_OK) != 0);
}
