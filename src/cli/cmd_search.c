/* pcil search: a grid of settings, or successive halving over it, scored on a held-out part of the training data. */
#include "output.h"
#include "run_folder.h"
#include "settings.h"
#include "stop.h"
#include "textfile.h"
#include "trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const struct cli_arguments *arguments;
    char *line; /* what the results depend on */
    struct cli_grid grid;
    struct cli_trials trials;
    pcil_dataset *data; /* opened once, lent to every trial */
    const char *validation;
    int epochs, seeds;
    bool halving;
};

/* A point with what its seeds say of it. */
struct standing {
    int point;
    bool diverged;
    double accuracy, loss;
};

/* --- one trial --- */

static pcil_status set_point(const struct search *search, pcil_trainer *trainer, int point) {
    pcil_status status = PCIL_OK;
    for (int i = 0; i < search->grid.count && status == PCIL_OK; i++)
        status = pcil_trainer_set_text(trainer, search->grid.options[i].name, cli_grid_value(&search->grid, point, i));
    return status;
}

static int make_trainer(const struct search *search, const struct cli_trial *trial, pcil_trainer **trainer) {
    int code = cli_settings_trainer(trainer, search->arguments);
    if (code != CLI_DONE) return code;
    pcil_status status = pcil_trainer_set(*trainer, "epochs", trial->epochs);
    if (status == PCIL_OK) status = pcil_trainer_set(*trainer, "seed", (double)trial->seed);
    if (status == PCIL_OK) status = pcil_trainer_set_text(*trainer, "validation", search->validation);
    if (status == PCIL_OK) status = pcil_trainer_set(*trainer, "measure_interval", 0);
    if (status == PCIL_OK) status = set_point(search, *trainer, trial->point);
    if (status == PCIL_OK && search->data) status = pcil_trainer_data(*trainer, search->data, NULL);
    return cli_status(status);
}

static int32_t watch(void *user, const pcil_trainer *trainer, pcil_event event) {
    (void)user;
    if (event == PCIL_EVENT_WARNING) cli_message("warning: %s", pcil_trainer_warning(trainer));
    return cli_stop_signal() != 0;
}

static double value(const pcil_trainer *trainer, const char *name) {
    double number = NAN;
    return pcil_trainer_value(trainer, name, &number) == PCIL_OK ? number : NAN;
}

/* The trial's run, new or from the checkpoint of one that was cut off. */
static int make_run(const struct search *search, const struct cli_trial *trial, const char *folder,
                    pcil_trainer **trainer) {
    bool goes_on;
    int code = cli_run_begin(folder, search->line, &goes_on);
    if (code != CLI_DONE) return code;
    if (!goes_on) {
        code = make_trainer(search, trial, trainer);
        return code == CLI_DONE ? cli_status(pcil_trainer_set_text(*trainer, "out", folder)) : code;
    }
    pcil_status status = pcil_trainer_create(trainer);
    if (status == PCIL_OK) status = pcil_trainer_resume(*trainer, folder);
    if (status == PCIL_OK) status = pcil_trainer_data(*trainer, search->data, NULL);
    return cli_status(status);
}

/* A run whose numbers cease to be finite is a result too: the worst. */
static int run_to_end(pcil_trainer *trainer, struct cli_trial *trial) {
    pcil_trainer_watch(trainer, watch, NULL);
    pcil_status status = pcil_trainer_run(trainer);
    trial->diverged = status == PCIL_ERROR_DIVERGED;
    trial->accuracy = trial->diverged ? NAN : value(trainer, "best_accuracy");
    trial->loss = trial->diverged ? NAN : value(trainer, "best_loss");
    trial->epoch = trial->diverged ? 0 : (int)value(trainer, "best_epoch");
    if (status == PCIL_ERROR_INTERRUPTED) return 128 + cli_stop_signal();
    return trial->diverged ? CLI_DONE : cli_status(status);
}

/* Beside the table stands the folder of the trial at work, and of one that was cut off. */
static char *trial_folder(const struct search *search, const struct cli_trial *trial) {
    return cli_format("%s.point%d-epochs%d-seed%lld", search->trials.path, trial->point, trial->epochs,
                      (long long)trial->seed);
}

static int run_trial(struct search *search, struct cli_trial *trial) {
    pcil_trainer *trainer = NULL;
    char *folder = trial_folder(search, trial);
    int code = make_run(search, trial, folder, &trainer);
    if (code == CLI_DONE) code = run_to_end(trainer, trial);
    pcil_trainer_free(trainer);
    if (code == CLI_DONE) code = cli_trials_add(&search->trials, trial);
    if (code == CLI_DONE) code = cli_run_remove(folder);
    free(folder);
    return code;
}

