/*
 * Initial weights. fan_in: uniform in +-1/sqrt(fan_in), weights and biases (the paper's). xavier: uniform in
 * +-sqrt(6/(fan_in+fan_out)) (Glorot & Bengio 2010). he: normal, variance 2/fan_in (He et al. 2015). orthogonal:
 * orthonormal rows or columns (Saxe et al. 2014). The last three start biases at 0.
 */
#include "base/memory.h"
#include "base/random.h"
#include "network/structure.h"

#include <math.h>

struct initialisation_kind {
    struct pc_kind kind;
    bool needs_room; /* for fan_in * fan_out numbers, at `room` */
    void (*fill)(struct pc_random *random, int64_t fan_in, int64_t fan_out, double *room, float *weights, float *bias);
};

static void fill_uniform(struct pc_random *random, double bound, int64_t count, float *values) {
    for (int64_t i = 0; i < count; i++) values[i] = (float)(bound * (2 * pc_random_uniform(random) - 1));
}

static void fill_zero(int64_t count, float *values) {
    for (int64_t i = 0; i < count; i++) values[i] = 0;
}

static void fill_fan_in(struct pc_random *random, int64_t fan_in, int64_t fan_out, double *room, float *weights,
                        float *bias) {
    (void)room;
    double bound = 1 / sqrt((double)fan_in);
    fill_uniform(random, bound, fan_in * fan_out, weights);
    fill_uniform(random, bound, fan_out, bias);
}

static void fill_xavier(struct pc_random *random, int64_t fan_in, int64_t fan_out, double *room, float *weights,
                        float *bias) {
    (void)room;
    fill_uniform(random, sqrt(6 / (double)(fan_in + fan_out)), fan_in * fan_out, weights);
    fill_zero(fan_out, bias);
}

static void fill_he(struct pc_random *random, int64_t fan_in, int64_t fan_out, double *room, float *weights,
                    float *bias) {
    (void)room;
    double deviation = sqrt(2 / (double)fan_in);
    for (int64_t i = 0; i < fan_in * fan_out; i++) weights[i] = (float)(deviation * pc_random_normal(random));
    fill_zero(fan_out, bias);
}

/* Makes `count` vectors of `length` orthonormal, one after the other (modified Gram-Schmidt, twice against rounding).
 */
static void orthonormalise(double *vectors, int64_t count, int64_t length) {
    for (int64_t i = 0; i < count; i++) {
        double *v = vectors + i * length;
        for (int64_t turn = 0; turn < 2 * i; turn++) {
            const double *u = vectors + turn % i * length;
            double along = 0;
            for (int64_t k = 0; k < length; k++) along += u[k] * v[k];
            for (int64_t k = 0; k < length; k++) v[k] -= along * u[k];
        }
        double square = 0;
        for (int64_t k = 0; k < length; k++) square += v[k] * v[k];
        for (int64_t k = 0; k < length; k++) v[k] /= sqrt(square);
    }
}

static void fill_orthogonal(struct pc_random *random, int64_t fan_in, int64_t fan_out, double *room, float *weights,
                            float *bias) {
    bool wide = fan_out > fan_in;
    int64_t count = wide ? fan_in : fan_out, length = wide ? fan_out : fan_in;
    for (int64_t i = 0; i < count * length; i++) room[i] = pc_random_normal(random);
    orthonormalise(room, count, length);
    for (int64_t i = 0; i < fan_in; i++)
        for (int64_t j = 0; j < fan_out; j++)
            weights[i * fan_out + j] = (float)(wide ? room[i * length + j] : room[j * length + i]);
    fill_zero(fan_out, bias);
}

static const struct initialisation_kind all[] = {
    {{"fan_in", "uniform in +-1/sqrt(fan_in), biases too (the paper's)", {NULL, 0}}, false, fill_fan_in},
    {{"xavier", "uniform in +-sqrt(6/(fan_in+fan_out)), biases 0", {NULL, 0}}, false, fill_xavier},
    {{"he", "normal with variance 2/fan_in, biases 0", {NULL, 0}}, false, fill_he},
    {{"orthogonal", "orthonormal rows or columns, biases 0", {NULL, 0}}, true, fill_orthogonal},
};

static const struct pc_kind *const kinds[] = {&all[0].kind, &all[1].kind, &all[2].kind, &all[3].kind};

const struct pc_family pc_initialisation_family = {
    "initialisation", "initialisation", kinds, (int32_t)(sizeof kinds / sizeof kinds[0]), {NULL, 0}};

/* Each operation draws from a stream of its own, so that its weights do not depend on the others' sizes. */
static void initialise_operation(const struct initialisation_kind *kind, uint64_t seed, const struct pc_block *block,
                                 int32_t b, int32_t k, double *room) {
    const struct pc_operation *operation = &block->operations[k];
    if (operation->rows == 0) return;
    struct pc_random random;
    pc_random_seed(&random, seed, "weights", (uint64_t)b * PC_MOST_OPERATIONS + (uint64_t)k);
    float *weights = pc_block_parameters(block) + operation->offset;
    int64_t fan_in = operation->rows - 1;
    kind->fill(&random, fan_in, operation->columns, room, weights, weights + fan_in * operation->columns);
}

static int64_t largest_matrix(const pcil_network *network) {
    int64_t largest = 0;
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++) {
            const struct pc_operation *operation = &network->blocks[b].operations[k];
            int64_t size = operation->rows * operation->columns;
            largest = size > largest ? size : largest;
        }
    return largest;
}

pcil_status pcil_network_initialise(pcil_network *network, const char *kind, uint64_t seed) {
    const struct pc_kind *found;
    double *room = NULL;
    if (!network) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the network is NULL");
    if (!network->finished)
        return pc_fail(&network->error, PCIL_ERROR_STATE, "the network is not finished: it has no weights");
    pcil_status status = pc_family_choose(&pc_initialisation_family, &network->error, kind, &found);
    if (status != PCIL_OK) return status;
    const struct initialisation_kind *chosen = (const struct initialisation_kind *)found;
    if (chosen->needs_room && !(room = pc_allocate((size_t)largest_matrix(network), sizeof *room)))
        return pc_fail_memory(&network->error, "orthogonal weights");
    for (int32_t b = 0; b < network->block_count; b++)
        for (int32_t k = 0; k < network->blocks[b].count; k++)
            initialise_operation(chosen, seed, &network->blocks[b], b, k, room);
    pc_release(room);
    return PCIL_OK;
}
