/* Convolution and pooling against direct loops in double precision: forward, change, vector-Jacobian product, gradient.
 */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "network/state.h"
#include "reference/reference.h"

#include <stdio.h>

enum { MOST = 180000 };

struct sizes {
    int32_t batch, channels, height, width, out, window, stride, padding;
};

static float x[MOST], dx[MOST], y[MOST], got[MOST], moved[MOST], gy[MOST], parameters[MOST], back[MOST], gradient[MOST];
static double expected[MOST], other[MOST];

static void fill(float *values, int64_t count, uint64_t stream, double scale) {
    struct pc_random random;
    pc_random_seed(&random, 11, "test", stream);
    assert_true(count <= MOST);
    for (int64_t i = 0; i < count; i++) values[i] = (float)(scale * pc_random_normal(&random));
}

/* A network of the one operation, so that its shapes come from the library. */
static pcil_network *network_of(const char *kind, const struct sizes *s, struct pc_operation **operation) {
    pcil_network *network;
    char text[64];
    if (strcmp(kind, "conv") == 0)
        snprintf(text, sizeof text, "conv %d %dx%d/%d padding=%d", s->out, s->window, s->window, s->stride, s->padding);
    else
        snprintf(text, sizeof text, "%s %dx%d/%d padding=%d", kind, s->window, s->window, s->stride, s->padding);
    check_ok(pcil_network_create(&network));
    check_ok(pcil_network_input(network, s->channels, s->height, s->width));
    check_ok(pcil_network_block(network));
    check_ok(pcil_network_operation(network, text));
    *operation = &network->blocks[0].operations[0];
    return network;
}

/* Calls `visit` for each pair of output and input pixel that a window joins, of image `b`. */
typedef void (*pair_visit)(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix);

static int out_height, out_width;

static void visit_pairs(const struct sizes *s, pair_visit visit) {
    for (int b = 0; b < s->batch; b++)
        for (int oy = 0; oy < out_height; oy++)
            for (int ox = 0; ox < out_width; ox++)
                for (int k = 0; k < s->window * s->window; k++) {
                    int ky = k / s->window, kx = k % s->window;
                    int iy = oy * s->stride + ky - s->padding, ix = ox * s->stride + kx - s->padding;
                    if (iy < 0 || ix < 0 || iy >= s->height || ix >= s->width) continue;
                    visit(s, b, oy, ox, ky, kx, iy, ix);
                }
}

static int64_t in_at(const struct sizes *s, int b, int iy, int ix) {
    return (((int64_t)b * s->height + iy) * s->width + ix) * s->channels;
}

static int64_t out_at(const struct sizes *s, int b, int oy, int ox) {
    return (((int64_t)b * out_height + oy) * out_width + ox) * s->out;
}

static int64_t weight_at(const struct sizes *s, int ky, int kx, int c) {
    return (((int64_t)ky * s->window + kx) * s->channels + c) * s->out;
}

static const float *source;

static void conv_pair(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int c = 0; c < s->channels; c++)
        for (int o = 0; o < s->out; o++)
            expected[out_at(s, b, oy, ox) + o] +=
                (double)source[in_at(s, b, iy, ix) + c] * (double)parameters[weight_at(s, ky, kx, c) + o];
}

static void conv_back_pair(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int c = 0; c < s->channels; c++)
        for (int o = 0; o < s->out; o++)
            expected[in_at(s, b, iy, ix) + c] +=
                (double)gy[out_at(s, b, oy, ox) + o] * (double)parameters[weight_at(s, ky, kx, c) + o];
}

static void conv_gradient_pair(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int c = 0; c < s->channels; c++)
        for (int o = 0; o < s->out; o++)
            expected[weight_at(s, ky, kx, c) + o] +=
                (double)x[in_at(s, b, iy, ix) + c] * (double)gy[out_at(s, b, oy, ox) + o];
}

static void clear(int64_t count) {
    memset(expected, 0, (size_t)count * sizeof *expected);
}

