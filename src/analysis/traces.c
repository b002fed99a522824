/* Measuring training steps while they are made (pcil/traces.h). */
#include "analysis/traces.h"

#include "analysis/traces_passes.h"
#include "base/memory.h"
#include "base/unknown.h"
#include "learning/learning.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

/* Deep networks have fewer rows and shorter sketches, so that what a checkpoint holds of traces stays bounded. */
enum { MOST_ROWS = 101, MOST_CELLS = 8192, MOST_SUMS = 1 << 16, LEAST_SKETCH = 16 };
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

/* --- making one --- */

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

/* --- inference --- */

static void measure_zeros(pcil_traces *traces) {
    for (int32_t n = 0; n < traces->nodes; n++)
        pcil_inference_zero_share(traces->inference, n, &traces->step[traces->at.zero + n]);
}

/* After each iteration. */
static void measure_iteration(void *user) {
    pcil_traces *traces = user;
    const pcil_inference *inference = traces->inference;
    const struct pc_state *state = &inference->state;
    int64_t t = inference->iterations, row = t * traces->nodes;
    if (t >= traces->rows) return;
    traces->step[traces->at.visits + t] = 1;
    for (int32_t n = 1; n < traces->nodes; n++) {
        traces->step[traces->at.error + row + n] = pc_inference_mean_error(inference, n);
        traces->step[traces->at.prediction + row + n] =
            pc_energy_prediction(state, n, pc_inference_weight(inference, n));
        traces->step[traces->at.decay + row + n] = pc_energy_decay(state, n, pc_inference_decay(inference, n));
    }
    traces->step[traces->at.loss + t] = pc_energy_loss(state);
}

/* The errors of backpropagation at the activities that inference starts from. */
static void backpropagate(pcil_traces *traces) {
    if (!traces->other) return;
    pc_state_copy_batch(&traces->other->state, &traces->inference->state);
    traces->other->schedule->iterate(traces->other, 0);
}

pcil_status pc_traces_infer(pcil_traces *traces, double *energy) {
    pcil_inference *inference = traces->inference;
    pcil_status status = pc_inference_check_clamped(inference, &traces->error);
    if (status != PCIL_OK) return status;
    if (inference->iterations > 0)
        return pc_fail(&traces->error, PCIL_ERROR_STATE,
                       "the batch was inferred already (%d iterations): clamp it again", inference->iterations);
    memset(traces->step, 0, (size_t)traces->at.end * sizeof *traces->step);
    measure_zeros(traces);
    backpropagate(traces);
    inference->observe = measure_iteration;
    inference->observe_user = traces;
    status = pcil_infer(inference, -1, &traces->step[ENERGY]);
    inference->observe = NULL;
    traces->step[ITERATIONS] = inference->iterations;
    if (energy && status == PCIL_OK) *energy = traces->step[ENERGY];
    return status == PCIL_OK ? PCIL_OK : pc_fail_again(&traces->error, status);
}

/* --- learning --- */

static pcil_status take_gradient(void *user, int32_t block, const struct pc_operation *operation, const float *x,
                                 const float *gy) {
    pcil_traces *traces = user;
    (void)block;
    struct pc_call *call = &traces->other->state.call;
    operation->kind->gradient(operation, call, x, gy, -1 / (float)call->batch, 0, 0, operation->rows,
                              traces->gradient + operation->offset);
    return PCIL_OK;
}

/* Makes backpropagation's gradient of a block when the block begins: its weights have not moved yet. */
static void begin_block(pcil_traces *traces, int32_t block) {
    if (!traces->other || traces->block == block) return;
    traces->block = block;
    pc_state_gradients(&traces->other->state, block, take_gradient, traces);
}

static void measure_part(void *user, int32_t block, int64_t offset, int64_t count, const float *gradient) {
    pcil_traces *traces = user;
    const struct pc_traces_passes *passes = PC_VECTOR_PICK(pc_traces_passes);
    struct pc_likeness *likeness = &traces->likeness[block];
    begin_block(traces, block);
    if (gradient)
        passes->sketch(traces->sketch, offset, count, gradient,
                       traces->step + traces->at.sketch + (int64_t)block * traces->sketch);
    if (!traces->other) return;
    const float *other = traces->gradient + offset;
    struct pc_likeness sums = {0};
    passes->compare(count, gradient ? gradient : other, other, &sums);
    likeness->bb += sums.bb;
    if (!gradient) return;
    likeness->aa += sums.aa;
    likeness->ab += sums.ab;
}

static double cosine(const struct pc_likeness *likeness) {
    bool none = likeness->aa == 0 || likeness->bb == 0;
    return none ? 0 : likeness->ab / (sqrt(likeness->aa) * sqrt(likeness->bb));
}

static void add_blocks(pcil_traces *traces) {
    struct pc_likeness all = {0};
    double *step = traces->step;
    for (int32_t b = 0; b < traces->blocks; b++) {
        const struct pc_likeness *one = &traces->likeness[b];
        const double *sketch = step + traces->at.sketch + (int64_t)b * traces->sketch;
        pcil_optimizer_value(traces->optimizer, "magnitude", b, &step[traces->at.magnitude + b]);
        pcil_optimizer_value(traces->optimizer, "rate", b, &step[traces->at.rate + b]);
        step[traces->at.cosine + b] = cosine(one);
        all = (struct pc_likeness){all.aa + one->aa, all.bb + one->bb, all.ab + one->ab};
        for (int i = 0; i < traces->sketch; i++) step[traces->at.square + b] += sketch[i] * sketch[i];
    }
    step[traces->at.cosine + traces->blocks] = cosine(&all);
    step[STEPS] = 1;
    for (int64_t i = 0; i < traces->at.end; i++) traces->sums[i] += step[i];
}

