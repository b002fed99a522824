/*
 * The lock file of a run's folder. It is locked by the system, which forgets the lock when the process ends, and holds
 * the process's number for the message of the second. It is removed at the end; a killed process leaves it unlocked.
 */
#include "training/lock.h"

#include "base/memory.h"
#include "base/text.h"
#include "file/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char lock_name[] = "run.lock";

enum { MOST_TRIES = 100 };

static pcil_status fail_taken(struct pc_error *own, const char *folder, int descriptor) {
    char number[24] = "";
    struct pc_quote quote;
    ssize_t got = pread(descriptor, number, sizeof number - 1, 0);
    long process = got > 0 ? strtol(number, NULL, 10) : 0;
    if (process <= 0) return pc_fail(own, PCIL_ERROR_STATE, "another process works in '%s'", pc_quote(&quote, folder));
    return pc_fail(own, PCIL_ERROR_STATE, "process %ld works in '%s': wait for its end, or end it", process,
                   pc_quote(&quote, folder));
}

/* Open file description locks: they also keep two trainers of one process apart. */
static int lock_whole(int descriptor, int command, struct flock *lock) {
    *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int result;
    do result = fcntl(descriptor, command, lock);
    while (result != 0 && errno == EINTR);
    return result;
}

static bool is_taken(int descriptor) {
    struct flock lock;
    return lock_whole(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether the name still means the file that was locked: its last owner may have removed it meanwhile. */
static bool is_current(int descriptor, const char *path) {
    struct stat locked, named;
    return fstat(descriptor, &locked) == 0 && stat(path, &named) == 0 && locked.st_ino == named.st_ino &&
           locked.st_dev == named.st_dev;
}

static int open_lock(const char *path, int flags) {
    return pc_file_descriptor(path, flags | O_NOFOLLOW | O_NONBLOCK);
}

static pcil_status fail_open(struct pc_error *own, const char *path) {
    struct pc_quote quote;
    return pc_fail(own, PCIL_ERROR_IO, "cannot make '%s': %s", pc_quote(&quote, path), strerror(errno));
}

/* Writes who has it; on a full disk the message of the second process does without. */
static void sign(int descriptor) {
    char number[24];
    int length = snprintf(number, sizeof number, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, number, (size_t)length, 0) != length) return;
}

/* Takes the file of that path; `taken` receives -1 if it was removed meanwhile, so that it must be made again. */
static pcil_status try_take(struct pc_error *own, const char *folder, const char *path, int *taken) {
    struct flock lock;
    int descriptor = open_lock(path, O_RDWR | O_CREAT);
    *taken = -1;
    if (descriptor < 0) return fail_open(own, path);
    if (lock_whole(descriptor, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES)) {
        pcil_status status = fail_taken(own, folder, descriptor);
        close(descriptor);
        return status;
    }
    if (is_current(descriptor, path))
        *taken = descriptor;
    else
        close(descriptor);
    return PCIL_OK;
}

pcil_status pc_lock_take(struct pc_lock *lock, struct pc_error *own, const char *folder) {
    char *path = pc_file_join(folder, lock_name);
    int descriptor = -1;
    struct pc_quote quote;
    pcil_status status = path ? PCIL_OK : pc_fail_memory(own, "a path");
    for (int tries = 0; tries < MOST_TRIES && status == PCIL_OK && descriptor < 0; tries++)
        status = try_take(own, folder, path, &descriptor);
    if (status == PCIL_OK && descriptor < 0)
        status = pc_fail(own, PCIL_ERROR_IO, "'%s' is removed again and again", pc_quote(&quote, path));
    if (status != PCIL_OK) {
        pc_release(path);
        return status;
    }
    sign(descriptor);
    *lock = (struct pc_lock){.path = path, .descriptor = descriptor, .process = getpid()};
    return PCIL_OK;
}

void pc_lock_release(struct pc_lock *lock) {
    if (!lock->path) return;
    if (lock->process == getpid()) unlink(lock->path);
    close(lock->descriptor);
    pc_release(lock->path);
    *lock = (struct pc_lock){.path = NULL};
}

pcil_status pc_lock_check(struct pc_error *own, const char *folder) {
    char *path = pc_file_join(folder, lock_name);
    if (!path) return pc_fail_memory(own, "a path");
    int descriptor = open_lock(path, O_RDONLY);
    pc_release(path);
    if (descriptor < 0) return PCIL_OK;
    pcil_status status = is_taken(descriptor) ? fail_taken(own, folder, descriptor) : PCIL_OK;
    close(descriptor);
    return status;
}

/* What pc_file_write makes for a file of a run. */
static bool is_temporary(const char *name) {
    static const char *const patterns[] = {
        "config.json.[0-9]*-[0-9]*.tmp", "model.safetensors.[0-9]*-[0-9]*.tmp", "best.safetensors.[0-9]*-[0-9]*.tmp",
        "checkpoint.safetensors.[0-9]*-[0-9]*.tmp", "reconstructions-*.png.[0-9]*-[0-9]*.tmp"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], name, 0) == 0) return true;
    return false;
}

void pc_lock_sweep(const char *folder) {
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    if (!stream) return;
    while ((entry = readdir(stream)))
        if (is_temporary(entry->d_name)) unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
}
