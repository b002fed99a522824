/* Walks through a data set: the handle and its parts. */
#ifndef PC_DATASET_BATCHES_H
#define PC_DATASET_BATCHES_H

#include "base/settings.h"
#include "dataset/dataset.h"

enum pc_batches_option { PC_SHUFFLE, PC_DROP_LAST, PC_FLIP, PC_CROP, PC_NORMALISE, PC_PREFETCH, PC_BATCHES_OPTIONS };

/* The options of pcil_batches_set, as a family of one kind. */
extern const struct pc_family pc_batches_family;

struct pc_prefetch;

struct pcil_batches {
    const struct pcil_dataset *set, *reference; /* whose statistics count */
    struct pc_error error;
    struct pc_settings settings;
    int32_t batch;
    uint64_t seed;
    bool begun;
    int64_t epoch, next;          /* the batch to give next */
    int64_t *order;               /* [count] the epoch's images */
    float *image;                 /* one, before it is cut and mirrored */
    float *scale, *shift;         /* of each pixel of a row: x * scale + shift */
    bool normalised;              /* scale and shift are not 1 and 0 */
    struct pc_prefetch *prefetch; /* NULL until it is first wanted */
    bool asked;                   /* `next` was asked of it */
};

/* Where a batch goes. Labels and targets may be NULL. */
struct pc_batch {
    float *inputs;
    int32_t *labels;
    float *targets;
    int32_t count;
};

/* Samples of the largest batch: what was asked for, but no more than there are. */
int32_t pc_batches_most(const struct pcil_batches *batches);

/* Makes one batch of the epoch; reads the handle and writes its `image` alone. The thread's message tells what failed.
 */
pcil_status pc_batch_make(const struct pcil_batches *batches, int64_t index, struct pc_batch *batch);

/*
 * The next batch, for those who need no copy of their own: in the arrays given, or else *batch has others, which stay
 * as they are until the next is taken. Its count is 0 at the epoch's end.
 */
pcil_status pc_batches_take(struct pcil_batches *batches, struct pc_batch *batch);

/* Fills scale and shift as the option says. */
pcil_status pc_batches_find_scale(struct pcil_batches *batches);

/* Starts the thread that makes batches ahead. */
pcil_status pc_prefetch_create(struct pc_prefetch **prefetch, struct pcil_batches *batches);
void pc_prefetch_free(struct pc_prefetch *prefetch);
/* Waits until the thread rests: then the handle may be changed. */
void pc_prefetch_rest(struct pc_prefetch *prefetch);
/* Lets the thread make a batch. */
void pc_prefetch_ask(struct pc_prefetch *prefetch, int64_t index);
/* Waits for the batch asked for: *batch has its arrays, which stay as they are until the next is taken. */
pcil_status pc_prefetch_take(struct pc_prefetch *prefetch, struct pc_error *own, struct pc_batch *batch);

#endif
