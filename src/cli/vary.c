#include "vary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of a grid are rounded to six digits, so that what is printed is what is tried. */
static int add_grid(struct cli_vary *vary, const char *text) {
    double from, to;
    int count, end = 0;
    if (sscanf(text, "%lf:%lf:%d%n", &from, &to, &count, &end) != 3 || text[end] != '\0')
        return cli_wrong_use("--vary %s: '%s' is not FROM:TO:COUNT", vary->name, text);
    if (!(from > 0) || !(to > 0) || !isfinite(from) || !isfinite(to))
        return cli_wrong_use("--vary %s: a grid from %g to %g is logarithmic, both must be above 0; list other values "
                             "with commas",
                             vary->name, from, to);
    if (count < 2 || count > VARY_MOST_VALUES)
        return cli_wrong_use("--vary %s: a grid has 2 to %d values, not %d", vary->name, VARY_MOST_VALUES, count);
    vary->values = cli_allocate((size_t)count, sizeof *vary->values);
    for (vary->count = 0; vary->count < count; vary->count++)
        vary->values[vary->count] = cli_format("%.6g", from * pow(to / from, vary->count / (double)(count - 1)));
    return CLI_DONE;
}

static int add_list(struct cli_vary *vary, const char *text) {
    vary->values = cli_allocate(VARY_MOST_VALUES, sizeof *vary->values);
    for (; vary->count < VARY_MOST_VALUES; text++) {
        size_t length = strcspn(text, ",");
        if (length == 0) return cli_wrong_use("--vary %s: a value is empty", vary->name);
        if (memchr(text, '"', length)) return cli_wrong_use("--vary %s: a value holds a quote", vary->name);
        vary->values[vary->count++] = cli_format("%.*s", (int)length, text);
        text += length;
        if (!*text) return CLI_DONE;
    }
    return cli_wrong_use("--vary %s: more than %d values", vary->name, VARY_MOST_VALUES);
}

/* Texts, or numbers however they are written. */
static bool same_value(const char *a, const char *b) {
    char *end_a, *end_b;
    double x = strtod(a, &end_a), y = strtod(b, &end_b);
    return strcmp(a, b) == 0 || (end_a != a && end_b != b && !*end_a && !*end_b && x >= y && x <= y);
}

/* A trial is known by its values, so that two of the same would be two trials of one row. */
static int check_values(const struct cli_vary *vary) {
    for (int i = 0; i < vary->count; i++)
        for (int k = 0; k < i; k++)
            if (same_value(vary->values[i], vary->values[k]))
                return cli_wrong_use("--vary %s: values %d and %d are the same, '%s' and '%s' (a grid's are rounded to "
                                     "six digits); give each value once",
                                     vary->name, k + 1, i + 1, vary->values[k], vary->values[i]);
    return CLI_DONE;
}

/* What the search itself decides cannot be varied. */
static int check_name(const struct cli_grid *grid, const char *name) {
    static const char *const own[] = {"recipe", "dataset", "data", "out", "seed", "epochs", "validation"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], name) == 0) return cli_wrong_use("--vary: '%s' is not for a search to vary", name);
    for (int i = 0; i < grid->count; i++)
        if (strcmp(grid->options[i].name, name) == 0) return cli_wrong_use("--vary: '%s' is given twice", name);
    return CLI_DONE;
}

int cli_grid_add(struct cli_grid *grid, const char *text) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return cli_wrong_use("--vary needs NAME=FROM:TO:COUNT or NAME=A,B,..., not '%s'", text);
    if (grid->count == VARY_MOST_OPTIONS) return cli_wrong_use("--vary: at most %d options", VARY_MOST_OPTIONS);
    struct cli_vary *vary = &grid->options[grid->count];
    vary->name = cli_format("%.*s", (int)(equals - text), text);
    int code = check_name(grid, vary->name);
    grid->count++;
    if (code == CLI_DONE) code = strchr(equals, ':') ? add_grid(vary, equals + 1) : add_list(vary, equals + 1);
    if (code == CLI_DONE) code = check_values(vary);
    if (code != CLI_DONE) return code;
    grid->points = (grid->count == 1 ? 1 : grid->points) * vary->count;
    return grid->points <= VARY_MOST_POINTS ? CLI_DONE : cli_wrong_use("--vary: more than %d points", VARY_MOST_POINTS);
}

void cli_grid_free(struct cli_grid *grid) {
    for (int i = 0; i < grid->count; i++) {
        for (int k = 0; k < grid->options[i].count; k++) free(grid->options[i].values[k]);
        free(grid->options[i].values);
        free(grid->options[i].name);
    }
    *grid = (struct cli_grid){0};
}

const char *cli_grid_value(const struct cli_grid *grid, int point, int option) {
    for (int i = grid->count - 1; i > option; i--) point /= grid->options[i].count;
    return grid->options[option].values[point % grid->options[option].count];
}

bool cli_grid_introduces(const struct cli_grid *grid, int point) {
    int others = 0;
    for (int i = grid->count - 1; i >= 0; i--) {
        others += point % grid->options[i].count != 0;
        point /= grid->options[i].count;
    }
    return others <= 1;
}
