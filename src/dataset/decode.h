/* Decoding all pictures of a tree, by pcil_set_threads threads, or as many as there are processors. */
#ifndef PC_DATASET_DECODE_H
#define PC_DATASET_DECODE_H

#include "dataset/jpeg.h"
#include "dataset/tree.h"

#include <stdatomic.h>

/* A picture as a file holds it. */
struct pc_decoded {
    uint8_t pixels[PC_JPEG_BYTES];
    uint32_t checksum;
};

/* The checksum that a picture has at its place; at another's it would have another. */
uint32_t pc_decoded_checksum(const struct pc_decoded *picture, int64_t index);

/* Where pictures go: to memory as bare pixels, or to an open file from byte `begin` on. */
struct pc_sink {
    uint8_t *bytes;
    int descriptor;
    uint64_t begin;
    const char *path;     /* the file's, for messages */
    _Atomic bool refused; /* set where a write failed: the pictures may be sound */
};

/* Of several bad pictures the first is reported, whichever thread saw it. */
pcil_status pc_decode(const struct pc_tree *tree, struct pc_sink *sink);

#endif
