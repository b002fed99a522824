/*
 * The library and the reference side by side: one network, one batch, one optimizer in both, from the same weights and
 * numbers. Every comparison ends the running test with what differs and where.
 */
#ifndef TESTS_REFERENCE_PAIR_H
#define TESTS_REFERENCE_PAIR_H

#include "base/random.h"
#include "pcil.h"
#include "reference/reference.h"

struct pair {
    char about[160]; /* for messages: network, schedule, optimizer */
    struct pc_random random;
    int largest_batch, batch, step;
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    struct ref_network ref_network;
    struct ref_inference ref_inference;
    struct ref_optimizer ref_optimizer;
    float *inputs, *targets; /* of the present batch */
    float *values;           /* room for any node's or tensor's numbers */
    double *start;           /* the reference's first weights, block after block */
};

void pair_create(struct pair *pair, const char *description, const char *schedule, const char *optimizer,
                 int largest_batch, uint64_t seed);
void pair_free(struct pair *pair);

/* Options of both, by the library's names; "backprop" has none of inference's. */
void pair_infer_set(struct pair *pair, const char *name, double value);
void pair_hard_clamp(struct pair *pair);
void pair_learn_set(struct pair *pair, const char *name, double value);
void pair_rate_decay(struct pair *pair, const char *kind);

/* Copies the library's weights to the reference. */
void pair_take_weights(struct pair *pair);

/* A new random batch: inputs in [-1,1] (or any `least` ... 1), targets that the output kind allows. */
void pair_draw(struct pair *pair, int batch, double least);

/* The phases of a step in both, each followed by a comparison of all that can be seen. */
void pair_clamp(struct pair *pair);
void pair_infer(struct pair *pair, int iterations);
void pair_learn(struct pair *pair);

/* Five steps of the option's iterations, on batches of different sizes up to the largest. */
void pair_train(struct pair *pair);

/* The tolerance of every comparison, relative to the largest element. */
extern const double pair_tolerance;

/* Compares the present activities, errors, energies and losses; gradients; weights. */
void pair_compare_state(struct pair *pair);
void pair_compare_gradients(struct pair *pair);
void pair_compare_weights(struct pair *pair);

/* The library's gradient of a whole block, [weights][bias], into pair->values. */
const float *pair_block_gradient(struct pair *pair, int block);

#endif