/* --- the search --- */

static void show_point(const struct search *search, int point) {
    for (int i = 0; i < search->grid.count; i++)
        printf("%s%s=%s", i ? " " : "", search->grid.options[i].name, cli_grid_value(&search->grid, point, i));
}

static void show_standing(const struct search *search, const struct standing *standing, int epochs) {
    if (cli_has(search->arguments, "json")) return;
    printf("epochs %-4d ", epochs);
    show_point(search, standing->point);
    if (standing->diverged)
        printf("  diverged\n");
    else if (isfinite(standing->accuracy))
        printf("  accuracy %.4f  loss %.4f\n", standing->accuracy, standing->loss);
    else
        printf("  loss %.6g\n", standing->loss);
    fflush(stdout);
}

/* What the table already has is not run again; a kill may have left the folder of its last row. */
static int recall_trial(const struct search *search, const struct cli_trial *known, struct cli_trial *trial) {
    char *folder = trial_folder(search, known);
    int code = cli_exists(folder) ? cli_run_remove(folder) : CLI_DONE;
    free(folder);
    *trial = *known;
    return code;
}

/* All seeds of a point. */
static int try_point(struct search *search, struct standing *standing, int epochs) {
    standing->accuracy = standing->loss = 0;
    for (int seed = 1; seed <= search->seeds; seed++) {
        struct cli_trial trial = {.point = standing->point, .epochs = epochs, .seed = seed};
        const struct cli_trial *known = cli_trials_find(&search->trials, trial.point, epochs, seed);
        int code = known ? recall_trial(search, known, &trial) : run_trial(search, &trial);
        if (code != CLI_DONE) return code;
        standing->diverged |= trial.diverged;
        standing->accuracy += trial.accuracy / search->seeds;
        standing->loss += trial.loss / search->seeds;
    }
    show_standing(search, standing, epochs);
    return CLI_DONE;
}

/* The better first: accuracy, where there is one, then loss, then the order of the grid. */
static int by_score(const void *a, const void *b) {
    const struct standing *x = a, *y = b;
    if (x->diverged != y->diverged) return x->diverged - y->diverged;
    if (x->accuracy > y->accuracy || x->accuracy < y->accuracy) return x->accuracy > y->accuracy ? -1 : 1;
    if (x->loss > y->loss || x->loss < y->loss) return x->loss < y->loss ? -1 : 1;
    return x->point - y->point;
}

/* Rounds before the last: while there are points to drop and epochs to halve. */
static int halvings(const struct search *search) {
    int rounds = 0;
    for (int left = search->grid.points; search->halving && left > 1 && search->epochs >> (rounds + 1) > 0; rounds++)
        left = (left + 1) / 2;
    return rounds;
}

static int run_rounds(struct search *search, struct standing *standings) {
    int rounds = halvings(search), left = search->grid.points, code = CLI_DONE;
    for (int round = 0; round <= rounds; round++) {
        int epochs = search->epochs >> (rounds - round);
        for (int i = 0; i < left && code == CLI_DONE; i++) {
            standings[i].diverged = false;
            code = try_point(search, &standings[i], epochs);
        }
        if (code != CLI_DONE) return code;
        qsort(standings, (size_t)left, sizeof *standings, by_score);
        left = round < rounds ? (left + 1) / 2 : left;
    }
    return CLI_DONE;
}

static json_t *standing_json(const struct search *search, const struct standing *standing) {
    json_t *object = cli_json_object(), *settings = cli_json_object();
    for (int i = 0; i < search->grid.count; i++)
        cli_json_set(settings, search->grid.options[i].name,
                     json_string(cli_grid_value(&search->grid, standing->point, i)));
    cli_json_set(object, "settings", settings);
    cli_json_set(object, "diverged", json_boolean(standing->diverged));
    cli_json_set(object, "validation_accuracy", cli_json_number(standing->diverged ? NAN : standing->accuracy));
    cli_json_set(object, "validation_loss", cli_json_number(standing->diverged ? NAN : standing->loss));
    return object;
}

/* The points as they came in, the best first; each with the scores of its last round. */
static int print_json(const struct search *search, const struct standing *standings) {
    json_t *object = cli_json_object(), *points = cli_json_array();
    for (int i = 0; i < search->grid.points; i++) cli_json_append(points, standing_json(search, &standings[i]));
    cli_json_set(object, "epochs", json_integer(search->epochs));
    cli_json_set(object, "seeds", json_integer(search->seeds));
    cli_json_set(object, "table", json_string(search->trials.path));
    cli_json_set(object, "points", points);
    return cli_print_json(object);
}

