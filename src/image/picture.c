/* Sizes of pictures, checked: the caller's, and those that files claim. */
#include "base/memory.h"
#include "base/text.h"
#include "image/image.h"

pcil_status pc_image_check(const uint8_t *pixels, int32_t channels, int32_t height, int32_t width) {
    if (!pixels) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture's pixels are NULL");
    if (channels != 1 && channels != 3)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture has %d channels, expected 1 (grey) or 3 (colour)",
                       channels);
    if (height < 1 || height > PC_IMAGE_MOST_SIDE || width < 1 || width > PC_IMAGE_MOST_SIDE)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture is %d x %d pixels, expected 1 ... %d a side", width,
                       height, PC_IMAGE_MOST_SIDE);
    if ((int64_t)height * width > PC_IMAGE_MOST_PIXELS)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a picture is %d x %d pixels, expected at most %d in all", width,
                       height, PC_IMAGE_MOST_PIXELS);
    return PCIL_OK;
}

pcil_status pc_picture_reserve(struct pc_picture *picture, const char *path, const struct pc_bytes *content,
                               int64_t height, int64_t width, int32_t packed) {
    struct pc_quote quote;
    pc_quote(&quote, path);
    if (height < 1 || height > PC_IMAGE_MOST_SIDE || width < 1 || width > PC_IMAGE_MOST_SIDE ||
        height * width > PC_IMAGE_MOST_PIXELS)
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' says that it is %lld x %lld pixels, expected 1 ... %d a side and at most %d in all",
                       quote.text, (long long)width, (long long)height, PC_IMAGE_MOST_SIDE, PC_IMAGE_MOST_PIXELS);
    if ((uint64_t)(height * width) / (uint64_t)packed > content->size)
        return pc_fail(NULL, PCIL_ERROR_FORMAT,
                       "'%s' says that it is %lld x %lld pixels, more than its %llu bytes can hold", quote.text,
                       (long long)width, (long long)height, (unsigned long long)content->size);
    uint8_t *pixels = pc_allocate_unset((size_t)(height * width), 3);
    if (!pixels) return pc_fail_memory(NULL, quote.text);
    *picture = (struct pc_picture){.pixels = pixels, .height = (int32_t)height, .width = (int32_t)width};
    return PCIL_OK;
}