static void prepare(const struct sizes *s, const struct pc_operation *operation, struct pc_call *call) {
    out_height = operation->out.height;
    out_width = operation->out.width;
    fill(x, s->batch * operation->in_size, 1, 1);
    fill(dx, s->batch * operation->in_size, 2, .1);
    fill(gy, s->batch * operation->out_size, 3, 1);
    *call = (struct pc_call){.batch = s->batch, .backend = &pc_backend_blas};
    if (!operation->kind->workspace) return;
    call->workspace = pc_allocate_floats(operation->kind->workspace(operation, s->batch), 1);
    assert_non_null(call->workspace);
}

static void check_conv_by(const struct sizes *s, const struct pc_backend *backend) {
    struct pc_operation *operation;
    struct pc_call call;
    pcil_network *network = network_of("conv", s, &operation);
    const struct pc_operation_kind *kind = operation->kind;
    int64_t weights = (operation->rows - 1) * operation->columns;
    prepare(s, operation, &call);
    call.backend = backend;
    call.room = pc_allocate_floats(pc_backend_room(s->batch * out_height * out_width, operation->rows - 1, s->out), 1);
    fill(parameters, weights + s->out, 4, .3);
    int64_t ins = s->batch * operation->in_size, outs = s->batch * operation->out_size;
    clear(outs);
    for (int64_t i = 0; i < outs; i++) expected[i] = (double)parameters[weights + i % s->out];
    source = x;
    visit_pairs(s, conv_pair);
    kind->forward(operation, &call, parameters, x, y);
    check_close(y, expected, outs, 2e-6);
    for (int64_t i = 0; i < outs; i++) expected[i] = 0;
    source = dx;
    visit_pairs(s, conv_pair);
    for (int64_t i = 0; i < outs; i++) expected[i] = (double)y[i] - expected[i];
    kind->change(operation, &call, parameters, x, dx, -1, 1, y);
    check_close(y, expected, outs, 2e-6);
    clear(ins);
    visit_pairs(s, conv_back_pair);
    kind->back(operation, &call, parameters, x, gy, back);
    check_close(back, expected, ins, 2e-6);
    clear(weights + s->out);
    visit_pairs(s, conv_gradient_pair);
    for (int64_t i = 0; i < outs; i++) expected[weights + i % s->out] += (double)gy[i];
    fill(gradient, weights + s->out, 5, 1);
    for (int64_t i = 0; i < weights + s->out; i++) expected[i] = .5 * (double)gradient[i] - 2 * expected[i];
    kind->gradient(operation, &call, x, gy, -2, .5f, 0, operation->rows, gradient);
    check_close(gradient, expected, weights + s->out, 3e-6);
    assert_int_equal(call.products, 3);
    pc_release(call.workspace);
    pc_release(call.room);
    pcil_network_free(network);
}

static void check_conv(const struct sizes *s) {
    for (int32_t place = 0; place < pc_backend_family.count; place++)
        check_conv_by(s, (const struct pc_backend *)pc_backend_family.kinds[place]);
}

static void test_conv(void **state) {
    (void)state;
    for (int32_t stride = 1; stride <= 3; stride++)
        for (int32_t padding = 0; padding <= 2; padding++)
            for (int32_t batch = 1; batch <= 5; batch++)
                for (int32_t window = padding + 1; window <= 5; window += 2) {
                    struct sizes s = {batch, 3, 7, 9, 4, window, stride, padding};
                    check_conv(&s);
                }
}

/* Patches are made for some images at a time. */
static void test_conv_in_several_chunks(void **state) {
    (void)state;
    for (int32_t stride = 1; stride <= 3; stride++)
        for (int32_t padding = 0; padding <= 2; padding++) {
            struct sizes s = {5, 16, 10 + 12 * stride, 11 + 12 * stride, 3, 7, stride, padding};
            struct pc_operation *operation;
            pcil_network *network = network_of("conv", &s, &operation);
            int64_t whole = 5 * (int64_t)operation->out.height * operation->out.width * 7 * 7 * 16;
            assert_true(operation->kind->workspace(operation, 5) < whole);
            pcil_network_free(network);
            check_conv_by(&s, &pc_backend_blas);
        }
}

