/*
 * The system's file calls, replaced in a test program so that any of them can fail, or be the last before the process
 * is killed or the power is cut. A cut also takes what was not yet safe: bytes behind the last fsync of their file,
 * and, if wanted, names changed since the last fsync of a folder.
 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

/* The fortified headers define some of the calls themselves. */
#undef _FORTIFY_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What happens at the call: an errno, or one of these. */
enum { FAULT_SHORT = -1, FAULT_KILL = -2, FAULT_TORN = -3, FAULT_CUT = -4, FAULT_CUT_NAMES = -5 };

static struct {
    int64_t at; /* the call; -1: none */
    bool once;  /* that one alone; else all from it on */
    int fault;
    int64_t calls, struck; /* counted since fault_arm */
    bool kept;             /* what was to go may still be there: its name was not removed, or not found */
} fault = {.at = -1};

/* The errno with which all that looks at a name fails, and nothing else does; 0: none. */
static int fault_of_looks;

__attribute__((unused)) static void fault_arm(int64_t at, bool once, int what) {
    fault.at = at;
    fault.once = once;
    fault.fault = what;
    fault.calls = fault.struck = 0;
    fault.kept = false;
}

/* --- what a cut takes --- */

enum { FILES = 64, NAMES = 64 };

static struct {
    ino_t inode;
    off_t safe;
    int descriptor; /* of our own */
} fault_files[FILES];
static struct {
    char from[512], to[512];
    bool replaced;
} fault_names[NAMES];
static int fault_file_count, fault_name_count;

static int real_rename(const char *from, const char *to) {
    return (int)syscall(SYS_rename, from, to);
}

static int file_of(int descriptor) {
    struct stat status;
    if (syscall(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH) != 0 || !S_ISREG(status.st_mode)) return -1;
    for (int i = 0; i < fault_file_count; i++)
        if (fault_files[i].inode == status.st_ino) return i;
    if (fault_file_count == FILES) return -1;
    fault_files[fault_file_count].inode = status.st_ino;
    fault_files[fault_file_count].safe = 0;
    fault_files[fault_file_count].descriptor = (int)syscall(SYS_dup, descriptor);
    return fault_file_count++;
}

static off_t size_of(int descriptor) {
    struct stat status = {0};
    syscall(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH);
    return status.st_size;
}

static void undo_name(char undo[528], const char *to) {
    snprintf(undo, 528, "%s.undo", to);
}

static void note_rename(const char *from, const char *to) {
    char undo[528];
    if (fault_name_count == NAMES) return;
    undo_name(undo, to);
    syscall(SYS_unlink, undo);
    fault_names[fault_name_count].replaced = syscall(SYS_link, to, undo) == 0;
    snprintf(fault_names[fault_name_count].from, 512, "%s", from);
    snprintf(fault_names[fault_name_count++].to, 512, "%s", to);
}

static void names_are_safe(void) {
    char undo[528];
    for (int i = 0; i < fault_name_count; i++) {
        undo_name(undo, fault_names[i].to);
        syscall(SYS_unlink, undo);
    }
    fault_name_count = 0;
}

static void cut(bool names) {
    char undo[528];
    for (int i = 0; i < fault_file_count; i++)
        if (size_of(fault_files[i].descriptor) > fault_files[i].safe)
            syscall(SYS_ftruncate, fault_files[i].descriptor, fault_files[i].safe);
    for (int i = fault_name_count - 1; i >= 0 && names; i--) {
        undo_name(undo, fault_names[i].to);
        real_rename(fault_names[i].to, fault_names[i].from);
        if (fault_names[i].replaced) real_rename(undo, fault_names[i].to);
    }
    if (!names) names_are_safe();
}

static bool cuts(void) {
    return fault.at >= 0 && (fault.fault == FAULT_CUT || fault.fault == FAULT_CUT_NAMES);
}

/* --- the calls --- */

static void die(void) {
    if (cuts()) cut(fault.fault == FAULT_CUT_NAMES);
    kill(getpid(), SIGKILL);
}

/* Whether this call fails; errno is set then. */
static bool strikes(void) {
    int64_t number = fault.calls++;
    if (fault.at < 0 || (fault.once ? number != fault.at : number < fault.at)) return false;
    fault.struck++;
    if (fault.fault == FAULT_SHORT || fault.fault == FAULT_TORN) return false;
    if (fault.fault < 0) die();
    errno = fault.fault;
    return true;
}

/* Of calls that no signal interrupts: EINTR is never their answer. */
static bool strikes_uninterrupted(void) {
    if (fault.fault != EINTR) return strikes();
    fault.calls++;
    return false;
}

static bool is_now(void) {
    int64_t number = fault.calls - 1;
    return fault.at >= 0 && (fault.once ? number == fault.at : number >= fault.at);
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (strikes()) return -1;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    /* What a file held before the program came is safe. */
    if (descriptor >= 0 && cuts() && (flags & O_ACCMODE) != O_RDONLY) {
        int known = fault_file_count, file = file_of(descriptor);
        if (file == known) fault_files[file].safe = size_of(descriptor);
    }
    return descriptor;
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    return strikes() ? -1 : syscall(SYS_read, descriptor, bytes, size);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset) {
    return strikes() ? -1 : syscall(SYS_pread64, descriptor, bytes, size, offset);
}

