#include "run_folder.h"

#include "cli.h"
#include "reading.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

/* What a run writes, or a temporary file of that. */
static bool is_own(const char *name) {
    static const char *const own[] = {"config.json",      "metrics.jsonl", "model.safetensors",
                                      "best.safetensors", "curves.png",    "checkpoint.safetensors",
                                      "run.lock",         "messages.txt",  "output.txt",
                                      "test.json",        "measures.json", "diverged.txt",
                                      "finished"};
    static const char pictures[] = "reconstructions-";
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i]);
        if (strncmp(name, own[i], length) == 0 && (name[length] == '\0' || name[length] == '.')) return true;
    }
    return strncmp(name, pictures, sizeof pictures - 1) == 0;
}

static void remove_file(const char *folder, const char *name) {
    char *path = cli_join(folder, name);
    unlink(path);
    free(path);
}

/* What a kill left of the mark while it was written. */
static void remove_cut_marks(const char *folder) {
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    if (!stream) return;
    while ((entry = readdir(stream))) {
        if (cli_is_temporary(entry->d_name, "begun")) remove_file(folder, entry->d_name);
    }
    closedir(stream);
}

/* "begun" goes last, so that a clearing that is ended can be gone on with. */
int cli_run_remove(const char *folder) {
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    if (!stream) return cli_failed("cannot read '%s': %s", folder, strerror(errno));
    while ((entry = readdir(stream))) {
        if (is_own(entry->d_name)) remove_file(folder, entry->d_name);
    }
    closedir(stream);
    remove_file(folder, "begun");
    return rmdir(folder) == 0 ? CLI_DONE
                              : cli_failed("'%s' holds something else beside a run: %s", folder, strerror(errno));
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
    int code = can_go_on(folder, mark, goes_on);
    if (code != CLI_DONE || *goes_on) return code;
    remove_cut_marks(folder);
    if (holds(folder, "begun")) code = cli_run_remove(folder);
    if (code == CLI_DONE && cli_exists(folder) && rmdir(folder) != 0)
        return cli_failed("'%s' holds something else than a run of this command", folder);
    return code == CLI_DONE ? make(folder, mark) : code;
}

int cli_run_finish(const char *folder) {
    char *path = cli_join(folder, "finished");
    int code = cli_write_file(path, "all of the run is done\n");
    free(path);
    return code;
}
