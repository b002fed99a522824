/* A network's loss and its gradient in double precision, for one batch and any weights near the network's. */
#ifndef PC_ANALYSIS_EXACT_H
#define PC_ANALYSIS_EXACT_H

#include "network/exact.h"
#include "network/output.h"
#include "network/structure.h"

struct pc_exact {
    const pcil_network *network;
    const float *targets; /* the caller's */
    int64_t batch, count; /* count: of parameters */
    double *arena;        /* all the arrays below */
    int64_t used;
    double *start;     /* theta, the network's weights: blocks in order, [weights][bias] each */
    double *theta;     /* where the loss is taken */
    double **activity; /* [nodes] */
    double **slope;    /* [nodes], dL/d activity, summed over the batch */
    double ***input;   /* [blocks][operations]: what each operation read */
    double *scratch[2];
};

/* Checks the arguments; on failure nothing stays reserved. */
pcil_status pc_exact_create(struct pc_exact *exact, const pcil_network *network, const float *inputs,
                            const float *targets, int32_t batch);
void pc_exact_free(struct pc_exact *exact);

/* The mean loss at theta + scale change (theta alone for NULL), and its gradient. */
double pc_exact_gradient(struct pc_exact *exact, const double *change, double scale, double *gradient);

#endif
