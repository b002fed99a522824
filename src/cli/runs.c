/* The metrics of a run, from its metrics.jsonl. */
#include "curves.h"
#include "reading.h"

#include <stdlib.h>

int cli_run_read(struct cli_run *run, const char *folder) {
    char *path = cli_join(folder, "metrics.jsonl");
    *run = (struct cli_run){.name = cli_copy(folder)};
    int code = cli_read_lines(path, &run->rows);
    if (code == CLI_DONE && json_array_size(run->rows) == 0)
        code = cli_failed("'%s' holds no evaluation yet: nothing to draw", path);
    free(path);
    return code;
}

void cli_run_free(struct cli_run *run) {
    free(run->name);
    json_decref(run->rows);
    *run = (struct cli_run){0};
}
