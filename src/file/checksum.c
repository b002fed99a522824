#include "file/checksum.h"

/* Whoever sums more than LARGE bytes gains more than tables for SLICES bytes at a time cost. */
enum { LARGE = 1 << 12, SLICES = 8, VALUES = 256 };

/* Four bits at a time: a table of sixteen stays in a cache line. */
static uint32_t add_byte(uint32_t sum, unsigned char byte) {
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    sum ^= byte;
    sum = sum >> 4 ^ table[sum & 15];
    return sum >> 4 ^ table[sum & 15];
}

/* What a byte does to the sum when `slice` more have followed it. */
static void fill(uint32_t table[SLICES][VALUES]) {
    for (uint32_t byte = 0; byte < VALUES; byte++) {
        table[0][byte] = add_byte(0, (unsigned char)byte);
        for (int slice = 1; slice < SLICES; slice++) table[slice][byte] = add_byte(table[slice - 1][byte], 0);
    }
}

static uint32_t four(const unsigned char *from) {
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint32_t slice_of(uint32_t table[SLICES][VALUES], int last, uint32_t bytes) {
    return table[last][bytes & 255] ^ table[last - 1][bytes >> 8 & 255] ^ table[last - 2][bytes >> 16 & 255] ^
           table[last - 3][bytes >> 24];
}

uint32_t pc_checksum(uint32_t sum, const void *bytes, size_t size) {
    const unsigned char *from = bytes;
    size_t i = 0;
    sum = ~sum;
    if (size > LARGE) {
        uint32_t table[SLICES][VALUES];
        fill(table);
        for (; i + SLICES <= size; i += SLICES)
            sum = slice_of(table, SLICES - 1, sum ^ four(from + i)) ^ slice_of(table, SLICES - 5, four(from + i + 4));
    }
    for (; i < size; i++) sum = add_byte(sum, from[i]);
    return ~sum;
}
