/*
 * Normalised least mean squares: the rate is divided by |f|^2 + 1, |f|^2 the mean over the batch of the squared length
 * of the block's input and the 1 for its bias. With learning_rate 1 and a batch of one, a dense block's step makes its
 * local error 0 for the same input (the normalised step of Alonso et al. 2022, IL-prox).
 */
#include "optimizer/rule.h"

static double begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    double rate = pc_decayed_rate(optimizer, block) / (mean_square + 1);
    step->rate = (float)rate;
    return rate;
}

const struct pc_rule pc_rule_nlms = {
    .kind = {.name = "nlms",
             .help = "normalised steps: W -= rate / (|f|^2 + 1) G, |f|^2 of the block's input; no state"},
    .pass = PC_PASS_PLAIN,
    .wants_mean_square = true,
    .begin = begin,
};
