/* pcil train: a whole run, from a recipe, a configuration file or settings. */
#include "curves.h"
#include "measure.h"
#include "output.h"
#include "plain.h"
#include "progress.h"
#include "report.h"
#include "settings.h"
#include "stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int32_t watch(void *user, const pcil_trainer *trainer, pcil_event event) {
    if (event == PCIL_EVENT_WARNING) {
        cli_progress_end(user);
        cli_message("warning: %s", pcil_trainer_warning(trainer));
    }
    cli_progress_event(user, trainer, event);
    return cli_stop_signal() != 0;
}

static void show_data(const char *label, const pcil_dataset *dataset) {
    if (!dataset) return;
    int32_t channels, height, width;
    pcil_dataset_shape(dataset, &channels, &height, &width);
    printf("%-8s %lld images %dx%dx%d, %d classes\n", label, (long long)pcil_dataset_count(dataset), channels, height,
           width, pcil_dataset_classes(dataset));
}

static void show_setting(const pcil_trainer *trainer, const char *label, const char *option) {
    char *text = cli_trainer_text(trainer, option);
    if (text && *text) cli_put_line(stdout, "%-8s %s", label, text);
    free(text);
}

static void show_parts(pcil_trainer *trainer) {
    char *inference = cli_trainer_text(trainer, "inference"), *optimizer = cli_trainer_text(trainer, "optimizer");
    char *batch = cli_trainer_text(trainer, "batch"), *seed = cli_trainer_text(trainer, "seed");
    printf("%-8s inference %s, optimizer %s, batch %s, %.0f epochs, seed %s\n", "by", inference ? inference : "",
           optimizer ? optimizer : "", batch ? batch : "", cli_trainer_value(trainer, "epochs"), seed ? seed : "");
    free(inference);
    free(optimizer);
    free(batch);
    free(seed);
}

/* Where a resumed run goes on. */
static void show_place(const pcil_trainer *trainer) {
    double epoch = cli_trainer_value(trainer, "epoch"), batch = cli_trainer_value(trainer, "batch");
    if (epoch > 0)
        printf("%-8s behind batch %.0f of %.0f in epoch %.0f of %.0f\n", "goes on", batch,
               cli_trainer_value(trainer, "batches"), epoch, cli_trainer_value(trainer, "epochs"));
}

static void show_start(pcil_trainer *trainer) {
    show_setting(trainer, "network", "network");
    show_data("train", pcil_trainer_train_data(trainer));
    show_data("test", pcil_trainer_test_data(trainer));
    show_parts(trainer);
    show_place(trainer);
    fflush(stdout);
}

static int64_t total_memory(pcil_trainer *trainer) {
    static const char *const purposes[] = {"weights", "activities", "workspace"};
    const pcil_traces *traces = pcil_trainer_traces(trainer);
    int64_t bytes = pcil_optimizer_memory(pcil_trainer_optimizer(trainer)) + (traces ? pcil_traces_memory(traces) : 0);
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        bytes += pcil_inference_memory(pcil_trainer_inference(trainer), purposes[i]);
    return bytes;
}

/* --- dry run --- */

static void show_plan(pcil_trainer *trainer) {
    struct cli_size size;
    cli_report_network(pcil_trainer_network(trainer), pcil_trainer_inference(trainer));
    putchar('\n');
    show_data("train", pcil_trainer_train_data(trainer));
    show_data("test", pcil_trainer_test_data(trainer));
    show_parts(trainer);
    printf("%-8s %.0f steps in each of %.0f epochs\n", "steps", cli_trainer_value(trainer, "batches"),
           cli_trainer_value(trainer, "epochs"));
    show_place(trainer);
    printf("%-8s %s for weights, activities, workspace, optimizer and traces\n", "memory",
           cli_bytes(&size, total_memory(trainer)));
    show_setting(trainer, "out", "out");
    printf("dry run: everything fits together, nothing was written\n");
}

