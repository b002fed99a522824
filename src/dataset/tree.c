#include "dataset/tree.h"

#include "base/memory.h"
#include "dataset/jpeg.h"
#include "dataset/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_wnid(const char *text, size_t length) {
    return length == PC_WNID && text[0] == 'n' && strspn(text + 1, "0123456789") >= PC_WNID - 1;
}

/* Letters, digits and underscores, then ".JPEG": so no path can be meant. */
static bool is_picture(const char *name, size_t length) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t stem = strspn(name, letters);
    return stem > 0 && stem + 5 == length && length < 256 && memcmp(name + stem, ".JPEG", 5) == 0;
}

pcil_status pc_tree_inside(const struct pc_tree *tree, const char *path) {
    struct pc_quote quote;
    char *root = realpath(tree->folder, NULL), *real = root ? realpath(path, NULL) : NULL;
    size_t length = root ? strlen(root) : 0;
    bool whole = length == 1; /* the tree is "/" */
    pcil_status status = PCIL_OK;
    if (!real)
        status = pc_fail(NULL, PCIL_ERROR_IO, "cannot follow '%s': %s", pc_quote(&quote, path), strerror(errno));
    else if (!whole && (strncmp(real, root, length) != 0 || (real[length] != '/' && real[length] != '\0')))
        status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' leads out of the data set's folder: copy what it leads to",
                         pc_quote(&quote, path));
    free(real);
    free(root);
    return status;
}

pcil_status pc_tree_list(const struct pc_tree *tree, struct pc_list *list, const char *path) {
    *list = (struct pc_list){.path = path};
    pcil_status status = pc_tree_inside(tree, path);
    return status == PCIL_OK ? pc_list_open(list, path) : status;
}

int32_t pc_tree_class(const struct pc_tree *tree, const char *wnid, size_t length) {
    int32_t low = 0, high = tree->classes - 1;
    while (low <= high && length == PC_WNID) {
        int32_t middle = (low + high) / 2, order = memcmp(wnid, tree->wnids[tree->sorted[middle]], PC_WNID);
        if (order == 0) return tree->sorted[middle];
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return -1;
}

/* Room for one more class, twice as much each time. */
static bool grow_classes(struct pc_tree *tree) {
    size_t size = sizeof *tree->wnids, count = (size_t)tree->classes;
    if (count & (count - 1) || (count != 0 && count < 16)) return true;
    void *wnids = pc_reallocate(tree->wnids, count * size, count ? 2 * count : 16, size);
    if (wnids) tree->wnids = wnids;
    return wnids;
}

static pcil_status add_class(struct pc_tree *tree, const struct pc_list *list) {
    if (!is_wnid(list->line, strlen(list->line))) return pc_list_fail(list, "'n' and eight digits");
    if (tree->classes == PC_CLASSES_MOST) return pc_list_fail(list, "at most 10000 classes");
    if (!grow_classes(tree)) return pc_fail_memory(NULL, "class names");
    memcpy(tree->wnids[tree->classes++], list->line, PC_WNID + 1);
    return PCIL_OK;
}

static int compare_classes(const void *a, const void *b, void *wnids) {
    char(*names)[PC_WNID + 1] = wnids;
    return strcmp(names[*(const int32_t *)a], names[*(const int32_t *)b]);
}

static pcil_status sort_classes(struct pc_tree *tree, const char *path) {
    struct pc_quote quote;
    pc_quote(&quote, path);
    if (tree->classes == 0) return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' names no class", quote.text);
    tree->sorted = pc_allocate((size_t)tree->classes, sizeof *tree->sorted);
    if (!tree->sorted) return pc_fail_memory(NULL, "class names");
    for (int32_t i = 0; i < tree->classes; i++) tree->sorted[i] = i;
    qsort_r(tree->sorted, (size_t)tree->classes, sizeof *tree->sorted, compare_classes, tree->wnids);
    for (int32_t i = 1; i < tree->classes; i++)
        if (strcmp(tree->wnids[tree->sorted[i]], tree->wnids[tree->sorted[i - 1]]) == 0)
            return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' names class %s twice", quote.text,
                           tree->wnids[tree->sorted[i]]);
    return PCIL_OK;
}

/* A class's label is its line. */
static pcil_status read_classes(struct pc_tree *tree) {
    struct pc_list list;
    bool more = true;
    char *path = pc_file_join(tree->folder, "wnids.txt");
    if (!path) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_tree_list(tree, &list, path);
    while (status == PCIL_OK && more) {
        status = pc_list_next(&list, &more);
        if (status == PCIL_OK && more) status = add_class(tree, &list);
    }
    pc_list_close(&list);
    if (status == PCIL_OK) status = sort_classes(tree, path);
    pc_release(path);
    return status;
}