/* 13 images of 25 places fit; 12 are a multiple of four rows. Six of 100 places are one, too. */
static void test_chunks_suit_a_blas(void **state) {
    (void)state;
    const struct sizes few = {14, 64, 14, 14, 3, 5, 2, 0}, many = {7, 32, 23, 23, 2, 5, 2, 0};
    const int64_t images[] = {12, 6};
    const struct sizes *all[] = {&few, &many};
    for (int i = 0; i < 2; i++) {
        struct pc_operation *operation;
        pcil_network *network = network_of("conv", all[i], &operation);
        int64_t of_image = (int64_t)operation->out.height * operation->out.width * (operation->rows - 1);
        assert_int_equal(operation->kind->workspace(operation, 64), images[i] * of_image);
        pcil_network_free(network);
        check_conv_by(all[i], &pc_backend_blas);
    }
}

/* Pooling: sums, counts and maxima of each window into expected[] and other[]. */
static void sum_pair(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix) {
    (void)ky, (void)kx;
    for (int c = 0; c < s->channels; c++) {
        expected[out_at(s, b, oy, ox) + c] += (double)source[in_at(s, b, iy, ix) + c];
        other[out_at(s, b, oy, ox) + c] += 1;
    }
}

static void max_pair(const struct sizes *s, int b, int oy, int ox, int ky, int kx, int iy, int ix) {
    (void)ky, (void)kx;
    for (int c = 0; c < s->channels; c++) {
        double *most = &expected[out_at(s, b, oy, ox) + c];
        *most = fmax(*most, (double)source[in_at(s, b, iy, ix) + c]);
    }
}

static void pool_reference(const struct sizes *s, bool largest, const float *from, int64_t outs) {
    source = from;
    for (int64_t i = 0; i < outs; i++) expected[i] = largest ? -INFINITY : 0;
    for (int64_t i = 0; i < outs; i++) other[i] = 0;
    visit_pairs(s, largest ? max_pair : sum_pair);
    for (int64_t i = 0; i < outs && !largest; i++) expected[i] /= other[i];
}

/* J^T gy, by the double-precision reference. */
static void pool_back_reference(const char *name, const struct sizes *s) {
    char text[80];
    struct ref_network network;
    snprintf(text, sizeof text, "%dx%dx%d; %s %dx%d/%d padding=%d", s->channels, s->height, s->width, name, s->window,
             s->window, s->stride, s->padding);
    ref_network_parse(&network, text, s->batch);
    struct ref_operation *operation = &network.block[0].operation[0];
    for (int i = 0; i < s->batch * operation->inputs; i++) operation->input[i] = (double)x[i];
    for (int i = 0; i < s->batch * operation->outputs; i++) other[i] = (double)gy[i];
    if (strcmp(name, "max_pool") == 0)
        ref_max_pool_back(operation, s->batch, other, expected);
    else
        ref_avg_pool_back(operation, s->batch, other, expected);
    ref_network_free(&network);
}

static void check_pool(const char *name, const struct sizes *s) {
    struct pc_operation *operation;
    struct pc_call call;
    bool largest = strcmp(name, "max_pool") == 0;
    pcil_network *network = network_of(name, s, &operation);
    const struct pc_operation_kind *kind = operation->kind;
    prepare(s, operation, &call);
    int64_t ins = s->batch * operation->in_size, outs = s->batch * operation->out_size;
    kind->forward(operation, &call, NULL, x, y);
    pool_reference(s, largest, x, outs);
    check_close(y, expected, outs, 1e-6);
    for (int64_t i = 0; i < ins; i++) moved[i] = x[i] + dx[i];
    pool_reference(s, largest, moved, outs);
    for (int64_t i = 0; i < outs; i++) expected[i] -= (double)y[i];
    kind->change(operation, &call, NULL, x, dx, 1, 0, got);
    check_close(got, expected, outs, 1e-5);
    for (int64_t i = 0; i < outs; i++) expected[i] = (double)y[i] - 2 * expected[i];
    kind->change(operation, &call, NULL, x, dx, -2, 1, y);
    check_close(y, expected, outs, 1e-5);
    kind->back(operation, &call, NULL, x, gy, back);
    pool_back_reference(name, s);
    check_close(back, expected, ins, 1e-6);
    pc_release(call.workspace);
    pcil_network_free(network);
}

