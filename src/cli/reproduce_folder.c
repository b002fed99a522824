/* The folder of a reproduction: "reproduce.txt" is the mark that it is one and of which settings, "runs" holds its
 * runs. */
#include "plain.h"
#include "reading.h"
#include "reproduce.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char mark[] = "reproduce.txt";

char *rp_folder(const struct rp_plan *plan, const struct rp_group *group, int seed) {
    return cli_format("%s/runs/%s-s%d", plan->options.out, group->name, seed);
}

static bool is_empty(const char *path) {
    DIR *stream = opendir(path);
    const struct dirent *entry;
    int others = 0;
    if (!stream) return true;
    /* A kill may have left the mark unfinished. */
    while ((entry = readdir(stream))) others += !cli_is_temporary(entry->d_name, mark);
    closedir(stream);
    return others <= 2;
}

/* Where the first setting begins that two marks do not share. */
static size_t difference(const char *a, const char *b) {
    size_t begin = 0;
    for (size_t at = 0; a[at] && a[at] == b[at]; at++)
        if (a[at] == ',' && a[at + 1] == ' ' && b[at + 1] == ' ') begin = at + 2;
    return begin;
}

/* The rest of a mark, without the end of its line. */
static const char *rest(struct cli_plain *plain, const char *text) {
    char *copy = cli_copy(text);
    size_t length = strlen(copy);
    if (length > 0 && copy[length - 1] == '\n') copy[length - 1] = '\0';
    cli_plain(plain, copy);
    free(copy);
    return plain->text;
}

/* Compares the mark, which is NULL where there is none, with that of the settings. */
static int check_mark(const struct rp_plan *plan, const char *text) {
    const char *out = plan->options.out;
    struct stat status;
    if (stat(out, &status) == 0 && !S_ISDIR(status.st_mode)) return cli_wrong_use("'%s' is not a folder", out);
    if (!text && !is_empty(out))
        return cli_wrong_use("'%s' holds something else than a reproduction; choose a new folder", out);
    if (!text || strcmp(text, plan->options.signature) == 0) return CLI_DONE;
    struct cli_plain there, now;
    size_t from = difference(text, plan->options.signature);
    return cli_wrong_use("'%s' holds runs of other settings; choose a new folder.\nThere: %s\nNow:   %s", out,
                         rest(&there, text + from), rest(&now, plan->options.signature + from));
}

int rp_check_out(const struct rp_plan *plan) {
    char *path = cli_join(plan->options.out, mark), *text;
    int code = cli_read_if_there(path, CLI_TEXT_MOST, &text);
    if (code == CLI_DONE) code = check_mark(plan, text);
    free(text);
    free(path);
    return code;
}

/* The folder itself, since it is there before the mark. A short wait: children of a killed command hold the lock until
 * they have ended too. */
static int lock_folder(const char *out, int *lock) {
    *lock = open(out, O_RDONLY | O_DIRECTORY);
    if (*lock < 0) return cli_failed("cannot open '%s': %s", out, strerror(errno));
    for (int tries = 0; flock(*lock, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK) return cli_failed("cannot lock '%s': %s", out, strerror(errno));
        if (tries == 50) return cli_failed("another command works on '%s'", out);
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return CLI_DONE;
}

int rp_open_folder(const struct rp_plan *plan, int *lock) {
    const char *out = plan->options.out;
    char *path = cli_join(out, mark), *runs = cli_join(out, "runs");
    int code = cli_make_folder(out);
    if (code == CLI_DONE) code = lock_folder(out, lock);
    /* Again, under the lock: a command of other settings may have been quicker. */
    if (code == CLI_DONE) code = rp_check_out(plan);
    if (code == CLI_DONE && !cli_exists(path)) code = cli_write_file(path, plan->options.signature);
    if (code == CLI_DONE) code = cli_make_folder(runs);
    free(path);
    free(runs);
    return code;
}
