#include "products.h"

#include "output.h"
#include "report.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 21 };

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

/* The block's one matrix: its tensor of two dimensions, or of four where it is a convolution's. */
static const char *find_tensor(const pcil_network *network, int32_t block, int32_t *rank, int64_t *shape) {
    char *prefix = cli_format("block%d.", block);
    const char *found = NULL;
    int matrices = 0;
    for (int32_t i = 0; i < pcil_network_tensors(network); i++) {
        const char *name = pcil_network_tensor_name(network, i);
        int64_t sizes[4];
        int32_t dimensions = 0;
        if (strncmp(name, prefix, strlen(prefix)) != 0) continue;
        if (pcil_network_tensor_shape(network, name, &dimensions, sizes) != PCIL_OK || dimensions < 2) continue;
        *rank = dimensions;
        memcpy(shape, sizes, sizeof sizes);
        found = name + strlen(prefix);
        matrices++;
    }
    free(prefix);
    return matrices == 1 && (*rank == 2 || *rank == 4) ? found : NULL;
}

/* The block's operations up to the one that a tensor such as "conv.weight" belongs to; to be freed. */
static char *operations_up_to(const pcil_network *network, int32_t block, const char *tensor) {
    size_t length = strcspn(tensor, ".");
    char *text = cli_block_text(network, block), *operation = text;
    while (operation && (strncmp(operation, tensor, length) != 0 || operation[length] != ' ')) {
        operation = strstr(operation, ", ");
        if (operation) operation += 2;
    }
    if (operation) operation[strcspn(operation, ",")] = '\0';
    return text;
}

/* Patches of an image: the pixels that the operation puts out, known from a network that ends with it. */
static int find_positions(const pcil_network *network, int32_t block, const char *tensor) {
    struct cli_shape input;
    int32_t from = 0, height = 0, width = 0;
    int64_t length;
    pcil_network *part = NULL;
    pcil_network_block_info(network, block, &from, NULL, NULL, NULL, 0, &length);
    char *operations = operations_up_to(network, block, tensor);
    char *text = cli_format("%s; %s", cli_node_shape(&input, network, from), operations ? operations : "");
    if (pcil_network_parse(&part, text) == PCIL_OK) pcil_network_node_shape(part, 1, NULL, &height, &width);
    pcil_network_free(part);
    free(operations);
    free(text);
    return height * width;
}

static int fill_matrix(struct cli_matrix *matrix, const pcil_network *network, int32_t block, int batch) {
    int64_t shape[4];
    int32_t rank = 0;
    const char *tensor = find_tensor(network, block, &rank, shape);
    if (!tensor) return cli_failed("bench: block %d has not one matrix, whose products alone could be timed", block);
    matrix->inputs = (int)(rank == 2 ? shape[0] : shape[0] * shape[1] * shape[2]);
    matrix->outputs = (int)(rank == 2 ? shape[1] : shape[3]);
    matrix->positions = rank == 2 ? 1 : find_positions(network, block, tensor);
    if (matrix->positions < 1) return cli_failed("bench: the patches of block %d cannot be counted", block);
    int64_t fit = CHUNK_BYTES / ((int64_t)matrix->positions * matrix->inputs * (int64_t)sizeof(float));
    matrix->images = rank == 2 || fit > batch ? batch : fit < 1 ? 1 : (int)fit;
    return CLI_DONE;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

int cli_products_create(struct cli_products *products, const pcil_network *network, const pcil_inference *inference,
                        int batch) {
    int32_t count = pcil_network_blocks(network);
    size_t left = 1, right = 1;
    *products = (struct cli_products){.count = count, .batch = batch};
    products->matrices = cli_allocate((size_t)count, sizeof *products->matrices);
    for (int32_t i = 0; i < count; i++) {
        struct cli_matrix *matrix = &products->matrices[i];
        int code = fill_matrix(matrix, network, i, batch);
        if (code != CLI_DONE) return code;
        size_t inputs = (size_t)matrix->inputs, outputs = (size_t)matrix->outputs;
        size_t rows = (size_t)matrix->images * (size_t)matrix->positions;
        pcil_inference_plan(inference, i, &matrix->forward, &matrix->backward, &matrix->gradient);
        matrix->weights = random_matrix(inputs, outputs, (uint64_t)i);
        matrix->change = random_matrix(inputs, outputs, (uint64_t)i);
        left = larger(left, rows * inputs);
        right = larger(right, rows * outputs);
    }
    products->x = random_matrix(1, left, 1000);
    products->e = random_matrix(1, right, 1001);
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

/* Each makes one product of `rows` samples or patches; `beta` 1 adds to what the images before gave. */
static void forward(const struct cli_products *p, const struct cli_matrix *m, int rows) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, m->weights, n, p->x, 1, 0, p->e, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, n, k, 1, p->x, k, m->weights, n, 0, p->e, n);
}

static void backward(const struct cli_products *p, const struct cli_matrix *m, int rows) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, k, n, 1, m->weights, n, p->e, 1, 0, p->x, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, k, n, 1, p->e, n, m->weights, n, 0, p->x, k);
}

static void gradient(const struct cli_products *p, const struct cli_matrix *m, int rows, float beta) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sger(CblasRowMajor, k, n, 1, p->x, 1, p->e, 1, m->change, n);
    else
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, rows, 1, p->x, k, p->e, n, beta, m->change, n);
}

/* The matrix's products of a round, a few images at a time. */
static void run_matrix(const struct cli_products *products, const struct cli_matrix *matrix, int64_t round) {
    for (int first = 0; first < products->batch; first += matrix->images) {
        int left = products->batch - first, images = left < matrix->images ? left : matrix->images;
        int rows = images * matrix->positions;
        if (round < matrix->forward) forward(products, matrix, rows);
        if (round < matrix->backward) backward(products, matrix, rows);
        if (round < matrix->gradient) gradient(products, matrix, rows, first > 0);
    }
}

/* The products take turns block by block, as in a step, so that no weights stay in cache that would not there. */
void cli_products_run(struct cli_products *products) {
    bool more = true;
    for (int64_t round = 0; more; round++) {
        more = false;
        for (int32_t i = 0; i < products->count; i++) {
            const struct cli_matrix *matrix = &products->matrices[i];
            run_matrix(products, matrix, round);
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
        double rows = (double)products->batch * m->positions;
        flops += 2 * rows * m->inputs * m->outputs * (double)(m->forward + m->backward + m->gradient);
    }
    return flops;
}
