/* What a model file tells about itself beside its weights: the data set it learned, its classes, how pixels were
 * normalised. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "sheet.h"

struct cli_model {
    pcil_network *network;
    json_t *metadata;      /* an object of strings */
    json_t *classes;       /* names; NULL: not told */
    json_t *scale, *shift; /* per channel, x scale + shift; NULL: not told */
    const char *path;      /* lent, for messages */
};

/* The metadata alone, an object of strings in the file's order; complains if they cannot be read. */
int cli_model_metadata(const char *path, json_t **metadata);

int cli_model_load(struct cli_model *model, const char *path);
void cli_model_free(struct cli_model *model);

/* What predicts with it, batch by batch. Complains if its network, however small the file, takes more than there is. */
int cli_model_inference(const struct cli_model *model, int32_t batch, pcil_inference **inference);

/* The name of a class, or NULL. */
const char *cli_model_class(const struct cli_model *model, int32_t label);

/* The data set it learned, or NULL if the file does not tell. */
const char *cli_model_dataset(const struct cli_model *model);

/* The word of the option "normalise" that scale and shift stand for; NULL if the file does not tell. */
const char *cli_model_normalise(const struct cli_model *model);

/* Normalises pictures' pixels as the model's training did; complains about numbers of other channels. */
int cli_model_apply(const struct cli_model *model, const struct cli_pictures *pictures, float *pixels);

#endif
