/*
 * Operations: what blocks are made of. A kind gives an operation's shape, its forward map over a batch, the change of
 * its output for a change of its input (without cancellation), its vector-Jacobian product and the gradient of its
 * parameters.
 */
#ifndef PC_NETWORK_OPERATION_H
#define PC_NETWORK_OPERATION_H

#include "base/kinds.h"
#include "linalg/backend.h"
#include "network/activation.h"

#include <stddef.h>

struct pc_team;

struct pc_shape {
    int32_t channels, height, width;
};

enum { PC_MOST_RANK = 4, PC_MOST_SIZES = 8, PC_MOST_OPERATION_OPTIONS = 4 };

/*
 * One operation of a network. Its parameters are one matrix [rows][columns] whose last row is the bias: "a bias is
 * stored in an extra column of each weight matrix" (the paper's, transposed).
 */
struct pc_operation {
    const struct pc_operation_kind *kind;
    struct pc_shape in, out;
    int64_t in_size, out_size;
    int64_t rows, columns; /* of its parameters; 0 without */
    int64_t offset;        /* of its parameters within the block's */
    int64_t weight_shape[PC_MOST_RANK];
    int32_t weight_rank;
    int32_t sizes[PC_MOST_SIZES]; /* what its text gives, e.g. dense's units */
    double options[PC_MOST_OPERATION_OPTIONS];
};

struct pc_exact_operation;

/* An operation's weights in the order in which its products, forward and back, read them. */
struct pc_kept {
    const struct pc_operation *operation;
    float *packed[2];
    bool made[2];
};

/* What every call of an operation's functions needs beside its arrays. */
struct pc_call {
    int64_t batch;
    int64_t part_of; /* the larger batch that this is a part of; 0: it is whole */
    float *workspace;
    const struct pc_backend *backend;
    float *room;          /* the backend's */
    struct pc_team *team; /* whom long work may be shared with; NULL: nobody */
    int64_t products;     /* counts the matrix products made */
    struct pc_kept *kept; /* of those operations that pack weights */
    int32_t kept_count;
    bool keeps; /* no weight changes for now: what is made in `kept` holds */
};

/* What moves a node's images between two products: gx is the gradient of one image, dx what its move changes. */
struct pc_images_move {
    void (*move)(void *user, int64_t image, const float *gx, float *dx);
    void *user;
    float *gx, *dx; /* room for an image each, or for the batch's where there is a team */
};

struct pc_operation_kind {
    struct pc_kind kind;

    /* How its text goes on after the name, for messages: "UNITS"; "" if nothing follows. */
    const char *usage;

    /* Reads one of the words after the name (not name=value); false if it makes no sense. `place` counts from 0. */
    bool (*read)(struct pc_operation *operation, int32_t place, const char *word, size_t length);

    /* Appends those words, each behind a space. */
    void (*print)(const struct pc_operation *operation, struct pc_text *text);

    /* Sets all but kind, in, sizes, options and offset from these. */
    pcil_status (*shape)(struct pc_operation *operation, struct pc_error *own);

    /* Matrix products of one forward, backward or gradient call each; a cut-up product counts once. */
    int32_t products;

    /* Whether `change` looks at x: so for all kinds but linear ones. */
    bool reads_input;

    /* y = B(x). */
    void (*forward)(const struct pc_operation *operation, struct pc_call *call, const float *parameters, const float *x,
                    float *y);

    /* One sample: parameters += factor old_x^T old_e but for the bias, then y = B(x). NULL where no update ever waits
     * (debt.h). */
    void (*forward_paying)(const struct pc_operation *operation, struct pc_call *call, float factor, const float *old_x,
                           const float *old_e, float *parameters, const float *x, float *y);

    /* out = beta out + alpha (B(x+dx) - B(x)), beta 0 or 1. x is the input before the change. */
    void (*change)(const struct pc_operation *operation, struct pc_call *call, const float *parameters, const float *x,
                   const float *dx, float alpha, float beta, float *out);

