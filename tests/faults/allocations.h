/*
 * Memory, replaced in a test program: any request can fail, the libraries' as well as ours, and what is not given back
 * is counted. Under a sanitizer, which replaces memory itself, only our own source of it is.
 */
#ifndef TESTS_FAULTS_ALLOCATIONS_H
#define TESTS_FAULTS_ALLOCATIONS_H

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct {
    atomic_llong at; /* the request that fails; -1: none */
    bool once;       /* that one alone; else all from it on */
    atomic_llong requests, struck, live;
} memory = {.at = -1};

__attribute__((unused)) static void memory_arm(int64_t at, bool once) {
    memory.at = -1;
    memory.once = once;
    memory.requests = memory.struck = 0;
    memory.at = at;
}

/* OpenBLAS 0.3.21 does not look at what its small products are given, and crashes where that is nothing. Its file is
 * libopenblas.so, or libblas.so in front of that. */
static bool is_of_blas(void *caller) {
    Dl_info found;
    if (!dladdr(caller, &found)) return false;
    const char *name = strrchr(found.dli_fname, '/');
    return strstr(name ? name : found.dli_fname, "blas") != NULL;
}

static bool memory_fails(void *caller) {
    if (is_of_blas(caller)) return false;
    long long number = atomic_fetch_add(&memory.requests, 1), at = memory.at;
    if (at < 0 || (memory.once ? number != at : number < at)) return false;
    atomic_fetch_add(&memory.struck, 1);
    errno = ENOMEM;
    return true;
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define MEMORY_OURS_ALONE
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_OURS_ALONE
#endif
#endif

/* Seen by the libraries too. */
#pragma GCC visibility push(default)

#ifdef MEMORY_OURS_ALONE
void *aligned_alloc(size_t alignment, size_t size) {
    void *bytes = NULL;
    if (memory_fails(__builtin_return_address(0))) return NULL;
    return posix_memalign(&bytes, alignment, size) == 0 ? bytes : NULL;
}
#else
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *bytes);

static void *counted(void *bytes) {
    if (bytes) atomic_fetch_add(&memory.live, 1);
    return bytes;
}

void *malloc(size_t size) {
    return memory_fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return memory_fails(__builtin_return_address(0)) ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
    if (memory_fails(__builtin_return_address(0))) return NULL;
    return old ? __libc_realloc(old, size) : counted(__libc_realloc(NULL, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memory_fails(__builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *bytes) {
    if (bytes) atomic_fetch_sub(&memory.live, 1);
    __libc_free(bytes);
}
#endif

#pragma GCC visibility pop

#endif
