/* dense in double precision. */
#include "linalg/inner.h"
#include "network/exact.h"

#include <string.h>

static void forward(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                    double *y) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    for (int64_t b = 0; b < batch; b++, x += inputs, y += units) {
        memcpy(y, parameters + inputs * units, (size_t)units * sizeof *y);
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t j = 0; j < units; j++) y[j] += x[i] * parameters[i * units + j];
    }
}

static void back(const struct pc_operation *operation, int64_t batch, const double *parameters, const double *x,
                 const double *gy, double *gx) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    (void)x;
    for (int64_t b = 0; b < batch; b++, gx += inputs, gy += units)
        for (int64_t i = 0; i < inputs; i++) gx[i] = pc_inner(gy, parameters + i * units, units);
}

static void gradient(const struct pc_operation *operation, int64_t batch, const double *x, const double *gy,
                     double *out) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    for (int64_t b = 0; b < batch; b++, x += inputs, gy += units) {
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t j = 0; j < units; j++) out[i * units + j] += x[i] * gy[j];
        for (int64_t j = 0; j < units; j++) out[inputs * units + j] += gy[j];
    }
}

const struct pc_exact_operation pc_exact_dense = {forward, back, gradient};
