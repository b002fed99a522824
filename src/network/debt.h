/*
 * What a block still owes to its weights: the update of a single sample, W += factor x^T e, whose rank is one. It waits
 * until W is walked through anyway, in the next feed-forward pass of one sample, which then reads and writes each
 * weight once for both. Whoever else wants the weights asks pc_block_parameters, which pays first; nobody sees weights
 * that are owed to, and their bits are those of an update made at once.
 *
 * Several threads may read one network: who pays holds the debt's mutex.
 */
#ifndef PC_NETWORK_DEBT_H
#define PC_NETWORK_DEBT_H

#include "network/structure.h"

#include <pthread.h>
#include <stdatomic.h>

struct pc_debt {
    pthread_mutex_t mutex;
    atomic_bool owed;
    const struct pc_operation *matrix;
    float factor;
    float *x, *e; /* copies */
};

/* Reserves a block's debt, where it can have one: a single matrix of which a sample's gradient has rank one. False: no
 * memory, and pc_debt_free takes what there is of it. */
bool pc_debt_reserve(struct pc_block *block);
void pc_debt_free(struct pc_debt *debt);

/* Owes an update; the block owes nothing yet, and can. */
void pc_debt_owe(struct pc_debt *debt, float factor, const float *x, const float *e);

/* Holds a debt that somebody is going to pay; NULL: nothing is owed. */
struct pc_debt *pc_debt_hold(struct pc_debt *debt);
void pc_debt_paid(struct pc_debt *debt);

#endif
