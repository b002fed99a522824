#include "base/vector.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PC_VECTOR_SETS] = {"baseline", "avx2", "avx512"};

static enum pc_vector_set best_of_processor(void) {
#ifdef PC_HAS_AVX
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return PC_VECTOR_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return PC_VECTOR_AVX2;
#endif
    return PC_VECTOR_BASELINE;
}

static enum pc_vector_set choose(void) {
    enum pc_vector_set best = best_of_processor();
    const char *wish = getenv("PCIL_VECTOR");
    for (int set = 0; wish && set < (int)best; set++)
        if (strcmp(wish, names[set]) == 0) return (enum pc_vector_set)set;
    return best;
}

enum pc_vector_set pc_vector_set(void) {
    /* 0: not chosen; threads that race choose the same. */
    static atomic_int chosen;
    int set = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (set == 0) {
        set = (int)choose() + 1;
        atomic_store_explicit(&chosen, set, memory_order_relaxed);
    }
    return (enum pc_vector_set)(set - 1);
}

const char *pc_vector_set_name(enum pc_vector_set set) {
    return names[set];
}
