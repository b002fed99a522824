/* Numbers that are no numbers. */
#ifndef PC_BASE_FINITE_H
#define PC_BASE_FINITE_H

#include <stdint.h>

/* The place of the first number that is not finite, -1 if all are. */
int64_t pc_first_not_finite(const float *values, int64_t count);

#endif
