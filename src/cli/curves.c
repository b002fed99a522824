/* Runs gnuplot: its program comes from an anonymous file, its picture goes to one in memory, so that a kill leaves
 * nothing behind, and is then written. */
#include "curves.h"

#include "children.h"
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Looked for by hand: that a program is missing is not told by every start of one (under qemu's emulation it is not).
 */
char *cli_find_gnuplot(void) {
    char *path = cli_copy(getenv("PATH") ? getenv("PATH") : ""), *rest = path, *folder, *found = NULL;
    while (!found && (folder = strsep(&rest, ":"))) {
        char *program = cli_join(*folder ? folder : ".", "gnuplot");
        if (access(program, X_OK) == 0)
            found = program;
        else
            free(program);
    }
    free(path);
    return found;
}

/* Starts gnuplot and waits for it. Returns an errno value if it could not start, else 0 with its wait status. */
static int run_gnuplot(const char *path, int program, int picture, int *ended) {
    char *arguments[] = {(char[]){"gnuplot"}, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, program, STDIN_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn(&child, path, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error) return error;
    while (waitpid(child, ended, 0) < 0)
        if (errno != EINTR) return errno;
    return 0;
}

static int write_picture(int picture, off_t size, const char *path) {
    char *bytes = cli_allocate((size_t)size, 1);
    bool whole = pread(picture, bytes, (size_t)size, 0) == size;
    int code = whole ? cli_write_bytes(path, bytes, (size_t)size)
                     : cli_failed("cannot read the picture '%s': %s", path, strerror(errno));
    free(bytes);
    return code;
}

static int plot(FILE *program, int picture, const char *path, bool *missing) {
    char *gnuplot = cli_find_gnuplot();
    *missing = !gnuplot;
    if (*missing) return CLI_FAILED;
    int ended = 0, error = run_gnuplot(gnuplot, fileno(program), picture, &ended);
    free(gnuplot);
    if (error) return cli_failed("cannot run gnuplot: %s", strerror(error));
    off_t size = lseek(picture, 0, SEEK_END);
    bool good = WIFEXITED(ended) && WEXITSTATUS(ended) == 0 && size > 0;
    return good ? write_picture(picture, size, path) : cli_failed("gnuplot failed to draw '%s'", path);
}

int cli_gnuplot(FILE *program, const char *path, bool *missing) {
    *missing = false;
    if (fflush(program) != 0 || fseek(program, 0, SEEK_SET) != 0)
        return cli_failed("cannot write a temporary file: %s", strerror(errno));
    struct cli_scratch picture;
    int code = cli_scratch_open(&picture);
    if (code != CLI_DONE) return code;
    code = plot(program, picture.file, path, missing);
    cli_scratch_close(&picture);
    return code;
}

int cli_curves_draw(const struct cli_run *runs, int count, const char *path, bool *missing) {
    *missing = false;
    FILE *program = tmpfile();
    if (!program) return cli_failed("cannot make a temporary file: %s", strerror(errno));
    cli_curves_script(program, runs, count);
    int code = cli_gnuplot(program, path, missing);
    fclose(program);
    return code;
}

int cli_traces_draw(const struct cli_run *run, const char *path, bool *missing) {
    *missing = false;
    if (!cli_traces_has(run))
        return cli_failed("'%s' holds no traces: it was trained with measure_interval=0, or before there were any",
                          run->name);
    FILE *program = tmpfile();
    if (!program) return cli_failed("cannot make a temporary file: %s", strerror(errno));
    cli_traces_script(program, run);
    int code = cli_gnuplot(program, path, missing);
    fclose(program);
    return code;
}
