#include "products.h"

#include "output.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 21, BLAS_ROWS = 4 };

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

/* Patches of CHUNK_BYTES at a time are still in a cache when their product reads them; rows that are no multiple of a
 * BLAS's tile would cost it most of a tile more. */
static int images_at_once(int64_t positions, int64_t inputs, int batch) {
    int64_t fit = CHUNK_BYTES / (positions * inputs * (int64_t)sizeof(float));
    while (fit > BLAS_ROWS && fit * positions % BLAS_ROWS != 0) fit--;
    return fit > batch ? batch : fit < 1 ? 1 : (int)fit;
}

/* The sizes of a convolution. */
static bool fill_convolution(struct cli_matrix *matrix, const pcil_network *network, int32_t block, const char *tensor,
                             const int64_t *shape, int batch) {
    matrix->window = (struct cli_window){.rows = (int)shape[0], .columns = (int)shape[1]};
    if (!cli_window_read(&matrix->window, network, block, tensor)) return false;
    matrix->inputs = (int)(shape[0] * shape[1] * shape[2]);
    matrix->outputs = (int)shape[3];
    matrix->positions = matrix->window.out_height * matrix->window.out_width;
    matrix->images = images_at_once(matrix->positions, matrix->inputs, batch);
    return true;
}

static int fill_matrix(struct cli_matrix *matrix, const pcil_network *network, int32_t block, int batch) {
    int64_t shape[4];
    int32_t rank = 0;
    const char *tensor = find_tensor(network, block, &rank, shape);
    if (!tensor) return cli_failed("bench: block %d has not one matrix, whose products alone could be timed", block);
    if (rank == 2) {
        matrix->inputs = (int)shape[0];
        matrix->outputs = (int)shape[1];
        matrix->positions = 1;
        matrix->images = batch;
    } else if (!fill_convolution(matrix, network, block, tensor, shape, batch)) {
        return cli_failed("bench: the patches of block %d cannot be counted", block);
    }
    return CLI_DONE;
}

/* Numbers of one sample that the matrix's products read. */
static size_t input_size(const struct cli_matrix *matrix) {
    const struct cli_window *window = &matrix->window;
    if (window->rows == 0) return (size_t)matrix->inputs;
    return (size_t)window->height * (size_t)window->width * (size_t)window->channels;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

int cli_products_create(struct cli_products *products, const pcil_network *network, const pcil_inference *inference,
                        int batch) {
    int32_t count = pcil_network_blocks(network);
    size_t columns = 1, drive = 1, samples = (size_t)batch;
    *products = (struct cli_products){.count = count, .batch = batch};
    products->matrices = cli_allocate((size_t)count, sizeof *products->matrices);
    for (int32_t i = 0; i < count; i++) {
        struct cli_matrix *matrix = &products->matrices[i];
        int code = fill_matrix(matrix, network, i, batch);
        if (code != CLI_DONE) return code;
        size_t inputs = (size_t)matrix->inputs, outputs = (size_t)matrix->outputs;
        pcil_inference_plan(inference, i, &matrix->forward, &matrix->backward, &matrix->gradient);
        matrix->weights = random_matrix(inputs, outputs, (uint64_t)i);
        matrix->change = random_matrix(inputs, outputs, (uint64_t)i);
        matrix->x = random_matrix(samples, input_size(matrix), 1000);
        matrix->e = random_matrix(samples, (size_t)matrix->positions * outputs, 1001);
        columns = larger(columns, (size_t)matrix->images * (size_t)matrix->positions * inputs);
        drive = larger(drive, samples * input_size(matrix));
    }
    products->columns = random_matrix(1, columns, 1002);
    products->drive = random_matrix(1, drive, 1003);
    return CLI_DONE;
}

void cli_products_free(struct cli_products *products) {
    for (int32_t i = 0; products->matrices && i < products->count; i++) {
        free(products->matrices[i].weights);
        free(products->matrices[i].change);
        free(products->matrices[i].x);
        free(products->matrices[i].e);
    }
    free(products->matrices);
    free(products->columns);
    free(products->drive);
    *products = (struct cli_products){0};
}

/* Each makes one product of `rows` samples or patches; `beta` 1 adds to what the images before gave. */
static void forward(const struct cli_matrix *m, int rows, const float *x, float *e) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, m->weights, n, x, 1, 0, e, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, n, k, 1, x, k, m->weights, n, 0, e, n);
}

static void backward(const struct cli_matrix *m, int rows, const float *e, float *x) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, k, n, 1, m->weights, n, e, 1, 0, x, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, k, n, 1, e, n, m->weights, n, 0, x, k);
}

static void gradient(const struct cli_matrix *m, int rows, const float *x, const float *e, float beta) {
    int n = m->outputs, k = m->inputs;
    if (rows == 1)
        cblas_sger(CblasRowMajor, k, n, 1, x, 1, e, 1, m->change, n);
    else
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, rows, 1, x, k, e, n, beta, m->change, n);
}

enum which { FORWARD, BACKWARD, GRADIENT };

/* One product of a dense matrix, or of a convolution's patches of a few images, which it makes or adds back. */
static void run_part(const struct cli_products *products, const struct cli_matrix *matrix, enum which which, int first,
                     int images) {
    const struct cli_window *window = &matrix->window;
    bool patches = window->rows > 0;
    int rows = images * matrix->positions;
    size_t at = (size_t)first * input_size(matrix);
    float *x = matrix->x + at, *drive = products->drive + at;
    float *e = matrix->e + (size_t)first * (size_t)matrix->positions * (size_t)matrix->outputs;
    if (patches && which != BACKWARD) cli_im2col(window, images, x, products->columns);
    if (which == FORWARD)
        forward(matrix, rows, patches ? products->columns : x, e);
    else if (which == BACKWARD)
        backward(matrix, rows, e, patches ? products->columns : drive);
    else
        gradient(matrix, rows, patches ? products->columns : x, e, first > 0);
    if (patches && which == BACKWARD) cli_col2im(window, images, products->columns, drive);
}

static void run_product(const struct cli_products *products, const struct cli_matrix *matrix, enum which which) {
    for (int first = 0; first < products->batch; first += matrix->images) {
        int left = products->batch - first;
        run_part(products, matrix, which, first, left < matrix->images ? left : matrix->images);
    }
}

/* The matrix's products of a round. */
static void run_matrix(const struct cli_products *products, const struct cli_matrix *matrix, int64_t round) {
    if (round < matrix->forward) run_product(products, matrix, FORWARD);
    if (round < matrix->backward) run_product(products, matrix, BACKWARD);
    if (round < matrix->gradient) run_product(products, matrix, GRADIENT);
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
