/*
 * The trainer: whole runs. Its settings are the options of all its parts under one set of names; the same names serve
 * the command line, configuration files and recipes. See pcil_option_* of families "run", "inference", "optimizer".
 */
#ifndef PCIL_TRAINER_H
#define PCIL_TRAINER_H

#include "pcil/dataset.h"
#include "pcil/learning.h"
#include "pcil/traces.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A run: its settings, and once it runs, its network, data and counts. */
typedef struct pcil_trainer pcil_trainer;

/** Makes a trainer with default settings. @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1 */
pcil_status pcil_trainer_create(pcil_trainer **trainer);

/** Frees the trainer with all it made. NULL is fine. @since 0.1 */
void pcil_trainer_free(pcil_trainer *trainer);

/** The latest message of a failed call on this trainer, "" if none. NULL gives "". @since 0.1 */
const char *pcil_trainer_error(const pcil_trainer *trainer);

/**
 * Takes all settings of a recipe over the present ones. Those of them that belong to a kind which is exchanged later
 * (mq's, when the optimizer is set to adam) lapse; settings made otherwise never do: they fail then.
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT for an unknown name (suggests the nearest); PCIL_ERROR_STATE once prepared.
 * @since 0.1
 */
pcil_status pcil_trainer_recipe(pcil_trainer *trainer, const char *name);

/**
 * Takes the settings of a JSON file over the present ones: an object of option names with numbers, texts, true/false,
 * or an array of numbers for options that blocks or nodes have.
 *
 * @return PCIL_OK; PCIL_ERROR_IO; PCIL_ERROR_FORMAT (line and column, or the key; unknown keys are refused); nothing is
 * taken then. @since 0.1
 */
pcil_status pcil_trainer_load(pcil_trainer *trainer, const char *path);

/**
 * Sets one option from text. Whether options fit together is checked by pcil_trainer_prepare, so order never matters,
 * except that "learning_rate" also sets what "learning_rate.2" did, and that "recipe" is pcil_trainer_recipe.
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: unknown name (suggests the nearest), value out of range; PCIL_ERROR_STATE once
 * prepared. @since 0.1
 */
pcil_status pcil_trainer_set_text(pcil_trainer *trainer, const char *name, const char *value);

/** The same with a number. @since 0.1 */
pcil_status pcil_trainer_set(pcil_trainer *trainer, const char *name, double value);

/** Reads an option as text (text convention of pcil.h). @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1 */
pcil_status pcil_trainer_get_text(const pcil_trainer *trainer, const char *name, char *text, int64_t capacity,
                                  int64_t *length);

/** Writes all settings that apply as JSON, with defaults, loadable (text convention of pcil.h). @since 0.1 */
pcil_status pcil_trainer_settings(const pcil_trainer *trainer, char *text, int64_t capacity, int64_t *length);

/**
 * Trains on the caller's data sets instead of those that the options "dataset" and "data" name. They must outlive the
 * trainer.
 *
 * @param test may be NULL: no test scores then.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE once prepared. @since 0.1
 */
pcil_status pcil_trainer_data(pcil_trainer *trainer, pcil_dataset *train, pcil_dataset *test);

/**
 * Checks all settings together, opens the data, makes network, inference, optimizer. Writes nothing but a data set's
 * cache of decoded pictures (tiny-imagenet). pcil_trainer_run does it if it was not done.
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: an option does not belong to the chosen kinds, network and data do not fit; and
 * what the parts return. @since 0.1
 */
pcil_status pcil_trainer_prepare(pcil_trainer *trainer);

/**
 * Goes on with a run that was ended or killed: takes all settings that the run in `folder` had, in place of the present
 * ones, and has pcil_trainer_run go on from its newest checkpoint, to the bits that an unbroken run ends with (on the
 * same build, BLAS, number of BLAS threads and processor; a change is a warning). A damaged checkpoint is passed over
 * for the one before it, with a warning. A run that was killed before its first checkpoint starts again.
 *
 * Settings may be set afterwards as for a new run, but pcil_trainer_prepare refuses a run that differs: other settings,
 * network or data. Free are "epochs" (more than the run had: it goes on), "data", "prefetch", "divergence",
 * "check_numbers" and "checkpoint_...". The caller's data (pcil_trainer_data) are to be given again. The folder is
 * locked until the trainer's run ends or the trainer is freed.
 *
 * @param folder a run's folder; its "out".
 * @return PCIL_OK; the trainer as it was and: PCIL_ERROR_ARGUMENT: not a folder, no run in it, or one that has metrics
 * but no checkpoint; PCIL_ERROR_STATE: another process works in it (named), the trainer is prepared or goes on with a
 * run already; PCIL_ERROR_FORMAT: no checkpoint is whole; PCIL_ERROR_IO; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_trainer_resume(pcil_trainer *trainer, const char *folder);

/** What happened when a watch callback is called. The numbers never change. */
typedef enum pcil_event {
    PCIL_EVENT_BATCH = 0,      /**< a training step was made */
    PCIL_EVENT_EVALUATION = 1, /**< the test set was scored, metrics and model were written */
    PCIL_EVENT_WARNING = 2     /**< something went wrong, the run goes on: see pcil_trainer_warning */
} pcil_event;

