/* The inside of an optimizer, and what a kind of optimizer supplies. For this folder alone. */
#ifndef PC_OPTIMIZER_RULE_H
#define PC_OPTIMIZER_RULE_H

#include "base/settings.h"
#include "optimizer/optimizer.h"
#include "optimizer/step.h"

/* The family's options, in the order of its table. */
enum {
    PC_LEARNING_RATE,
    PC_WEIGHT_DECAY,
    PC_CLIP_VALUE,
    PC_CLIP_NORM,
    PC_RATE_DECAY,
    PC_DECAY_RATE,
    PC_DECAY_STEPS,
    PC_DECAY_FACTOR
};

struct pc_optimizer_block {
    float *weights;
    int64_t count;  /* of weights and bias */
    int64_t offset; /* of its slice in each array of state */
    double rate, magnitude;
    bool stepped, measured; /* whether those two were ever set */
};

struct pcil_optimizer {
    struct pc_error error;
    pcil_network *network;
    const struct pc_rule *rule;
    struct pc_settings settings;
    struct pc_optimizer_block *block;
    int32_t blocks;
    int64_t parameters, largest;
    float *state;     /* [arrays of the rule][parameters] */
    double *averages; /* mq's v of each block, negative until its first step; NULL for other kinds */
    float *whole;     /* room for the largest block's gradient; NULL until clip_norm is set */
    int64_t iterations;
    double decay; /* this iteration's factor of the learning rates */
    bool measuring;
    bool redirected; /* to other weights (pc_optimizer_redirect) */
    const struct pc_step_kernels *kernels;
    struct pc_step step; /* of the block begun last, as its sums */
    struct pc_step_sums sums;
};

/* A kind of optimizer. */
struct pc_rule {
    struct pc_kind kind;
    enum pc_pass pass;
    bool wants_mean_square, has_averages;
    const char *arrays[2]; /* names of its arrays of state, each as large as the weights */
    /* Fills the numbers of a block's step; returns the rate to report. The step comes with clipping, rate =
     * the decayed learning rate and coupled = weight_decay filled in. */
    double (*begin)(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step);
    /* After the step, with the block's mean |g|; NULL: nothing to do. */
    void (*end)(pcil_optimizer *optimizer, int32_t block, double mean);
};

extern const struct pc_rule pc_rule_sgd, pc_rule_momentum, pc_rule_nesterov, pc_rule_nlms, pc_rule_adam, pc_rule_adamw,
    pc_rule_mq;

/* How many arrays of state a kind has (state.c). */
int32_t pc_rule_arrays(const struct pc_rule *rule);

/* The factor of the learning rates in training iteration b = 0, 1, ... (decay.c). */
double pc_rate_decay(const struct pc_settings *settings, int64_t b);

/* A block's learning rate with the iteration's decay. */
double pc_decayed_rate(const pcil_optimizer *optimizer, int32_t block);

/* Adam's options and numbers, for AdamW too (adam.c). */
enum { PC_ADAM_OPTIONS = 3 };
extern const struct pc_option pc_adam_options[PC_ADAM_OPTIONS];
double pc_adam_begin(const pcil_optimizer *optimizer, int32_t block, double mean_square, struct pc_step *step);

/* mq's v of a block, or where it will start (mq.c). */
double pc_mq_average(const pcil_optimizer *optimizer, int32_t block);

#endif
