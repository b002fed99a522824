/* Where a set's files lie: in the folder given, or in the official one inside it. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"

static pcil_status missing(const struct pc_reader *reader, const char *folder, const char *inner, const char *file) {
    struct pc_quote here, there;
    pc_quote(&here, folder);
    if (inner) pc_quote(&there, inner);
    return pc_fail(NULL, PCIL_ERROR_IO,
                   "data set '%s': there is no '%s' in '%s'%s%s%s; datasets/%s/fetch fetches the set",
                   reader->kind.name, file, here.text, inner ? " nor in '" : "", inner ? there.text : "",
                   inner ? "'" : "", reader->fetch);
}

/* 1 if the folder holds the file, or may, 0 if not, -1 if there is no memory. */
static int holds(const char *folder, const char *file) {
    char *path = pc_file_join(folder, file);
    int answer = path ? pc_file_exists(path) : -1;
    pc_release(path);
    return answer;
}

pcil_status pc_find_folder(const struct pc_reader *reader, const char *folder, const char *file, char **found) {
    char *inner = reader->official ? pc_file_join(folder, reader->official) : NULL;
    if (reader->official && !inner) return pc_fail_memory(NULL, "a path");
    int here = holds(folder, file), there = here == 0 && inner ? holds(inner, file) : 0;
    pcil_status status = PCIL_OK;
    if (here == 0 && there == 0) status = missing(reader, folder, inner, file);
    char *copy = here == 1 ? pc_copy_text(folder) : there == 1 ? pc_copy_text(inner) : NULL;
    if (status == PCIL_OK && !copy) status = pc_fail_memory(NULL, "a path");
    if (status == PCIL_OK) *found = copy;
    pc_release(inner);
    return status;
}
