#include "reference/window.h"

static void visit_pixel(const struct ref_operation *o, struct ref_tap tap, ref_visit each, void *user) {
    int y = tap.y * o->stride + tap.ky - o->padding, x = tap.x * o->stride + tap.kx - o->padding;
    if (y < 0 || y >= o->in.height || x < 0 || x >= o->in.width) return;
    int in = ((tap.sample * o->in.height + y) * o->in.width + x) * o->in.channels;
    int out = ((tap.sample * o->out.height + tap.y) * o->out.width + tap.x) * o->out.channels;
    each(o, tap, in, out, user);
}

void ref_windows(const struct ref_operation *o, int batch, ref_visit each, void *user) {
    for (int s = 0; s < batch; s++)
        for (int y = 0; y < o->out.height; y++)
            for (int x = 0; x < o->out.width; x++)
                for (int ky = 0; ky < o->window_height; ky++)
                    for (int kx = 0; kx < o->window_width; kx++)
                        visit_pixel(o, (struct ref_tap){s, y, x, ky, kx}, each, user);
}
