/* dense: y = x W + b, x flattened, W [inputs][units]. */
#include "base/text.h"
#include "linalg/passes.h"
#include "network/exact.h"
#include "network/operation.h"

#include <string.h>

enum { UNITS };

static bool dense_read(struct pc_operation *operation, int32_t place, const char *word, size_t length) {
    return place == 0 && pc_read_size(word, length, &operation->sizes[UNITS]);
}

static void dense_print(const struct pc_operation *operation, struct pc_text *text) {
    pc_text_append(text, " %d", operation->sizes[UNITS]);
}

static pcil_status dense_shape(struct pc_operation *operation, struct pc_error *own) {
    int32_t units = operation->sizes[UNITS];
    if (units < 1) return pc_fail(own, PCIL_ERROR_ARGUMENT, "dense needs a number of units from 1 on: dense UNITS");
    operation->out = (struct pc_shape){units, 1, 1};
    operation->weight_rank = 2;
    operation->weight_shape[0] = operation->in_size;
    operation->weight_shape[1] = units;
    operation->rows = operation->in_size + 1;
    operation->columns = units;
    return PCIL_OK;
}

static void dense_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                          const float *x, float *y) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    PC_VECTOR_PICK(pc_passes)->fill_rows(call->batch, units, parameters + inputs * units, y);
    call->backend->forward(call->room, call->batch, inputs, units, 1, x, parameters, 1, y);
    call->products++;
}

static void dense_forward_paying(const struct pc_operation *operation, struct pc_call *call, float factor,
                                 const float *old_x, const float *old_e, float *parameters, const float *x, float *y) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    memcpy(y, parameters + inputs * units, (size_t)units * sizeof *y);
    call->backend->update_forward(inputs, units, factor, old_x, old_e, parameters, x, y);
    call->products++;
}

static void dense_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                         const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)x;
    call->backend->forward(call->room, call->batch, operation->in_size, operation->out_size, alpha, dx, parameters,
                           beta, out);
    call->products++;
}

static void dense_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                       const float *x, const float *gy, float *gx) {
    (void)x;
    call->backend->backward(call->room, call->batch, operation->in_size, operation->out_size, gy, parameters, gx);
    call->products++;
}

static void dense_gradient(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                           float alpha, float beta, int64_t first, int64_t rows, float *out) {
    int64_t inputs = operation->in_size, units = operation->out_size;
    int64_t of_weights = first + rows <= inputs ? rows : inputs - first;
    if (of_weights > 0)
        call->backend->outer(call->room, call->batch, inputs, first, of_weights, units, alpha, x, gy, beta, out);
    if (first + rows > inputs)
        PC_VECTOR_PICK(pc_passes)->sum_rows(call->batch, units, alpha, gy, beta, out + of_weights * units);
}

/* The weights at once; the bias, one row, is left. */
static int64_t dense_update(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                            float factor, float keep, float *parameters, double *magnitudes) {
    const struct pc_backend *backend = call->backend;
    int64_t inputs = operation->in_size, units = operation->out_size;
    bool done = backend->update &&
                backend->update(call->room, call->batch, inputs, units, factor, x, gy, keep, parameters, magnitudes);
    return done ? inputs : 0;
}

const struct pc_operation_kind pc_dense = {
    .kind = {"dense", "y = x W + b, x flattened", {NULL, 0}},
    .usage = "UNITS",
    .read = dense_read,
    .print = dense_print,
    .shape = dense_shape,
    .products = 1,
    .forward = dense_forward,
    .forward_paying = dense_forward_paying,
    .change = dense_change,
    .back = dense_back,
    .gradient = dense_gradient,
    .update = dense_update,
    .rank_one = true,
    .parameter = -1,
    .exact = &pc_exact_dense,
};
