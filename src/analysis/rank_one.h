/*
 * The updates of a batch's samples, each by itself, as what they are made of: the change of a matrix is rate x e^T,
 * that of its bias rate e. So (rate |e|)^2 (|x|^2 + 1) is its square, and x' (W + change) = x' W + rate (x . x' + 1) e
 * what the changed matrix gives for another input. No change is ever made.
 */
#ifndef PC_ANALYSIS_RANK_ONE_H
#define PC_ANALYSIS_RANK_ONE_H

#include "analysis/analysis.h"

/* The updates of one operation's matrix. */
struct pc_rank_one_step {
    int32_t block;
    const struct pc_operation *operation;
    bool moves;      /* whether the error above is other than 0 */
    const float *x;  /* [batch][inputs], the inference's own */
    float *e;        /* [batch][units] */
    float *constant; /* x W + b of an operation whose input no update changes; NULL for others */
    bool known;      /* whether it holds those of the batch */
};

struct pc_rank_one {
    pcil_inference *inference;
    const pcil_optimizer *optimizer;
    struct pc_state state; /* of the feed-forward passes with changed weights */
    struct pc_rank_one_step *steps;
    int32_t count;
    double *rates; /* [blocks][batch] */
};

pcil_status pc_rank_one_create(struct pc_rank_one *updates, pcil_inference *inference, const pcil_optimizer *optimizer);
void pc_rank_one_free(struct pc_rank_one *updates);

/* Takes over the batch that has just been clamped. */
void pc_rank_one_begin(struct pc_rank_one *updates);

/* Takes the updates that the inference's present activities and errors would give; they hold until it moves. */
pcil_status pc_rank_one_take(struct pc_rank_one *updates);

/* The samples' sum of |theta' - theta|^2, and of the loss after each one's own update. */
double pc_rank_one_square(const struct pc_rank_one *updates);
double pc_rank_one_loss(struct pc_rank_one *updates);

#endif
