/* The reference's convolution: y = x * W + b, W being [kernel height][kernel width][input channels][channels]; pixels
 * outside the image are 0. */
#include "reference/window.h"

#include <string.h>

struct arrays {
    const double *from;
    double *to;
};

static int weight_at(const struct ref_operation *o, struct ref_tap tap, int c) {
    return ((tap.ky * o->window_width + tap.kx) * o->in.channels + c) * o->out.channels;
}

static void forward_pixel(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user) {
    const struct arrays *arrays = user;
    for (int c = 0; c < o->in.channels; c++) {
        double x = arrays->from[in + c], *y = arrays->to + out;
        const double *row = o->weight + weight_at(o, tap, c);
        for (int k = 0; k < o->out.channels; k++) y[k] += x * row[k];
    }
}

void ref_conv(const struct ref_operation *o, int batch, double *y) {
    struct arrays arrays = {o->input, y};
    for (int i = 0; i < batch * o->outputs; i++) y[i] = o->bias[i % o->out.channels];
    ref_windows(o, batch, forward_pixel, &arrays);
}

/* d += e W^T */
static void back_pixel(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user) {
    const struct arrays *arrays = user;
    for (int c = 0; c < o->in.channels; c++) {
        const double *row = o->weight + weight_at(o, tap, c), *e = arrays->from + out;
        double sum = 0;
        for (int k = 0; k < o->out.channels; k++) sum += e[k] * row[k];
        arrays->to[in + c] += sum;
    }
}

void ref_conv_back(const struct ref_operation *o, int batch, const double *e, double *d) {
    struct arrays arrays = {e, d};
    memset(d, 0, (size_t)(batch * o->inputs) * sizeof *d);
    ref_windows(o, batch, back_pixel, &arrays);
}

/* G += x^T e */
static void gradient_pixel(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user) {
    const struct arrays *arrays = user;
    for (int c = 0; c < o->in.channels; c++) {
        double x = o->input[in + c], *row = arrays->to + weight_at(o, tap, c);
        const double *e = arrays->from + out;
        for (int k = 0; k < o->out.channels; k++) row[k] += x * e[k];
    }
}

/* G_W = -(1/B) sum x^T e, G_b = -(1/B) sum e, over samples and positions */
void ref_conv_gradient(struct ref_operation *o, int batch, const double *e) {
    struct arrays arrays = {e, o->weight_gradient};
    int weights = ref_weights(o), channels = o->out.channels;
    memset(o->weight_gradient, 0, (size_t)weights * sizeof *e);
    memset(o->bias_gradient, 0, (size_t)channels * sizeof *e);
    ref_windows(o, batch, gradient_pixel, &arrays);
    for (int i = 0; i < weights; i++) o->weight_gradient[i] /= -batch;
    for (int i = 0; i < batch * o->outputs; i++) o->bias_gradient[i % channels] -= e[i] / batch;
}
