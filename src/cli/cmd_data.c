/* pcil data: checks a data set's folder, draws its images, writes data sets in official layouts. */
#include "output.h"
#include "plain.h"
#include "sheet.h"
#include "source.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

static int need(const struct cli_arguments *arguments, const char *option) {
    return cli_has(arguments, option) ? CLI_DONE : cli_wrong_use("option '--%s' is missing; --help tells more", option);
}

static int need_dataset(const struct cli_arguments *arguments) {
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code == CLI_DONE) code = need(arguments, "dataset");
    return code == CLI_DONE ? cli_check_drawn(arguments, cli_get(arguments, "dataset")) : code;
}

/* --- verify --- */

/* Asking for the length first would read the whole set twice. */
enum { USUAL_REPORT = 1 << 18 };

static json_t *verification(const char *kind, const char *folder, int *code) {
    int64_t capacity = USUAL_REPORT, length = 0;
    char *text = cli_allocate((size_t)capacity, 1);
    pcil_status status = pcil_dataset_verify(kind, folder, text, capacity, &length);
    if (status != PCIL_OK && length >= capacity) {
        free(text);
        text = cli_allocate((size_t)length + 1, 1);
        status = pcil_dataset_verify(kind, folder, text, length + 1, &length);
    }
    *code = cli_status(status);
    json_t *report = *code == CLI_DONE ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (*code == CLI_DONE && !report)
        *code = cli_failed("the report on '%s' is not JSON: %s", folder ? folder : kind, text);
    free(text);
    return report;
}

static void put_value(json_t *value) {
    if (json_is_string(value))
        cli_put_plain(stdout, json_string_value(value), SIZE_MAX);
    else
        json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6) | JSON_COMPACT | JSON_ENSURE_ASCII);
}

static bool says_nothing(json_t *value) {
    return json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
}

/* An object or a text of a list, in one line. */
static void show_row(json_t *row, int depth) {
    const char *key;
    json_t *value;
    printf("%*s", depth * 2, "");
    if (json_is_string(row)) cli_put_plain(stdout, json_string_value(row), SIZE_MAX);
    json_object_foreach (row, key, value) {
        bool name = strcmp(key, "name") == 0;
        if (says_nothing(value)) continue;
        printf("%s%s", name ? "" : key, name ? "" : " ");
        put_value(value);
        fputs("  ", stdout);
    }
    putchar('\n');
}

static void show_value(const char *key, json_t *value, int depth) {
    const char *name;
    size_t index;
    json_t *inner;
    if (says_nothing(value)) return;
    printf("%*s%-*s", depth * 2, "", depth < 9 ? 20 - depth * 2 : 0, key);
    json_t *first = json_array_get(value, 0);
    if (json_is_object(value) || json_is_object(first) || json_is_string(first)) {
        putchar('\n');
        json_object_foreach (value, name, inner) show_value(name, inner, depth + 1);
        json_array_foreach (value, index, inner) show_row(inner, depth + 1);
        return;
    }
    putchar(' ');
    put_value(value);
    putchar('\n');
}

static void show_report(json_t *report) {
    const char *key;
    json_t *value;
    size_t index;
    json_object_foreach (report, key, value) {
        if (strcmp(key, "problems") != 0) show_value(key, value, 0);
    }
    json_array_foreach (json_object_get(report, "problems"), index, value) {
        if (json_is_string(value)) cli_message("%s", json_string_value(value));
    }
}

static int run_verify(const struct cli_arguments *arguments) {
    int code = need_dataset(arguments);
    if (code != CLI_DONE) return code;
    json_t *report = verification(cli_get(arguments, "dataset"), cli_get(arguments, "data"), &code);
    if (!report) return code;
    bool good = json_is_true(json_object_get(report, "ok"));
    if (cli_has(arguments, "json"))
        code = cli_print_json(json_incref(report));
    else
        show_report(report);
    json_decref(report);
    return code == CLI_DONE && !good ? CLI_FAILED : code;
}

static const struct cli_option verify_options[] = {{"dataset", "NAME", "the data set's kind", 0, 0},
                                                   {"data", "DIR", "its folder, or the folder that holds it", 0, 0},
                                                   CLI_THREADS,
                                                   {"json", NULL, "print the report as JSON", 0, 0},
                                                   {0}};

static const struct cli_command verify = {.name = "verify",
                                          .help = "verifies a folder: files, counts, labels, means, checksums",
                                          .usage = "--dataset NAME --data DIR [--json]",
                                          .options = verify_options,
                                          .run = run_verify};

/* --- sheet --- */

static int draw(const struct cli_source *source, const struct cli_arguments *arguments, const char *part) {
    struct cli_pictures pictures = {0};
    int code = cli_pictures_read(&pictures, source->view, 0, (int32_t)pcil_dataset_count(source->view));
    struct cli_plain plain;
    char **captions = pictures.labels ? cli_allocate((size_t)pictures.count, sizeof *captions) : NULL;
    for (int32_t i = 0; captions && code == CLI_DONE && i < pictures.count; i++)
        captions[i] = cli_copy(cli_plain(&plain, cli_class_name(source->whole, pictures.labels[i])));
    char *title = cli_format("%s %s, %d of %lld", source->dataset, part, pictures.count,
                             (long long)pcil_dataset_count(source->whole));
    if (code == CLI_DONE)
        code = cli_pictures_draw(&pictures, cli_get(arguments, "out"), captions,
                                 (int32_t)cli_get_integer(arguments, "columns", 0), title);
    for (int32_t i = 0; captions && i < pictures.count; i++) free(captions[i]);
    free(captions);
    free(title);
    cli_pictures_free(&pictures);
    return code;
}

