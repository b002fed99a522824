/* pcil search: a grid of settings, or successive halving over it, scored on a held-out part of the training data. */
#include "output.h"
#include "reading.h"
#include "search.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>

static void append(char **text, const char *option, const char *value) {
    char *longer = cli_format("%s --%s%s%s", *text, option, *value ? " " : "", value);
    free(*text);
    *text = longer;
}

/* What the search sets by itself, whatever a file of settings says. */
static const char *const own_settings[] = {"epochs", "seed", "validation", "measure_interval", "out", NULL};

/* A file of settings may change under its name: what it says counts, but not where the data lie. */
static int append_config(char **text, const char *path) {
    json_t *object;
    int code = cli_read_object(path, &object);
    if (code != CLI_DONE) return code;
    json_object_del(object, "data");
    for (const char *const *name = own_settings; *name; name++) json_object_del(object, *name);
    char *settings = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(object);
    if (!settings) return cli_failed("no memory for the settings of '%s'", path);
    append(text, "config", settings);
    free(settings);
    return CLI_DONE;
}

static bool is_left_out(const struct cli_given *given) {
    static const char *const names[] = {"data", "table", "json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(given->option->name, names[i]) == 0) return true;
    return strcmp(given->option->name, "set") == 0 && strncmp(given->value, "data=", 5) == 0;
}

/* What the results depend on, as one line; where the data lie and how it is shown is left out. */
static int describe(const struct cli_arguments *arguments, char **line) {
    int code = CLI_DONE;
    *line = cli_format("pcil search, version %s:", pcil_version());
    for (int i = 0; i < arguments->givens && code == CLI_DONE; i++) {
        const struct cli_given *given = &arguments->given[i];
        if (strcmp(given->option->name, "config") == 0)
            code = append_config(line, given->value);
        else if (!is_left_out(given))
            append(line, given->option->name, given->value);
    }
    for (char *c = *line; *c; c++)
        if (*c == '\n') *c = ' ';
    return code;
}

int cli_search_check(const struct cli_search *search) {
    char *line;
    int code = describe(search->arguments, &line);
    if (code == CLI_DONE && strcmp(line, search->line) != 0)
        code = cli_failed("'%s' was changed while the search was at work: its next trials would be of other settings",
                          cli_get(search->arguments, "config"));
    free(line);
    return code;
}

static int open_data(struct cli_search *search, const pcil_trainer *trainer) {
    char *dataset = cli_trainer_text(trainer, "dataset"), *folder = cli_trainer_text(trainer, "data");
    int code = dataset && *dataset
                   ? cli_status(pcil_dataset_open(&search->data, dataset, folder && *folder ? folder : NULL, "train"))
                   : cli_wrong_use("no data set: give --recipe or --set dataset=NAME");
    free(dataset);
    free(folder);
    return code;
}

static int check_point(struct cli_search *search, int point) {
    struct cli_trial trial = {.point = point, .epochs = search->epochs, .seed = 1};
    pcil_trainer *trainer = NULL;
    int code = cli_search_trainer(search, &trial, &trainer);
    if (code == CLI_DONE && !search->data) {
        code = open_data(search, trainer);
        if (code == CLI_DONE) code = cli_status(pcil_trainer_data(trainer, search->data, NULL));
    }
    if (code == CLI_DONE && cli_grid_introduces(&search->grid, point)) code = cli_settings_prepare(trainer);
    pcil_trainer_free(trainer);
    return code;
}

/* Before anything is written every point is set once, and every value prepared with the first of the other options:
 * names, values and data are right. */
static int check_points(struct cli_search *search) {
    int code = CLI_DONE;
    for (int point = 0; point < search->grid.points && code == CLI_DONE; point++) code = check_point(search, point);
    return code;
}

/* The folders of trials have its name, which stands in their settings. */
static int read_arguments(struct cli_search *search) {
    const struct cli_arguments *arguments = search->arguments;
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code == CLI_DONE) code = cli_settings_spare(arguments, own_settings);
    for (int i = 0; i < arguments->givens && code == CLI_DONE; i++)
        if (strcmp(arguments->given[i].option->name, "vary") == 0)
            code = cli_grid_add(&search->grid, arguments->given[i].value);
    search->epochs = (int)cli_get_integer(arguments, "epochs", 10);
    search->seeds = (int)cli_get_integer(arguments, "seeds", 1);
    search->halving = cli_has(arguments, "halving");
    search->validation = cli_has(arguments, "validation") ? cli_get(arguments, "validation") : "0.1";
    if (code != CLI_DONE) return code;
    if (search->grid.count == 0) return cli_wrong_use("option '--vary' is missing; --help tells more");
    if (!(strtod(search->validation, NULL) > 0))
        return cli_wrong_use("option '--validation' is a share above 0, not '%s'", search->validation);
    return cli_check_text(arguments, "table");
}

static int run(const struct cli_arguments *arguments) {
    struct cli_search search = {.arguments = arguments};
    int code = read_arguments(&search);
    if (code == CLI_DONE) code = check_points(&search);
    if (code == CLI_DONE) code = describe(arguments, &search.line);
    if (code == CLI_DONE)
        code = cli_trials_open(&search.trials, cli_get(arguments, "table"), &search.grid, search.line);
    if (code == CLI_DONE) code = cli_search_run(&search);
    cli_trials_close(&search.trials);
    cli_grid_free(&search.grid);
    pcil_dataset_free(search.data);
    free(search.line);
    return code;
}

static const struct cli_option options[] = {
    {"recipe", "NAME", "settings by name; 'pcil recipes' lists them", 0, 0},
    {"config", "FILE.json", "settings from a file, over the recipe's", 0, 0},
    {"set", "KEY=VALUE", "one setting, over those; may be repeated", 0, 0},
    {"vary", "NAME=VALUES", "FROM:TO:COUNT (logarithmic) or A,B,...; may be repeated", 0, 0},
    {"table", "FILE.csv", "a row per trial; a search that was ended goes on from it", 0, 0},
    {"data", "DIR", "the data set's folder, or the folder that holds it", 0, 0},
    {"epochs", "N", "walks through the training data (10)", 1, 1000000},
    {"validation", "SHARE", "of the training data, held out and scored (0.1)", 0, 0},
    {"seeds", "N", "seeds 1 to N; the mean counts (1)", 1, 1000},
    {"halving", NULL, "successive halving in place of the whole grid", 0, 0},
    {"limit-train", "N", "train on N images, spread evenly", 0, INT64_C(9007199254740991)},
    {"limit-test", "N", "score N of the held-out images", 0, INT64_C(9007199254740991)},
    {"json", NULL, "print the points, the best first, as JSON", 0, 0},
    {0}};

const struct cli_command cli_search = {.name = "search",
                                       .help = "finds settings by their score on a held-out part of the training data",
                                       .usage = "--recipe NAME --vary NAME=FROM:TO:COUNT --table FILE.csv [OPTION]...",
                                       .options = options,
                                       .more = cli_settings_help,
                                       .run = run};
