#include "trials.h"

#include "plain.h"
#include "reading.h"
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A number as a cell; what was not scored is empty. */
static char *cell(double value) {
    return isfinite(value) ? cli_format("%.17g", value) : cli_copy("");
}

/* Reads a whole number of decimal digits alone; false if the text is none, or out of range. */
static bool read_whole(const char *text, int64_t least, int64_t most, int64_t *value) {
    if (!*text || text[strspn(text, "0123456789")] != '\0') return false;
    errno = 0;
    *value = strtoll(text, NULL, 10);
    return errno == 0 && *value >= least && *value <= most;
}

/* The same for a decimal number; NaN for an empty cell. */
static bool read_number(const char *text, double least, double most, double *value) {
    char *end;
    *value = NAN;
    if (!*text) return true;
    if (text[strspn(text, "0123456789+-.e")] != '\0') return false;
    *value = strtod(text, &end);
    return *end == '\0' && *value >= least && *value <= most;
}

static char *header(const struct cli_grid *grid, const char *search) {
    char *text = cli_format("# %s\nepochs,seed", search);
    for (int i = 0; i < grid->count; i++) {
        char *longer = cli_format("%s,%s", text, grid->options[i].name);
        free(text);
        text = longer;
    }
    char *whole = cli_format("%s,status,accuracy,loss,best_epoch\n", text);
    free(text);
    return whole;
}

/* One write, so that a row is there or not; what a full disk cuts short is taken back. */
static int append(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) return cli_failed("cannot write '%s': %s", path, strerror(errno));
    off_t before = lseek(file, 0, SEEK_END);
    size_t length = strlen(text);
    errno = ENOSPC;
    bool good = write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    int error = errno;
    if (!good && before >= 0 && ftruncate(file, before) != 0) cli_message("'%s' ends in half a row", path);
    close(file);
    return good ? CLI_DONE : cli_failed("cannot write '%s': %s", path, strerror(error));
}

static int find_point(const struct cli_grid *grid, char *const *cells) {
    int point = 0;
    for (int i = 0; i < grid->count; i++) {
        int value = 0;
        while (value < grid->options[i].count && strcmp(grid->options[i].values[value], cells[i]) != 0) value++;
        if (value == grid->options[i].count) return -1;
        point = point * grid->options[i].count + value;
    }
    return point;
}

/* Splits at commas, in place; returns the number of cells. */
static int split(char *line, char **cells, int most) {
    int count = 0;
    while (count < most) {
        cells[count++] = line;
        line = strchr(line, ',');
        if (!line) break;
        *line++ = '\0';
    }
    return line ? most + 1 : count;
}

static void keep(struct cli_trials *trials, const struct cli_trial *trial) {
    if (trials->count == trials->capacity) {
        trials->capacity = 2 * trials->capacity + 16;
        struct cli_trial *more = cli_allocate((size_t)trials->capacity, sizeof *more);
        if (trials->count) memcpy(more, trials->rows, (size_t)trials->count * sizeof *more);
        free(trials->rows);
        trials->rows = more;
    }
    trials->rows[trials->count++] = *trial;
}

/* A row of a table, and its line. */
struct row {
    const char *path;
    int line;
    char *cells[VARY_MOST_OPTIONS + 6];
};

static int wrong_cell(const struct row *row, const char *name, const char *text, const char *expected) {
    struct cli_plain plain;
    return cli_failed("'%s' line %d is not a row of this search: its %s is '%s', expected %s", row->path, row->line,
                      name, cli_plain(&plain, text), expected);
}

/* A trial that is done has a loss, one that diverged has nothing. */
static int check_scores(const struct row *row, const struct cli_trial *trial, char *const *scores) {
    if (!trial->diverged && !isfinite(trial->loss)) return wrong_cell(row, "loss", scores[1], "a number");
    if (trial->diverged && *scores[0]) return wrong_cell(row, "accuracy", scores[0], "nothing, for it diverged");
    if (trial->diverged && *scores[1]) return wrong_cell(row, "loss", scores[1], "nothing, for it diverged");
    return CLI_DONE;
}

static int take_cells(const struct row *row, const struct cli_grid *grid, struct cli_trial *trial) {
    char *const *cells = row->cells, *const *after = cells + 2 + grid->count;
    int64_t epochs = 0, epoch = 0;
    trial->point = find_point(grid, cells + 2);
    trial->diverged = strcmp(after[0], "diverged") == 0;
    if (!read_whole(cells[0], 1, INT_MAX, &epochs)) return wrong_cell(row, "epochs", cells[0], "a whole number from 1");
    if (!read_whole(cells[1], 0, INT64_MAX, &trial->seed)) return wrong_cell(row, "seed", cells[1], "a whole number");
    if (trial->point < 0)
        return cli_failed("'%s' line %d is not a row of this search: its values are none that --vary gives", row->path,
                          row->line);
    if (!trial->diverged && strcmp(after[0], "done") != 0)
        return wrong_cell(row, "status", after[0], "done or diverged");
    if (!read_number(after[1], 0, 1, &trial->accuracy))
        return wrong_cell(row, "accuracy", after[1], "a number from 0 to 1, or nothing");
    if (!read_number(after[2], -DBL_MAX, DBL_MAX, &trial->loss))
        return wrong_cell(row, "loss", after[2], "a number, or nothing");
    if (!read_whole(after[3], 0, epochs, &epoch))
        return wrong_cell(row, "best_epoch", after[3], "a whole number, at most its epochs");
    trial->epochs = (int)epochs;
    trial->epoch = (int)epoch;
    return check_scores(row, trial, after + 1);
}

