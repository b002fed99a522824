/*
 * Random numbers: xoshiro256++ (Blackman & Vigna 2019), seeded through splitmix64 from a seed, a stream's name and an
 * index. Streams of other names or indices are independent: "weights", "shuffle" of epoch 3, "augment" of epoch 3 batch
 * 17, ...
 */
#ifndef PC_BASE_RANDOM_H
#define PC_BASE_RANDOM_H

#include <stdint.h>

struct pc_random {
    uint64_t state[4];
};

void pc_random_seed(struct pc_random *random, uint64_t seed, const char *stream, uint64_t index);

uint64_t pc_random_next(struct pc_random *random);

/* Uniform in [0, 1), 53 bits. */
double pc_random_uniform(struct pc_random *random);

/* Uniform among 0 ... bound-1, without bias; bound >= 1. */
uint64_t pc_random_below(struct pc_random *random, uint64_t bound);

/* Standard normal (Box-Muller, one of the pair). */
double pc_random_normal(struct pc_random *random);

#endif
