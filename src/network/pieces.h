/* Long passes in pieces for a team: which elements a piece has depends on the pass's length alone. */
#ifndef PC_NETWORK_PIECES_H
#define PC_NETWORK_PIECES_H

#include "base/team.h"

#include <stddef.h>

/* A piece takes some microseconds; waking a helper takes about as long, so that a few pieces are left to one thread. */
enum { PC_PIECE = 1 << 15, PC_FEW = 4 * PC_PIECE };

static inline int64_t pc_pieces(int64_t count) {
    return (count + PC_PIECE - 1) / PC_PIECE;
}

static inline int64_t pc_piece_length(int64_t count, int64_t index) {
    int64_t left = count - index * PC_PIECE;
    return left < PC_PIECE ? left : PC_PIECE;
}

/* The team, if work on so many floats is worth waking it. */
static inline struct pc_team *pc_worth(struct pc_team *team, int64_t floats) {
    return floats < PC_FEW ? NULL : team;
}

/* Runs a task of element-wise pieces. */
static inline void pc_run_pieces(struct pc_team *team, int64_t count, pc_piece piece, void *task) {
    pc_team_run(pc_worth(team, count), pc_pieces(count), piece, task);
}

#endif
