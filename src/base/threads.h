/* Threads of the library's own: they take no signals, which stay with the program's. */
#ifndef PC_BASE_THREADS_H
#define PC_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* False if it cannot be started. */
bool pc_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/* What pcil_set_threads was given; 0: it was not called. */
int32_t pc_threads_chosen(void);

#endif
