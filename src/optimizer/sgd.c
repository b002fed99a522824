/* Stochastic gradient descent, W -= rate (G + weight_decay W): the paper's "IL, no optimizer" (its eq. 4 with a rate).
 */
#include "optimizer/rule.h"

static double begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step) {
    (void)mean_square;
    (void)step; /* the plain pass needs no more */
    return pc_decayed_rate(optimizer, block);
}

const struct pc_rule pc_rule_sgd = {
    .kind = {.name = "sgd", .help = "gradient descent: W -= rate G; no state"},
    .pass = PC_PASS_PLAIN,
    .begin = begin,
};
