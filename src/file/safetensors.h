/*
 * safetensors files: eight bytes of length, a JSON header of that length, then the tensors' bytes without a hole.
 * https://github.com/huggingface/safetensors; here all tensors are F32, little-endian as in every such file.
 */
#ifndef PC_FILE_SAFETENSORS_H
#define PC_FILE_SAFETENSORS_H

#include "base/text.h"
#include "file/file.h"
#include "file/json.h"

enum { PC_TENSOR_RANK = 8, PC_HEADER_MOST = 4 << 20 };

/* The header's entry that is no tensor. */
#define PC_METADATA "__metadata__"

struct pc_stored_tensor {
    const char *name; /* belongs to the header */
    int32_t rank;
    int64_t shape[PC_TENSOR_RANK]; /* each 0 ... INT32_MAX */
    uint64_t begin, end;           /* bytes in the data */
};

/* An open file whose header was checked completely. */
struct pc_safetensors {
    struct pc_file file;
    struct pc_quote path; /* for messages */
    json_t *header;
    struct pc_stored_tensor *tensors;      /* in the order of their data */
    const struct pc_stored_tensor **named; /* the same by name: thousands are looked up in a hostile file */
    int32_t count;
    uint64_t data; /* where it begins */
};

pcil_status pc_safetensors_open(struct pc_safetensors *archive, struct pc_error *own, const char *path);
void pc_safetensors_close(struct pc_safetensors *archive);

/* A text of the metadata, or NULL. Lives as long as the archive. */
const char *pc_safetensors_metadata(const struct pc_safetensors *archive, const char *key);

/* Checks a header's text and lists its tensors; fills header, tensors, count of an archive whose other fields are set.
 */
pcil_status pc_safetensors_check(struct pc_safetensors *archive, struct pc_error *own, const char *text, size_t size);

/* The tensor of that name, or NULL. */
const struct pc_stored_tensor *pc_safetensors_find(const struct pc_safetensors *archive, const char *name);

/* Reads a tensor's bytes; `bytes` has room for end - begin. */
pcil_status pc_safetensors_read(const struct pc_safetensors *archive, struct pc_error *own,
                                const struct pc_stored_tensor *tensor, void *bytes);

/*
 * Replaces a file by `count` tensors, whose `begin` and `end` already follow each other, and the data of each.
 * `metadata` is an object of texts, or NULL. With `keep` the old file stays, as PATH.previous.
 */
pcil_status pc_safetensors_write(struct pc_error *own, const char *path, json_t *metadata,
                                 const struct pc_stored_tensor *tensors, int32_t count, const void *const *data,
                                 bool keep);

#endif
