/* What `pcil train --measure` measures of inference before the first training step and after the last. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "samples.h"

struct cli_measure {
    const struct cli_measuring *kind; /* NULL: nothing is measured */
    pcil_trainer *trainer;
    struct cli_samples samples; /* of the training data */
    int32_t iterations;         /* of the latest */
    json_t *result;
};

/* Chooses by name ("proximal", "delay") or NULL. Complains about an unknown one. */
int cli_measure_choose(struct cli_measure *measure, const char *name);

/* Takes the images of a prepared trainer; where it is to be deterministic, one thread of the BLAS from now on. */
int cli_measure_begin(struct cli_measure *measure, pcil_trainer *trainer);

/* Measures the run as it is before its first step, and as it is now. Network and optimizer stay as they are. */
int cli_measure_before(struct cli_measure *measure);
int cli_measure_after(struct cli_measure *measure);

/* Writes measures.json into a folder. */
int cli_measure_write(const struct cli_measure *measure, const char *folder);

void cli_measure_free(struct cli_measure *measure);

#endif
