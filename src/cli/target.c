#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_read(const struct cli_arguments *arguments, const struct stat *target) {
    struct stat status;
    for (int i = 0; i < arguments->rests; i++)
        if (stat(arguments->rest[i], &status) == 0 && status.st_dev == target->st_dev &&
            status.st_ino == target->st_ino)
            return true;
    return false;
}

int cli_check_target(const struct cli_arguments *arguments, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        int error = errno;
        if (lstat(path, &status) != 0) return CLI_DONE; /* nothing yet, or writing tells why not */
        return error == ENOENT ? cli_wrong_use("'%s' is a link that leads nowhere: name its target", path)
                               : cli_wrong_use("cannot follow the link '%s': %s", path, strerror(error));
    }
    if (!S_ISREG(status.st_mode))
        return cli_wrong_use("cannot replace '%s': it is %s", path,
                             S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
    if (is_read(arguments, &status)) return cli_wrong_use("'%s' is read here: write to another file", path);
    return CLI_DONE;
}

int cli_check_picture(const struct cli_arguments *arguments, const char *option) {
    const char *path = cli_get(arguments, option);
    size_t length = path ? strlen(path) : 0;
    if (!path) return CLI_DONE;
    if (length <= 4 || strcmp(path + length - 4, ".png") != 0)
        return cli_wrong_use("--%s is a picture's name that ends in .png, not '%s'", option, path);
    return cli_check_target(arguments, path);
}

char *cli_target(const char *path) {
    char *target = realpath(path, NULL);
    return target ? target : cli_copy(path);
}
