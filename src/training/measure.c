/* What traces measured, as fields of a line of metrics. */
#include "base/text.h"
#include "training/trainer.h"

#include <math.h>

void pc_measure_take(const struct pc_parts *parts, struct pc_counts *counts) {
    if (!parts->traces) return;
    pcil_traces_value(parts->traces, "energy", 0, 0, &counts->train_energy);
    for (int32_t b = 0; b < pcil_network_blocks(parts->network); b++)
        pcil_traces_value(parts->traces, "magnitude", b, 0, &counts->magnitudes[b]);
}

/* JSON has no NaN. */
static void put_number(struct pc_text *line, double value) {
    struct pc_number number;
    pc_text_append(line, "%s", isfinite(value) ? pc_format_number(&number, value) : "null");
}

/* [value of place 0, 1, ...] */
static void put_row(struct pc_text *line, const struct pc_parts *parts, const char *quantity, int32_t places,
                    int32_t iteration) {
    pc_text_append(line, "[");
    for (int32_t p = 0; p < places; p++) {
        double value = NAN;
        pcil_traces_value(parts->traces, quantity, p, iteration, &value);
        if (p > 0) pc_text_append(line, ", ");
        put_number(line, value);
    }
    pc_text_append(line, "]");
}

static void put_list(struct pc_text *line, const struct pc_parts *parts, const char *field, const char *quantity,
                     int32_t places) {
    pc_text_append(line, ", \"%s\": ", field);
    put_row(line, parts, quantity, places, 0);
}

/* How many iterations were seen. */
static int32_t seen_iterations(const struct pc_parts *parts) {
    int32_t seen = 0;
    double loss;
    while (seen < pcil_traces_iterations(parts->traces) &&
           pcil_traces_value(parts->traces, "loss", 0, seen, &loss) == PCIL_OK && isfinite(loss))
        seen++;
    return seen;
}

/* A row of nodes for each iteration. */
static void put_table(struct pc_text *line, const struct pc_parts *parts, const char *field, const char *quantity,
                      int32_t places) {
    int32_t iterations = seen_iterations(parts);
    pc_text_append(line, ", \"%s\": [", field);
    for (int32_t t = 0; t < iterations; t++) {
        if (t > 0) pc_text_append(line, ", ");
        put_row(line, parts, quantity, places, t);
    }
    pc_text_append(line, "]");
}

void pc_measure_write(struct pc_text *line, const struct pc_parts *parts) {
    if (!parts->traces) return;
    int32_t blocks = pcil_network_blocks(parts->network), nodes = pcil_network_nodes(parts->network);
    double iterations = NAN;
    pcil_traces_value(parts->traces, "iterations", 0, 0, &iterations);
    put_list(line, parts, "rate", "rate", blocks);
    pc_text_append(line, ", \"iterations\": ");
    put_number(line, iterations);
    put_list(line, parts, "signal_to_noise", "signal_to_noise", blocks + 1);
    put_list(line, parts, "cosine", "cosine", blocks + 1);
    put_list(line, parts, "zero_share", "zero_share", nodes);
    put_table(line, parts, "error_magnitude", "error", nodes);
    put_table(line, parts, "energy_prediction", "prediction", nodes);
    put_table(line, parts, "energy_decay", "decay", nodes);
    put_table(line, parts, "energy_loss", "loss", 1);
}
