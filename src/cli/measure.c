#include "measure.h"

#include "children.h"
#include "output.h"
#include "progress.h"
#include "textfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* OpenBLAS's own function, absent in other libraries. */
extern void openblas_set_num_threads(int count) __attribute__((weak));

enum { IMAGES = 500, PROXIMAL_COLUMNS = 5 };
static const double betas[PROXIMAL_COLUMNS] = {.01, .1, 1, 10, 100};

/* A kind of measurement: a table with a row for t = 0 ... iterations. */
struct cli_measuring {
    const char *name;
    int32_t (*columns)(const struct cli_measure *measure);
    pcil_status (*take)(const struct cli_measure *measure, double *rows);
};

static int32_t proximal_columns(const struct cli_measure *measure) {
    (void)measure;
    return PROXIMAL_COLUMNS;
}

static pcil_status take_proximal(const struct cli_measure *measure, double *rows) {
    return pcil_proximal_loss(pcil_trainer_inference(measure->trainer), pcil_trainer_optimizer(measure->trainer),
                              measure->samples.inputs, measure->samples.targets, measure->samples.count,
                              measure->iterations, betas, PROXIMAL_COLUMNS, rows);
}

static int32_t delay_columns(const struct cli_measure *measure) {
    return pcil_network_nodes(pcil_trainer_network(measure->trainer));
}

static pcil_status take_delay(const struct cli_measure *measure, double *rows) {
    return pcil_error_delay(pcil_trainer_inference(measure->trainer), measure->samples.inputs, measure->samples.targets,
                            measure->samples.count, measure->iterations, rows);
}

static const struct cli_measuring kinds[] = {{"proximal", proximal_columns, take_proximal},
                                             {"delay", delay_columns, take_delay}};

int cli_measure_choose(struct cli_measure *measure, const char *name) {
    static const char *const names[] = {"proximal", "delay", NULL};
    for (size_t i = 0; name && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) measure->kind = &kinds[i];
    return !name || measure->kind ? CLI_DONE : cli_unknown("measurement", name, names);
}

/* A run with deterministic=1 has one thread of the BLAS while it lasts; what is measured before and after it as well.
 */
static void take_one_thread(const pcil_trainer *trainer) {
    char *deterministic = cli_trainer_text(trainer, "deterministic");
    if (deterministic && strcmp(deterministic, "1") == 0 && openblas_set_num_threads) openblas_set_num_threads(1);
    free(deterministic);
}

int cli_measure_begin(struct cli_measure *measure, pcil_trainer *trainer) {
    if (!measure->kind) return CLI_DONE;
    measure->trainer = trainer;
    take_one_thread(trainer);
    return cli_samples_read(&measure->samples, trainer, pcil_trainer_train_data(trainer), IMAGES, true);
}

/* --- results --- */

static json_t *list(const double *values, int32_t count) {
    json_t *array = cli_json_array();
    for (int32_t i = 0; i < count; i++) cli_json_append(array, cli_json_number(values[i]));
    return array;
}

static json_t *table(const double *values, int32_t rows, int32_t columns) {
    json_t *array = cli_json_array();
    for (int32_t i = 0; i < rows; i++) cli_json_append(array, list(values + (ptrdiff_t)i * columns, columns));
    return array;
}

static json_t *begin_result(const struct cli_measure *measure) {
    json_t *result = cli_json_object();
    cli_json_set(result, "measure", json_string(measure->kind->name));
    cli_json_set(result, "images", json_integer(measure->samples.count));
    if (measure->kind->take == take_proximal) cli_json_set(result, "betas", list(betas, PROXIMAL_COLUMNS));
    return result;
}

static int take(struct cli_measure *measure, const char *when) {
    int code = cli_samples_iterations(&measure->samples, measure->trainer, &measure->iterations);
    int32_t rows = measure->iterations + 1, columns = measure->kind->columns(measure);
    double *values = cli_allocate((size_t)rows * (size_t)columns, sizeof *values);
    if (code == CLI_DONE) code = cli_status(measure->kind->take(measure, values));
    if (!measure->result) measure->result = begin_result(measure);
    json_t *taken = cli_json_object();
    cli_json_set(taken, "steps", cli_json_number(cli_trainer_value(measure->trainer, "iteration")));
    cli_json_set(taken, "rows", table(values, rows, columns));
    cli_json_set(measure->result, when, taken);
    free(values);
    return code;
}

/* A run's settings, by a file in memory, since that is how a trainer takes many. They are those of its checkpoint: its
 * config.json may be gone, or changed. */
static int take_settings(pcil_trainer *trainer, const pcil_trainer *run) {
    struct cli_scratch scratch;
    char *settings = cli_trainer_settings(run);
    int code = settings ? cli_scratch_open(&scratch) : cli_status(PCIL_ERROR_MEMORY);
    if (code == CLI_DONE) {
        size_t length = strlen(settings);
        if (write(scratch.file, settings, length) != (ssize_t)length) code = cli_failed("no memory for settings");
        if (code == CLI_DONE) code = cli_status(pcil_trainer_load(trainer, scratch.path));
        cli_scratch_close(&scratch);
    }
    free(settings);
    return code;
}

/* A run that goes on, as it was before its first step: all of that follows from its settings. */
static int begin_again(pcil_trainer **trainer, const pcil_trainer *run) {
    int code = cli_status(pcil_trainer_create(trainer));
    if (code == CLI_DONE) code = take_settings(*trainer, run);
    if (code == CLI_DONE) code = cli_status(pcil_trainer_set_text(*trainer, "out", ""));
    return code == CLI_DONE ? cli_status(pcil_trainer_prepare(*trainer)) : code;
}

int cli_measure_before(struct cli_measure *measure) {
    pcil_trainer *run = measure->trainer, *untrained = NULL;
    if (!measure->kind) return CLI_DONE;
    int code = CLI_DONE;
    if (cli_trainer_value(run, "iteration") > 0) code = begin_again(&untrained, run);
    if (untrained) measure->trainer = untrained;
    if (code == CLI_DONE) code = take(measure, "before");
    measure->trainer = run;
    pcil_trainer_free(untrained);
    return code;
}

int cli_measure_after(struct cli_measure *measure) {
    return measure->kind ? take(measure, "after") : CLI_DONE;
}

int cli_measure_write(const struct cli_measure *measure, const char *folder) {
    if (!measure->kind) return CLI_DONE;
    char *path = cli_join(folder, "measures.json");
    struct cli_text text;
    cli_text_begin(&text);
    json_dumpf(measure->result, text.stream, JSON_COMPACT);
    fputc('\n', text.stream);
    int code = cli_text_write(&text, path);
    free(path);
    return code;
}

void cli_measure_free(struct cli_measure *measure) {
    cli_samples_free(&measure->samples);
    json_decref(measure->result);
}