static bool grow(struct pc_tree *tree, size_t name) {
    if (tree->names_size + name > tree->names_capacity) {
        uint64_t capacity = 2 * tree->names_capacity + name + 4096;
        char *names = pc_reallocate(tree->names, tree->names_size, capacity, 1);
        if (!names) return false;
        tree->names = names;
        tree->names_capacity = capacity;
    }
    if (tree->count == tree->capacity) {
        int64_t capacity = 2 * tree->capacity + 256;
        size_t size = sizeof *tree->pictures;
        void *pictures = pc_reallocate(tree->pictures, (size_t)tree->count * size, (size_t)capacity, size);
        if (!pictures) return false;
        tree->pictures = pictures;
        tree->capacity = capacity;
    }
    return true;
}

static pcil_status add_picture(struct pc_tree *tree, const char *name, size_t length, int32_t label) {
    if (tree->count == PC_PICTURES_MOST)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds more than %d pictures", tree->folder, PC_PICTURES_MOST);
    if (!grow(tree, length + 1)) return pc_fail_memory(NULL, "the names of pictures");
    tree->pictures[tree->count++] = (struct pc_picture){.name = tree->names_size, .label = label};
    memcpy(tree->names + tree->names_size, name, length);
    tree->names[tree->names_size + length] = '\0';
    tree->names_size += length + 1;
    return PCIL_OK;
}

void pc_tree_path(const struct pc_tree *tree, int64_t picture, struct pc_text *path) {
    const struct pc_picture *one = &tree->pictures[picture];
    if (tree->part == PC_TRAIN)
        pc_text_append(path, "%s/train/%s/images/%s", tree->folder, tree->wnids[one->label], tree->names + one->name);
    else
        pc_text_append(path, "%s/val/images/%s", tree->folder, tree->names + one->name);
}

static int compare_pictures(const void *a, const void *b, void *names) {
    return strcmp((char *)names + ((const struct pc_picture *)a)->name,
                  (char *)names + ((const struct pc_picture *)b)->name);
}

/* The order of a folder is the file system's: names are sorted. Hidden files, which file managers leave, are not
 * pictures; anything else that is none is an error. */
static pcil_status read_entries(struct pc_tree *tree, DIR *entries, const char *path, int32_t label) {
    int64_t first = tree->count;
    struct pc_quote folder, name;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (!entry && errno)
            return pc_fail(NULL, PCIL_ERROR_IO, "cannot list '%s': %s", pc_quote(&folder, path), strerror(errno));
        if (!entry) break;
        if (entry->d_name[0] == '.') continue;
        size_t length = strlen(entry->d_name);
        if (!is_picture(entry->d_name, length))
            return pc_fail(NULL, PCIL_ERROR_FORMAT,
                           "'%s' holds '%s'; expected names of letters, digits and underscores, ending in .JPEG",
                           pc_quote(&folder, path), pc_quote(&name, entry->d_name));
        pcil_status status = add_picture(tree, entry->d_name, length, label);
        if (status != PCIL_OK) return status;
    }
    qsort_r(tree->pictures + first, (size_t)(tree->count - first), sizeof *tree->pictures, compare_pictures,
            tree->names);
    return PCIL_OK;
}

static pcil_status list_class(struct pc_tree *tree, int32_t label) {
    struct pc_text path = {0};
    struct pc_quote quote;
    pc_text_append(&path, "%s/train/%s/images", tree->folder, tree->wnids[label]);
    if (path.failed) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_tree_inside(tree, path.bytes);
    DIR *entries = status == PCIL_OK ? opendir(path.bytes) : NULL;
    if (entries)
        status = read_entries(tree, entries, path.bytes, label);
    else if (status == PCIL_OK)
        status = pc_fail(NULL, PCIL_ERROR_IO, "cannot list '%s': %s", pc_quote(&quote, path.bytes), strerror(errno));
    if (entries) closedir(entries);
    pc_text_free(&path);
    return status;
}

/* "val_0.JPEG<tab>n03444034<tab>0<tab>32<tab>44<tab>62": name, class, and a box that nothing here needs. */
static pcil_status add_annotated(struct pc_tree *tree, const struct pc_list *list) {
    size_t name = strcspn(list->line, "\t");
    const char *wnid = list->line + name + (list->line[name] != '\0');
    size_t length = strcspn(wnid, "\t");
    if (!is_picture(list->line, name)) return pc_list_fail(list, "the name of a .JPEG file, then a tab");
    int32_t label = pc_tree_class(tree, wnid, length);
    if (label < 0) return pc_list_fail(list, "a class of wnids.txt behind the name");
    return add_picture(tree, list->line, name, label);
}

