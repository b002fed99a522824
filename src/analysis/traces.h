/* Traces in two halves, so that somebody may look between inference and learning; and their state. */
#ifndef PC_ANALYSIS_TRACES_H
#define PC_ANALYSIS_TRACES_H

#include "base/api.h"

#include <stdbool.h>

pcil_status pc_traces_infer(pcil_traces *traces, double *energy);
pcil_status pc_traces_learn(pcil_traces *traces);

/* All that was measured: one array of numbers, for checkpoints. */
double *pc_traces_sums(pcil_traces *traces, int64_t *count);

/* Whether sums that came from a file can be those of a run of so many steps. */
bool pc_traces_agree(const pcil_traces *traces, int64_t steps);

#endif
