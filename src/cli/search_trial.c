/* One trial of a search: a run at one point of the grid, with one seed. */
#include "output.h"
#include "run_folder.h"
#include "search.h"
#include "settings.h"
#include "stop.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>

static pcil_status set_point(const struct cli_search *search, pcil_trainer *trainer, int point) {
    pcil_status status = PCIL_OK;
    for (int i = 0; i < search->grid.count && status == PCIL_OK; i++)
        status = pcil_trainer_set_text(trainer, search->grid.options[i].name, cli_grid_value(&search->grid, point, i));
    return status;
}

int cli_search_trainer(const struct cli_search *search, const struct cli_trial *trial, pcil_trainer **trainer) {
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
static int make_run(const struct cli_search *search, const struct cli_trial *trial, const char *folder,
                    pcil_trainer **trainer) {
    bool goes_on;
    int code = cli_run_begin(folder, search->line, &goes_on);
    if (code != CLI_DONE) return code;
    if (!goes_on) {
        code = cli_search_trainer(search, trial, trainer);
        if (code == CLI_DONE) code = cli_search_check(search);
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
    if (status == PCIL_ERROR_INTERRUPTED) return 128 + cli_stop_signal();
    if (status != PCIL_OK && !trial->diverged) return cli_status(status);
    trial->accuracy = trial->diverged ? NAN : value(trainer, "best_accuracy");
    trial->loss = trial->diverged ? NAN : value(trainer, "best_loss");
    trial->epoch = trial->diverged ? 0 : (int)value(trainer, "best_epoch");
    return CLI_DONE;
}

/* Beside the table stands the folder of the trial at work, and of one that was cut off. */
static char *trial_folder(const struct cli_search *search, const struct cli_trial *trial) {
    return cli_format("%s.point%d-epochs%d-seed%lld", search->trials.path, trial->point, trial->epochs,
                      (long long)trial->seed);
}

static int run_trial(struct cli_search *search, struct cli_trial *trial) {
    pcil_trainer *trainer = NULL;
    char *folder = trial_folder(search, trial);
    int code = cli_trials_check(&search->trials);
    if (code == CLI_DONE) code = make_run(search, trial, folder, &trainer);
    if (code == CLI_DONE) code = run_to_end(trainer, trial);
    pcil_trainer_free(trainer);
    if (code == CLI_DONE) code = cli_trials_add(&search->trials, trial);
    if (code == CLI_DONE) code = cli_run_remove(folder);
    free(folder);
    return code;
}

/* What the table already has is not run again; a kill may have left the folder of its last row. */
static int recall_trial(const struct cli_search *search, const struct cli_trial *known, struct cli_trial *trial) {
    char *folder = trial_folder(search, known);
    int code = cli_exists(folder) ? cli_run_remove(folder) : CLI_DONE;
    free(folder);
    *trial = *known;
    return code;
}

int cli_search_trial(struct cli_search *search, struct cli_trial *trial) {
    const struct cli_trial *known = cli_trials_find(&search->trials, trial->point, trial->epochs, trial->seed);
    return known ? recall_trial(search, known, trial) : run_trial(search, trial);
}
