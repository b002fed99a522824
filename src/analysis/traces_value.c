/* Reading traces. */
#include "analysis/traces_parts.h"
#include "base/unknown.h"

#include <math.h>
#include <string.h>

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
