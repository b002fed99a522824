/* Hands every file of the folders named to a fuzz target: usage: replay.NAME FOLDER... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST = 1 << 20 };

/* The input's memory ends where the input does, so that reading beyond it is seen. */
static int replay(const char *path) {
    static uint8_t buffer[MOST];
    FILE *file = fopen(path, "rb");
    if (!file) return fprintf(stderr, "cannot open %s\n", path), 1;
    size_t size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes) return 1;
    for (size_t i = 0; i < size; i++) bytes[i] = buffer[i];
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return 0;
}

static int replay_folder(const char *folder, int *count) {
    char path[1024];
    int failed = 0;
    DIR *entries = opendir(folder);
    if (!entries) return fprintf(stderr, "cannot list %s\n", folder), 1;
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        failed |= replay(path);
        ++*count;
    }
    closedir(entries);
    return failed;
}

int main(int argc, char **argv) {
    int count = 0, failed = 0;
    for (int i = 1; i < argc; i++) failed |= replay_folder(argv[i], &count);
    printf("%d inputs\n", count);
    return failed || count == 0;
}