static void test_pools(void **state) {
    (void)state;
    for (int32_t stride = 1; stride <= 3; stride++)
        for (int32_t padding = 0; padding <= 2; padding++)
            for (int32_t window = padding + 1; window <= 4; window++) {
                struct sizes s = {1 + (stride + padding + window) % 5, 4, 7, 9, 4, window, stride, padding};
                check_pool("max_pool", &s);
                check_pool("avg_pool", &s);
            }
}

/* More channels than the loops take at once, and not a multiple of any vector. */
static void test_pools_of_many_channels(void **state) {
    (void)state;
    for (int32_t padding = 0; padding <= 1; padding++)
        for (int32_t channels = 63; channels <= 131; channels += 34) {
            struct sizes s = {2, channels, 5, 6, channels, 3, 2, padding};
            check_pool("max_pool", &s);
            check_pool("avg_pool", &s);
        }
}

/* Of equal largest numbers the first gets the whole gradient and its change is the window's, in every channel. */
static void test_the_first_of_equals_counts(void **state) {
    (void)state;
    enum { CHANNELS = 67 };
    struct sizes s = {1, CHANNELS, 2, 2, CHANNELS, 2, 2, 0};
    struct pc_operation *operation;
    struct pc_call call;
    pcil_network *network = network_of("max_pool", &s, &operation);
    prepare(&s, operation, &call);
    for (int k = 0; k < 4; k++)
        for (int c = 0; c < CHANNELS; c++) {
            x[k * CHANNELS + c] = k < c % 4 ? 1 : 3; /* pixels from c % 4 on are equal */
            dx[k * CHANNELS + c] = k == c % 4 ? .25f : .125f;
        }
    operation->kind->back(operation, &call, NULL, x, gy, back);
    for (int k = 0; k < 4; k++)
        for (int c = 0; c < CHANNELS; c++)
            assert_memory_equal(&back[k * CHANNELS + c], k == c % 4 ? &gy[c] : &(float){0}, sizeof(float));
    operation->kind->change(operation, &call, NULL, x, dx, 1, 0, got);
    for (int c = 0; c < CHANNELS; c++) assert_true(fabsf(got[c] - .25f) == 0);
    pc_release(call.workspace);
    pcil_network_free(network);
}

/* Either side alone, with its padding, may go beyond what 32 bits count. */
static void test_padded_sides_are_bounded(void **state) {
    (void)state;
    static const char *const texts[] = {"1x2147483647x1; conv 1 3x3 padding=2",
                                        "1x1x2147483647; max_pool 3x3 padding=2"};
    for (int i = 0; i < 2; i++) {
        pcil_network *network = NULL;
        assert_int_not_equal(pcil_network_parse(&network, texts[i]), PCIL_OK);
        if (!strstr(pcil_last_error(), "has a side of more than 2^31-1"))
            fail_msg("%s: %s", texts[i], pcil_last_error());
    }
}

static void test_description_comes_back(void **state) {
    (void)state;
    const char *text = "3x32x32; conv 64 5x5/2, relu; conv 128 5x5/2 padding=1, relu, max_pool 2x2; dense 10; softmax";
    char back_text[200];
    int64_t length;
    int32_t channels, height, width;
    pcil_network *network;
    check_ok(pcil_network_parse(&network, text));
    check_ok(pcil_network_describe(network, back_text, sizeof back_text, &length));
    assert_string_equal(back_text, text);
    check_ok(pcil_network_node_shape(network, 1, &channels, &height, &width));
    assert_true(channels == 64 && height == 14 && width == 14);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_in_several_chunks),
        cmocka_unit_test(test_chunks_suit_a_blas),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_pools_of_many_channels),
        cmocka_unit_test(test_the_first_of_equals_counts),
        cmocka_unit_test(test_padded_sides_are_bounded),
        cmocka_unit_test(test_description_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
