/*
 * The element-wise passes of all optimizers: weights, gradient and state are read and written once. A pass works in
 * chunks that stay in the first cache, so that its sums cost no second trip to memory.
 *
 * Every pass takes g = scale * clamp(G, -limit, limit) and moves W by a step d, W -= d:
 *
 *   plain     d = rate (g + coupled W)
 *   momentum  m = keep m + g + coupled W;  d = rate (from_gradient (g + coupled W) + from_momentum m)
 *   adam      h = g + coupled W;  m = keep m + take h;  s = square_keep s + square_take h^2;
 *             d = rate m / (root sqrt(s) + epsilon) + decoupled W
 *
 * |m| below 1e-30 and s below 1e-36 become 0: units that died would else leave denormal numbers, which are slow.
 * That moves a weight by less than rate * 1e-30 / epsilon, far below what a float weight can hold.
 */
#ifndef PC_OPTIMIZER_STEP_H
#define PC_OPTIMIZER_STEP_H

#include "base/vector.h"

#include <stdbool.h>
#include <stdint.h>

enum pc_pass { PC_PASS_PLAIN, PC_PASS_MOMENTUM, PC_PASS_ADAM, PC_PASSES };

/* The numbers of one block's step. */
struct pc_step {
    float limit, scale;
    float rate, coupled, decoupled;
    float keep, take, square_keep, square_take;
    float from_gradient, from_momentum;
    float root, epsilon;
    bool average; /* sum |g| */
    bool measure; /* sum |d| */
};

struct pc_step_sums {
    double gradient; /* sum of |g| */
    double moved;    /* sum of |d| */
};

struct pc_step_kernels {
    /* Adds to `sums`. `first` and `second` are the state, NULL where the pass has none; `gradient` NULL means 0. */
    void (*pass[PC_PASSES])(const struct pc_step *step, float *weights, const float *gradient, float *first,
                            float *second, int64_t count, struct pc_step_sums *sums);
    /* Sum of clamp(G, -limit, limit)^2. */
    double (*squares)(const float *gradient, int64_t count, float limit);
};

PC_VECTOR_DECLARE(const struct pc_step_kernels, pc_step_kernels);

#endif
