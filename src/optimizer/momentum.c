/* Heavy-ball momentum (Polyak 1964): m = momentum m + G, W -= rate m, with G + weight_decay W in G's place. */
#include "optimizer/rule.h"

static const struct pc_option options[] = {
    {.name = "momentum",
     .type = PC_NUMBER,
     .initial = .9,
     .least = 0,
     .most = 1,
     .help = "part of m kept at each step"},
};

static double begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    (void)mean_square;
    step->keep = (float)pc_own_setting(&optimizer->settings, 0);
    step->from_gradient = 0;
    step->from_momentum = 1;
    return pc_decayed_rate(optimizer, block);
}

const struct pc_rule pc_rule_momentum = {
    .kind = {"momentum", "heavy-ball momentum: m = momentum m + G, W -= rate m; state 1 x weights", PC_TABLE(options)},
    .pass = PC_PASS_MOMENTUM,
    .arrays = {"m"},
    .begin = begin,
};
