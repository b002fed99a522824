/*
 * Data sets: labelled images read from their official files, drawn by the library ("digits"), or lent by the caller.
 * Batches: the order, normalisation and augmentation in which a data set's images reach a network.
 */
#ifndef PCIL_DATASET_H
#define PCIL_DATASET_H

#include "pcil/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Labelled images; read-only once open, shared by any number of threads and batches. */
typedef struct pcil_dataset pcil_dataset;

/** A walk through a data set, batch by batch. */
typedef struct pcil_batches pcil_batches;

/**
 * Opens one part of a data set.
 *
 * @param dataset receives the handle; free it with pcil_dataset_free. Untouched on failure.
 * @param kind    a name of family "dataset".
 * @param folder  the set's folder, or the folder that holds it under its official name; "digits" needs none: its parts
 *                are 10,000 and 2,000 images, always the same (pcil_dataset_digits draws others).
 * @param part    "train" or "test".
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (lists the known); PCIL_ERROR_IO (a file is missing: says which and where it was
 *         looked for); PCIL_ERROR_FORMAT (names file, place, value, expectation); PCIL_ERROR_UNSUPPORTED;
 * PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_open(pcil_dataset **dataset, const char *kind, const char *folder, const char *part);

/**
 * Draws street-style digits: `count` colour images 32 x 32, image i the same for the same seed and i.
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (count < 1 or > 10,000,000); PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_digits(pcil_dataset **dataset, int64_t count, uint64_t seed);

/**
 * Wraps arrays of the caller, which must outlive the handle and stay unchanged. Of labels and targets at least one is
 * given.
 *
 * @param inputs  [count][height][width][channels], finite; used as they are.
 * @param labels  [count], each 0 ... classes - 1; NULL if there are none.
 * @param targets [count][target_size], finite; NULL if there are none (then target_size is 0).
 * @param classes >= 1 with labels, 0 without.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (names the first bad place); PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_memory(pcil_dataset **dataset, const float *inputs, const int32_t *labels,
                                const float *targets, int64_t count, int32_t channels, int32_t height, int32_t width,
                                int32_t classes, int32_t target_size);

/**
 * Splits a data set at random into two views on it; the data set must outlive both.
 *
 * @param fraction share of the second view, 0 < fraction < 1; both get at least one image.
 * @param seed     same seed, same split.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_split(pcil_dataset *dataset, double fraction, uint64_t seed, pcil_dataset **first,
                               pcil_dataset **second);

/**
 * A view on `count` images spread evenly over a data set, which must outlive it.
 *
 * @param count 1 ... pcil_dataset_count(dataset).
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_limit(pcil_dataset *dataset, int64_t count, pcil_dataset **view);

/** Frees the handle; its batches and views must be gone. NULL is fine. @since 0.1 */
void pcil_dataset_free(pcil_dataset *dataset);

/** The number of images; -1 for NULL. @since 0.1 */
int64_t pcil_dataset_count(const pcil_dataset *dataset);

/** The number of classes (0 if there are no labels); -1 for NULL. @since 0.1 */
int32_t pcil_dataset_classes(const pcil_dataset *dataset);

/** Features of a target (0 if there are none); -1 for NULL. @since 0.1 */
int32_t pcil_dataset_target_size(const pcil_dataset *dataset);

/** The name of a class, such as "airplane"; NULL if there is none. Lives as long as the handle. @since 0.1 */
const char *pcil_dataset_class_name(const pcil_dataset *dataset, int32_t label);

/**
 * The images' shape.
 *
 * @param channels, height, width receive it; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_dataset_shape(const pcil_dataset *dataset, int32_t *channels, int32_t *height, int32_t *width);

/**
 * Reads images as they are, without normalisation.
 *
 * @param indices [count], each 0 ... pcil_dataset_count - 1; any order, any number of times.
 * @param count   >= 0.
 * @param inputs  receives [count][height][width][channels], pixels in [0,1]; NULL: not wanted.
 * @param labels  receives [count]; NULL: not wanted. PCIL_ERROR_ARGUMENT if there are none.
 * @param targets receives [count][target_size]; NULL: not wanted. PCIL_ERROR_ARGUMENT if there are none.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_IO (the arrays then hold nothing of use). @since 0.1
 */
pcil_status pcil_dataset_read(const pcil_dataset *dataset, const int64_t *indices, int64_t count, float *inputs,
                              int32_t *labels, float *targets);

