/*
 * Tiny ImageNet (Le & Yang 2015): a tree of 64 x 64 JPEG pictures. train/CLASS/images/ is the part "train", val/images/
 * with val_annotations.txt the part "test" (the official test pictures have no labels). A class's label is its line in
 * wnids.txt. http://cs231n.stanford.edu/tiny-imagenet-200.zip
 */
#include "base/memory.h"
#include "dataset/cache.h"
#include "dataset/dataset.h"
#include "dataset/jpeg.h"
#include "dataset/list.h"
#include "dataset/tree.h"
#include "dataset/write.h"

#include <string.h>

/* "n02124075<tab>Egyptian cat": of several names for one thing the first. */
static pcil_status take_word(struct pcil_dataset *set, const struct pc_tree *tree, const struct pc_list *list) {
    size_t wnid = strcspn(list->line, "\t");
    int32_t label = pc_tree_class(tree, list->line, wnid);
    if (label < 0) return PCIL_OK;
    const char *word = list->line + wnid + (list->line[wnid] != '\0');
    size_t length = strcspn(word, ",");
    if (length == 0) return pc_list_fail(list, "a tab and a name behind the class");
    char *name = pc_allocate(length + 1, 1);
    if (!name) return pc_fail_memory(NULL, "class names");
    memcpy(name, word, length);
    pc_release(set->names[label]);
    set->names[label] = name;
    return PCIL_OK;
}

static pcil_status read_words(struct pcil_dataset *set, const struct pc_tree *tree, const char *path) {
    struct pc_list list;
    bool more = true;
    pcil_status status = pc_tree_list(tree, &list, path);
    while (status == PCIL_OK && more) {
        status = pc_list_next(&list, &more);
        if (status == PCIL_OK && more) status = take_word(set, tree, &list);
    }
    pc_list_close(&list);
    return status;
}

/* Classes without a word go by their number. */
static pcil_status name_classes(struct pcil_dataset *set, const struct pc_tree *tree) {
    set->names = pc_allocate((size_t)tree->classes, sizeof *set->names);
    char *path = pc_file_join(tree->folder, "words.txt");
    pcil_status status = set->names && path ? PCIL_OK : pc_fail_memory(NULL, "class names");
    if (status == PCIL_OK && pc_file_exists(path)) status = read_words(set, tree, path);
    for (int32_t i = 0; i < tree->classes && status == PCIL_OK; i++)
        if (!set->names[i] && !(set->names[i] = pc_copy_text(tree->wnids[i])))
            status = pc_fail_memory(NULL, "class names");
    pc_release(path);
    return status;
}

static pcil_status take_tree(struct pcil_dataset *set, const struct pc_tree *tree) {
    static const int32_t shape[] = {3, PC_JPEG_SIDE, PC_JPEG_SIDE};
    pcil_status status = pc_dataset_reserve(set, tree->count, shape, tree->classes, false);
    for (int64_t i = 0; i < tree->count && status == PCIL_OK; i++) set->own_labels[i] = tree->pictures[i].label;
    if (status == PCIL_OK) status = name_classes(set, tree);
    return status == PCIL_OK ? pc_cache_open(set, tree) : status;
}

/* A build without JPEG must say so even where a cache was left by another. */
static pcil_status check_build(void) {
    void *decoder = NULL;
    pcil_status status = pc_jpeg_decoder(&decoder);
    if (status == PCIL_OK) pc_jpeg_free(decoder);
    return status;
}

static pcil_status open_tiny(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    char *found;
    struct pc_tree tree;
    pcil_status status = check_build();
    if (status == PCIL_OK) status = pc_find_folder(set->reader, folder, "wnids.txt", &found);
    if (status != PCIL_OK) return status;
    status = pc_tree_read(&tree, found, part);
    if (status == PCIL_OK) status = take_tree(set, &tree);
    pc_tree_free(&tree);
    pc_release(found);
    return status;
}

static const char *const files[] = {"wnids.txt", "words.txt", "val/val_annotations.txt", NULL};
static const struct pc_archive archives[] = {{"tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de"}, {0}};

const struct pc_reader pc_tiny = {
    .kind = {.name = "tiny-imagenet", .help = "Tiny ImageNet: 200 classes of 64 x 64 colour photographs"},
    .official = "tiny-imagenet-200",
    .fetch = "tiny-imagenet",
    .files = files,
    .archives = archives,
    .open = open_tiny,
    .read = pc_cache_read,
    .write = pc_write_tiny,
};
