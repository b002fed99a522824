/* What this library is and what it runs on. */
#include "base/text.h"
#include "base/vector.h"
#include "linalg/blas.h"

#include <stdio.h>
#include <string.h>

const char *pcil_version(void) {
    return PCIL_VERSION;
}

int32_t pcil_version_number(void) {
    int32_t parts[3] = {0};
    const char *text = PCIL_VERSION;
    for (int i = 0; i < 3 && *text; text++) {
        if (*text == '.')
            i++;
        else
            parts[i] = parts[i] * 10 + (*text - '0');
    }
    return parts[0] * 1000000 + parts[1] * 1000 + parts[2];
}

static const char *compiler(void) {
#if defined __clang__
    return "clang " __clang_version__;
#elif defined __GNUC__
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

static const char *readers(void) {
    return "cifar10 cifar100 idx digits"
#ifdef PCIL_WITH_ZLIB
           " svhn"
#endif
#ifdef PCIL_WITH_JPEG
           " tiny-imagenet"
#endif
        ;
}

static const char *libraries(void) {
    return "jansson"
#ifdef PCIL_WITH_ZLIB
           " zlib"
#endif
#ifdef PCIL_WITH_JPEG
           " jpeg"
#endif
#ifdef PCIL_WITH_PNG
           " png"
#endif
#ifdef PCIL_WITH_MD5
           " md5"
#endif
        ;
}

/* The count belongs to the process and may change, so each thread has a text of its own. */
static const char *blas_threads(void) {
    static _Thread_local char text[16];
    snprintf(text, sizeof text, "%d", pc_blas_threads());
    return text;
}

const char *pcil_build_info(const char *topic) {
    if (!topic) return NULL;
    if (strcmp(topic, "blas") == 0) return pc_blas_info();
    if (strcmp(topic, "blas_threads") == 0) return blas_threads();
    if (strcmp(topic, "vector") == 0) return pc_vector_set_name(pc_vector_set());
    if (strcmp(topic, "compiler") == 0) return compiler();
    if (strcmp(topic, "readers") == 0) return readers();
    if (strcmp(topic, "libraries") == 0) return libraries();
    return NULL;
}
