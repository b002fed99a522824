#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

_Noreturn void fuzz_broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: broken: %s (last message: %s)\n", file, line, condition, pcil_last_error());
    abort();
}

bool fuzz_good(pcil_status status) {
    if (status == PCIL_OK) return true;
    const char *message = pcil_last_error();
    must(strcmp(pcil_status_name(status), "unknown status") != 0);
    must(*message);
    for (const char *c = message; *c; c++) must((*c >= 32 && *c < 127) || *c == '\n');
    return false;
}

static void remove_folder(void) {
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "cannot remove %s\n", folder);
}

static void make_folder(void) {
    const char *shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/pcil-fuzz-XXXXXX", shared);
    if (!mkdtemp(folder)) fuzz_broken(__FILE__, __LINE__, "a folder for inputs");
    unsetenv("PCIL_CACHE");
    atexit(remove_folder);
}

const char *fuzz_path(const char *name) {
    static char paths[4][256];
    static int turn;
    if (!*folder) make_folder();
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void fuzz_put(const char *name, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(fuzz_path(name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) fuzz_broken(__FILE__, __LINE__, name);
}

void fuzz_make_folders(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s", fuzz_path(name));
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    mkdir(path, 0777);
}

uint8_t fuzz_byte(struct fuzz_input *input) {
    if (input->size == 0) return 0;
    input->size--;
    return *input->bytes++;
}

struct fuzz_input fuzz_part(struct fuzz_input *input) {
    size_t length = fuzz_byte(input);
    length |= (size_t)fuzz_byte(input) << 8;
    if (length > input->size) length = input->size;
    struct fuzz_input part = {input->bytes, length};
    input->bytes += length;
    input->size -= length;
    return part;
}

char *fuzz_text(struct fuzz_input part) {
    char *text = malloc(part.size + 1);
    must(text);
    if (part.size) memcpy(text, part.bytes, part.size);
    text[part.size] = '\0';
    return text;
}

static void read_picture(const pcil_dataset *set, int64_t index, float *pixels, int64_t size) {
    int32_t label = -1, *labels = pcil_dataset_classes(set) > 0 ? &label : NULL;
    if (!fuzz_good(pcil_dataset_read(set, &index, 1, pixels, labels, NULL))) return;
    for (int64_t i = 0; i < size; i++) must(pixels[i] >= 0 && pixels[i] <= 1);
    must(!labels || (label >= 0 && label < pcil_dataset_classes(set)));
}

void fuzz_open_dataset(const char *kind, const char *inner) {
    pcil_dataset *set = NULL;
    if (!fuzz_good(pcil_dataset_open(&set, kind, fuzz_path(inner), "test"))) {
        must(!set);
        return;
    }
    int32_t channels = 0, height = 0, width = 0;
    int64_t count = pcil_dataset_count(set);
    must(pcil_dataset_shape(set, &channels, &height, &width) == PCIL_OK && count > 0);
    int64_t size = (int64_t)channels * height * width;
    float *pixels = calloc((size_t)size, sizeof *pixels);
    if (pixels) {
        read_picture(set, 0, pixels, size);
        read_picture(set, count - 1, pixels, size);
    }
    for (int32_t c = 0; c < pcil_dataset_classes(set); c++) {
        const char *name = pcil_dataset_class_name(set, c);
        must(!name || *name);
    }
    free(pixels);
    pcil_dataset_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz(bytes, size);
    return 0;
}
