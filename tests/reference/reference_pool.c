/*
 * The reference's pooling. max_pool: of equal largest numbers the first in reading order is the one that counts.
 * avg_pool: the mean over the window's pixels inside the image.
 */
#include "reference/window.h"

#include <stdlib.h>
#include <string.h>

/* What has been seen of the window of each output: how many pixels, their sum, and where the first largest is. */
struct seen {
    int count, largest;
    double sum;
};

static void look(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user) {
    (void)tap;
    for (int c = 0; c < o->in.channels; c++) {
        struct seen *seen = (struct seen *)user + out + c;
        double x = o->input[in + c];
        if (seen->count == 0 || x > o->input[seen->largest]) seen->largest = in + c;
        seen->count++;
        seen->sum += x;
    }
}

static struct seen *look_at_all(const struct ref_operation *o, int batch) {
    struct seen *seen = calloc((size_t)(batch * o->outputs), sizeof *seen);
    if (!seen) ref_stop("no memory", "pooling");
    ref_windows(o, batch, look, seen);
    return seen;
}

void ref_max_pool(const struct ref_operation *o, int batch, double *y) {
    struct seen *seen = look_at_all(o, batch);
    for (int i = 0; i < batch * o->outputs; i++) y[i] = o->input[seen[i].largest];
    free(seen);
}

void ref_max_pool_back(const struct ref_operation *o, int batch, const double *e, double *d) {
    struct seen *seen = look_at_all(o, batch);
    memset(d, 0, (size_t)(batch * o->inputs) * sizeof *d);
    for (int i = 0; i < batch * o->outputs; i++) d[seen[i].largest] += e[i];
    free(seen);
}

void ref_avg_pool(const struct ref_operation *o, int batch, double *y) {
    struct seen *seen = look_at_all(o, batch);
    for (int i = 0; i < batch * o->outputs; i++) y[i] = seen[i].sum / seen[i].count;
    free(seen);
}

struct shares {
    const struct seen *seen;
    const double *e;
    double *d;
};

static void share_pixel(const struct ref_operation *o, struct ref_tap tap, int in, int out, void *user) {
    const struct shares *shares = user;
    (void)tap;
    for (int c = 0; c < o->in.channels; c++) shares->d[in + c] += shares->e[out + c] / shares->seen[out + c].count;
}

void ref_avg_pool_back(const struct ref_operation *o, int batch, const double *e, double *d) {
    struct seen *seen = look_at_all(o, batch);
    struct shares shares = {seen, e, d};
    memset(d, 0, (size_t)(batch * o->inputs) * sizeof *d);
    ref_windows(o, batch, share_pixel, &shares);
    free(seen);
}