    /* gx = J(x)^T gy. */
    void (*back)(const struct pc_operation *operation, struct pc_call *call, const float *parameters, const float *x,
                 const float *gy, float *gx);

    /* out = beta out + alpha sum over the batch of dB/dparameters^T gy, for `rows` rows of the parameters from `first`
     * on. Does not count its product: the caller knows when the whole is made. */
    void (*gradient)(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                     float alpha, float beta, int64_t first, int64_t rows, float *out);

    /* parameters = keep parameters + factor G with G the sum over the batch of dB/dparameters^T gy, for as many rows
     * from the first on as it returns; adds the sum of |G| over these to *magnitudes. NULL: there is no such way. */
    int64_t (*update)(const struct pc_operation *operation, struct pc_call *call, const float *x, const float *gy,
                      float factor, float keep, float *parameters, double *magnitudes);

    /* Both products of a step of the node below with its move between them, image by image: gx = J^T gy of an image,
     * what `move` makes of it, dx, and out = beta out + alpha (B(x+dx) - B(x)), beta 0 or 1. NULL: there is no such
     * way. `steps`: how many images it takes at a time; 0 where back and change are better. The bits are theirs. */
    int64_t (*steps)(const struct pc_operation *operation, const struct pc_call *call);
    void (*step)(const struct pc_operation *operation, struct pc_call *call, const float *parameters, const float *gy,
                 const struct pc_images_move *move, float alpha, float beta, float *out);

    /* Whether a sample's products are the same bits whatever the batch they are made in; NULL: not. Of kinds with
     * parameters. */
    bool (*splits)(const struct pc_operation *operation, const struct pc_call *call);

    /* Whether the gradient of one sample is x gy^T, and gy for the bias. */
    bool rank_one;

    /* Whether the gradient is best made at once, not by panels of rows. */
    bool whole_gradient;

    /* Floats of call->workspace that the above need for a batch; NULL: none. */
    int64_t (*workspace)(const struct pc_operation *operation, int64_t batch);

    /* Floats of its weights as a product reads them, where keeping these from call to call is worth it; NULL: not. */
    int64_t (*packed)(const struct pc_operation *operation);

    /* The passes of an element-wise kind; NULL for others. Such a kind at a block's beginning is fused with the node's
     * move. */
    const struct pc_activation_passes *const *activation;
    /* Which of its options is the passes' parameter; -1: none. */
    int32_t parameter;

    /* The same maps in double precision (exact.h); NULL: analyses that need them refuse the kind. */
    const struct pc_exact_operation *exact;
};

extern const struct pc_operation_kind pc_dense, pc_conv, pc_max_pool, pc_avg_pool;
extern const struct pc_operation_kind pc_identity, pc_relu, pc_leaky_relu, pc_tanh, pc_sigmoid, pc_gelu;

/* Height * width * channels, or -1 if that is no int32_t. */
int64_t pc_shape_size(struct pc_shape shape);

/* The passes of an element-wise operation for this processor, and their parameter. */
const struct pc_activation_passes *pc_operation_passes(const struct pc_operation *operation);
float pc_operation_parameter(const struct pc_operation *operation);

/* Rows of a panel of its gradient, so that no large gradient need be whole. */
int64_t pc_operation_panel(const struct pc_operation *operation);

/*
 * Reads an operation's text of `length` bytes ("dense 1024", "leaky_relu slope=0.1") into kind, sizes and options.
 * On failure *where is the place of the mistake.
 */
pcil_status pc_operation_read(struct pc_operation *operation, struct pc_error *own, const char *text, size_t length,
                              const char **where);

/* Appends the operation's text. */
void pc_operation_print(const struct pc_operation *operation, struct pc_text *text);

/* Reads decimal digits as 1 ... 2^31-1; false if they are anything else. */
bool pc_read_size(const char *word, size_t length, int32_t *size);

#endif
