/* Status values, error messages, versions. */
#ifndef PCIL_STATUS_H
#define PCIL_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What became of a call. The numbers never change; new kinds of failure get new numbers. */
typedef enum pcil_status {
    PCIL_OK = 0,
    PCIL_ERROR_ARGUMENT = -1,    /**< an argument is wrong: NULL, out of range, an unknown name */
    PCIL_ERROR_MEMORY = -2,      /**< no memory, or a size that no memory could hold */
    PCIL_ERROR_STATE = -3,       /**< the call does not fit what was done before, e.g. no batch is clamped */
    PCIL_ERROR_IO = -4,          /**< the operating system refused to open, read or write a file */
    PCIL_ERROR_FORMAT = -5,      /**< a file or text does not hold what it should */
    PCIL_ERROR_UNSUPPORTED = -6, /**< this build lacks it; the message names the build option */
    PCIL_ERROR_DIVERGED = -7,    /**< numbers ceased to be finite */
    PCIL_ERROR_INTERRUPTED = -8  /**< a callback asked to stop; what was saved is whole */
} pcil_status;

/**
 * The message of the calling thread's latest failed call: which value, what was expected, what to do.
 *
 * @return never NULL; "" if no call failed yet. The text belongs to the library and stays until the
 *         thread's next failure. Each handle also keeps its own latest message (pcil_network_error, ...),
 *         for programs whose threads change between calls; calls that only read a handle leave it alone.
 * @since 0.1
 */
const char *pcil_last_error(void);

/**
 * The name of a status, such as "PCIL_ERROR_FORMAT".
 *
 * @return never NULL; "unknown status" for a number that is none. Any thread. @since 0.1
 */
const char *pcil_status_name(pcil_status status);

/** The library's version as text, such as "0.1.0". Never NULL, any thread. @since 0.1 */
const char *pcil_version(void);

/**
 * The library's version as one number: major * 1000000 + minor * 1000 + patch. Any thread. @since 0.1
 */
int32_t pcil_version_number(void);

/** The version of the header, to compare with pcil_version_number(): that of the library which a program met. */
typedef enum pcil_header {
    PCIL_HEADER_VERSION = 1000 /**< 0.1.0 */
} pcil_header;

/**
 * What the library runs on, for reports: "blas" (OpenBLAS and its kernel, or the file of another BLAS),
 * "blas_threads" (0 where the BLAS does not tell), "vector" (the instruction set chosen for element-wise work),
 * "compiler", "readers" (the dataset readers of this build), "libraries" (jansson and those of zlib, jpeg, png and md5
 * that it was made with).
 *
 * @param topic one of the words above.
 * @return constant text, or NULL for an unknown topic. Any thread. The BLAS's thread count belongs to the
 *         process: the library reads it, and sets it only while a run with the option "deterministic" is at work.
 *         @since 0.1
 */
const char *pcil_build_info(const char *topic);

/**
 * Sets how many threads the library's own work may have, in handles of inference and trainers that are made afterwards:
 * convolutions and long element-wise passes; and in reading a tree of pictures for the first time. Products made by the
 * BLAS have its threads, which are set by the BLAS's own means and are not touched here. Results do not
 * depend on the number.
 *
 * A handle's threads sleep between its calls. After a fork the child's handles start theirs anew when first used.
 *
 * @param threads 1 ... 256; 0, as at the start: 1 for handles, one per processor for the pictures.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. Thread-safe. @since 0.1
 */
pcil_status pcil_set_threads(int32_t threads);

/** Threads that a handle made now would have, the caller's among them: >= 1. Thread-safe. @since 0.1 */
int32_t pcil_threads(void);

/**
 * Requests for memory that the library has made in this process, from any thread; a training step makes none, which
 * two readings show.
 *
 * @return >= 0; thread-safe. @since 0.1
 */
int64_t pcil_memory_requests(void);

#ifdef __cplusplus
}
#endif

#endif
