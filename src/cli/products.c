#include "products.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
void cli_random(float *values, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        values[i] = (float)((z ^ (z >> 31)) >> 40) * 0x1p-24F;
    }
}

static float *random_matrix(size_t rows, size_t columns, uint64_t seed) {
    float *values = cli_allocate(rows * columns, sizeof *values);
    cli_random(values, rows * columns, seed);
    for (size_t i = 0; i < rows * columns; i++) values[i] = (values[i] - .5F) * .01F;
    return values;
}

/* The shape of a block's matrix: its tensor of two dimensions. */
static int find_matrix(struct cli_matrix *matrix, const pcil_network *network, int32_t block) {
    char *prefix = cli_format("block%d.", block);
    size_t length = strlen(prefix);
    int found = 0, others = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t shape[4];
        int32_t rank = 0;
        if (strncmp(name, prefix, length) != 0) continue;
        if (pcil_network_tensor_shape(network, name, &rank, shape) != PCIL_OK) continue;
        others += rank > 2;
        if (rank != 2) continue;
        matrix->inputs = (int)shape[0];
        matrix->outputs = (int)shape[1];
        found++;
    }
    free(prefix);
    if (found == 1 && others == 0) return CLI_DONE;
    return cli_failed("bench: block %d is not one dense operation, whose products alone it could time", block);
}

static int largest_side(const struct cli_products *products) {
    int largest = 1;
    for (int32_t i = 0; i < products->count; i++) {
        if (products->matrices[i].inputs > largest) largest = products->matrices[i].inputs;
        if (products->matrices[i].outputs > largest) largest = products->matrices[i].outputs;
    }
    return largest;
}

int cli_products_create(struct cli_products *products, const pcil_network *network, const pcil_inference *inference,
                        int batch) {
    int32_t count = pcil_network_blocks(network);
    *products = (struct cli_products){.count = count, .batch = batch};
    products->matrices = cli_allocate((size_t)count, sizeof *products->matrices);
    for (int32_t i = 0; i < count; i++) {
        struct cli_matrix *matrix = &products->matrices[i];
        int code = find_matrix(matrix, network, i);
        if (code != CLI_DONE) return code;
        pcil_inference_plan(inference, i, &matrix->forward, &matrix->backward, &matrix->gradient);
        matrix->weights = random_matrix((size_t)matrix->inputs, (size_t)matrix->outputs, (uint64_t)i);
        matrix->change = random_matrix((size_t)matrix->inputs, (size_t)matrix->outputs, (uint64_t)i);
    }
    size_t side = (size_t)largest_side(products);
    products->x = random_matrix((size_t)batch, side, 1000);
    products->e = random_matrix((size_t)batch, side, 1001);
    return CLI_DONE;
}

void cli_products_free(struct cli_products *products) {
    for (int32_t i = 0; products->matrices && i < products->count; i++) {
        free(products->matrices[i].weights);
        free(products->matrices[i].change);
    }
    free(products->matrices);
    free(products->x);
    free(products->e);
    *products = (struct cli_products){0};
}

static void forward(const struct cli_products *p, const struct cli_matrix *m) {
    int n = m->outputs, k = m->inputs;
    if (p->batch == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, m->weights, n, p->x, 1, 0, p->e, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->batch, n, k, 1, p->x, k, m->weights, n, 0, p->e, n);
}

static void backward(const struct cli_products *p, const struct cli_matrix *m) {
    int n = m->outputs, k = m->inputs;
    if (p->batch == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, k, n, 1, m->weights, n, p->e, 1, 0, p->x, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, p->batch, k, n, 1, p->e, n, m->weights, n, 0, p->x, k);
}

static void gradient(const struct cli_products *p, const struct cli_matrix *m) {
    int n = m->outputs, k = m->inputs;
    if (p->batch == 1)
        cblas_sger(CblasRowMajor, k, n, 1, p->x, 1, p->e, 1, m->change, n);
    else
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, p->batch, 1, p->x, k, p->e, n, 0, m->change, n);
}

/* The products take turns block by block, as in a step, so that no weights stay in cache that would not there. */
void cli_products_run(struct cli_products *products) {
    bool more = true;
    for (int64_t round = 0; more; round++) {
        more = false;
        for (int32_t i = 0; i < products->count; i++) {
            const struct cli_matrix *matrix = &products->matrices[i];
            if (round < matrix->forward) forward(products, matrix);
            if (round < matrix->backward) backward(products, matrix);
            if (round < matrix->gradient) gradient(products, matrix);
            more |= round + 1 < matrix->forward || round + 1 < matrix->backward || round + 1 < matrix->gradient;
        }
    }
}

int64_t cli_products_count(const struct cli_products *products) {
    int64_t count = 0;
    for (int32_t i = 0; i < products->count; i++)
        count += products->matrices[i].forward + products->matrices[i].backward + products->matrices[i].gradient;
    return count;
}

double cli_products_flops(const struct cli_products *products) {
    double flops = 0;
    for (int32_t i = 0; i < products->count; i++) {
        const struct cli_matrix *m = &products->matrices[i];
        flops += 2.0 * products->batch * m->inputs * m->outputs * (double)(m->forward + m->backward + m->gradient);
    }
    return flops;
}
