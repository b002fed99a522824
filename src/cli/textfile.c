#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_NAMES = 100 };
static const char ending[] = ".new";

void cli_text_begin(struct cli_text *text) {
    *text = (struct cli_text){0};
    text->stream = open_memstream(&text->bytes, &text->length);
    if (text->stream) return;
    cli_message("no memory for a text");
    exit(CLI_FAILED);
}

void cli_put_number(FILE *stream, const char *format, double value) {
    if (isfinite(value))
        fprintf(stream, format, value);
    else
        putc('-', stream);
}

static bool write_all(int file, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return fsync(file) == 0;
}

/* Makes a temporary file beside `path`, of a name that nobody else has: neither a link that waits there nor another
 * process's file is written to. */
static int open_temporary(const char *path, char **temporary) {
    int file = -1;
    *temporary = NULL;
    errno = EEXIST;
    for (int i = 0; file < 0 && errno == EEXIST && i < MOST_NAMES; i++) {
        free(*temporary);
        *temporary = cli_format("%s.%ld-%d%s", path, (long)getpid(), i, ending);
        file = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    return file;
}

/* The old file's mode: what its owner hid stays hidden. */
static bool keep_mode(int file, const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode)) return true;
    return fchmod(file, status.st_mode & 0777) == 0;
}

int cli_write_bytes(const char *path, const char *bytes, size_t length) {
    char *temporary;
    int file = open_temporary(path, &temporary);
    bool good = file >= 0 && keep_mode(file, path) && write_all(file, bytes, length) && rename(temporary, path) == 0;
    int error = errno;
    if (file >= 0) close(file);
    if (!good && file >= 0) unlink(temporary);
    free(temporary);
    return good ? CLI_DONE : cli_failed("cannot write '%s': %s", path, strerror(error));
}

int cli_text_write(struct cli_text *text, const char *path) {
    int code = fclose(text->stream) == 0 ? cli_write_bytes(path, text->bytes, text->length)
                                         : cli_failed("no memory for '%s'", path);
    free(text->bytes);
    *text = (struct cli_text){0};
    return code;
}

int cli_write_file(const char *path, const char *bytes) {
    return cli_write_bytes(path, bytes, strlen(bytes));
}

bool cli_is_temporary(const char *name, const char *of) {
    size_t lead = strlen(of);
    if (strncmp(name, of, lead) != 0) return false;
    return fnmatch(".[0-9]*-[0-9]*.new", name + lead, 0) == 0 || fnmatch(".[0-9]*-[0-9]*.tmp", name + lead, 0) == 0;
}

int cli_make_folder(const char *path) {
    struct stat status;
    if (mkdir(path, 0777) == 0) return CLI_DONE;
    int error = errno;
    if (error == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return CLI_DONE;
    return cli_failed("cannot make the folder '%s': %s", path, strerror(error));
}

bool cli_exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

bool cli_is_absent(int error) {
    return error == ENOENT || error == ENOTDIR;
}

bool cli_may_exist(const char *path) {
    return cli_exists(path) || !cli_is_absent(errno);
}
