/* The trainer's inside, for the files of this folder. */
#ifndef PC_TRAINING_TRAINER_H
#define PC_TRAINING_TRAINER_H

#include "base/text.h"
#include "training/choices.h"
#include "training/guard.h"
#include "training/lock.h"
#include "training/scores.h"

enum { PC_MOST_OPENED = 6 };

/* The chosen numbers that the loop looks at. */
struct pc_plan {
    int64_t epochs, steps, evaluations, measure_interval;
    int64_t checkpoint_epochs, checkpoint_iterations;
    double checkpoint_minutes;
    int32_t batch;
    uint64_t seed;
    bool deterministic;
};

/* Sums since the latest evaluation. */
struct pc_interval {
    double loss, seconds;
    int64_t steps, samples;
};

struct pc_counts {
    int64_t epoch, batch, batches, iteration, samples; /* epoch and batch from 1 once the run begins */
    double seconds, batch_loss;
    double timed, waited;            /* by this process: training, and of it taking batches */
    double train_loss, train_energy; /* of the latest interval that ended; NaN if nothing was measured */
    double *magnitudes;              /* [blocks], likewise */
    double samples_per_second;
    struct pc_scores test;
    double best_accuracy, best_loss;
    int64_t best_epoch;
    struct pc_guard guard;
};

/* Images whose reconstructions are drawn. */
struct pc_reconstructions {
    int32_t count; /* 0: none */
    int32_t channels, height, width;
    int64_t size;            /* numbers of an image */
    float *inputs, *outputs; /* [count][size], as the network sees and makes them */
    uint8_t *pixels;         /* [count][2][size] */
};

/* All that pcil_trainer_prepare makes. */
struct pc_parts {
    pcil_dataset *opened[PC_MOST_OPENED]; /* freed last to first */
    int32_t opened_count;
    pcil_dataset *train, *test; /* among `opened` or the caller's; test may be NULL */
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    pcil_batches *train_batches, *test_batches;
    struct pc_feed feed;
    float *outputs; /* room for a batch of the output node */
    struct pc_reconstructions reconstructions;
    struct pc_text train_identity, test_identity; /* of the data, where checkpoints are wanted */
    pcil_traces *traces;                          /* NULL: nothing is measured */
    struct pc_plan plan;
    struct pc_interval interval;
    struct pc_counts counts;
};

struct pc_run_folder {
    char *path;           /* NULL: nothing is written */
    int metrics;          /* the descriptor of metrics.jsonl */
    int64_t metrics_size; /* bytes of whole lines */
    double checkpointed;  /* when, by the clock of pc_now */
    struct pc_lock lock;
};

struct pc_checkpoint;

struct pcil_trainer {
    struct pc_error error;
    struct pc_choices choices;
    pcil_dataset *lent_train, *lent_test;
    bool prepared, running, ended;
    struct pc_parts parts;
    struct pc_run_folder folder;
    char *resumed;                    /* the folder of the run that is gone on with; NULL: a new run */
    struct pc_choices choices_before; /* its own */
    struct pc_checkpoint *checkpoint; /* where it goes on; NULL: at the start */
    struct pc_error warning;
    bool warned; /* whether the warning is yet to be told */
    pcil_watch_callback watch;
    void *user;
};

/* Makes the parts that the choices describe. */
pcil_status pc_parts_make(pcil_trainer *trainer, struct pc_parts *parts);
void pc_parts_free(struct pc_parts *parts);

/* Opens the data sets that the choices name, with limits and split. */
pcil_status pc_parts_open_data(pcil_trainer *trainer, struct pc_parts *parts);

/* Hands the choices to an inference or an optimizer of a kind. */
typedef pcil_status (*pc_take_option)(void *handle, const char *name, const char *value);
pcil_status pc_choices_apply(const struct pc_choices *choices, struct pc_error *own, const struct pc_family *family,
                             void *handle, pc_take_option take);

/* Fails if a choice belongs to no chosen kind of its family. */
pcil_status pc_choices_check_kinds(const struct pc_choices *choices, struct pc_error *own);

/* Training steps of the whole run. */
int64_t pc_steps(const struct pc_parts *parts);

/* Takes the means of an interval's traces into the counts, and puts the rest of them into a line of metrics. */
void pc_measure_take(const struct pc_parts *parts, struct pc_counts *counts);
void pc_measure_write(struct pc_text *line, const struct pc_parts *parts);

/* Ends an interval: means, scores, best. Writes to the run folder if there is one. */
pcil_status pc_run_evaluate(pcil_trainer *trainer);

/* Seconds of a clock that is never set. */
double pc_now(void);

/* Keeps a warning; pc_run_tell hands it to the watch callback. */
void pc_run_warn(pcil_trainer *trainer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pc_run_tell(pcil_trainer *trainer);

/* Fails if the folder holds a run already; changes nothing. */
pcil_status pc_folder_check(struct pc_error *own, const char *path);
/* Makes the folder with its config.json and an empty metrics.jsonl; or opens that of a resumed run. */
pcil_status pc_folder_begin(pcil_trainer *trainer);
void pc_folder_end(struct pc_run_folder *folder);
/* Epochs trained: 0.5 half-way through the first. */
double pc_epochs_done(const struct pc_counts *counts);
/* Appends a line to the metrics. */
pcil_status pc_folder_write_metrics(pcil_trainer *trainer);
/* Saves the network as a file of the folder. */
pcil_status pc_folder_save(pcil_trainer *trainer, const char *name);

/* Whether the run's folder has, or may have, a file of that name. */
bool pc_folder_has(const pcil_trainer *trainer, const char *name);

/* Opens metrics.jsonl; of a resumed run it is cut to the checkpoint's lines: what stands behind them comes again. */
pcil_status pc_folder_continue_metrics(pcil_trainer *trainer);
/* Cuts metrics.jsonl back to its whole lines. */
pcil_status pc_folder_cut_metrics(pcil_trainer *trainer);
/* Begins it anew where somebody removed it, with a warning: the lines to come are not lost with those that were. */
pcil_status pc_folder_renew_metrics(pcil_trainer *trainer);

/* A checkpoint at the run's begin, after a step if one is due, at a stop in any case. What cannot be written is a
 * warning, but at a stop a failure. Numbers that are not finite are PCIL_ERROR_DIVERGED. */
pcil_status pc_checkpoint_begin(pcil_trainer *trainer);
pcil_status pc_checkpoint_step(pcil_trainer *trainer);
pcil_status pc_checkpoint_stop(pcil_trainer *trainer);
void pc_checkpoint_free(struct pc_checkpoint *checkpoint);

/* Fails if a resumed run has other settings than it had. */
pcil_status pc_resume_check(pcil_trainer *trainer);
/* Gives the parts of a resumed run the numbers that they had; other data are refused. */
pcil_status pc_resume_parts(pcil_trainer *trainer, struct pc_parts *parts);

/* Reads the images whose reconstructions the choices ask for. */
pcil_status pc_reconstructions_make(pcil_trainer *trainer, struct pc_parts *parts);
void pc_reconstructions_free(struct pc_reconstructions *shown);
/* Draws them as a file of the folder. */
pcil_status pc_reconstructions_write(pcil_trainer *trainer);

#endif
