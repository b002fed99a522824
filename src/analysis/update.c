/* The change that a training step would make, as one array; and how alike two such changes are. */
#include "analysis/analysis.h"
#include "base/finite.h"
#include "base/memory.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

/* `change` from the weights that a redirected step has moved. */
static void subtract_weights(const pcil_network *network, float *change) {
    for (int32_t b = 0; b < network->block_count; b++) {
        int64_t count;
        const float *weights = pc_network_block_parameters(network, b, &count);
        for (int64_t i = 0; i < count; i++) change[i] -= weights[i];
        change += count;
    }
}

pcil_status pc_update_check(struct pc_error *own, const pcil_network *network, const void *change, int64_t count) {
    int64_t parameters = pcil_network_parameters(network);
    if (change && count == parameters) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_ARGUMENT, "a change of this network has %lld numbers; the array %s %lld",
                   (long long)parameters, change ? "has" : "is NULL with", (long long)count);
}

pcil_status pc_update_take(pcil_inference *inference, pcil_optimizer *optimizer, float *change) {
    const pcil_network *network = inference->network;
    bool whole = pc_optimizer_reads_weights(optimizer);
    struct pc_optimizer_snapshot *snapshot;
    pcil_status status = pc_optimizer_snapshot_create(&snapshot, &inference->error, optimizer);
    if (status != PCIL_OK) return status;
    if (whole)
        pc_weights_copy(network, change);
    else
        memset(change, 0, (size_t)pcil_network_parameters(network) * sizeof *change);
    pc_optimizer_redirect(optimizer, change);
    status = pcil_learn(inference, optimizer);
    if (whole) subtract_weights(network, change);
    pc_optimizer_restore(optimizer, snapshot);
    pc_optimizer_snapshot_free(snapshot);
    return status;
}

pcil_status pcil_update(pcil_inference *inference, pcil_optimizer *optimizer, float *change, int64_t count) {
    pcil_status status = pc_inference_check_clamped(inference, inference ? &inference->error : NULL);
    if (status == PCIL_OK) status = pc_learn_check(inference, optimizer);
    if (status == PCIL_OK) status = pc_update_check(&inference->error, inference->network, change, count);
    if (status != PCIL_OK) return status;
    float *fresh = pc_allocate_floats(1, count);
    if (!fresh) return pc_fail_memory(&inference->error, "an update");
    status = pc_update_take(inference, optimizer, fresh);
    if (status == PCIL_OK) memcpy(change, fresh, (size_t)count * sizeof *change);
    pc_release(fresh);
    return status;
}

static pcil_status check_compared(const pcil_network *network, const float *change, int64_t count, const char *what) {
    pcil_status status = pc_update_check(NULL, network, change, count);
    int64_t bad = status == PCIL_OK ? pc_first_not_finite(change, count) : -1;
    if (bad < 0) return status;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "number %lld of the %s change is %g; expected a finite number",
                   (long long)bad, what, (double)change[bad]);
}

/* The sums that cosine and distance are made of. */
struct likeness {
    double aa, bb, ab, apart;
};

static void look(struct likeness *likeness, const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        double x = (double)a[i], y = (double)b[i];
        likeness->aa += x * x;
        likeness->bb += y * y;
        likeness->ab += x * y;
        likeness->apart += (x - y) * (x - y);
    }
}

static void write_likeness(const struct likeness *likeness, int32_t place, double *cosines, double *distances) {
    bool none = likeness->aa == 0 || likeness->bb == 0;
    if (cosines) cosines[place] = none ? 0 : likeness->ab / (sqrt(likeness->aa) * sqrt(likeness->bb));
    if (distances) distances[place] = sqrt(likeness->apart);
}

pcil_status pcil_compare_updates(const pcil_network *network, const float *a, const float *b, int64_t count,
                                 double *cosines, double *distances) {
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (!pc_network_is_finished(network))
        return pc_fail(NULL, PCIL_ERROR_STATE, "the network is not finished: call pcil_network_finish first");
    pcil_status status = check_compared(network, a, count, "first");
    if (status == PCIL_OK) status = check_compared(network, b, count, "second");
    if (status != PCIL_OK) return status;
    struct likeness all = {0};
    for (int32_t l = 0; l < network->block_count; l++) {
        struct likeness one = {0};
        int64_t of_block = network->blocks[l].parameter_count;
        look(&one, a, b, of_block);
        look(&all, a, b, of_block);
        write_likeness(&one, l, cosines, distances);
        a += of_block;
        b += of_block;
    }
    write_likeness(&all, network->block_count, cosines, distances);
    return PCIL_OK;
}
