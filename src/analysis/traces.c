/* Traces of training steps (pcil/traces.h): making them, and their place in checkpoints. */
#include "analysis/traces_parts.h"
#include "base/memory.h"
#include "network/network.h"

#include <math.h>

/* Deep networks have fewer rows and shorter sketches, so that what a checkpoint holds of traces stays bounded. */
enum { MOST_ROWS = 101, MOST_CELLS = 8192, MOST_SUMS = 1 << 16, LEAST_SKETCH = 16 };
static int64_t take(int64_t *end, int64_t count) {
    int64_t at = *end;
    *end += count;
    return at;
}

static void lay_out(pcil_traces *traces) {
    struct places *at = &traces->at;
    int64_t table = (int64_t)traces->rows * traces->nodes;
    at->end = SCALARS;
    at->magnitude = take(&at->end, traces->blocks);
    at->rate = take(&at->end, traces->blocks);
    at->cosine = take(&at->end, traces->blocks + 1);
    at->square = take(&at->end, traces->blocks);
    at->zero = take(&at->end, traces->nodes);
    at->visits = take(&at->end, traces->rows);
    at->error = take(&at->end, table);
    at->prediction = take(&at->end, table);
    at->decay = take(&at->end, table);
    at->loss = take(&at->end, traces->rows);
    at->sketch = take(&at->end, (int64_t)traces->blocks * traces->sketch);
}

static int32_t planned_rows(const pcil_inference *inference) {
    int32_t planned = inference->schedule->moves ? pc_inference_planned(inference) : 1;
    int32_t most = MOST_CELLS / inference->state.nodes < MOST_ROWS ? MOST_CELLS / inference->state.nodes : MOST_ROWS;
    if (most < 2) most = 2;
    return planned < most ? planned + 1 : most;
}

static int32_t sketch_length(int32_t blocks) {
    int32_t length = PC_SKETCH;
    while (length > LEAST_SKETCH && (int64_t)length * blocks > MOST_SUMS) length /= 2;
    return length;
}

static int64_t largest_block(const pcil_traces *traces) {
    int64_t largest = 1;
    for (int32_t b = 0; b < traces->blocks; b++) {
        int64_t count = traces->inference->network->blocks[b].parameter_count;
        largest = count > largest ? count : largest;
    }
    return largest;
}

static pcil_status reserve(pcil_traces *traces) {
    traces->sums = pc_allocate((size_t)traces->at.end, sizeof *traces->sums);
    traces->step = pc_allocate((size_t)traces->at.end, sizeof *traces->step);
    traces->likeness = pc_allocate((size_t)traces->blocks, sizeof *traces->likeness);
    if (!traces->sums || !traces->step || !traces->likeness) return pc_fail_memory(NULL, "traces");
    if (!traces->inference->schedule->moves) return PCIL_OK;
    traces->gradient = pc_allocate_floats(1, largest_block(traces));
    if (!traces->gradient) return pc_fail_memory(NULL, "traces");
    pcil_status status = pcil_inference_create(&traces->other, traces->inference->network, "backprop",
                                               (int32_t)traces->inference->state.largest);
    if (status == PCIL_OK) pc_state_borrow_scratch(&traces->other->state, &traces->inference->state);
    return status;
}

pcil_status pcil_traces_create(pcil_traces **traces, pcil_inference *inference, pcil_optimizer *optimizer) {
    if (!traces || !inference || !optimizer)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s is NULL",
                       !traces      ? "place for the traces"
                       : !inference ? "inference"
                                    : "optimizer");
    if (pc_optimizer_network(optimizer) != inference->network)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "inference and optimizer were made for different networks");
    pcil_traces *fresh = pc_allocate(1, sizeof *fresh);
    if (!fresh) return pc_fail_memory(NULL, "traces");
    fresh->inference = inference;
    fresh->optimizer = optimizer;
    fresh->blocks = inference->network->block_count;
    fresh->nodes = inference->state.nodes;
    fresh->rows = planned_rows(inference);
    fresh->sketch = sketch_length(fresh->blocks);
    lay_out(fresh);
    pcil_status status = reserve(fresh);
    if (status == PCIL_OK)
        *traces = fresh;
    else
        pcil_traces_free(fresh);
    return status;
}

void pcil_traces_free(pcil_traces *traces) {
    if (!traces) return;
    pcil_inference_free(traces->other);
    pc_release(traces->gradient);
    pc_release(traces->likeness);
    pc_release(traces->step);
    pc_release(traces->sums);
    pc_release(traces);
}

const char *pcil_traces_error(const pcil_traces *traces) {
    return traces ? traces->error.text : "";
}

int64_t pcil_traces_memory(const pcil_traces *traces) {
    if (!traces) return -1;
    int64_t bytes = 2 * traces->at.end * (int64_t)sizeof *traces->sums;
    if (!traces->other) return bytes;
    return bytes + largest_block(traces) * (int64_t)sizeof *traces->gradient +
           pcil_inference_memory(traces->other, "activities") + pcil_inference_memory(traces->other, "workspace");
}

double *pc_traces_sums(pcil_traces *traces, int64_t *count) {
    *count = traces->at.end;
    return traces->sums;
}

bool pc_traces_agree(const pcil_traces *traces, int64_t steps) {
    double traced = traces->sums[STEPS];
    return traced >= 0 && traced <= (double)steps && traced == floor(traced);
}
