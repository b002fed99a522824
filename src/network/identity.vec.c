/* identity: f(x) = x. */
#define PASSES pc_identity_passes

static inline float value(float x, float parameter) {
    (void)parameter;
    return x;
}

static inline float slope(float x, float parameter) {
    (void)x, (void)parameter;
    return 1;
}

static inline float difference(float x, float d, float parameter) {
    (void)x, (void)parameter;
    return d;
}

#define OWN_MOVE_PASS
#include "network/activation.h"

/* f is x itself, so that nothing is read from or written to `f`. */
static void move_pass(int64_t count, const struct pc_move *move, const float *restrict g, float *restrict x,
                      float *restrict e, float *restrict f, float *restrict df) {
    (void)f;
    float drive = move->drive, error = move->error, decay = move->decay;
    for (int64_t i = 0; i < count; i++) {
        float d = drive * g[i] - decay * x[i] - error * e[i];
        x[i] += d;
        e[i] += d;
        df[i] = d;
    }
}

#include "network/activation_passes.h"
