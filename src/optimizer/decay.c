/* How learning rates shrink with the training iterations. */
#include "optimizer/rule.h"

#include <math.h>

enum { NONE, INVERSE_TIME, STEP, COSINE };

double pc_rate_decay(const struct pc_settings *settings, int64_t b) {
    double done = (double)b, steps = pc_setting(settings, PC_DECAY_STEPS);
    switch ((int)pc_setting(settings, PC_RATE_DECAY)) {
    case INVERSE_TIME:
        return 1 / (1 + pc_setting(settings, PC_DECAY_RATE) * done);
    case STEP:
        return pow(pc_setting(settings, PC_DECAY_FACTOR), floor(done / steps));
    case COSINE:
        return (1 + cos(acos(-1) * fmin(done, steps) / steps)) / 2;
    case NONE:
    default:
        return 1;
    }
}
