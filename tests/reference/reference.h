/*
 * A second, plain implementation of predictive coding on chains of blocks, in double precision, to compare the library
 * with. It follows the published equations line by line and shares no code with the library: no carried errors, no
 * skipped products, no tricks. Everything is an open structure and every function does what its equation says.
 *
 * Notation: blocks 0 ... L-1, nodes 0 ... L; block l predicts node l+1 from node l. A node's numbers are
 * [batch][features]. Wrong use and missing memory end the program: this is for tests alone.
 */
#ifndef TESTS_REFERENCE_REFERENCE_H
#define TESTS_REFERENCE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

enum { REF_MOST_BLOCKS = 8, REF_MOST_NODES = REF_MOST_BLOCKS + 1, REF_MOST_OPERATIONS = 6 };

struct ref_image {
    int channels, height, width;
};

/* One step of a block: "dense", "conv", "max_pool", "avg_pool", or an element-wise activation. */
struct ref_operation {
    char name[16];
    double slope; /* of leaky_relu */
    struct ref_image in, out;
    int inputs, outputs;                              /* their numbers */
    int window_height, window_width, stride, padding; /* of conv and pooling */
    double *weight, *bias; /* of dense [inputs][outputs], of conv; they lie in the block's parameters */
    double *weight_gradient, *bias_gradient; /* likewise in the block's gradient */
    double *input;                           /* [batch][inputs] of the latest forward pass */
};

struct ref_block {
    int operations;
    struct ref_operation operation[REF_MOST_OPERATIONS];
    int parameters; /* weights and biases together */
    double *parameter, *gradient;
};

struct ref_network {
    int blocks;
    struct ref_block block[REF_MOST_BLOCKS];
    struct ref_image image[REF_MOST_NODES];
    int size[REF_MOST_NODES]; /* numbers in it */
    char output[16];          /* "linear", "softmax", "sigmoid" */
    int largest_batch;
};

/* Reads a description in the library's language; parameters are 0. */
void ref_network_parse(struct ref_network *network, const char *description, int largest_batch);
void ref_network_free(struct ref_network *network);

/* p = B_l(x) */
void ref_block_forward(struct ref_block *block, int batch, const double *x, double *p);

/* below = J^T e at the latest forward pass's input; may be NULL. */
void ref_block_backward(const struct ref_block *block, int batch, const double *e, double *below);

/* G = -(1/B) sum over the batch of (dB/dW)^T e at the latest forward pass's input, into block->gradient. */
void ref_block_gradient(struct ref_block *block, int batch, const double *e);

/* f(x) of the decay term, f being the activation that the block begins with or else identity, and f'(x) f(x). */
void ref_block_decay(const struct ref_block *block, int batch, double *f, double *slope_f);

/* |f|^2 of the input of the block's first weights, averaged over the batch; 0 without weights. */
double ref_block_mean_square(const struct ref_block *block, int batch);

/* The number of an operation's weights, its biases aside; 0 if it has neither. */
int ref_weights(const struct ref_operation *operation);

/* Convolution and pooling of operation->input; d is J^T e. */
void ref_conv(const struct ref_operation *operation, int batch, double *y);
void ref_conv_back(const struct ref_operation *operation, int batch, const double *e, double *d);
void ref_conv_gradient(struct ref_operation *operation, int batch, const double *e);
void ref_max_pool(const struct ref_operation *operation, int batch, double *y);
void ref_max_pool_back(const struct ref_operation *operation, int batch, const double *e, double *d);
void ref_avg_pool(const struct ref_operation *operation, int batch, double *y);
void ref_avg_pool_back(const struct ref_operation *operation, int batch, const double *e, double *d);

double ref_activate(const struct ref_operation *operation, double x);
double ref_activate_slope(const struct ref_operation *operation, double x);

struct ref_inference {
    struct ref_network *network;
    char schedule[16]; /* "sequential", "simultaneous", "backprop" */
    int iterations;
    double step_size; /* epsilon */
    bool step_decay;  /* epsilon_t = epsilon / (1 + t) */
    bool hard;        /* clamp */
    double beta;
    double energy_weight[REF_MOST_NODES];  /* gamma_l */
    double activity_decay[REF_MOST_NODES]; /* gamma^decay_l */

    int batch, made; /* samples clamped; iterations made */
    double *activity[REF_MOST_NODES], *prediction[REF_MOST_NODES], *error[REF_MOST_NODES];
    double *output; /* pi */
    double *target; /* y */
};

void ref_inference_create(struct ref_inference *inference, struct ref_network *network, const char *schedule);
void ref_inference_free(struct ref_inference *inference);

/* Sets an option by the library's name; energy_weight and activity_decay also as name.node. */
void ref_inference_set(struct ref_inference *inference, const char *name, double value);

void ref_clamp(struct ref_inference *inference, const float *inputs, const float *targets, int batch);

/* One iteration (of "backprop": the whole pass). Errors are those of the activities afterwards. */
void ref_iterate(struct ref_inference *inference);
void ref_infer(struct ref_inference *inference, int iterations);

/* Predictions and errors of the present activities; ref_clamp and ref_iterate end with it. */
void ref_refresh(struct ref_inference *inference);

/* The terms of F at one node, averaged over the batch. */
struct ref_energy {
    double prediction, decay, loss;
};
struct ref_energy ref_energy_node(struct ref_inference *inference, int node);
double ref_energy(struct ref_inference *inference);

/* loss(y, pi) */
double ref_loss(const struct ref_inference *inference);

/* The gradients of all blocks from the present activities and errors. */
void ref_gradients(struct ref_inference *inference);

struct ref_optimizer {
    struct ref_network *network;
    char kind[16];
    double learning_rate[REF_MOST_BLOCKS];
    double weight_decay, clip_value, clip_norm; /* 0: none */
    char rate_decay[16];                        /* "none", "inverse_time", "step", "cosine" */
    double decay_rate, decay_steps, decay_factor;
    double momentum;                   /* of momentum, nesterov */
    double beta1, beta2, epsilon;      /* of adam, adamw */
    double alpha_min, r, rho, v_start; /* of mq; v_start 0: the learning rate */

    int steps;                                                /* made */
    double v[REF_MOST_BLOCKS];                                /* of mq */
    double *first[REF_MOST_BLOCKS], *second[REF_MOST_BLOCKS]; /* moments */
    double rate[REF_MOST_BLOCKS];                             /* that multiplied G in the latest step */
};

void ref_optimizer_create(struct ref_optimizer *optimizer, struct ref_network *network, const char *kind);
void ref_optimizer_free(struct ref_optimizer *optimizer);

/* Sets an option by the library's name; learning_rate also as learning_rate.block. */
void ref_optimizer_set(struct ref_optimizer *optimizer, const char *name, double value);

/* One step of every block by its gradient. `mean_square` [blocks] is ref_block_mean_square (nlms). */
void ref_optimizer_step(struct ref_optimizer *optimizer, const double *mean_square);

/* ref_gradients and ref_optimizer_step. */
void ref_learn(struct ref_inference *inference, struct ref_optimizer *optimizer);

/* Memory for `count` numbers, all 0; ends the program if there is none. */
double *ref_numbers(size_t count);

/* Ends the program with a message. */
_Noreturn void ref_stop(const char *message, const char *detail);

#endif