ssize_t __read_chk(int descriptor, void *bytes, size_t size, size_t room);
ssize_t __read_chk(int descriptor, void *bytes, size_t size, size_t room) {
    return size > room ? -1 : read(descriptor, bytes, size);
}

ssize_t __pread_chk(int descriptor, void *bytes, size_t size, off_t offset, size_t room);
ssize_t __pread_chk(int descriptor, void *bytes, size_t size, off_t offset, size_t room) {
    return size > room ? -1 : pread(descriptor, bytes, size, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    if (strikes()) return -1;
    if (is_now() && fault.fault == FAULT_SHORT && size > 1) size = 1;
    if (is_now() && fault.fault == FAULT_TORN) {
        syscall(SYS_write, descriptor, bytes, size / 2);
        kill(getpid(), SIGKILL);
    }
    return syscall(SYS_write, descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    if (strikes()) return -1;
    if (is_now() && fault.fault == FAULT_SHORT && size > 1) size = 1;
    return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
    if (strikes_uninterrupted()) return -1;
    int result = (int)syscall(SYS_fsync, descriptor);
    int file = cuts() ? file_of(descriptor) : -1;
    if (file >= 0) fault_files[file].safe = size_of(descriptor);
    if (file < 0 && cuts()) names_are_safe();
    return result;
}

int ftruncate(int descriptor, off_t size) {
    if (strikes()) return -1;
    int file = cuts() ? file_of(descriptor) : -1;
    if (file >= 0 && fault_files[file].safe > size) fault_files[file].safe = size;
    return (int)syscall(SYS_ftruncate, descriptor, size);
}

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
    return strikes() ? -1 : (int)syscall(SYS_fallocate, descriptor, mode, offset, size);
}

/* It answers with the error itself, and leaves errno. */
int posix_fallocate(int descriptor, off_t offset, off_t size) {
    int before = errno;
    int error = strikes() || syscall(SYS_fallocate, descriptor, 0, offset, size) != 0 ? errno : 0;
    errno = before;
    return error;
}

/* The C library's own, which makes the name up. */
int mkostemp(char *path, int flags) {
    int (*real)(char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "mkostemp");
    return strikes_uninterrupted() ? -1 : real(path, flags);
}

int unlink(const char *path) {
    if (!strikes_uninterrupted()) return (int)syscall(SYS_unlink, path);
    fault.kept = true;
    return -1;
}

int unlinkat(int folder, const char *path, int flags) {
    if (!strikes_uninterrupted()) return (int)syscall(SYS_unlinkat, folder, path, flags);
    fault.kept = true;
    return -1;
}

int flock(int descriptor, int operation) {
    return strikes() ? -1 : (int)syscall(SYS_flock, descriptor, operation);
}

/* Locks alone: all else has no file system to ask. */
int fcntl(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    bool locks = command == F_OFD_SETLK || command == F_OFD_GETLK;
    return locks && strikes() ? -1 : (int)syscall(SYS_fcntl, descriptor, command, argument);
}

int rename(const char *from, const char *to) {
    if (strikes_uninterrupted()) return -1;
    if (cuts()) note_rename(from, to);
    return real_rename(from, to);
}

/* A descriptor is gone, whatever the answer. */
int close(int descriptor) {
    bool fails = strikes();
    int error = errno, result = (int)syscall(SYS_close, descriptor);
    errno = error;
    return fails ? -1 : result;
}

int mkdir(const char *path, mode_t mode) {
    return strikes_uninterrupted() ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

DIR *opendir(const char *path) {
    DIR *(*real)(const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "opendir");
    if (!strikes_uninterrupted()) return real(path);
    fault.kept = true;
    return NULL;
}

static bool is_blind(void) {
    if (fault_of_looks) errno = fault_of_looks;
    return fault_of_looks != 0;
}

int stat(const char *path, struct stat *status) {
    if (is_blind()) return -1;
    return strikes_uninterrupted() ? -1 : (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
}

int lstat(const char *path, struct stat *status) {
    if (is_blind()) return -1;
    return strikes_uninterrupted() ? -1 : (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

ssize_t readlink(const char *path, char *to, size_t size) {
    return strikes_uninterrupted() ? -1 : syscall(SYS_readlink, path, to, size);
}

int fchmod(int descriptor, mode_t mode) {
    return strikes_uninterrupted() ? -1 : (int)syscall(SYS_fchmod, descriptor, mode);
}

int fstat(int descriptor, struct stat *status) {
    if (strikes_uninterrupted()) return -1;
    return (int)syscall(SYS_newfstatat, descriptor, "", status, AT_EMPTY_PATH);
}

#endif
