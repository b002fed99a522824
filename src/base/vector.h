/*
 * Vector code. A source named *.vec.c is compiled once per instruction set, with PC_VECTOR_SET naming the set;
 * it wraps the names that it defines in PC_VECTOR_NAME and collects them in one constant table per set. All sets
 * compute the same bits: contraction is off and sums run over a fixed number of lanes. (Products may fuse: see
 * linalg/lanes.h.)
 */
#ifndef PC_BASE_VECTOR_H
#define PC_BASE_VECTOR_H

enum pc_vector_set { PC_VECTOR_BASELINE, PC_VECTOR_AVX2, PC_VECTOR_AVX512, PC_VECTOR_SETS };

/*
 * The best set of this processor, chosen once. The environment variable PCIL_VECTOR (baseline, avx2, avx512)
 * lowers it, so that one machine can test every set.
 */
enum pc_vector_set pc_vector_set(void);

/* "baseline", "avx2", "avx512". */
const char *pc_vector_set_name(enum pc_vector_set set);

#ifdef PC_VECTOR_SET
#define PC_VECTOR_JOIN_(name, set) name##_##set
#define PC_VECTOR_JOIN(name, set)  PC_VECTOR_JOIN_(name, set)
#define PC_VECTOR_NAME(name)       PC_VECTOR_JOIN(name, PC_VECTOR_SET)
#endif

/* Declares a table's variable for every set; the build defines PC_HAS_AVX where the extra sets are compiled. */
#ifdef PC_HAS_AVX
#define PC_VECTOR_DECLARE(type, name) extern type name##_baseline, name##_avx2, name##_avx512
#define PC_VECTOR_PICK(name)                                                                                           \
    (pc_vector_set() == PC_VECTOR_AVX512 ? &name##_avx512                                                              \
     : pc_vector_set() == PC_VECTOR_AVX2 ? &name##_avx2                                                                \
                                         : &name##_baseline)
#else
#define PC_VECTOR_DECLARE(type, name) extern type name##_baseline
#define PC_VECTOR_PICK(name)          (&name##_baseline)
#endif

#endif
