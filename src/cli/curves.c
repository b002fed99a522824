/* Runs gnuplot: its program comes from an anonymous file, its picture goes to one in memory, so that a kill leaves
 * nothing behind, and is then written. */
#include "curves.h"

#include "children.h"
#include "textfile.h"

#include <ctype.h>
#include <errno.h>
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

/* Starts gnuplot and waits for it. Returns an errno value if it could not start, else 0 with its wait status. A user's
 * or a system's own settings of gnuplot (-d: none) are for other pictures. */
static int run_gnuplot(const char *path, const int streams[3], int *ended) {
    char *arguments[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    for (int i = 0; i < 3 && !error; i++) error = posix_spawn_file_actions_adddup2(&actions, streams[i], i);
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

/* The last line of what gnuplot complained about is what it is. */
static int fail_drawing(int complaints, const char *path) {
    char text[1024] = "";
    off_t size = lseek(complaints, 0, SEEK_END), most = sizeof text - 1;
    if (pread(complaints, text, (size_t)most, size > most ? size - most : 0) < 0) *text = '\0';
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) *--end = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    line += strspn(line, " \t");
    return cli_failed("gnuplot failed to draw '%s'%s%s", path, *line ? ": " : "", line);
}

static int plot(FILE *program, int picture, int complaints, const char *path, bool *missing) {
    char *gnuplot = cli_find_gnuplot();
    *missing = !gnuplot;
    if (*missing) return CLI_FAILED;
    int ended = 0, error = run_gnuplot(gnuplot, (int[]){fileno(program), picture, complaints}, &ended);
    free(gnuplot);
    if (error) return cli_failed("cannot run gnuplot: %s", strerror(error));
    off_t size = lseek(picture, 0, SEEK_END);
    bool good = WIFEXITED(ended) && WEXITSTATUS(ended) == 0 && size > 0;
    return good ? write_picture(picture, size, path) : fail_drawing(complaints, path);
}

int cli_gnuplot(FILE *program, const char *path, bool *missing) {
    struct cli_scratch picture = {0}, complaints = {0};
    *missing = false;
    if (fflush(program) != 0 || fseek(program, 0, SEEK_SET) != 0)
        return cli_failed("cannot write a temporary file: %s", strerror(errno));
    int code = cli_scratch_open(&picture);
    if (code == CLI_DONE) code = cli_scratch_open(&complaints);
    if (code == CLI_DONE) code = plot(program, picture.file, complaints.file, path, missing);
    cli_scratch_close(&picture);
    cli_scratch_close(&complaints);
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
