/* Data sets inside the library: what a reader is, what a handle holds, how its pixels are read. */
#ifndef PC_DATASET_DATASET_H
#define PC_DATASET_DATASET_H

#include "base/kinds.h"
#include "file/file.h"

#include <stdbool.h>

enum pc_part { PC_TRAIN, PC_TEST, PC_PARTS };

/* An archive as its makers publish it; verifying compares it where it lies beside the set. */
struct pc_archive {
    const char *name, *md5;
};

struct pc_reader {
    struct pc_kind kind;
    const char *official;              /* the folder's name in the official archive; NULL if it has none */
    const char *fetch;                 /* the folder in datasets/ with its fetch script; NULL if nothing is fetched */
    const char *const *files;          /* names, NULL at the end: what verifying lists; NULL for none */
    const struct pc_archive *archives; /* a NULL name at the end; NULL for none */
    /* Fills an empty handle. After a failure pc_dataset_clear frees what there is. */
    pcil_status (*open)(struct pcil_dataset *set, const char *folder, enum pc_part part);
    /* One image as [height][width][channels] floats in [0,1]. */
    pcil_status (*read)(const struct pcil_dataset *set, int64_t index, float *pixels);
    /* Writes both parts in the official layout; NULL if it has none. */
    pcil_status (*write)(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);
};

extern const struct pc_family pc_dataset_family;

struct pcil_dataset {
    const struct pc_reader *reader;
    int64_t count;
    int32_t channels, height, width, classes, target_size;
    const int32_t *labels; /* [count] of a set; NULL if there are none */
    char **names;          /* [classes]; NULL if there are none */
    /* Where the pixels are: bytes in memory, bytes in a file, or floats of the caller. */
    uint8_t *bytes;
    struct pc_file file;
    char *path;
    const float *inputs, *targets;
    int32_t *own_labels; /* `labels`, if they are the handle's to free */
    /* A view has no data of its own: image i is image chosen[i] of `whole`, which is no view itself. */
    const struct pcil_dataset *whole;
    int64_t *chosen;
};

/* An empty handle, or NULL. */
struct pcil_dataset *pc_dataset_new(const struct pc_reader *reader);

/* Sets shape and count and reserves labels and, if wanted, bytes. */
pcil_status pc_dataset_reserve(struct pcil_dataset *set, int64_t count, const int32_t shape[3], int32_t classes,
                               bool bytes);

/* Names the classes "0", "1", ... */
pcil_status pc_dataset_number_names(struct pcil_dataset *set);

/* Elements of one image. */
int64_t pc_dataset_image_size(const struct pcil_dataset *set);

/* One image, unchecked index; through views. */
pcil_status pc_dataset_pixels(const struct pcil_dataset *set, int64_t index, float *pixels);
/* The same as bytes, rounded: for the writers. `scratch` has room for an image's floats. */
pcil_status pc_dataset_bytes(const struct pcil_dataset *set, int64_t index, float *scratch, uint8_t *bytes);
/* Labels and targets of one image, which must have them. */
int32_t pc_dataset_label(const struct pcil_dataset *set, int64_t index);
const float *pc_dataset_target(const struct pcil_dataset *set, int64_t index);

/* The `read` of readers that keep bytes in memory. */
pcil_status pc_read_memory(const struct pcil_dataset *set, int64_t index, float *pixels);

/* Bytes as floats in [0,1]. */
void pc_take_bytes(const uint8_t *bytes, int64_t count, float *pixels);

/* Mean and deviation of each channel, over all images. Both arrays have room for set->channels. */
pcil_status pc_dataset_statistics(const struct pcil_dataset *set, struct pc_error *own, double *mean,
                                  double *deviation);

/*
 * Finds the folder that holds `file`: `folder` itself or the official name in it. The result is released by
 * pc_release; a missing file's message says where it was looked for and how to fetch the set.
 */
pcil_status pc_find_folder(const struct pc_reader *reader, const char *folder, const char *file, char **found);

extern const struct pc_reader pc_cifar10, pc_cifar100, pc_svhn, pc_tiny, pc_idx, pc_digits;

#endif