/**
 * Verifies a folder file by file: counts, sizes, label histogram, channel means and deviations, checksums of the
 * official archives that lie in it.
 *
 * @param text, capacity, length receive a JSON object (text convention of pcil.h); a folder that fails is also reported
 * there as far as it was read, with "ok": false and "problems". "official" is true if the archives' checksums are the
 * published ones, false if one is not (see "notes"), null if there was none to compare.
 * @return PCIL_OK: the report was made, whatever it says; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_dataset_verify(const char *kind, const char *folder, char *text, int64_t capacity, int64_t *length);

/**
 * Writes a train and a test part into a new folder in the official layout of a kind, so that pcil_dataset_open reads
 * them back.
 *
 * @param kind   "cifar10", "cifar100", "svhn", "tiny-imagenet" or "idx".
 * @param folder is made; must not hold files of that name yet.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (shape or labels do not fit the format); PCIL_ERROR_IO; PCIL_ERROR_UNSUPPORTED.
 * @since 0.1
 */
pcil_status pcil_dataset_write(const pcil_dataset *train, const pcil_dataset *test, const char *kind,
                               const char *folder);

/**
 * Makes a walk through a data set in batches.
 *
 * Options (pcil_batches_set) and their defaults: shuffle 1 (a new order each epoch), drop_last 0 (1: an incomplete last
 * batch is dropped, as training wants it: a step from few images is a noisy one), flip 0 (1: half of the images are
 * mirrored left to right), crop 0 (n: padded by n pixels, then cut at random), normalise none ("none": [0,1]; "centre":
 * (x-.5)/.5; "standard": per channel by the data set's mean and deviation; "shrink": .99x+.005, for autoencoders),
 * prefetch 0 (1: the next batch is made by a thread of its own).
 *
 * @param batches receives the handle; free it with pcil_batches_free.
 * @param dataset must outlive the handle.
 * @param batch   >= 1.
 * @param seed    of the streams "shuffle" and "augment"; an epoch's batches depend on seed and epoch alone.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_batches_create(pcil_batches **batches, const pcil_dataset *dataset, int32_t batch, uint64_t seed);

/** Frees the handle, not its data set. NULL is fine. @since 0.1 */
void pcil_batches_free(pcil_batches *batches);

/** The latest message of a failed call on this handle, "" if none. NULL gives "". @since 0.1 */
const char *pcil_batches_error(const pcil_batches *batches);

/** Sets an option by name. @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE after pcil_batches_begin. @since 0.1
 */
pcil_status pcil_batches_set(pcil_batches *batches, const char *name, double value);

/** The same with the value as text. @since 0.1 */
pcil_status pcil_batches_set_text(pcil_batches *batches, const char *name, const char *value);

/**
 * Uses the mean and deviation of another data set for normalise=standard: the training part's for the test part.
 *
 * @param reference must outlive the handle.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (other channels); PCIL_ERROR_STATE after pcil_batches_begin. @since 0.1
 */
pcil_status pcil_batches_normalise_like(pcil_batches *batches, const pcil_dataset *reference);

/**
 * Begins (again) at a batch of an epoch.
 *
 * @param epoch any number >= 0; it names the order.
 * @param first the first batch to give, 0 ... pcil_batches_per_epoch.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY; PCIL_ERROR_IO (normalise=standard reads the data set).
 * @since 0.1
 */
pcil_status pcil_batches_begin(pcil_batches *batches, int64_t epoch, int64_t first);

/**
 * Gives the next batch.
 *
 * @param inputs  receives [batch][height][width][channels], normalised; room for a whole batch.
 * @param labels  receives [batch]; NULL if not wanted or there are none.
 * @param targets receives [batch][target_size]; NULL if not wanted or there are none.
 * @param count   receives the number of images given; 0 at the epoch's end.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE before pcil_batches_begin; PCIL_ERROR_IO: the arrays hold
 * nothing of use, and the next call tries the same batch again. Allocates nothing. @since 0.1
 */
pcil_status pcil_batches_next(pcil_batches *batches, float *inputs, int32_t *labels, float *targets, int32_t *count);

/** Batches in an epoch; -1 for NULL. @since 0.1 */
int64_t pcil_batches_per_epoch(const pcil_batches *batches);

#ifdef __cplusplus
}
#endif

#endif
