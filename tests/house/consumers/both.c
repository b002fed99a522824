/* Two major versions of the library in one process, as two plugins may bring them: each answers for itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

static const char *version_of(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) return dlerror();
    const char *(*version)(void) = (const char *(*)(void))dlsym(library, "pcil_version");
    return version ? version() : "no version";
}

int main(int count, char **words) {
    if (count != 3) return 2;
    printf("%s ", version_of(words[1]));
    puts(version_of(words[2]));
    return 0;
}
