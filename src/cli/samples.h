/* Samples of a run's data as its network sees them, and how far inference of them is to be followed. */
#ifndef CLI_SAMPLES_H
#define CLI_SAMPLES_H

#include "cli.h"

struct cli_samples {
    float *inputs;  /* [count][features of node 0], normalised */
    float *targets; /* [count][features of the output node] */
    int32_t count;
    int64_t features, outputs;
};

/* The first `most` of a prepared trainer's data, fewer if there are fewer; shuffled the same whatever the seed. */
int cli_samples_read(struct cli_samples *samples, pcil_trainer *trainer, const pcil_dataset *part, int64_t most,
                     bool shuffled);
void cli_samples_free(struct cli_samples *samples);

/* The samples from `first` on. */
const float *cli_samples_inputs(const struct cli_samples *samples, int32_t first);
const float *cli_samples_targets(const struct cli_samples *samples, int32_t first);

/* How many after the first `done` are the next batch of the trainer's size. */
int32_t cli_samples_batch(const struct cli_samples *samples, const pcil_trainer *trainer, int32_t done);

/*
 * T of an analysis that follows inference over t = 0 ... T: the trainer's option, the one pass of backpropagation, or,
 * where that is "auto", the most that a batch of these samples takes.
 */
int cli_samples_iterations(const struct cli_samples *samples, pcil_trainer *trainer, int32_t *iterations);
bool cli_iterates_by_auto(pcil_trainer *trainer);

#endif