static int show_best(const struct search *search, const struct standing *best) {
    if (best->diverged) return cli_failed("every setting diverged; the table is '%s'", search->trials.path);
    if (cli_has(search->arguments, "json")) return print_json(search, best);
    printf("best: ");
    show_point(search, best->point);
    if (isfinite(best->accuracy))
        printf(" (validation accuracy %.4f)", best->accuracy);
    else
        printf(" (validation loss %.6g)", best->loss);
    printf("\nthe table is %s\n", search->trials.path);
    return CLI_DONE;
}

static int run_search(struct search *search) {
    struct standing *standings = cli_allocate((size_t)search->grid.points, sizeof *standings);
    for (int i = 0; i < search->grid.points; i++) standings[i].point = i;
    cli_stop_begin();
    int code = run_rounds(search, standings);
    if (code == CLI_DONE) code = show_best(search, &standings[0]);
    if (code > 128) cli_message("stopped; the same command goes on from '%s'", search->trials.path);
    free(standings);
    return code;
}

/* --- from the arguments --- */

/* What the results depend on, as one line; where the data lie and how it is shown is left out. */
static char *describe(const struct cli_arguments *arguments) {
    char *text = cli_format("pcil search, version %s:", pcil_version());
    for (int i = 0; i < arguments->givens; i++) {
        const struct cli_given *given = &arguments->given[i];
        if (strcmp(given->option->name, "data") == 0 || strcmp(given->option->name, "table") == 0 ||
            strcmp(given->option->name, "json") == 0)
            continue;
        char *longer = cli_format("%s --%s%s%s", text, given->option->name, *given->value ? " " : "", given->value);
        free(text);
        text = longer;
    }
    for (char *c = text; *c; c++)
        if (*c == '\n') *c = ' ';
    return text;
}

static int open_data(struct search *search, const pcil_trainer *trainer) {
    char *dataset = cli_trainer_text(trainer, "dataset"), *folder = cli_trainer_text(trainer, "data");
    int code = dataset && *dataset
                   ? cli_status(pcil_dataset_open(&search->data, dataset, folder && *folder ? folder : NULL, "train"))
                   : cli_wrong_use("no data set: give --recipe or --set dataset=NAME");
    free(dataset);
    free(folder);
    return code;
}

/* Every point is set once before anything is written, and the first is prepared: names, values and data are right. */
static int check_points(struct search *search) {
    int code = CLI_DONE;
    for (int point = 0; point < search->grid.points && code == CLI_DONE; point++) {
        struct cli_trial trial = {.point = point, .epochs = search->epochs, .seed = 1};
        pcil_trainer *trainer = NULL;
        code = make_trainer(search, &trial, &trainer);
        if (code == CLI_DONE && point == 0) code = open_data(search, trainer);
        if (code == CLI_DONE && point == 0) code = cli_status(pcil_trainer_data(trainer, search->data, NULL));
        if (code == CLI_DONE && point == 0) code = cli_settings_prepare(trainer);
        pcil_trainer_free(trainer);
    }
    return code;
}

static int read_arguments(struct search *search) {
    const struct cli_arguments *arguments = search->arguments;
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    for (int i = 0; i < arguments->givens && code == CLI_DONE; i++)
        if (strcmp(arguments->given[i].option->name, "vary") == 0)
            code = cli_grid_add(&search->grid, arguments->given[i].value);
    search->epochs = (int)cli_get_integer(arguments, "epochs", 10);
    search->seeds = (int)cli_get_integer(arguments, "seeds", 1);
    search->halving = cli_has(arguments, "halving");
    search->validation = cli_has(arguments, "validation") ? cli_get(arguments, "validation") : "0.1";
    if (code != CLI_DONE) return code;
    if (search->grid.count == 0) return cli_wrong_use("option '--vary' is missing; --help tells more");
    if (!cli_has(arguments, "table")) return cli_wrong_use("option '--table' is missing; --help tells more");
    if (!(strtod(search->validation, NULL) > 0))
        return cli_wrong_use("option '--validation' is a share above 0, not '%s'", search->validation);
    return CLI_DONE;
}

static int run(const struct cli_arguments *arguments) {
    struct search search = {.arguments = arguments, .line = describe(arguments)};
    int code = read_arguments(&search);
    if (code == CLI_DONE) code = check_points(&search);
    if (code == CLI_DONE)
        code = cli_trials_open(&search.trials, cli_get(arguments, "table"), &search.grid, search.line);
    if (code == CLI_DONE) code = run_search(&search);
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
