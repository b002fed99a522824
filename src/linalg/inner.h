/* Inner products in double precision, for analyses. */
#ifndef PC_LINALG_INNER_H
#define PC_LINALG_INNER_H

#include <stdint.h>

/* Sum of a[i] b[i]. */
double pc_inner(const double *a, const double *b, int64_t count);

#endif
