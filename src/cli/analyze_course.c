/* What the subcommands share that follow inference iteration by iteration. */
#include "analyze.h"
#include "output.h"

#include <stdlib.h>

/* Adds one batch's rows, weighted by its share of the samples. */
static int add_batch(const struct an_course *course, const struct an_subject *subject, int32_t first, int32_t batch,
                     int32_t numbers, struct an_table *table, const void *user) {
    double *rows = cli_allocate((size_t)table->rows * (size_t)numbers, sizeof *rows);
    double share = (double)batch / subject->samples.count;
    int code = course->measure(subject, first, batch, table->rows - 1, rows, user);
    for (int t = 0; code == CLI_DONE && t < table->rows; t++)
        for (int c = 1; c < table->columns; c++)
            table->values[t * table->columns + c] += share * rows[t * numbers + c - 1];
    free(rows);
    return code;
}

static int measure(const struct an_course *course, struct an_subject *subject, struct an_table *table,
                   const void *user) {
    int32_t iterations, code = cli_samples_iterations(&subject->samples, subject->trainer, &iterations);
    an_column(table, "iteration");
    int32_t numbers = course->name(subject, table, user);
    for (int32_t t = 0; t <= iterations; t++) an_row(table)[0] = t;
    for (int32_t done = 0, batch; code == CLI_DONE && done < subject->samples.count; done += batch) {
        batch = cli_samples_batch(&subject->samples, subject->trainer, done);
        cli_progress_phase(&subject->progress, "image %d of %d", done + 1, subject->samples.count);
        code = add_batch(course, subject, done, batch, numbers, table, user);
    }
    cli_progress_end(&subject->progress);
    return code;
}

/* Of iterations=auto, how many they were. */
static json_t *explain(const struct an_subject *subject, const struct an_table *table) {
    if (!cli_iterates_by_auto(subject->trainer)) return NULL;
    json_t *more = cli_json_object();
    cli_json_set(more, "iterations_of_auto", json_integer(table->rows - 1));
    return more;
}

int an_follow(const struct an_course *course, const struct cli_arguments *arguments, const void *user) {
    struct an_table table = course->table;
    struct an_subject subject;
    int code = an_open(&subject, arguments, &course->defaults);
    if (code == CLI_DONE) code = measure(course, &subject, &table, user);
    if (code == CLI_DONE) code = an_report(arguments, &table, explain(&subject, &table));
    an_table_free(&table);
    an_close(&subject);
    return code;
}
