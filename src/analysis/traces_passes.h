/* Passes over gradients. */
#ifndef PC_ANALYSIS_TRACES_PASSES_H
#define PC_ANALYSIS_TRACES_PASSES_H

#include "base/vector.h"

#include <stdint.h>

enum { PC_SKETCH = 1024 };

/* |a|^2, |b|^2, a . b */
struct pc_likeness {
    double aa, bb, ab;
};

struct pc_traces_passes {
    /* Adds to the sums. */
    void (*compare)(int64_t count, const float *a, const float *b, struct pc_likeness *sums);
    /* Adds number i of a block, i = first ..., with its random sign to sum i mod `length`: dot products of sketches
     * are those of the arrays in the mean over signs, and exactly so for at most `length` numbers. */
    void (*sketch)(int64_t length, int64_t first, int64_t count, const float *values, double *sums);
};

PC_VECTOR_DECLARE(const struct pc_traces_passes, pc_traces_passes);

#endif
