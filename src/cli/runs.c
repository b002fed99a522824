/* The metrics of a run, from its metrics.jsonl. */
#include "curves.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LINE = 1 << 20, MOST_LINES = 1000000 };

static int read_line(json_t *rows, const char *path, const char *line, size_t length, int number) {
    json_error_t error;
    json_t *row = length <= LONGEST_LINE ? json_loadb(line, length, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (json_is_object(row)) {
        cli_json_append(rows, row);
        return CLI_DONE;
    }
    json_decref(row);
    return cli_failed("'%s' line %d is not a JSON object of at most %d bytes", path, number, LONGEST_LINE);
}

static int read_rows(json_t *rows, const char *path, FILE *file) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int code = CLI_DONE;
    for (int number = 1; code == CLI_DONE && number <= MOST_LINES && (length = getline(&line, &capacity, file)) > 0;
         number++)
        code = read_line(rows, path, line, (size_t)length, number);
    free(line);
    if (code == CLI_DONE && ferror(file)) code = cli_failed("cannot read '%s': %s", path, strerror(errno));
    return code;
}

int cli_run_read(struct cli_run *run, const char *folder) {
    char *path = cli_join(folder, "metrics.jsonl");
    FILE *file = fopen(path, "re");
    int code = CLI_DONE;
    *run = (struct cli_run){.name = cli_copy(folder), .rows = cli_json_array()};
    if (file)
        code = read_rows(run->rows, path, file);
    else
        code = cli_failed("cannot open '%s': %s", path, strerror(errno));
    if (file) fclose(file);
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
