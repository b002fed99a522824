/* What traces hold: sums of all that was measured, in one array. */
#ifndef PC_ANALYSIS_TRACES_PARTS_H
#define PC_ANALYSIS_TRACES_PARTS_H

#include "analysis/traces.h"
#include "analysis/traces_passes.h"
#include "learning/learning.h"

enum { STEPS = 0, ITERATIONS, ENERGY, SCALARS };

/* Where each quantity begins among the sums. */
struct places {
    int64_t magnitude, rate, cosine, square, zero;          /* [blocks] x 2, [blocks + 1], [blocks], [nodes] */
    int64_t visits, error, prediction, decay, loss, sketch; /* [rows], [rows][nodes] x 3, [rows], [blocks][sketch] */
    int64_t end;
};

struct pcil_traces {
    struct pc_error error;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    int32_t blocks, nodes, rows;
    int32_t sketch; /* sums of a block's gradient */
    struct places at;
    double *sums, *step;          /* of all steps, and of the one being made */
    pcil_inference *other;        /* backpropagation's activities and errors; NULL: nothing to compare with */
    float *gradient;              /* of one block, by `other` */
    int32_t block;                /* whose it is */
    struct pc_likeness *likeness; /* [blocks], of the present step */
};

#endif
