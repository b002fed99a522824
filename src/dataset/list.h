/* Lists: text files of names, one a line. */
#ifndef PC_DATASET_LIST_H
#define PC_DATASET_LIST_H

#include "file/file.h"

#include <stdbool.h>

enum { PC_LINE = 4096, PC_LIST_MOST = 16 << 20 };

struct pc_list {
    struct pc_bytes content;
    const char *path; /* lent, for messages */
    uint64_t next;    /* byte */
    int64_t number;   /* of the last line given, from 1 */
    char line[PC_LINE + 1];
};

/* Reads the file. `path` must outlive the list. */
pcil_status pc_list_open(struct pc_list *list, const char *path);
void pc_list_close(struct pc_list *list);

/*
 * Gives the next line that is not empty, without its line feed (or carriage return and line feed), in list->line;
 * `more` is false at the end. A line over PC_LINE bytes, or one with control bytes other than tabs or not in UTF-8, is
 * PCIL_ERROR_FORMAT.
 */
pcil_status pc_list_next(struct pc_list *list, bool *more);

/* A failure at the last line given. */
pcil_status pc_list_fail(const struct pc_list *list, const char *expected);

/* Reads class names: exactly `classes` lines. The array and its texts are the caller's to release. */
pcil_status pc_list_names(const char *path, int32_t classes, char ***names);

#endif
