/* The pass of the output kind sigmoid. */
#ifndef PC_NETWORK_LOGISTIC_H
#define PC_NETWORK_LOGISTIC_H

#include "base/vector.h"

#include <stdint.h>

/* out = 1 / (1 + exp(-x)), from 1.6e-38 to 1; a NaN stays one. */
typedef void pc_logistic_pass_t(int64_t count, const float *x, float *out);

PC_VECTOR_DECLARE(pc_logistic_pass_t, pc_logistic_pass);

#endif
