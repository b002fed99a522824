/*
 * Replacing a file as a whole. The new content is written to a temporary file beside the target, made durable, and
 * renamed over it; until the rename the old file is untouched, and a failure leaves no temporary behind.
 */
#include "base/memory.h"
#include "base/text.h"
#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, MOST_NAMES = 100 };

static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The path that a link's text means, seen from the folder that the link is in. */
static pcil_status step_over_link(struct pc_error *own, char path[PATH_MAX], const char *link) {
    char next[PATH_MAX];
    size_t folder = link[0] == '/' ? 0 : folder_length(path);
    if (folder + strlen(link) >= sizeof next) return pc_fail(own, PCIL_ERROR_IO, "a link leads to too long a path");
    memcpy(next, path, folder);
    strcpy(next + folder, link);
    memcpy(path, next, sizeof next);
    return PCIL_OK;
}

/* Follows links at the path's end, so that the file they lead to is replaced and not the link. */
static pcil_status follow_links(struct pc_error *own, const char *from, char path[PATH_MAX]) {
    struct pc_quote quote;
    if (!from || !*from) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a file's path is %s", from ? "empty" : "NULL");
    if (strlen(from) >= PATH_MAX)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "the path '%s' is longer than %d bytes", pc_quote(&quote, from),
                       PATH_MAX - 1);
    strcpy(path, from);
    for (int links = 0; links < MOST_LINKS; links++) {
        char link[PATH_MAX];
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length < 0) return errno == EINVAL || pc_file_is_absent(errno) ? PCIL_OK : pc_file_fail_look(own, path);
        link[length] = '\0';
        pcil_status status = step_over_link(own, path, link);
        if (status != PCIL_OK) return status;
    }
    return pc_fail(own, PCIL_ERROR_IO, "'%s' is a chain of more than %d links", pc_quote(&quote, from), MOST_LINKS);
}

/* The old file's mode, or -1 if there is none. Renaming over a device or pipe would destroy it. */
static pcil_status old_mode(struct pc_error *own, const char *path, int *mode) {
    struct stat status;
    struct pc_quote quote;
    *mode = -1;
    if (stat(path, &status) != 0) return pc_file_is_absent(errno) ? PCIL_OK : pc_file_fail_look(own, path);
    if (!S_ISREG(status.st_mode))
        return pc_fail(own, PCIL_ERROR_IO, "cannot replace '%s': it is not a regular file", pc_quote(&quote, path));
    *mode = (int)(status.st_mode & 07777);
    return PCIL_OK;
}

static pcil_status open_temporary(struct pc_error *own, const char *path, char temporary[PATH_MAX + 64],
                                  int *descriptor) {
    static atomic_uint count;
    for (int i = 0; i < MOST_NAMES; i++) {
        snprintf(temporary, PATH_MAX + 64, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&count, 1u));
        *descriptor = pc_file_descriptor(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (*descriptor >= 0) return PCIL_OK;
        if (errno != EEXIST) break;
    }
    struct pc_quote quote;
    return pc_fail(own, PCIL_ERROR_IO, "cannot write '%s': %s", pc_quote(&quote, path), strerror(errno));
}

/* Zero, or an errno. */
static int write_part(int descriptor, struct pc_file_part part) {
    const unsigned char *from = part.bytes;
    while (part.size > 0) {
        size_t piece = part.size < (1u << 30) ? (size_t)part.size : 1u << 30;
        ssize_t done = write(descriptor, from, piece);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : EIO;
        from += done;
        part.size -= (uint64_t)done;
    }
    return 0;
}

/* Asks for the room first; a file system that cannot is no failure. */
static int reserve(int descriptor, uint64_t size) {
    if (size == 0 || fallocate(descriptor, 0, 0, (off_t)size) == 0) return 0;
    return errno == ENOSPC || errno == EFBIG || errno == EDQUOT ? errno : 0;
}

/* What is to be written. */
struct content {
    const struct pc_file_part *parts;
    int32_t count;
    uint64_t size;
    bool keep; /* the old file, as PATH.previous */
};

/*
 * fsync is not tried again: after a failed one the kernel may have dropped what was not written. After a good one a
 * close that was interrupted has lost nothing.
 */
static int fill(int descriptor, int mode, const struct content *content) {
    int error = 0;
    if (mode >= 0 && fchmod(descriptor, (mode_t)mode) != 0) error = errno;
    if (!error) error = reserve(descriptor, content->size);
    for (int32_t i = 0; i < content->count && !error; i++) error = write_part(descriptor, content->parts[i]);
    if (!error && fsync(descriptor) != 0) error = errno;
    if (close(descriptor) != 0 && errno != EINTR && !error) error = errno;
    return error;
}

/* Zero, or an errno. Between the two renames the old file has only its second name, which it keeps if one fails. */
static int put_in_place(const char *temporary, const char *path, bool keep) {
    char aside[PATH_MAX + 16];
    snprintf(aside, sizeof aside, "%s.previous", path);
    if (keep && rename(path, aside) != 0 && errno != ENOENT) return errno;
    if (rename(temporary, path) == 0) return 0;
    int error = errno;
    if (keep) rename(aside, path);
    return error;
}

/* Makes the rename durable. Some file systems cannot sync a folder (EINVAL) and need not. */
static pcil_status sync_folder(struct pc_error *own, const char *path) {
    char folder[PATH_MAX] = ".";
    size_t length = folder_length(path);
    if (length > 0) snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    int descriptor = pc_file_descriptor(folder, O_RDONLY | O_DIRECTORY);
    int error = descriptor < 0 ? errno : 0;
    if (!error && fsync(descriptor) != 0 && errno != EINVAL) error = errno;
    if (descriptor >= 0) close(descriptor);
    if (!error) return PCIL_OK;
    struct pc_quote quote;
    return pc_fail(own, PCIL_ERROR_IO, "'%s' is saved, but perhaps not durable: its folder: %s", pc_quote(&quote, path),
                   strerror(error));
}

static pcil_status replace(struct pc_error *own, const char *path, const struct content *content) {
    int mode, descriptor;
    char temporary[PATH_MAX + 64];
    pcil_status status = old_mode(own, path, &mode);
    if (status == PCIL_OK) status = open_temporary(own, path, temporary, &descriptor);
    if (status != PCIL_OK) return status;
    int error = fill(descriptor, mode, content);
    if (!error) error = put_in_place(temporary, path, content->keep);
    if (!error) return sync_folder(own, path);
    unlink(temporary);
    struct pc_quote quote;
    return pc_fail(own, PCIL_ERROR_IO, "cannot write '%s': %s; what was there is unchanged", pc_quote(&quote, path),
                   strerror(error));
}

pcil_status pc_file_write_parts(struct pc_error *own, const char *path, const struct pc_file_part *parts, int32_t count,
                                bool keep) {
    char target[PATH_MAX];
    struct content content = {.parts = parts, .count = count, .keep = keep};
    for (int32_t i = 0; i < count; i++)
        if (__builtin_add_overflow(content.size, parts[i].size, &content.size) || content.size > INT64_MAX)
            return pc_fail(own, PCIL_ERROR_ARGUMENT, "a file cannot hold so many bytes");
    pcil_status status = follow_links(own, path, target);
    return status == PCIL_OK ? replace(own, target, &content) : status;
}

pcil_status pc_file_write(struct pc_error *own, const char *path, const void *bytes, uint64_t size) {
    const struct pc_file_part part = {bytes, size};
    return pc_file_write_parts(own, path, &part, 1, false);
}