static int take_row(struct cli_trials *trials, char *line, int at) {
    struct row row = {.path = trials->path, .line = at};
    struct cli_trial trial = {.line = at};
    int wanted = trials->grid->count + 6;
    if (split(line, row.cells, wanted) != wanted)
        return cli_failed("'%s' line %d is not a row of this search: expected %d cells", trials->path, at, wanted);
    int code = take_cells(&row, trials->grid, &trial);
    if (code == CLI_DONE) keep(trials, &trial);
    return code;
}

static int order(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int by_trial(const void *a, const void *b) {
    const struct cli_trial *x = a, *y = b;
    int found = order(x->epochs, y->epochs);
    if (found == 0) found = order(x->point, y->point);
    return found == 0 ? order(x->seed, y->seed) : found;
}

static int sort_rows(struct cli_trials *trials) {
    if (trials->count > 0) qsort(trials->rows, (size_t)trials->count, sizeof *trials->rows, by_trial);
    for (int i = 1; i < trials->count; i++) {
        int a = trials->rows[i - 1].line, b = trials->rows[i].line;
        if (by_trial(&trials->rows[i - 1], &trials->rows[i]) == 0)
            return cli_failed("'%s' line %d is not a row of this search: line %d is of the same trial", trials->path,
                              a > b ? a : b, a > b ? b : a);
    }
    return CLI_DONE;
}

/* A last line without its end is what a kill left of a row: it is cut off and tried again. */
static int cut_tail(const struct cli_trials *trials, size_t length) {
    if (truncate(trials->path, (off_t)length) == 0) return CLI_DONE;
    return cli_failed("cannot write '%s': %s", trials->path, strerror(errno));
}

static int take_rows(struct cli_trials *trials, char *text, const char *head) {
    size_t lead = strlen(head);
    int code = CLI_DONE;
    if (strncmp(text, head, lead) != 0)
        return cli_wrong_use("'%s' is the table of another search, or no table; choose another file", trials->path);
    char *line = text + lead;
    for (int at = 3; code == CLI_DONE && *line; at++) {
        char *end = strchr(line, '\n');
        if (!end) {
            code = cut_tail(trials, (size_t)(line - text));
            break;
        }
        *end = '\0';
        code = take_row(trials, line, at);
        line = end + 1;
    }
    return code == CLI_DONE ? sort_rows(trials) : code;
}

/* O_NONBLOCK: opening a pipe must not wait for its writer. */
static int take_table(struct cli_trials *trials) {
    struct stat status;
    trials->lock = open(trials->path, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
    if (trials->lock < 0) return cli_failed("cannot open '%s': %s", trials->path, strerror(errno));
    if (fstat(trials->lock, &status) != 0 || !S_ISREG(status.st_mode))
        return cli_failed("'%s' is not a regular file: a table is read again and added to; choose another",
                          trials->path);
    if (flock(trials->lock, LOCK_EX | LOCK_NB) == 0) return CLI_DONE;
    return errno == EWOULDBLOCK ? cli_failed("another search works on '%s'", trials->path)
                                : cli_failed("cannot lock '%s': %s", trials->path, strerror(errno));
}

int cli_trials_open(struct cli_trials *trials, const char *path, const struct cli_grid *grid, const char *search) {
    *trials = (struct cli_trials){.path = cli_copy(path), .lock = -1, .grid = grid};
    int code = take_table(trials);
    if (code != CLI_DONE) return code;
    char *head = header(grid, search), *text;
    code = cli_read_file(path, CLI_TABLE_MOST, &text);
    if (code == CLI_DONE) code = *text ? take_rows(trials, text, head) : append(path, head);
    free(text);
    free(head);
    return code;
}

void cli_trials_close(struct cli_trials *trials) {
    if (trials->path && trials->lock >= 0) close(trials->lock);
    free(trials->path);
    free(trials->rows);
    *trials = (struct cli_trials){0};
}

const struct cli_trial *cli_trials_find(const struct cli_trials *trials, int point, int epochs, int64_t seed) {
    struct cli_trial wanted = {.point = point, .epochs = epochs, .seed = seed};
    if (trials->count == 0) return NULL;
    return bsearch(&wanted, trials->rows, (size_t)trials->count, sizeof wanted, by_trial);
}

int cli_trials_check(const struct cli_trials *trials) {
    if (access(trials->path, W_OK) == 0) return CLI_DONE;
    return cli_failed("cannot write '%s': %s", trials->path, strerror(errno));
}

int cli_trials_add(struct cli_trials *trials, const struct cli_trial *trial) {
    char *line = cli_format("%d,%lld", trial->epochs, (long long)trial->seed);
    for (int i = 0; i < trials->grid->count; i++) {
        char *longer = cli_format("%s,%s", line, cli_grid_value(trials->grid, trial->point, i));
        free(line);
        line = longer;
    }
    char *accuracy = cell(trial->accuracy), *loss = cell(trial->loss);
    char *row =
        cli_format("%s,%s,%s,%s,%d\n", line, trial->diverged ? "diverged" : "done", accuracy, loss, trial->epoch);
    int code = append(trials->path, row);
    free(row);
    free(accuracy);
    free(loss);
    free(line);
    return code;
}
