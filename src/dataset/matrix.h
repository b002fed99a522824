/* What of MATLAB files of level 5 SVHN needs: numeric matrices, one after the other, compressed or not. */
#ifndef PC_DATASET_MATRIX_H
#define PC_DATASET_MATRIX_H

#include "file/stream.h"

enum { PC_MATRIX_SIZES = 4, PC_MATRIX_NAME = 63 };

enum pc_matrix_class { PC_CLASS_DOUBLE = 6, PC_CLASS_UINT8 = 9 };
enum pc_matrix_data { PC_DATA_UINT8 = 2, PC_DATA_DOUBLE = 9 };

/* One matrix whose header was read; its numbers come from `stream`. */
struct pc_matrix {
    const struct pc_file *file;
    const char *path;
    uint64_t next; /* byte of the file where the next element begins */
    struct pc_stream *stream;
    uint64_t end; /* of the matrix, in the stream */
    char name[PC_MATRIX_NAME + 1];
    enum pc_matrix_class class;
    enum pc_matrix_data data;
    int32_t rank;
    int32_t sizes[PC_MATRIX_SIZES];
    uint64_t count; /* of the numbers, the product of the sizes */
    bool small;     /* the numbers stand in their own tag: these */
    uint8_t few[4];
    uint32_t taken;
};

/* Checks the file's header; then `next` is the first element. */
pcil_status pc_matrix_begin(struct pc_matrix *matrix, const struct pc_file *file, const char *path);

/* Whether there is a next matrix; if so, reads its header. */
pcil_status pc_matrix_next(struct pc_matrix *matrix, bool *more);

/* Reads `count` numbers as bytes or doubles, as `data` says. */
pcil_status pc_matrix_read(struct pc_matrix *matrix, void *numbers, uint64_t count);

/* Checks that the matrix ends here, in every layer. */
pcil_status pc_matrix_finish(struct pc_matrix *matrix);

void pc_matrix_close(struct pc_matrix *matrix);

#endif