static int run_sheet(const struct cli_arguments *arguments) {
    const char *part = cli_get(arguments, "part") ? cli_get(arguments, "part") : "train";
    const char *folder = cli_get(arguments, "data");
    int code = need_dataset(arguments);
    if (code == CLI_DONE) code = need(arguments, "out");
    if (code == CLI_DONE) code = cli_check_picture(arguments, "out");
    if (code != CLI_DONE) return code;
    struct cli_source source = {.dataset = cli_copy(cli_get(arguments, "dataset")),
                                .folder = folder ? cli_copy(folder) : NULL};
    code = cli_source_open(&source, part, cli_get_integer(arguments, "count", 50));
    if (code == CLI_DONE) code = draw(&source, arguments, part);
    if (code == CLI_DONE) code = cli_wrote(arguments, cli_get(arguments, "out"));
    cli_source_close(&source);
    return code;
}

static const struct cli_option sheet_options[] = {{"dataset", "NAME", "the data set's kind", 0, 0},
                                                  {"data", "DIR", "its folder, or the folder that holds it", 0, 0},
                                                  {"part", "PART", "train or test (train)", 0, 0},
                                                  {"count", "N", "images, spread evenly over the part (50)", 1, 10000},
                                                  {"columns", "N", "images in a row", 1, 10000},
                                                  {"out", "FILE.png", "the picture to write", 0, 0},
                                                  {"json", NULL, "print as JSON", 0, 0},
                                                  {0}};

static const struct cli_command sheet = {.name = "sheet",
                                         .help = "draws a contact sheet of a data set with its labels",
                                         .usage = "--dataset NAME [--data DIR] --out FILE.png [OPTION]...",
                                         .options = sheet_options,
                                         .run = run_sheet};

/* --- write --- */

/* Digits are drawn, the test part from another seed; other data sets are read. */
static int open_to_write(struct cli_source *source, const struct cli_arguments *arguments, bool test) {
    int64_t count = cli_get_integer(arguments, test ? "test" : "train", 0);
    if (strcmp(source->dataset, "digits") != 0) return cli_source_open(source, test ? "test" : "train", count);
    uint64_t seed = (uint64_t)cli_get_integer(arguments, "seed", 1);
    if (count == 0) count = test ? 1000 : 5000;
    return cli_status(pcil_dataset_digits(&source->view, count, test ? ~seed : seed));
}

static int check_seed(const struct cli_arguments *arguments) {
    bool drawn = strcmp(cli_get(arguments, "dataset"), "digits") == 0;
    if (drawn || !cli_has(arguments, "seed")) return CLI_DONE;
    return cli_wrong_use("only digits are drawn from a seed: leave --seed out");
}

static int wrote(const struct cli_arguments *arguments, int64_t train, int64_t test, const char *out) {
    if (!cli_has(arguments, "json")) {
        cli_put_line(stdout, "wrote %lld training and %lld test images to %s", (long long)train, (long long)test, out);
        return CLI_DONE;
    }
    json_t *object = cli_json_object();
    cli_json_set(object, "wrote", cli_json_name(out));
    cli_json_set(object, "train_samples", json_integer(train));
    cli_json_set(object, "test_samples", json_integer(test));
    return cli_print_json(object);
}

static int run_write(const struct cli_arguments *arguments) {
    const char *format = cli_get(arguments, "format"), *folder = cli_get(arguments, "data"), *out;
    int code = need_dataset(arguments);
    if (code == CLI_DONE) code = need(arguments, "format");
    if (code == CLI_DONE) code = need(arguments, "out");
    if (code == CLI_DONE) code = check_seed(arguments);
    if (code != CLI_DONE) return code;
    struct cli_source parts[2];
    for (int i = 0; i < 2; i++) {
        parts[i] = (struct cli_source){.dataset = cli_copy(cli_get(arguments, "dataset")),
                                       .folder = folder ? cli_copy(folder) : NULL};
        if (code == CLI_DONE) code = open_to_write(&parts[i], arguments, i == 1);
    }
    out = cli_get(arguments, "out");
    if (code == CLI_DONE) code = cli_status(pcil_dataset_write(parts[0].view, parts[1].view, format, out));
    if (code == CLI_DONE)
        code = wrote(arguments, pcil_dataset_count(parts[0].view), pcil_dataset_count(parts[1].view), out);
    for (int i = 0; i < 2; i++) cli_source_close(&parts[i]);
    return code;
}

static const struct cli_option write_options[] = {
    {"dataset", "NAME", "what to write: digits are drawn, others read", 0, 0},
    {"data", "DIR", "the folder of a data set that is read", 0, 0},
    {"format", "NAME", "whose official layout: cifar10, cifar100, svhn, tiny-imagenet or idx", 0, 0},
    {"out", "DIR", "the folder to make", 0, 0},
    {"train", "N", "training images (digits 5000, others all)", 1, 10000000},
    {"test", "N", "test images (digits 1000, others all)", 1, 10000000},
    {"seed", "N", "of the drawn digits (1)", 0, INT64_C(1000000000000)},
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

static const struct cli_command write_command = {
    .name = "write",
    .help = "writes a data set in the official layout of another",
    .usage = "--dataset digits --format NAME --out DIR [--train N] [--test N] [--seed N]",
    .options = write_options,
    .run = run_write};

static const struct cli_command *const commands[] = {&verify, &sheet, &write_command, NULL};

const struct cli_command cli_data = {.name = "data",
                                     .help = "verifies, shows and writes data sets",
                                     .usage = "verify|sheet|write [OPTION]...",
                                     .commands = commands};
