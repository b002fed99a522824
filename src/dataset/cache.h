/* Decoded pictures kept in a file, so that a tree is decoded once. */
#ifndef PC_DATASET_CACHE_H
#define PC_DATASET_CACHE_H

#include "dataset/tree.h"

/*
 * Gives the set the tree's pictures: from the cache file if it was made of just this tree, else decoded into a new one.
 * The file lies in the folder that the environment's PCIL_CACHE names; without that in the tree's own; if that cannot
 * be written, in $XDG_CACHE_HOME/pcil or ~/.cache/pcil. Where none of them can be, it is an unnamed file of the set's
 * own in $TMPDIR, then /var/tmp; where that cannot be either, the pictures stay in memory.
 */
pcil_status pc_cache_open(struct pcil_dataset *set, const struct pc_tree *tree);

/* Reads one picture; one that has rotted in its file is PCIL_ERROR_IO. */
pcil_status pc_cache_read(const struct pcil_dataset *set, int64_t index, float *pixels);

#endif
