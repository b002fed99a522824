/* Activations as operations: all share these functions and differ in their passes. */
#include "base/text.h"
#include "network/exact.h"
#include "network/pieces.h"

#ifdef PC_HAS_AVX
#define DEFINE_SETS(name)                                                                                              \
    PC_VECTOR_DECLARE(const struct pc_activation_passes, pc_##name##_passes);                                          \
    static const struct pc_activation_passes *const name##_sets[] = {                                                  \
        &pc_##name##_passes_baseline, &pc_##name##_passes_avx2, &pc_##name##_passes_avx512}
#else
#define DEFINE_SETS(name)                                                                                              \
    PC_VECTOR_DECLARE(const struct pc_activation_passes, pc_##name##_passes);                                          \
    static const struct pc_activation_passes *const name##_sets[] = {&pc_##name##_passes_baseline}
#endif

DEFINE_SETS(identity);
DEFINE_SETS(relu);
DEFINE_SETS(leaky_relu);
DEFINE_SETS(tanh);
DEFINE_SETS(sigmoid);
DEFINE_SETS(gelu);

const struct pc_activation_passes *pc_operation_passes(const struct pc_operation *operation) {
    return operation->kind->activation[pc_vector_set()];
}

float pc_operation_parameter(const struct pc_operation *operation) {
    int32_t parameter = operation->kind->parameter;
    return parameter < 0 ? 0 : (float)operation->options[parameter];
}

static bool elementwise_read(struct pc_operation *operation, int32_t place, const char *word, size_t length) {
    (void)operation, (void)place, (void)word, (void)length;
    return false;
}

static void elementwise_print(const struct pc_operation *operation, struct pc_text *text) {
    (void)operation, (void)text;
}

static pcil_status elementwise_shape(struct pc_operation *operation, struct pc_error *own) {
    (void)own;
    operation->out = operation->in;
    operation->rows = operation->columns = operation->weight_rank = 0;
    return PCIL_OK;
}

/* One pass over a batch; what a pass does not need is NULL. */
struct pass {
    const struct pc_operation *operation;
    int64_t count;
    const float *x, *d;
    float alpha, beta;
    float *out;
};

static void value_piece(void *task, int64_t index) {
    const struct pass *pass = task;
    int64_t first = index * PC_PIECE;
    pc_operation_passes(pass->operation)
        ->value(pc_piece_length(pass->count, index), pc_operation_parameter(pass->operation), pass->x + first,
                pass->out + first);
}

static void change_piece(void *task, int64_t index) {
    const struct pass *pass = task;
    int64_t first = index * PC_PIECE;
    pc_operation_passes(pass->operation)
        ->change(pc_piece_length(pass->count, index), pc_operation_parameter(pass->operation), pass->x + first,
                 pass->d + first, pass->alpha, pass->beta, pass->out + first);
}

static void back_piece(void *task, int64_t index) {
    const struct pass *pass = task;
    int64_t first = index * PC_PIECE;
    pc_operation_passes(pass->operation)
        ->back(pc_piece_length(pass->count, index), pc_operation_parameter(pass->operation), pass->x + first,
               pass->d + first, pass->out + first);
}

static void elementwise_forward(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                                const float *x, float *y) {
    (void)parameters;
    struct pass pass = {.operation = operation, .count = call->batch * operation->in_size, .x = x, .out = y};
    pc_run_pieces(call->team, pass.count, value_piece, &pass);
}

static void elementwise_change(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                               const float *x, const float *dx, float alpha, float beta, float *out) {
    (void)parameters;
    struct pass pass = {operation, call->batch * operation->in_size, x, dx, alpha, beta, out};
    pc_run_pieces(call->team, pass.count, change_piece, &pass);
}

static void elementwise_back(const struct pc_operation *operation, struct pc_call *call, const float *parameters,
                             const float *x, const float *gy, float *gx) {
    (void)parameters;
    struct pass pass = {.operation = operation, .count = call->batch * operation->in_size, .x = x, .d = gy, .out = gx};
    pc_run_pieces(call->team, pass.count, back_piece, &pass);
}

static const struct pc_option leaky_relu_options[] = {
    {.name = "slope", .type = PC_NUMBER, .initial = .01, .least = 0, .most = 1, .help = "slope below 0"},
};

#define ELEMENTWISE(name, help, table, option)                                                                         \
    const struct pc_operation_kind pc_##name = {                                                                       \
        .kind = {#name, help, table},                                                                                  \
        .usage = "",                                                                                                   \
        .read = elementwise_read,                                                                                      \
        .print = elementwise_print,                                                                                    \
        .shape = elementwise_shape,                                                                                    \
        .reads_input = true,                                                                                           \
        .forward = elementwise_forward,                                                                                \
        .change = elementwise_change,                                                                                  \
        .back = elementwise_back,                                                                                      \
        .activation = name##_sets,                                                                                     \
        .parameter = (option),                                                                                         \
        .exact = &pc_exact_##name,                                                                                     \
    }
#define NO_OPTIONS                                                                                                     \
    { NULL, 0 }

ELEMENTWISE(identity, "f(x) = x", NO_OPTIONS, -1);
ELEMENTWISE(relu, "f(x) = max(x, 0)", NO_OPTIONS, -1);
ELEMENTWISE(leaky_relu, "f(x) = x above 0, slope * x below", PC_TABLE(leaky_relu_options), 0);
ELEMENTWISE(tanh, "f(x) = tanh x", NO_OPTIONS, -1);
ELEMENTWISE(sigmoid, "f(x) = 1 / (1 + exp(-x))", NO_OPTIONS, -1);
ELEMENTWISE(gelu, "f(x) = x times the normal distribution function of x", NO_OPTIONS, -1);