static int print_plan(pcil_trainer *trainer) {
    json_t *object = cli_report_json(pcil_trainer_network(trainer), pcil_trainer_inference(trainer));
    const pcil_dataset *test = pcil_trainer_test_data(trainer);
    char *settings = cli_trainer_settings(trainer);
    cli_json_set(object, "status", json_string("dry run"));
    cli_json_set(object, "train_samples", json_integer(pcil_dataset_count(pcil_trainer_train_data(trainer))));
    cli_json_set(object, "test_samples", json_integer(test ? pcil_dataset_count(test) : 0));
    cli_json_set(object, "steps_per_epoch", cli_json_number(cli_trainer_value(trainer, "batches")));
    cli_json_set(object, "bytes", json_integer(total_memory(trainer)));
    cli_json_set(object, "settings", settings ? json_loads(settings, 0, NULL) : json_null());
    free(settings);
    return cli_print_json(object);
}

/* --- the end of a run --- */

/* Draws RUN/curves.png; that it could not is told, but the run is done. */
static bool draw_curves(const char *out) {
    struct cli_run run = {0};
    bool missing = false;
    char *path = cli_join(out, "curves.png");
    int code = cli_run_read(&run, out);
    if (code == CLI_DONE) code = cli_curves_draw(&run, 1, path, &missing);
    if (missing) cli_message("gnuplot is not installed: no curves.png");
    cli_run_free(&run);
    free(path);
    return code == CLI_DONE;
}

/* Whether the run got as far as an evaluation. */
static bool evaluated(const pcil_trainer *trainer) {
    return isfinite(cli_trainer_value(trainer, "train_loss"));
}

static void show_end(const pcil_trainer *trainer, const char *out, bool curves) {
    double accuracy = cli_trainer_value(trainer, "best_accuracy"), loss = cli_trainer_value(trainer, "best_loss");
    if (isfinite(accuracy))
        printf("best test accuracy %.4f (epoch %.0f)\n", accuracy, cli_trainer_value(trainer, "best_epoch"));
    else if (isfinite(loss))
        printf("best test loss %.4f (epoch %.0f)\n", loss, cli_trainer_value(trainer, "best_epoch"));
    if (out)
        cli_put_line(stdout, "in %s: config.json, metrics.jsonl, model.safetensors (last)%s%s", out,
                     evaluated(trainer) ? ", best.safetensors" : "", curves ? ", curves.png" : "");
    else
        printf("nothing was saved: --out names a folder for it\n");
}

static int print_end(const pcil_trainer *trainer, const char *out, bool curves, pcil_status status) {
    static const char *const values[] = {
        "epoch",         "iteration", "train_loss", "train_energy", "test_loss",          "test_accuracy",  "test_top5",
        "best_accuracy", "best_loss", "best_epoch", "seconds",      "samples_per_second", "data_wait_share"};
    json_t *object = cli_json_object();
    cli_json_set(object, "status", json_string(status == PCIL_OK ? "done" : "interrupted"));
    cli_json_set(object, "out", out ? cli_json_name(out) : json_null());
    cli_json_set(object, "curves", json_boolean(curves));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        cli_json_set(object, values[i], cli_json_number(cli_trainer_value(trainer, values[i])));
    return cli_print_json(object);
}

static int finish(const pcil_trainer *trainer, pcil_status status, bool json) {
    char *out = cli_trainer_text(trainer, "out");
    const char *folder = out && *out ? out : NULL;
    bool curves = folder && evaluated(trainer) && draw_curves(folder);
    int code = CLI_DONE;
    if (status == PCIL_ERROR_INTERRUPTED)
        cli_message("stopped by signal %d; %s%s%s", cli_stop_signal(), folder ? "saved: " : "nothing was to be saved",
                    folder ? folder : "", folder ? "; --resume goes on with it" : "");
    if (json)
        code = print_end(trainer, folder, curves, status);
    else
        show_end(trainer, folder, curves);
    free(out);
    return status == PCIL_ERROR_INTERRUPTED ? 128 + cli_stop_signal() : code;
}

