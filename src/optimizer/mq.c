/*
 * Matrix update equalization (Alonso, Krichmar & Neftci 2024, eqs. 7 and 8): one number v per block, a slow average of
 * mean |G| over matrix and bias, makes the updates of all blocks about equally large:
 *
 *   W -= (rate / (v + r) + alpha_min) G, then v = rho_b v + (1 - rho_b) mean |G|,  rho_b = min(b / (b + 1), rho)
 *
 * for training iterations b = 1, 2, ... The printed eq. 8 has (1 - rho) v - rho mean |G|, a misprint: v is to be a
 * positive slow average. The rate decay multiplies the whole step. Weight decay moves W by the same rate and is no
 * part of mean |G|.
 */
#include "optimizer/rule.h"

#include <math.h>

enum { ALPHA_MIN, R, RHO, V_START };

static const struct pc_option options[] = {
    {.name = "alpha_min",
     .type = PC_NUMBER,
     .initial = .001,
     .least = 0,
     .most = 1e6,
     .help = "rate of the part of the step that is not equalised"},
    {.name = "r", .type = PC_NUMBER, .initial = 1e-6, .least = 1e-12, .most = 1e6, .help = "added to v"},
    {.name = "rho",
     .type = PC_NUMBER,
     .initial = .9999,
     .least = 0,
     .most = 1,
     .help = "part of v kept at each step; the paper's convolutional networks use 0.999"},
    {.name = "v_start",
     .type = PC_NUMBER,
     .initial = 0,
     .least = 0,
     .most = 1e6,
     .help = "where v starts; 0: at the block's learning rate"},
};

double pc_mq_average(const pcil_optimizer *optimizer, int32_t block) {
    double start = pc_own_setting(&optimizer->settings, V_START);
    if (!(optimizer->averages[block] < 0)) return optimizer->averages[block];
    return start > 0 ? start : pc_setting_at(&optimizer->settings, PC_LEARNING_RATE, block);
}

static double begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    (void)mean_square;
    const struct pc_settings *settings = &optimizer->settings;
    double equalised = pc_setting_at(settings, PC_LEARNING_RATE, block) /
                       (pc_mq_average(optimizer, block) + pc_own_setting(settings, R));
    double rate = optimizer->decay * (equalised + pc_own_setting(settings, ALPHA_MIN));
    step->rate = (float)rate;
    return rate;
}

static void end(pcil_optimizer *optimizer, int32_t block, double mean) {
    double b = (double)optimizer->iterations;
    double rho = fmin(b / (b + 1), pc_own_setting(&optimizer->settings, RHO));
    optimizer->averages[block] = rho * pc_mq_average(optimizer, block) + (1 - rho) * mean;
}

const struct pc_rule pc_rule_mq = {
    .kind = {"mq", "matrix update equalization: W -= (rate / (v + r) + alpha_min) G; one number of state per block",
             PC_TABLE(options)},
    .pass = PC_PASS_PLAIN,
    .has_averages = true,
    .begin = begin,
    .end = end,
};
