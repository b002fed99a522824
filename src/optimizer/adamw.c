/* AdamW (Loshchilov & Hutter 2019, algorithm 2): Adam's step of G alone, and beside it W -= rate weight_decay W. */
#include "optimizer/rule.h"

static double begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    double rate = pc_adam_begin(optimizer, block, mean_square, step);
    step->coupled = 0;
    step->decoupled = (float)(rate * pc_setting(&optimizer->settings, PC_WEIGHT_DECAY));
    return rate;
}

const struct pc_rule pc_rule_adamw = {
    .kind = {"adamw", "Adam with weight decay beside its step instead of in G; state 2 x weights",
             PC_TABLE(pc_adam_options)},
    .pass = PC_PASS_ADAM,
    .arrays = {"m", "s"},
    .begin = begin,
};
