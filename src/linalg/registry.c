/* The backends, one row each. */
#include "base/text.h"
#include "base/vector.h"
#include "linalg/backend.h"
#include "linalg/own.h"

#include <stdlib.h>

static const struct pc_kind *const kinds[] = {&pc_backend_auto.kind, &pc_backend_blas.kind, &pc_backend_own.kind};

const struct pc_family pc_backend_family = {
    .name = "backend",
    .noun = "backend",
    .kinds = kinds,
    .count = sizeof kinds / sizeof kinds[0],
};

static bool has_fused_adds(void) {
#ifdef __aarch64__
    return true;
#else
    return pc_vector_set() != PC_VECTOR_BASELINE;
#endif
}

pcil_status pc_backend_choose(struct pc_error *own, int32_t place, const struct pc_backend **backend) {
    const struct pc_kind *kind = kinds[place];
    const char *forced = getenv("PCIL_BACKEND");
    if (kind == &pc_backend_auto.kind && forced && *forced) {
        pcil_status status = pc_family_choose(&pc_backend_family, own, forced, &kind);
        if (status != PCIL_OK) return pc_fail(own, status, "environment variable PCIL_BACKEND: %s", pcil_last_error());
    }
    const struct pc_backend *found = (const struct pc_backend *)kind;
    if (found == &pc_backend_auto && !has_fused_adds()) found = &pc_backend_blas;
    if (found->absent)
        return pc_fail(own, PCIL_ERROR_UNSUPPORTED, "backend '%s' is not in this build: %s", kind->name, found->absent);
    *backend = found;
    return PCIL_OK;
}

int64_t pc_backend_room(int64_t batch, int64_t inputs, int64_t outputs) {
    int64_t most = 0;
    for (int32_t i = 0; i < pc_backend_family.count; i++) {
        const struct pc_backend *backend = (const struct pc_backend *)kinds[i];
        int64_t room = backend->room ? backend->room(batch, inputs, outputs) : 0;
        most = room > most ? room : most;
    }
    return most;
}

int64_t pc_backend_convolution_room(const struct pc_windows *windows) {
    return pc_own_convolution.room(windows);
}

const struct pc_convolution *pc_backend_convolution(const struct pc_backend *backend, const struct pc_windows *windows,
                                                    int64_t images) {
    return backend->convolution ? backend->convolution(windows, images) : NULL;
}
