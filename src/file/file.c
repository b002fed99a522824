/* Reading files whose content, name and kind are not to be trusted. Nothing is mapped: a file cut short while it is
 * read gives a status, not a signal. */
#include "file/file.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *what_it_is(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

int pc_file_keep_apart(int descriptor) {
    if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
    int apart = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int error = apart < 0 && errno == EINVAL ? EMFILE : errno; /* a process that may have no more than the streams */
    close(descriptor);
    errno = error;
    return apart;
}

int pc_file_descriptor(const char *path, int flags) {
    int opened;
    do opened = open(path, flags | O_CLOEXEC, 0666);
    while (opened < 0 && errno == EINTR);
    int descriptor = pc_file_keep_apart(opened), error = errno;
    if (opened >= 0 && descriptor < 0 && flags & O_EXCL) unlink(path);
    errno = error;
    return descriptor;
}

/* O_NONBLOCK: opening a pipe must not wait for its writer. */
static pcil_status open_by(struct pc_file *file, struct pc_error *own, const char *path, int flags) {
    if (!path || !*path) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a file's path is %s", path ? "empty" : "NULL");
    struct pc_quote quote;
    pc_quote(&quote, path);
    int descriptor = pc_file_descriptor(path, O_RDONLY | O_NONBLOCK | flags);
    if (descriptor < 0) return pc_fail(own, PCIL_ERROR_IO, "cannot open '%s': %s", quote.text, strerror(errno));
    struct stat status = {0};
    pcil_status result = PCIL_OK;
    if (fstat(descriptor, &status) != 0)
        result = pc_fail(own, PCIL_ERROR_IO, "cannot look at '%s': %s", quote.text, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        result = pc_fail(own, PCIL_ERROR_IO, "'%s' is %s, not a file", quote.text, what_it_is(status.st_mode));
    if (result != PCIL_OK) {
        close(descriptor);
        return result;
    }
    *file = (struct pc_file){.descriptor = descriptor, .size = (uint64_t)status.st_size};
    return PCIL_OK;
}

pcil_status pc_file_open(struct pc_file *file, struct pc_error *own, const char *path) {
    return open_by(file, own, path, 0);
}

pcil_status pc_file_open_itself(struct pc_file *file, struct pc_error *own, const char *path) {
    return open_by(file, own, path, O_NOFOLLOW);
}

void pc_file_close(struct pc_file *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    file->descriptor = -1;
}

pcil_status pc_file_read_at(const struct pc_file *file, struct pc_error *own, const char *path, uint64_t offset,
                            void *bytes, uint64_t size) {
    struct pc_quote quote;
    if (offset > file->size || size > file->size - offset)
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s' holds %llu bytes, but %llu are wanted at byte %llu",
                       pc_quote(&quote, path), (unsigned long long)file->size, (unsigned long long)size,
                       (unsigned long long)offset);
    unsigned char *to = bytes;
    while (size > 0) {
        size_t part = size < (1u << 30) ? (size_t)size : 1u << 30;
        ssize_t got = pread(file->descriptor, to, part, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return pc_fail(own, PCIL_ERROR_IO, "cannot read '%s': %s", pc_quote(&quote, path), strerror(errno));
        if (got == 0)
            return pc_fail(own, PCIL_ERROR_FORMAT, "'%s' was cut short to %llu bytes while it was read",
                           pc_quote(&quote, path), (unsigned long long)offset);
        to += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return PCIL_OK;
}

pcil_status pc_file_read_all(const struct pc_file *file, struct pc_error *own, const char *path, uint64_t most,
                             struct pc_bytes *content) {
    struct pc_quote quote;
    if (file->size > most)
        return pc_fail(own, PCIL_ERROR_FORMAT, "'%s' holds %llu bytes, expected at most %llu", pc_quote(&quote, path),
                       (unsigned long long)file->size, (unsigned long long)most);
    unsigned char *bytes = file->size < SIZE_MAX ? pc_allocate((size_t)file->size + 1, 1) : NULL;
    if (!bytes) return pc_fail_memory(own, pc_quote(&quote, path));
    pcil_status status = pc_file_read_at(file, own, path, 0, bytes, file->size);
    if (status != PCIL_OK) {
        pc_release(bytes);
        return status;
    }
    *content = (struct pc_bytes){.bytes = bytes, .size = file->size};
    return PCIL_OK;
}

pcil_status pc_file_read(struct pc_error *own, const char *path, uint64_t most, struct pc_bytes *content) {
    struct pc_file file;
    pcil_status status = pc_file_open(&file, own, path);
    if (status != PCIL_OK) return status;
    status = pc_file_read_all(&file, own, path, most, content);
    pc_file_close(&file);
    return status;
}

void pc_bytes_free(struct pc_bytes *bytes) {
    pc_release(bytes->bytes);
    *bytes = (struct pc_bytes){0};
}
