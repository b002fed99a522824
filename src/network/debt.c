#include "network/debt.h"

#include "base/memory.h"

#include <string.h>

/* The block's one operation with parameters, if its gradient has rank one. */
static const struct pc_operation *only_matrix(const struct pc_block *block) {
    const struct pc_operation *found = NULL;
    for (int32_t k = 0; k < block->count; k++) {
        if (block->operations[k].rows == 0) continue;
        if (found) return NULL;
        found = &block->operations[k];
    }
    return found && found->kind->rank_one ? found : NULL;
}

bool pc_debt_reserve(struct pc_block *block) {
    const struct pc_operation *matrix = only_matrix(block);
    if (!matrix) return true;
    struct pc_debt *debt = pc_allocate(1, sizeof *debt);
    if (!debt) return false;
    pthread_mutex_init(&debt->mutex, NULL);
    block->debt = debt;
    debt->matrix = matrix;
    debt->x = pc_allocate_floats(1, matrix->in_size);
    debt->e = pc_allocate_floats(1, matrix->out_size);
    return debt->x && debt->e;
}

void pc_debt_free(struct pc_debt *debt) {
    if (!debt) return;
    pthread_mutex_destroy(&debt->mutex);
    pc_release(debt->x);
    pc_release(debt->e);
    pc_release(debt);
}

void pc_debt_owe(struct pc_debt *debt, float factor, const float *x, const float *e) {
    debt->factor = factor;
    memcpy(debt->x, x, (size_t)debt->matrix->in_size * sizeof *x);
    memcpy(debt->e, e, (size_t)debt->matrix->out_size * sizeof *e);
    atomic_store_explicit(&debt->owed, true, memory_order_release);
}

struct pc_debt *pc_debt_hold(struct pc_debt *debt) {
    if (!debt || !atomic_load_explicit(&debt->owed, memory_order_acquire)) return NULL;
    pthread_mutex_lock(&debt->mutex);
    if (atomic_load_explicit(&debt->owed, memory_order_relaxed)) return debt;
    pthread_mutex_unlock(&debt->mutex);
    return NULL;
}

void pc_debt_paid(struct pc_debt *debt) {
    atomic_store_explicit(&debt->owed, false, memory_order_release);
    pthread_mutex_unlock(&debt->mutex);
}

float *pc_block_parameters(const struct pc_block *block) {
    struct pc_debt *debt = pc_debt_hold(block->debt);
    if (debt) {
        const struct pc_operation *matrix = debt->matrix;
        pc_backend_own.outer(NULL, 1, matrix->in_size, 0, matrix->in_size, matrix->out_size, debt->factor, debt->x,
                             debt->e, 1, block->stored + matrix->offset);
        pc_debt_paid(debt);
    }
    return block->stored;
}
