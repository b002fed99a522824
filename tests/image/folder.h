/* A folder for the files of one test program. */
#ifndef TESTS_IMAGE_FOLDER_H
#define TESTS_IMAGE_FOLDER_H

#include <stdio.h>

static char folder[64];

static inline const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/pcil-image-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

#endif
