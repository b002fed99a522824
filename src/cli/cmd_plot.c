/* pcil plot: the learning curves of runs in one picture. */
#include "curves.h"
#include "output.h"
#include "target.h"

#include <stdlib.h>

enum { MOST_RUNS = 64 };

static int draw(const struct cli_arguments *arguments, const struct cli_run *runs, int count, const char *path) {
    bool missing, traces = cli_has(arguments, "traces");
    char *target = cli_has(arguments, "out") ? cli_target(path) : cli_copy(path);
    int code = traces ? cli_traces_draw(runs, target, &missing) : cli_curves_draw(runs, count, target, &missing);
    free(target);
    if (missing) return cli_failed("gnuplot is not installed, '%s' was not drawn", path);
    return code == CLI_DONE ? cli_wrote(arguments, path) : code;
}

static int run(const struct cli_arguments *arguments) {
    bool traces = cli_has(arguments, "traces");
    int code = cli_check_rest(arguments, "a run's folder", 1, traces ? 1 : MOST_RUNS), read = 0;
    if (code == CLI_DONE) code = cli_check_picture(arguments, "out");
    if (code != CLI_DONE) return code;
    struct cli_run *runs = cli_allocate((size_t)arguments->rests, sizeof *runs);
    for (; code == CLI_DONE && read < arguments->rests; read++) code = cli_run_read(&runs[read], arguments->rest[read]);
    const char *out = cli_get(arguments, "out");
    const char *name = traces ? "traces.png" : "curves.png";
    char *beside = arguments->rests == 1 ? cli_join(arguments->rest[0], name) : cli_copy(name);
    if (code == CLI_DONE) code = draw(arguments, runs, read, out ? out : beside);
    for (int i = 0; i < read; i++) cli_run_free(&runs[i]);
    free(beside);
    free(runs);
    return code;
}

static const struct cli_option options[] = {
    {"traces", NULL, "draw one run's traces: updates, errors, energies, gradients of blocks and nodes", 0, 0},
    {"out", "FILE.png", "the picture (curves.png or traces.png in the run's folder; of several runs: here)", 0, 0},
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_plot = {.name = "plot",
                                     .help = "draws the learning curves of one or several runs",
                                     .usage = "RUN... [--out FILE.png]\nRUN --traces [--out FILE.png]",
                                     .options = options,
                                     .run = run};
