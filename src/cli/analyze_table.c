/* Tables of an analysis: built, printed, written as JSON and CSV. */
#include "analyze.h"
#include "output.h"
#include "target.h"
#include "textfile.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void an_column(struct an_table *table, const char *format, ...) {
    char *name = NULL;
    va_list arguments;
    if (table->columns == AN_MOST_COLUMNS) return; /* a network of more nodes than a picture can tell apart */
    va_start(arguments, format);
    if (vasprintf(&name, format, arguments) < 0) name = cli_copy("");
    va_end(arguments);
    table->names[table->columns++] = name;
}

double *an_row(struct an_table *table) {
    size_t row = (size_t)table->columns, before = (size_t)table->rows * row;
    if (table->rows == table->room) {
        table->room = 2 * table->room + 16;
        double *longer = cli_allocate((size_t)table->room * row, sizeof *longer);
        if (before > 0) memcpy(longer, table->values, before * sizeof *longer);
        free(table->values);
        table->values = longer;
    }
    table->rows++;
    return table->values + before;
}

void an_table_free(struct an_table *table) {
    for (int i = 0; i < table->columns; i++) free(table->names[i]);
    free(table->values);
    *table = (struct an_table){0};
}

static double value_at(const struct an_table *table, int row, int column) {
    return table->values[row * table->columns + column];
}

/* --- JSON --- */

static json_t *rows_of(const struct an_table *table) {
    json_t *rows = cli_json_array();
    for (int r = 0; r < table->rows; r++) {
        json_t *row = cli_json_array();
        for (int c = 0; c < table->columns; c++) cli_json_append(row, cli_json_number(value_at(table, r, c)));
        cli_json_append(rows, row);
    }
    return rows;
}

int an_print_json(const struct an_table *table, json_t *more) {
    json_t *object = more ? more : cli_json_object(), *columns = cli_json_array();
    for (int c = 0; c < table->columns; c++) cli_json_append(columns, json_string(table->names[c]));
    cli_json_set(object, "title", json_string(table->title));
    cli_json_set(object, "columns", columns);
    cli_json_set(object, "rows", rows_of(table));
    return cli_print_json(object);
}

/* --- text --- */

static void print_more(json_t *more) {
    const char *key;
    json_t *value;
    json_object_foreach (more, key, value) {
        if (json_is_number(value)) printf("%s %.6g\n", key, json_number_value(value));
        if (json_is_string(value)) printf("%s %s\n", key, json_string_value(value));
    }
}

static int width_of(const struct an_table *table, int column) {
    int length = (int)strlen(table->names[column]);
    return length > 10 ? length : 10;
}

/* What does not exist is a dash. */
static void print_cell(int width, double value, int column) {
    printf("%s", column > 0 ? "  " : "");
    if (isfinite(value))
        printf("%*.4g", width, value);
    else
        printf("%*s", width, "-");
}

static void print_table(const struct an_table *table, json_t *more) {
    printf("%s\n", table->title);
    print_more(more);
    for (int c = 0; c < table->columns; c++) printf("%s%*s", c ? "  " : "", width_of(table, c), table->names[c]);
    putchar('\n');
    for (int r = 0; r < table->rows; r++) {
        for (int c = 0; c < table->columns; c++) print_cell(width_of(table, c), value_at(table, r, c), c);
        putchar('\n');
    }
}

/* --- CSV --- */

static char *csv_path(const char *picture) {
    return cli_format("%.*s.csv", (int)(strlen(picture) - strlen(".png")), picture);
}

/* The table of a search is known by its first line. */
static bool is_search(const char *path) {
    static const char mark[] = "# pcil search";
    char lead[sizeof mark] = "";
    FILE *file = fopen(path, "re");
    bool is = file && fgets(lead, sizeof lead, file) && strcmp(lead, mark) == 0;
    if (file) fclose(file);
    return is;
}

int an_check_out(const struct cli_arguments *arguments) {
    const char *out = cli_get(arguments, "out");
    int code = cli_check_picture(arguments, "out");
    if (code != CLI_DONE || !out) return code;
    char *csv = csv_path(out);
    code = cli_check_target(arguments, csv);
    if (code == CLI_DONE && is_search(csv))
        code = cli_wrong_use("'%s' is the table of a search, and --out %s would replace it: choose another name", csv,
                             out);
    free(csv);
    return code;
}

/* What does not exist is empty. */
static void put_cell(FILE *file, const char *lead, double value) {
    fputs(lead, file);
    if (isfinite(value)) fprintf(file, "%.9g", value);
}

static void put_csv(FILE *file, const struct an_table *table) {
    for (int c = 0; c < table->columns; c++) fprintf(file, "%s%s", c ? "," : "", table->names[c]);
    for (int r = 0; r < table->rows; r++)
        for (int c = 0; c < table->columns; c++) put_cell(file, c ? "," : "\n", value_at(table, r, c));
    fputc('\n', file);
}

static int write_csv(const char *out, const struct an_table *table) {
    struct cli_text text;
    char *path = csv_path(out), *target = cli_target(path);
    cli_text_begin(&text);
    put_csv(text.stream, table);
    int code = cli_text_write(&text, target);
    free(target);
    free(path);
    return code;
}

/* Prints, and writes what goes beside the picture. */
static int put(const struct cli_arguments *arguments, const struct an_table *table, json_t *more) {
    const char *out = cli_get(arguments, "out");
    int code = CLI_DONE;
    if (cli_has(arguments, "json")) {
        code = an_print_json(table, more);
    } else {
        print_table(table, more);
        json_decref(more);
    }
    return code == CLI_DONE && out ? write_csv(out, table) : code;
}

int an_report(const struct cli_arguments *arguments, const struct an_table *table, json_t *more) {
    const char *out = cli_get(arguments, "out");
    int code = put(arguments, table, more);
    return code == CLI_DONE && out ? an_draw(table, out) : code;
}

int an_report_sheet(const struct cli_arguments *arguments, const struct an_table *table, const struct an_sheet *sheet) {
    const char *out = cli_get(arguments, "out");
    int code = put(arguments, table, NULL);
    return code == CLI_DONE && out ? an_draw_sheet(sheet, out) : code;
}

/* --- lists of numbers --- */

int an_numbers(const struct cli_arguments *arguments, const char *option, const char *otherwise, double **values,
               int32_t *count) {
    const char *text = cli_get(arguments, option) ? cli_get(arguments, option) : otherwise, *at = text;
    *values = cli_allocate(strlen(text) + 1, sizeof **values);
    *count = 0;
    for (bool more = true; more; at++) {
        char *end;
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !(value > 0) || !isfinite(value))
            return cli_wrong_use("option '--%s' is numbers above 0 with commas between, not '%s'", option, text);
        (*values)[(*count)++] = value;
        more = *end == ',';
        at = end;
    }
    return CLI_DONE;
}