pcil_status pc_traces_learn(pcil_traces *traces) {
    int32_t measures = pc_optimizer_measures(traces->optimizer);
    memset(traces->likeness, 0, (size_t)traces->blocks * sizeof *traces->likeness);
    traces->block = -1;
    pcil_status status = pcil_optimizer_measure(traces->optimizer, 1);
    if (status == PCIL_OK) status = pc_learn(traces->inference, traces->optimizer, measure_part, traces);
    pcil_optimizer_measure(traces->optimizer, measures);
    if (status != PCIL_OK) return pc_fail_again(&traces->error, status);
    add_blocks(traces);
    return PCIL_OK;
}

pcil_status pcil_traces_step(pcil_traces *traces, double *energy) {
    if (!traces) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the traces are NULL");
    pcil_status status = pc_traces_infer(traces, energy);
    return status == PCIL_OK ? pc_traces_learn(traces) : status;
}

/* --- reading --- */

int64_t pcil_traces_steps(const pcil_traces *traces) {
    return traces ? (int64_t)traces->sums[STEPS] : -1;
}

int32_t pcil_traces_iterations(const pcil_traces *traces) {
    return traces ? traces->rows : -1;
}

pcil_status pcil_traces_clear(pcil_traces *traces) {
    if (!traces) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the traces are NULL");
    memset(traces->sums, 0, (size_t)traces->at.end * sizeof *traces->sums);
    return PCIL_OK;
}

static double mean_of(const pcil_traces *traces, int64_t at) {
    double steps = traces->sums[STEPS];
    return steps > 0 ? traces->sums[at] / steps : NAN;
}

/* Adds |M|^2 and V of a block. */
static void add_noise(const pcil_traces *traces, int32_t block, double *signal, double *noise) {
    const double *sketch = traces->sums + traces->at.sketch + (int64_t)block * traces->sketch;
    double steps = traces->sums[STEPS], square = 0;
    for (int i = 0; i < traces->sketch; i++) square += sketch[i] * sketch[i];
    *signal += square / (steps * steps);
    *noise += fmax(0, traces->sums[traces->at.square + block] - square / steps) / (steps - 1);
}

static double signal_to_noise(const pcil_traces *traces, int32_t place) {
    double signal = 0, noise = 0, steps = traces->sums[STEPS];
    if (steps < 2) return NAN;
    for (int32_t b = 0; b < traces->blocks; b++)
        if (b == place || place == traces->blocks) add_noise(traces, b, &signal, &noise);
    return noise > 0 ? sqrt(fmax(0, signal - noise / steps) / noise) : NAN;
}

static double read_mean(const pcil_traces *traces, int64_t at, int32_t place, int32_t iteration) {
    (void)iteration;
    if (at == traces->at.cosine && !traces->other) return NAN;
    if (at == traces->at.square) return signal_to_noise(traces, place);
    return mean_of(traces, at + place);
}

static double read_table(const pcil_traces *traces, int64_t at, int32_t place, int32_t iteration) {
    double visits = traces->sums[traces->at.visits + iteration];
    int64_t row = at == traces->at.loss ? iteration : (int64_t)iteration * traces->nodes + place;
    return visits > 0 ? traces->sums[at + row] / visits : NAN;
}

pcil_status pcil_traces_value(const pcil_traces *traces, const char *name, int32_t place, int32_t iteration,
                              double *value) {
    if (!traces || !name || !value)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the traces, the quantity's name or its place is NULL");
    int32_t blocks = traces->blocks, nodes = traces->nodes, rows = traces->rows;
    const struct {
        const char *name;
        int64_t at;
        int32_t places, rows; /* 1: has none */
        double (*read)(const pcil_traces *, int64_t, int32_t, int32_t);
    } quantities[] = {
        {"iterations", ITERATIONS, 1, 1, read_mean},
        {"energy", ENERGY, 1, 1, read_mean},
        {"magnitude", traces->at.magnitude, blocks, 1, read_mean},
        {"rate", traces->at.rate, blocks, 1, read_mean},
        {"signal_to_noise", traces->at.square, blocks + 1, 1, read_mean},
        {"cosine", traces->at.cosine, blocks + 1, 1, read_mean},
        {"zero_share", traces->at.zero, nodes, 1, read_mean},
        {"error", traces->at.error, nodes, rows, read_table},
        {"prediction", traces->at.prediction, nodes, rows, read_table},
        {"decay", traces->at.decay, nodes, rows, read_table},
        {"loss", traces->at.loss, 1, rows, read_table},
    };
    const size_t count = sizeof quantities / sizeof quantities[0];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, quantities[i].name) != 0) continue;
        if (place < 0 || place >= quantities[i].places || iteration < 0 || iteration >= quantities[i].rows)
            return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "'%s' has places 0 ... %d and iterations 0 ... %d, not %d and %d",
                           name, quantities[i].places - 1, quantities[i].rows - 1, place, iteration);
        *value = quantities[i].read(traces, quantities[i].at, place, iteration);
        return PCIL_OK;
    }
    struct pc_unknown unknown = {.name = name};
    for (size_t i = 0; i < count; i++) pc_unknown_add(&unknown, quantities[i].name);
    return pc_unknown_fail(&unknown, NULL, "quantity");
}
