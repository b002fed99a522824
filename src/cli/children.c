#include "children.h"

#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Tells a child whom to follow. */
static const char parent_variable[] = "PCIL_PARENT";

void cli_child_follow(void) {
    const char *parent = getenv(parent_variable);
    if (!parent) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The parent may have ended before the request. */
    if (atol(parent) != (long)getppid()) exit(CLI_FAILED);
    unsetenv(parent_variable);
    cli_stop_left_to_parent();
}

void cli_line_add(struct cli_line *line, const char *word) {
    if (line->count == 0) line->words[line->count++] = cli_copy("pcil");
    if (line->count <= CHILD_MOST_ARGUMENTS) line->words[line->count++] = cli_copy(word);
}

void cli_line_add_pair(struct cli_line *line, const char *option, const char *value) {
    if (!value) return;
    cli_line_add(line, option);
    cli_line_add(line, value);
}

void cli_line_free(struct cli_line *line) {
    for (int i = 0; i < line->count; i++) free(line->words[i]);
    *line = (struct cli_line){0};
}

/* One BLAS thread each unless the user wants more: results are the same however many run side by side. */
static void prepare_environment(void) {
    char *self = cli_format("%ld", (long)getpid());
    setenv(parent_variable, self, 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    free(self);
}

int cli_scratch_open(struct cli_scratch *scratch) {
    *scratch = (struct cli_scratch){.file = memfd_create("pcil", MFD_CLOEXEC)};
    if (scratch->file < 0) return cli_failed("cannot make a file in memory: %s", strerror(errno));
    scratch->path = cli_format("/proc/%ld/fd/%d", (long)getpid(), scratch->file);
    return CLI_DONE;
}

void cli_scratch_close(struct cli_scratch *scratch) {
    if (scratch->path) close(scratch->file);
    free(scratch->path);
    *scratch = (struct cli_scratch){0};
}

static int add_files(posix_spawn_file_actions_t *actions, const char *output, const char *messages) {
    const int write = O_WRONLY | O_CREAT | O_TRUNC;
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, *output ? output : "/dev/null", write, 0666);
    if (!error && messages)
        error =
            posix_spawn_file_actions_addopen(actions, STDERR_FILENO, *messages ? messages : "/dev/null", write, 0666);
    return error;
}

int cli_child_start(pid_t *child, const struct cli_line *line, const char *output, const char *messages) {
    posix_spawn_file_actions_t actions;
    prepare_environment();
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return cli_failed("cannot start a run: %s", strerror(error));
    error = add_files(&actions, output, messages);
    if (!error) error = posix_spawn(child, "/proc/self/exe", &actions, NULL, line->words, environ);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv(parent_variable);
    return error ? cli_failed("cannot start a run: %s", strerror(error)) : CLI_DONE;
}

int cli_child_json(const struct cli_line *line, const char *messages, json_t **value) {
    struct cli_scratch output;
    pid_t child;
    int ended = 0;
    *value = NULL;
    int code = cli_scratch_open(&output);
    if (code != CLI_DONE) return code;
    code = cli_child_start(&child, line, output.path, messages);
    if (code == CLI_DONE) {
        while (waitpid(child, &ended, 0) < 0 && errno == EINTR) continue;
        code = WIFEXITED(ended) ? WEXITSTATUS(ended) : CLI_FAILED;
    }
    if (code == CLI_DONE) *value = json_loadfd(output.file, 0, NULL);
    cli_scratch_close(&output);
    return code;
}
