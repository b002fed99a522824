/*
 * Where eval and predict take images from: the options --dataset, --data, --normalise; what they leave open is taken
 * from the config.json beside the model.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "cli.h"
#include "model.h"

struct cli_source {
    char *dataset, *folder, *normalise; /* NULL: not known */
    pcil_dataset *whole, *view;         /* the part and the images chosen of it */
    pcil_dataset *reference;            /* the training part, where normalisation needs it */
};

/* The config.json in the model's folder, to be freed; NULL if there is none. */
char *cli_config_beside(const char *model);

/* Complains about --data beside a data set that is drawn; `dataset` may be NULL. */
int cli_check_drawn(const struct cli_arguments *arguments, const char *dataset);

/* Settles the names. Whether a data set must be named is the caller's to check. */
int cli_source_settle(struct cli_source *source, const struct cli_arguments *arguments, const char *path,
                      const struct cli_model *model);

/* Opens a part and chooses `limit` images of it; 0: all. */
int cli_source_open(struct cli_source *source, const char *part, int64_t limit);

/* A walk through images in their order, normalised as the source says. */
int cli_source_batches(struct cli_source *source, const pcil_dataset *images, int32_t batch, pcil_batches **batches);

void cli_source_close(struct cli_source *source);

/* Opens a part of a data set named on the command line; the folder may be NULL or "". */
int cli_open_part(pcil_dataset **dataset, const char *kind, const char *folder, const char *part);

/* The name of a class, or its number; valid until the next call. */
const char *cli_class_name(const pcil_dataset *dataset, int32_t label);

#endif
