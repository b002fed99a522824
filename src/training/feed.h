/* One batch, and what of it the output node is to learn. */
#ifndef PC_TRAINING_FEED_H
#define PC_TRAINING_FEED_H

#include "base/status.h"
#include "dataset/batches.h"

#include <stdbool.h>

/* In the order of the option's words. */
enum pc_target { PC_TARGET_LABEL, PC_TARGET_INPUT, PC_TARGET_GIVEN };

struct pc_feed {
    enum pc_target target;
    struct pc_batch room; /* labels and targets: NULL if they are not learned */
    struct pc_batch now;  /* the batch taken, there or where the batches have it */
    int64_t outputs;      /* features of the output node */
    double loss_scale;
};

/* Fails if network and data do not fit each other. */
pcil_status pc_feed_create(struct pc_feed *feed, struct pc_error *own, const pcil_network *network,
                           const pcil_dataset *set, int32_t batch, enum pc_target target);
void pc_feed_free(struct pc_feed *feed);

/* The checks of pc_feed_create alone. */
pcil_status pc_feed_check(struct pc_error *own, const pcil_network *network, const pcil_dataset *set,
                          enum pc_target target);

/* Takes the next batch; `count` receives 0 at the end. */
pcil_status pc_feed_next(struct pc_feed *feed, pcil_batches *batches, int32_t *count);

/* Clamps what was taken. */
pcil_status pc_feed_clamp(const struct pc_feed *feed, pcil_inference *inference, int32_t count);

#endif