static int train(pcil_trainer *trainer, bool json) {
    struct cli_progress progress;
    cli_progress_begin(&progress, json);
    if (!json) show_start(trainer);
    pcil_trainer_watch(trainer, watch, &progress);
    cli_stop_begin();
    pcil_status status = pcil_trainer_run(trainer);
    cli_progress_end(&progress);
    if (status != PCIL_OK && status != PCIL_ERROR_INTERRUPTED) return cli_status(status);
    return finish(trainer, status, json);
}

static int train_and_measure(pcil_trainer *trainer, struct cli_measure *measure, bool json) {
    char *out = cli_trainer_text(trainer, "out");
    int code = cli_measure_begin(measure, trainer);
    if (code == CLI_DONE) code = cli_measure_before(measure);
    if (code == CLI_DONE) code = train(trainer, json);
    if (code == CLI_DONE) code = cli_measure_after(measure);
    if (code == CLI_DONE) code = cli_measure_write(measure, out);
    free(out);
    return code;
}

static int check_measure(const struct cli_measure *measure, const pcil_trainer *trainer) {
    char *out = cli_trainer_text(trainer, "out");
    bool good = !measure->kind || (out && *out);
    free(out);
    return good ? CLI_DONE : cli_wrong_use("--measure writes into the run's folder: give --out");
}

static int run(const struct cli_arguments *arguments) {
    pcil_trainer *trainer = NULL;
    struct cli_measure measure = {0};
    bool json = cli_has(arguments, "json"), dry = cli_has(arguments, "dry-run");
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code == CLI_DONE) code = cli_measure_choose(&measure, cli_get(arguments, "measure"));
    if (code == CLI_DONE) code = cli_settings_trainer(&trainer, arguments);
    if (code == CLI_DONE) code = check_measure(&measure, trainer);
    if (code == CLI_DONE) code = cli_settings_prepare(trainer);
    if (code == CLI_DONE && dry && json)
        code = print_plan(trainer);
    else if (code == CLI_DONE && dry)
        show_plan(trainer);
    else if (code == CLI_DONE)
        code = train_and_measure(trainer, &measure, json);
    cli_measure_free(&measure);
    pcil_trainer_free(trainer);
    return code;
}

static const struct cli_option options[] = {
    {"recipe", "NAME", "settings by name; 'pcil recipes' lists them", 0, 0},
    {"config", "FILE.json", "settings from a file, over the recipe's", 0, 0},
    {"set", "KEY=VALUE", "one setting, over those; may be repeated", 0, 0},
    {"resume", "RUN", "go on with the run in this folder, by its own settings: without --recipe and --config", 0, 0},
    {"data", "DIR", "the data set's folder, or the folder that holds it", 0, 0},
    {"out", "DIR", "new folder for settings, metrics, models, curves", 0, 0},
    {"seed", "N", "of weights, order and augmentation", 0, INT64_C(9007199254740991)},
    {"epochs", "N", "walks through the training data", 1, 1000000},
    {"limit-train", "N", "train on N images, spread evenly", 0, INT64_C(9007199254740991)},
    {"limit-test", "N", "score N images, spread evenly", 0, INT64_C(9007199254740991)},
    {"measure", "WHAT", "proximal or delay: inference before the first step and after the last, in measures.json", 0,
     0},
    {"dry-run", NULL, "check everything, say what would be done, write nothing", 0, 0},
    CLI_THREADS,
    {"json", NULL, "print the result as JSON", 0, 0},
    {0}};

const struct cli_command cli_train = {.name = "train",
                                      .help = "trains a network",
                                      .usage = "--recipe NAME [--data DIR] [--out DIR] [OPTION]...\n"
                                               "--config FILE.json [OPTION]...\n"
                                               "--resume RUN [--epochs N]",
                                      .options = options,
                                      .more = cli_settings_help,
                                      .run = run};
