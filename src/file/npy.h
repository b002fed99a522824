/* The header of a .npy array (numpy, NEP 1): magic, version, and a Python dictionary of dtype, order and shape. */
#ifndef PC_FILE_NPY_H
#define PC_FILE_NPY_H

#include "base/text.h"
#include "network/operation.h"

enum { PC_NPY_BEGIN = 10, PC_NPY_MOST = 4096 /* bytes of a header that could be sound */ };

struct pc_npy {
    int32_t rank;
    int64_t shape[PC_MOST_RANK];
    bool reversed; /* Fortran order: the first index fastest */
};

/* How many bytes of dictionary follow the first PC_NPY_BEGIN bytes; 0 if those begin no .npy of version 1. */
uint32_t pc_npy_length(const unsigned char begin[PC_NPY_BEGIN]);

/* Reads the dictionary; NULL, or what is wrong with it. */
const char *pc_npy_parse(const char *text, size_t size, struct pc_npy *npy);

/* Appends a whole header, a multiple of 64 bytes, as numpy pads it. */
void pc_npy_print(int32_t rank, const int64_t *shape, struct pc_text *text);

#endif
