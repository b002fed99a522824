/* A model's outputs for pictures or for a data set's images. */
#ifndef CLI_PREDICTION_H
#define CLI_PREDICTION_H

#include "sheet.h"
#include "source.h"

enum { CLI_MOST_PREDICTED = 10000 };

struct prediction {
    const struct cli_arguments *arguments;
    struct cli_model model;
    struct cli_source source;
    bool files;                   /* the images are files, without labels */
    struct cli_pictures pictures; /* what is predicted, as it is */
    int32_t outputs, top;
    bool chooses;       /* softmax: there may be more outputs than classes */
    bool reconstructs;  /* an autoencoder: outputs are the input's pixels, and name no classes */
    float *inputs;      /* [count][features], normalised */
    float *predictions; /* [count][outputs] */
};

/* A picture's file name, or its number in the part; to be freed. */
char *cli_image_name(const struct prediction *work, int32_t image);

/* Opens the model and the images that `arguments` name and predicts them. */
int cli_predict_work(struct prediction *work);
void cli_prediction_free(struct prediction *work);

#endif
