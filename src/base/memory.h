/* Memory: sizes are multiplied with overflow checks; all of the library's requests pass through here. */
#ifndef PC_BASE_MEMORY_H
#define PC_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* `count` elements of `size` bytes, all zero, aligned for vector code; NULL if there is no memory or the product wraps.
 */
void *pc_allocate(size_t count, size_t size);

/* The same with any content, for what a file claims to fill: the system gives pages as they are written to, so that a
 * claim that is not kept costs nothing. */
void *pc_allocate_unset(size_t count, size_t size);

/* Zeros for `rows` * `columns` floats; both >= 0. */
float *pc_allocate_floats(int64_t rows, int64_t columns);

/* Grows or shrinks an allocation of pc_allocate, keeping the first `kept` bytes; NULL leaves the old one alone. */
void *pc_reallocate(void *old, size_t kept, size_t count, size_t size);

void pc_release(void *memory);

/* Bytes of physical memory; 0 where the system does not tell. */
int64_t pc_machine_memory(void);

/* A copy of a text, to be released; NULL if there is no memory. */
char *pc_copy_text(const char *text);

#endif
