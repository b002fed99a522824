#include "reading.h"

#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *what_it_is(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static int too_large(const char *path, size_t most) {
    return cli_failed("'%s' holds more than %zu bytes, the most that is read of it", path, most);
}

static int check_kind(int file, const char *path, size_t most) {
    struct stat status;
    if (fstat(file, &status) != 0) return cli_failed("cannot look at '%s': %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode)) return cli_failed("'%s' is %s, not a file", path, what_it_is(status.st_mode));
    return (uintmax_t)status.st_size > most ? too_large(path, most) : CLI_DONE;
}

/* Up to the file's end and not up to the size that it tells: that of /proc/cpuinfo is 0. */
static int read_all(int file, const char *path, size_t most, char **text, size_t *length) {
    size_t capacity = 4096;
    *text = cli_allocate(capacity, 1);
    for (*length = 0;;) {
        ssize_t got = read(file, *text + *length, capacity - *length - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cli_failed("cannot read '%s': %s", path, strerror(errno));
        if (got == 0) return CLI_DONE;
        *length += (size_t)got;
        if (*length > most) return too_large(path, most);
        if (*length + 1 < capacity) continue;
        char *larger = cli_allocate(2 * capacity, 1);
        memcpy(larger, *text, *length);
        free(*text);
        *text = larger;
        capacity *= 2;
    }
}

static int read_text(int file, const char *path, size_t most, char **text) {
    char *read = NULL;
    size_t length = 0;
    int code = check_kind(file, path, most);
    if (code == CLI_DONE) code = read_all(file, path, most, &read, &length);
    if (code == CLI_DONE && strlen(read) < length)
        code = cli_failed("'%s' is no text: byte %zu is zero", path, strlen(read));
    if (code == CLI_DONE)
        *text = read;
    else
        free(read);
    return code;
}

/* O_NONBLOCK: opening a pipe must not wait for its writer. */
int cli_read_if_there(const char *path, size_t most, char **text) {
    int file;
    *text = NULL;
    do file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    while (file < 0 && errno == EINTR);
    if (file < 0) return cli_is_absent(errno) ? CLI_DONE : cli_failed("cannot open '%s': %s", path, strerror(errno));
    int code = read_text(file, path, most, text);
    close(file);
    return code;
}

int cli_read_file(const char *path, size_t most, char **text) {
    int code = cli_read_if_there(path, most, text);
    return code == CLI_DONE && !*text ? cli_failed("cannot open '%s': %s", path, strerror(ENOENT)) : code;
}
