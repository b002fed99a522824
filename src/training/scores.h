/* Loss and accuracy over a walk through a data set. */
#ifndef PC_TRAINING_SCORES_H
#define PC_TRAINING_SCORES_H

#include "training/feed.h"

struct pc_scores {
    double loss, accuracy, top5; /* NaN where there is nothing to score */
};

/* `outputs` has room for a batch of outputs. The batches have begun. */
pcil_status pc_score(struct pc_error *own, pcil_inference *inference, pcil_batches *batches, struct pc_feed *feed,
                     float *outputs, struct pc_scores *scores);

#endif
