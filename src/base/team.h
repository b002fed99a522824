/* A team: threads of a handle that share the pieces of a task with their caller. */
#ifndef PC_BASE_TEAM_H
#define PC_BASE_TEAM_H

#include "base/status.h"

struct pc_team;

/* A team of `threads`, its caller among them; of one it is NULL, who works alone. */
pcil_status pc_team_create(struct pc_team **team, int32_t threads);
void pc_team_free(struct pc_team *team);

/* One piece of a task; pieces may run at the same time and write different places. */
typedef void (*pc_piece)(void *task, int64_t index);

/*
 * Runs each of the pieces 0 ... count - 1 once, by whoever is free, and returns when all are done. What the pieces are
 * is the task's alone, so results do not depend on the team. After a fork the child's team is made anew here, as its
 * threads stayed with the parent.
 */
void pc_team_run(struct pc_team *team, int64_t count, pc_piece piece, void *task);

#endif
