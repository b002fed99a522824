/* One process at a time works in a run's folder. */
#ifndef PC_TRAINING_LOCK_H
#define PC_TRAINING_LOCK_H

#include "base/status.h"

#include <sys/types.h>

struct pc_lock {
    char *path;     /* NULL: not taken */
    int descriptor; /* of the lock file */
    pid_t process;  /* that took it: a child has no part in it */
};

/*
 * Takes the lock of a folder that exists; PCIL_ERROR_STATE names the process that has it. A process that ended,
 * however, has none. On a file system without locks nothing is locked.
 */
pcil_status pc_lock_take(struct pc_lock *lock, struct pc_error *own, const char *folder);
void pc_lock_release(struct pc_lock *lock);

/* Fails as pc_lock_take if another has the lock; takes nothing. */
pcil_status pc_lock_check(struct pc_error *own, const char *folder);

/* Removes the temporary files that a killed process left in the folder, whose lock is taken. */
void pc_lock_sweep(const char *folder);

#endif
