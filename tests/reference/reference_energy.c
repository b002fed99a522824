/* The reference's free energy, node by node and term by term, and the loss. */
#include "reference/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* x log(p), 0 where x is 0 */
static double x_log(double x, double p) {
    return x == 0 ? 0 : x * log(p);
}

/* The sum over a batch of the distance between a distribution's parameters `p` (as means) and values `y`. */
static double distance(const char *kind, const double *y, const double *p, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind, "softmax") == 0)
            sum -= x_log(y[i], p[i]);
        else if (strcmp(kind, "sigmoid") == 0)
            sum -= x_log(y[i], p[i]) + x_log(1 - y[i], 1 - p[i]);
        else
            sum += (y[i] - p[i]) * (y[i] - p[i]) / 2;
    }
    return sum;
}

static double sum_of_squares(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i] * values[i];
    return sum;
}

static double decay_energy(struct ref_inference *inference, int node, size_t count) {
    double *f = ref_numbers(count), *slope_f = ref_numbers(count);
    ref_block_decay(&inference->network->block[node], inference->batch, f, slope_f);
    double energy = inference->activity_decay[node] * sum_of_squares(f, count) / 2;
    free(f);
    free(slope_f);
    return energy;
}

struct ref_energy ref_energy_node(struct ref_inference *inference, int node) {
    const struct ref_network *network = inference->network;
    size_t count = (size_t)inference->batch * (size_t)network->size[node];
    const double *activity = inference->activity[node];
    struct ref_energy energy = {0, 0, 0};
    if (node < network->blocks) {
        energy.prediction = inference->energy_weight[node] * sum_of_squares(inference->error[node], count) / 2;
        energy.decay = decay_energy(inference, node, count);
    } else {
        energy.prediction =
            inference->energy_weight[node] * distance(network->output, activity, inference->output, count);
        energy.loss = distance(network->output, inference->target, activity, count);
    }
    energy.prediction /= inference->batch;
    energy.decay /= inference->batch;
    energy.loss /= inference->batch;
    return energy;
}

double ref_energy(struct ref_inference *inference) {
    double sum = 0;
    for (int l = 1; l <= inference->network->blocks; l++) {
        struct ref_energy energy = ref_energy_node(inference, l);
        sum += energy.prediction + energy.decay + energy.loss;
    }
    return sum;
}

double ref_loss(const struct ref_inference *inference) {
    size_t count = (size_t)inference->batch * (size_t)inference->network->size[inference->network->blocks];
    return distance(inference->network->output, inference->target, inference->output, count) / inference->batch;
}
