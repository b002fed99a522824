/* Learning with somebody looking on. */
#ifndef PC_LEARNING_LEARNING_H
#define PC_LEARNING_LEARNING_H

#include "inference/inference.h"
#include "optimizer/optimizer.h"

/*
 * Is shown each block's gradient part by part: `count` numbers from `offset` on of the block's [weights][bias]; NULL:
 * it is exactly 0. First of all with a `count` of 0, when no weight of the block has moved yet.
 */
typedef void (*pc_gradient_watch)(void *user, int32_t block, int64_t offset, int64_t count, const float *gradient);

/* Whether the two belong together. */
pcil_status pc_learn_check(pcil_inference *inference, const pcil_optimizer *optimizer);

/* pcil_learn, to the bit; `watch` may be NULL. */
pcil_status pc_learn(pcil_inference *inference, pcil_optimizer *optimizer, pc_gradient_watch watch, void *user);

#endif
