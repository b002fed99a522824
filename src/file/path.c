/* Names of files and folders. */
#include "base/memory.h"
#include "base/text.h"
#include "file/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

char *pc_file_join(const char *folder, const char *name) {
    struct pc_text path = {0};
    size_t length = strlen(folder);
    bool closed = length == 0 || folder[length - 1] == '/';
    pc_text_append(&path, "%s%s%s", folder, closed ? "" : "/", name);
    if (!path.failed) return path.bytes;
    pc_text_free(&path);
    return NULL;
}

pcil_status pc_file_fail_look(struct pc_error *own, const char *path) {
    struct pc_quote quote;
    const char *reason = strerror(errno);
    return pc_fail(own, PCIL_ERROR_IO, "cannot look at '%s': %s", pc_quote(&quote, path), reason);
}

bool pc_file_is_absent(int error) {
    return error == ENOENT || error == ENOTDIR;
}

/* lstat: a link that points nowhere is something of that name, too. */
int pc_file_exists(const char *path) {
    struct stat status;
    errno = 0;
    return lstat(path, &status) == 0 || !pc_file_is_absent(errno);
}

static pcil_status make_one(struct pc_error *own, const char *path) {
    if (mkdir(path, 0777) == 0) return PCIL_OK;
    int error = errno;
    struct stat status;
    if (error == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return PCIL_OK;
    struct pc_quote quote;
    return pc_fail(own, PCIL_ERROR_IO, "cannot make the folder '%s': %s", pc_quote(&quote, path),
                   error == EEXIST ? "a file of that name stands there" : strerror(error));
}

pcil_status pc_file_make_folder(struct pc_error *own, const char *path) {
    if (!path || !*path) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a folder's path is %s", path ? "empty" : "NULL");
    char *copy = pc_copy_text(path);
    if (!copy) return pc_fail_memory(own, "a path");
    pcil_status status = PCIL_OK;
    for (char *slash = strchr(copy + 1, '/'); slash && status == PCIL_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_one(own, copy);
        *slash = '/';
    }
    if (status == PCIL_OK) status = make_one(own, copy);
    pc_release(copy);
    return status;
}
