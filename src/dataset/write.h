/* Writing data sets in the official layouts. */
#ifndef PC_DATASET_WRITE_H
#define PC_DATASET_WRITE_H

#include "dataset/dataset.h"

/* What a format can hold. */
struct pc_limits {
    int32_t channels, height, width; /* exactly; 0: any */
    int32_t classes;                 /* at most */
    int64_t least, most;             /* images of a part */
};
pcil_status pc_write_check(const struct pcil_dataset *set, const struct pc_limits *limits, const char *format);

/* All pixels of images first ... first + count - 1 as bytes, [count][height][width][channels]. */
pcil_status pc_write_collect(const struct pcil_dataset *set, int64_t first, int64_t count, uint8_t *pixels);

/* Replaces the file of that name in the folder. */
pcil_status pc_write_file(const char *folder, const char *name, const void *bytes, uint64_t size);

/* Writes the class names, one a line, if there are just so many. */
pcil_status pc_write_names(const struct pcil_dataset *set, int32_t classes, const char *folder, const char *name);

pcil_status pc_write_cifar10(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);
pcil_status pc_write_cifar100(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);
pcil_status pc_write_svhn(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);
pcil_status pc_write_tiny(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);
pcil_status pc_write_idx(const struct pcil_dataset *const parts[PC_PARTS], const char *folder);

#endif