static pcil_status check_once(const struct pc_tree *tree, const char *path) {
    struct pc_quote list, name;
    pcil_status status = PCIL_OK;
    size_t count = (size_t)tree->count, size = sizeof *tree->pictures;
    struct pc_picture *sorted = pc_allocate(count, size);
    if (!sorted) return pc_fail_memory(NULL, "the names of pictures");
    if (count > 0) memcpy(sorted, tree->pictures, count * size);
    qsort_r(sorted, count, size, compare_pictures, tree->names);
    for (size_t i = 1; i < count && status == PCIL_OK; i++)
        if (compare_pictures(&sorted[i], &sorted[i - 1], tree->names) == 0)
            status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' names '%s' twice", pc_quote(&list, path),
                             pc_quote(&name, tree->names + sorted[i].name));
    pc_release(sorted);
    return status;
}

static pcil_status list_annotated(struct pc_tree *tree) {
    struct pc_list list;
    bool more = true;
    char *path = pc_file_join(tree->folder, "val/val_annotations.txt");
    if (!path) return pc_fail_memory(NULL, "a path");
    pcil_status status = pc_tree_list(tree, &list, path);
    while (status == PCIL_OK && more) {
        status = pc_list_next(&list, &more);
        if (status == PCIL_OK && more) status = add_annotated(tree, &list);
    }
    pc_list_close(&list);
    if (status == PCIL_OK) status = check_once(tree, path);
    pc_release(path);
    return status;
}

static pcil_status check_val(const struct pc_tree *tree) {
    char *path = pc_file_join(tree->folder, "val/images");
    pcil_status status = path ? pc_tree_inside(tree, path) : pc_fail_memory(NULL, "a path");
    pc_release(path);
    return status;
}

/* FNV-1a of 64 bits. */
static void mix(uint64_t *hash, const void *bytes, size_t size) {
    for (const uint8_t *at = bytes, *end = at + size; at < end; at++) *hash = (*hash ^ *at) * 0x100000001b3u;
}

static pcil_status look_at(struct pc_tree *tree, int64_t picture, struct pc_text *path) {
    struct stat file;
    struct pc_quote quote;
    path->length = 0;
    pc_tree_path(tree, picture, path);
    if (path->failed) return pc_fail_memory(NULL, "a path");
    if (lstat(path->bytes, &file) != 0) return pc_file_fail_look(NULL, path->bytes);
    if (S_ISLNK(file.st_mode)) {
        pcil_status status = pc_tree_inside(tree, path->bytes);
        if (status != PCIL_OK) return status;
        if (stat(path->bytes, &file) != 0) return pc_file_fail_look(NULL, path->bytes);
    }
    if (!S_ISREG(file.st_mode) || file.st_size > PC_JPEG_MOST)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' is no regular file of at most 1 MiB",
                       pc_quote(&quote, path->bytes));
    struct pc_picture *one = &tree->pictures[picture];
    one->device = file.st_dev;
    one->node = file.st_ino;
    int64_t facts[] = {one->label, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
    mix(&tree->hash, facts, sizeof facts);
    mix(&tree->hash, tree->names + one->name, strlen(tree->names + one->name) + 1);
    return PCIL_OK;
}

static pcil_status look_at_all(struct pc_tree *tree) {
    struct pc_text path = {0};
    struct pc_quote quote;
    pcil_status status = PCIL_OK;
    if (tree->count == 0)
        status = pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds no picture of part '%s'", pc_quote(&quote, tree->folder),
                         tree->part == PC_TRAIN ? "train" : "test");
    tree->hash = 0xcbf29ce484222325u;
    for (int32_t i = 0; i < tree->classes; i++) mix(&tree->hash, tree->wnids[i], PC_WNID);
    for (int64_t i = 0; i < tree->count && status == PCIL_OK; i++) status = look_at(tree, i, &path);
    pc_text_free(&path);
    return status;
}

pcil_status pc_tree_read(struct pc_tree *tree, const char *folder, enum pc_part part) {
    *tree = (struct pc_tree){.folder = folder, .part = part};
    pcil_status status = read_classes(tree);
    if (part == PC_TEST && status == PCIL_OK) status = list_annotated(tree);
    if (part == PC_TEST && status == PCIL_OK) status = check_val(tree);
    for (int32_t i = 0; i < tree->classes && part == PC_TRAIN && status == PCIL_OK; i++) status = list_class(tree, i);
    return status == PCIL_OK ? look_at_all(tree) : status;
}

void pc_tree_free(struct pc_tree *tree) {
    pc_release(tree->wnids);
    pc_release(tree->sorted);
    pc_release(tree->names);
    pc_release(tree->pictures);
    *tree = (struct pc_tree){0};
}