/**
 * Called during pcil_trainer_run, on its thread. May read the trainer, not change it.
 *
 * @return 0 to go on; anything else ends the run cleanly (not looked at for PCIL_EVENT_WARNING).
 */
typedef int32_t (*pcil_watch_callback)(void *user, const pcil_trainer *trainer, pcil_event event);

/** Sets the watch callback; NULL ends watching. @since 0.1 */
pcil_status pcil_trainer_watch(pcil_trainer *trainer, pcil_watch_callback callback, void *user);

/**
 * The latest warning, "" if none: a checkpoint that could not be written (the run goes on and tries again at the next),
 * one that was damaged, a file of the run that was removed, a machine that is not the one the run began on. Several at
 * once are lines. NULL gives "".
 * @since 0.1
 */
const char *pcil_trainer_warning(const pcil_trainer *trainer);

/**
 * Trains to the end. With the option "out" set, the folder gets config.json (all settings but "out"), metrics.jsonl (an
 * object per evaluation), model.safetensors (the last), best.safetensors (by test accuracy; without labels by loss),
 * and checkpoint.safetensors with the one before it (checkpoint.safetensors.previous): all that pcil_trainer_resume
 * needs, written at the beginning, as the options "checkpoint_..." say, at the end, and at a stop in any case. The
 * folder is locked by run.lock, removed at the end. With "reconstructions" it also gets reconstructions-EPOCH.png per
 * evaluation, EPOCH as in the metrics, to thousandths: pairs of input and output. The models' metadata hold recipe,
 * dataset, epoch, iteration, scores, "classes" (names) and, where pixels were normalised, "scale" and "shift" per
 * channel: x scale + shift.
 *
 * @return PCIL_OK; PCIL_ERROR_INTERRUPTED: the callback asked to stop, metrics, checkpoint and, but for a warning,
 * model are saved;
 * PCIL_ERROR_DIVERGED: names epoch, batch and quantity, what was saved stays; PCIL_ERROR_IO: model or metrics cannot be
 * written, the last checkpoint stays and can be gone on with; PCIL_ERROR_ARGUMENT: "out" holds another run;
 * PCIL_ERROR_STATE: the run has ended, this is its own callback, or another process works in "out"; what
 * pcil_trainer_prepare returns. @since 0.1
 */
pcil_status pcil_trainer_run(pcil_trainer *trainer);

/**
 * Reads a count or measurement of the run:
 *   "epoch" (from 1), "epochs", "batch" (of this epoch, from 1), "batches" (per epoch), "iteration" (in all),
 * "samples", "seconds" (training time, without scoring), "data_wait_share" (the part of this
 * process's that went into taking batches), "samples_per_second", "seconds_left", "batch_loss", "train_loss",
 * "train_energy" (means since the last evaluation), "test_loss", "test_accuracy", "test_top5" (latest; NaN if not
 * scored), "best_accuracy", "best_loss", "best_epoch", "update_magnitude.BLOCK" (mean since the last evaluation). What
 * comes of evaluations is NaN before the first.
 *
 * @param value receives it.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT for an unknown name (lists the known); PCIL_ERROR_STATE before
 * pcil_trainer_prepare. @since 0.1
 */
pcil_status pcil_trainer_value(const pcil_trainer *trainer, const char *name, double *value);

/** The trainer's network, made by pcil_trainer_prepare and owned by the trainer; NULL before. @since 0.1 */
pcil_network *pcil_trainer_network(pcil_trainer *trainer);

/** The trainer's inference, likewise. @since 0.1 */
pcil_inference *pcil_trainer_inference(pcil_trainer *trainer);

/** The trainer's optimizer, likewise. @since 0.1 */
pcil_optimizer *pcil_trainer_optimizer(pcil_trainer *trainer);

/** The trainer's traces, likewise; those of an evaluation last until the next step. NULL if measure_interval is 0.
 * @since 0.1 */
const pcil_traces *pcil_trainer_traces(const pcil_trainer *trainer);

/** The trainer's training data after limit and split, likewise. @since 0.1 */
const pcil_dataset *pcil_trainer_train_data(pcil_trainer *trainer);

/** The trainer's test data after limit, likewise; NULL if there is none. @since 0.1 */
const pcil_dataset *pcil_trainer_test_data(pcil_trainer *trainer);

/**
 * Scores a network on one walk through `batches` (from pcil_batches_begin on).
 *
 * @param loss     receives the mean loss per sample (binary cross-entropy of sigmoid outputs: mean over units too); may
 * be NULL.
 * @param accuracy receives the share of samples whose label has the largest output, 0 ... 1; NaN without labels; may be
 * NULL.
 * @param top5     receives the share whose label is among the five largest outputs; NaN without labels; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (shapes do not fit); PCIL_ERROR_IO; PCIL_ERROR_DIVERGED. @since 0.1
 */
pcil_status pcil_evaluate(pcil_inference *inference, pcil_batches *batches, double *loss, double *accuracy,
                          double *top5);

#ifdef __cplusplus
}
#endif

#endif
