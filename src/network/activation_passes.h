/*
 * The passes of one activation, for an including NAME.vec.c that has defined
 *
 *   static inline float value(float x, float parameter);
 *   static inline float slope(float x, float parameter);
 *   static inline float difference(float x, float d, float parameter);   f(x+d) - f(x)
 *
 * and PASSES, the table's name (and OWN_MOVE_PASS, if it defines move_pass itself). Plain loops over restrict pointers,
 * so that compilers turn them into vector code.
 */
#include "network/activation.h"

static void value_pass(int64_t count, float parameter, const float *restrict x, float *restrict y) {
    for (int64_t i = 0; i < count; i++) y[i] = value(x[i], parameter);
}

static void back_pass(int64_t count, float parameter, const float *x, const float *g, float *out) {
    for (int64_t i = 0; i < count; i++) out[i] = slope(x[i], parameter) * g[i];
}

static void change_pass(int64_t count, float parameter, const float *restrict x, const float *restrict d, float alpha,
                        float beta, float *restrict out) {
    if (beta == 0)
        for (int64_t i = 0; i < count; i++) out[i] = alpha * difference(x[i], d[i], parameter);
    else
        for (int64_t i = 0; i < count; i++) out[i] += alpha * difference(x[i], d[i], parameter);
}

#ifndef OWN_MOVE_PASS
static void move_pass(int64_t count, const struct pc_move *move, const float *restrict g, float *restrict x,
                      float *restrict e, float *restrict f, float *restrict df) {
    float drive = move->drive, error = move->error, decay = move->decay, parameter = move->parameter;
    for (int64_t i = 0; i < count; i++) {
        float d = slope(x[i], parameter) * (drive * g[i] - decay * f[i]) - error * e[i];
        float moved = x[i] + d;
        df[i] = difference(x[i], d, parameter);
        f[i] = value(moved, parameter);
        x[i] = moved;
        e[i] += d;
    }
}
#endif

const struct pc_activation_passes PC_VECTOR_NAME(PASSES) = {value_pass, back_pass, change_pass, move_pass};
