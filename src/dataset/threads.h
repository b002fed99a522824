/* Threads of the library's own: they take no signals, which stay with the program's. */
#ifndef PC_DATASET_THREADS_H
#define PC_DATASET_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* False if it cannot be started. */
bool pc_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif
