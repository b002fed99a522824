/* What the BLAS tells of itself. */
#ifndef PC_LINALG_BLAS_H
#define PC_LINALG_BLAS_H

#include <stdbool.h>

/* Its description, or its file where it gives none; its thread count, 0 where it tells none. */
const char *pc_blas_info(void);
int pc_blas_threads(void);

/*
 * One thread for all products of the process until as many releases; then the count that it had. Only on a user's word:
 * the count is the process's. Whether this BLAS lets itself be told.
 */
bool pc_blas_takes_threads(void);
void pc_blas_hold_one_thread(void);
void pc_blas_release_threads(void);

#endif
