#include "run_folder.h"

#include "cli.h"
#include "reading.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool holds(const char *folder, const char *name) {
    char *path = cli_join(folder, name);
    bool there = cli_exists(path);
    free(path);
    return there;
}

bool cli_run_finished(const char *folder) {
    bool told = holds(folder, "metrics.jsonl") || holds(folder, "diverged.txt");
    return told && holds(folder, "begun") && holds(folder, "finished");
}

/* What a run writes, or a temporary file of that; what its owner put beside it is not. */
static bool is_own(const char *name) {
    static const char *const own[] = {"config.json",
                                      "metrics.jsonl",
                                      "model.safetensors",
                                      "best.safetensors",
                                      "curves.png",
                                      "traces.png",
                                      "checkpoint.safetensors",
                                      "checkpoint.safetensors.previous",
                                      "run.lock",
                                      "messages.txt",
                                      "output.txt",
                                      "test.json",
                                      "measures.json",
                                      "diverged.txt",
                                      "finished",
                                      "reconstructions-[0-9]*.png",
                                      "reconstructions-[0-9]*.png.[0-9]*-[0-9]*.tmp"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (fnmatch(own[i], name, 0) == 0 || cli_is_temporary(name, own[i])) return true;
    return false;
}

/* Without the mark only what a kill left of it while it was written may go. */
static bool may_go(const char *name, bool marked) {
    return cli_is_temporary(name, "begun") || (marked && (is_own(name) || strcmp(name, "begun") == 0));
}

static bool holds_others(DIR *stream, bool marked) {
    const struct dirent *entry;
    bool others = false;
    while ((entry = readdir(stream)))
        others |= strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !may_go(entry->d_name, marked);
    rewinddir(stream);
    return others;
}

/* "begun" goes last, so that a clearing that is ended can be gone on with. */
static void clear(DIR *stream, bool marked) {
    const struct dirent *entry;
    while ((entry = readdir(stream)))
        if (strcmp(entry->d_name, "begun") != 0 && may_go(entry->d_name, marked))
            unlinkat(dirfd(stream), entry->d_name, 0);
    unlinkat(dirfd(stream), "begun", 0);
}

static DIR *open_folder(const char *folder) {
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = file >= 0 ? fdopendir(file) : NULL;
    if (!stream) cli_failed("cannot open '%s' as a run's folder: %s", folder, strerror(errno));
    if (!stream && file >= 0) close(file);
    return stream;
}

int cli_run_remove(const char *folder) {
    DIR *stream = open_folder(folder);
    if (!stream) return CLI_FAILED;
    bool marked = faccessat(dirfd(stream), "begun", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    bool others = holds_others(stream, marked);
    if (!others) clear(stream, marked);
    closedir(stream);
    if (others) return cli_failed("'%s' holds something else than a run of this command. Move it away", folder);
    return rmdir(folder) == 0 ? CLI_DONE : cli_failed("cannot remove '%s': %s", folder, strerror(errno));
}

/* Nothing is written through a link, or removed. */
static int check_folder(const char *folder) {
    struct stat status;
    if (lstat(folder, &status) != 0 || S_ISDIR(status.st_mode)) return CLI_DONE;
    return cli_failed("'%s' is %s, where a run is to have its folder. Move it away", folder,
                      S_ISLNK(status.st_mode) ? "a link" : "a file");
}

static bool may_hold(const char *folder, const char *name) {
    char *path = cli_join(folder, name);
    bool may = cli_may_exist(path);
    free(path);
    return may;
}

/* A run that has no checkpoint yet has nothing to go on from. What cannot be looked at is no reason to begin anew. */
static int can_go_on(const char *folder, const char *mark, bool *can) {
    char *path = cli_join(folder, "begun"), *text;
    int code = cli_read_if_there(path, CLI_TEXT_MOST, &text);
    *can = text && strcmp(text, mark) == 0 && may_hold(folder, "config.json") &&
           (may_hold(folder, "checkpoint.safetensors") || may_hold(folder, "checkpoint.safetensors.previous"));
    free(text);
    free(path);
    return code;
}

static int make(const char *folder, const char *mark) {
    int code = cli_make_folder(folder);
    char *path = cli_join(folder, "begun");
    if (code == CLI_DONE) code = cli_write_file(path, mark);
    free(path);
    return code;
}

int cli_run_begin(const char *folder, const char *mark, bool *goes_on) {
    int code = check_folder(folder);
    if (code == CLI_DONE) code = can_go_on(folder, mark, goes_on);
    if (code != CLI_DONE || *goes_on) return code;
    if (cli_exists(folder)) code = cli_run_remove(folder);
    return code == CLI_DONE ? make(folder, mark) : code;
}

int cli_run_finish(const char *folder) {
    char *path = cli_join(folder, "finished");
    int code = cli_write_file(path, "all of the run is done\n");
    free(path);
    return code;
}
