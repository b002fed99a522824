/*
 * Adam (Kingma & Ba 2015, algorithm 1), the bias corrections of both moments folded into two numbers per step:
 *
 *   m = beta1 m + (1 - beta1) G,  s = beta2 s + (1 - beta2) G^2
 *   W -= rate m / (1 - beta1^b) / (sqrt(s / (1 - beta2^b)) + epsilon),  b = 1, 2, ...
 *
 * with G + weight_decay W in G's place.
 */
#include "optimizer/rule.h"

#include <math.h>

const struct pc_option pc_adam_options[PC_ADAM_OPTIONS] = {
    {.name = "beta1", .type = PC_NUMBER, .initial = .9, .least = 0, .most = .999999, .help = "part of m kept"},
    {.name = "beta2", .type = PC_NUMBER, .initial = .999, .least = 0, .most = .9999999, .help = "part of s kept"},
    {.name = "epsilon", .type = PC_NUMBER, .initial = 1e-8, .least = 1e-10, .most = 1, .help = "added to sqrt(s)"},
};

double pc_adam_begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    (void)mean_square;
    double beta1 = pc_own_setting(&optimizer->settings, 0), beta2 = pc_own_setting(&optimizer->settings, 1);
    double rate = pc_decayed_rate(optimizer, block), b = (double)optimizer->iterations;
    step->keep = (float)beta1;
    step->take = (float)(1 - beta1);
    step->square_keep = (float)beta2;
    step->square_take = (float)(1 - beta2);
    step->rate = (float)(rate / (1 - pow(beta1, b)));
    step->root = (float)(1 / sqrt(1 - pow(beta2, b)));
    step->epsilon = (float)pc_own_setting(&optimizer->settings, 2);
    return rate;
}

const struct pc_rule pc_rule_adam = {
    .kind = {"adam", "Adam: steps of rate m / sqrt(s), running means of G and G^2; state 2 x weights",
             PC_TABLE(pc_adam_options)},
    .pass = PC_PASS_ADAM,
    .arrays = {"m", "s"},
    .begin = pc_adam_begin,
};
