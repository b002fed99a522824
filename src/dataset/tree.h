/* The tree of Tiny ImageNet: its classes, and the pictures of one part. */
#ifndef PC_DATASET_TREE_H
#define PC_DATASET_TREE_H

#include "base/text.h"
#include "dataset/dataset.h"
#include "dataset/list.h"

#include <sys/types.h>

enum { PC_WNID = 9 /* "n01443537" */, PC_CLASSES_MOST = 10000, PC_PICTURES_MOST = 1 << 20 };

struct pc_picture {
    uint64_t name; /* where its name begins in the tree's names */
    int32_t label;
    dev_t device; /* which file it is */
    ino_t node;
};

struct pc_tree {
    const char *folder; /* lent */
    enum pc_part part;
    char (*wnids)[PC_WNID + 1];
    int32_t *sorted; /* the classes by name */
    int32_t classes;
    char *names; /* one after the other, each ended by a zero byte */
    uint64_t names_size, names_capacity;
    struct pc_picture *pictures;
    int64_t count, capacity;
    uint64_t hash; /* of all names, labels, sizes and times of change */
};

/* Reads the lists and looks at every picture's file, without opening it. After a failure pc_tree_free frees what there
 * is. */
pcil_status pc_tree_read(struct pc_tree *tree, const char *folder, enum pc_part part);
void pc_tree_free(struct pc_tree *tree);

/* A link may lead to another place of the tree, never out of it: this refuses a path that does. */
pcil_status pc_tree_inside(const struct pc_tree *tree, const char *path);

/* Opens a list of the tree; closed by pc_list_close, whether it succeeds or not. */
pcil_status pc_tree_list(const struct pc_tree *tree, struct pc_list *list, const char *path);

/* The class of that name, or -1. */
int32_t pc_tree_class(const struct pc_tree *tree, const char *wnid, size_t length);

/* A picture's path, appended to a text. */
void pc_tree_path(const struct pc_tree *tree, int64_t picture, struct pc_text *path);

#endif
