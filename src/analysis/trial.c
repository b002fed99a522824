/* Updates that are tried on the network itself and taken back, to the bit. */
#include "analysis/analysis.h"
#include "base/memory.h"
#include "network/network.h"

#include <string.h>

void pc_weights_copy(const pcil_network *network, float *weights) {
    for (int32_t b = 0; b < network->block_count; b++) {
        int64_t count;
        const float *from = pc_network_block_parameters(network, b, &count);
        if (count > 0) memcpy(weights, from, (size_t)count * sizeof *weights);
        weights += count;
    }
}

pcil_status pc_trial_create(struct pc_trial *trial, struct pc_error *own, const pcil_network *network,
                            pcil_optimizer *optimizer) {
    *trial = (struct pc_trial){.network = network, .optimizer = optimizer};
    trial->weights = pc_allocate_floats(1, pcil_network_parameters(network));
    if (!trial->weights) return pc_fail_memory(own, "a copy of the weights");
    pc_weights_copy(network, trial->weights);
    pcil_status status = pc_optimizer_snapshot_create(&trial->snapshot, own, optimizer);
    if (status != PCIL_OK) pc_trial_free(trial);
    return status;
}

void pc_trial_free(struct pc_trial *trial) {
    pc_release(trial->weights);
    pc_optimizer_snapshot_free(trial->snapshot);
    *trial = (struct pc_trial){0};
}

void pc_trial_take_back(const struct pc_trial *trial) {
    const float *copy = trial->weights;
    for (int32_t b = 0; b < trial->network->block_count; b++) {
        int64_t count;
        float *weights = pc_network_block_parameters(trial->network, b, &count);
        if (count > 0) memcpy(weights, copy, (size_t)count * sizeof *copy);
        copy += count;
    }
    pc_optimizer_restore(trial->optimizer, trial->snapshot);
}

double pc_trial_square(const struct pc_trial *trial) {
    const float *copy = trial->weights;
    double square = 0;
    for (int32_t b = 0; b < trial->network->block_count; b++) {
        int64_t count;
        const float *weights = pc_network_block_parameters(trial->network, b, &count);
        for (int64_t i = 0; i < count; i++) {
            double change = (double)weights[i] - (double)copy[i];
            square += change * change;
        }
        copy += count;
    }
    return square;
}
