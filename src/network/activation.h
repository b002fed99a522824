/*
 * Activations: element-wise functions f, each with its slope and with the change f(x+d) - f(x) taken from d without
 * cancellation (so that an error can be carried instead of recomputed). A kind is one file NAME.vec.c that defines
 * three scalar functions and includes activation_passes.h, plus a row in elementwise.c.
 */
#ifndef PC_NETWORK_ACTIVATION_H
#define PC_NETWORK_ACTIVATION_H

#include "base/vector.h"

#include <stdint.h>

/*
 * One gradient step of a node through the activation that its outgoing block begins with (the step of an activity, eq.
 * 2): d = drive * f'(x) g - error * e - decay * f'(x) f(x).
 */
struct pc_move {
    float drive, error, decay, parameter;
};

struct pc_activation_passes {
    /* y = f(x). */
    void (*value)(int64_t count, float parameter, const float *restrict x, float *restrict y);
    /* out = f'(x) g; out may be g. */
    void (*back)(int64_t count, float parameter, const float *x, const float *g, float *out);
    /* out = beta out + alpha (f(x+d) - f(x)); beta is 0 or 1. */
    void (*change)(int64_t count, float parameter, const float *restrict x, const float *restrict d, float alpha,
                   float beta, float *restrict out);
    /* x += d, e += d, f = f(x), df = the change of f; f holds f(x) of the old x on entry. */
    void (*move)(int64_t count, const struct pc_move *move, const float *restrict g, float *restrict x,
                 float *restrict e, float *restrict f, float *restrict df);
};

#endif
