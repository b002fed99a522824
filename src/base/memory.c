#include "base/memory.h"

#include "base/api.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 64, LARGE_PAGE = 1 << 21, LARGE = 2 * LARGE_PAGE };

static _Atomic int64_t requests;

int64_t pcil_memory_requests(void) {
    return atomic_load_explicit(&requests, memory_order_relaxed);
}

/* The bytes that a request takes, a multiple of the alignment; 0 if no memory could hold them. */
static size_t rounded(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - LARGE_PAGE) return 0;
    return bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* What a walk through many megabytes costs is much the finding of their pages: the system is asked for large ones, as
 * far as they are filled whole. It may not give them. */
static void *allocate_large(size_t bytes) {
    size_t whole = bytes / LARGE_PAGE * LARGE_PAGE;
    void *memory = aligned_alloc(LARGE_PAGE, whole + (whole < bytes ? LARGE_PAGE : 0));
#ifdef MADV_HUGEPAGE
    if (memory) madvise(memory, whole, MADV_HUGEPAGE);
#endif
    return memory;
}

void *pc_allocate_unset(size_t count, size_t size) {
    size_t bytes = rounded(count, size);
    atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed);
    if (bytes == 0) return NULL;
    return bytes < LARGE ? aligned_alloc(ALIGNMENT, bytes) : allocate_large(bytes);
}

void *pc_allocate(size_t count, size_t size) {
    void *memory = pc_allocate_unset(count, size);
    if (memory) memset(memory, 0, rounded(count, size));
    return memory;
}

float *pc_allocate_floats(int64_t rows, int64_t columns) {
    size_t count;
    if (rows < 0 || columns < 0 || __builtin_mul_overflow((size_t)rows, (size_t)columns, &count)) return NULL;
    return pc_allocate(count, sizeof(float));
}

void *pc_reallocate(void *old, size_t kept, size_t count, size_t size) {
    void *fresh = pc_allocate(count, size);
    if (!fresh) return NULL;
    if (old) memcpy(fresh, old, kept < count * size ? kept : count * size);
    pc_release(old);
    return fresh;
}

void pc_release(void *memory) {
    free(memory);
}

char *pc_copy_text(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = pc_allocate(bytes, 1);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

int64_t pc_machine_memory(void) {
    int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? pages * size : 0;
}
