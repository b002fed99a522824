#include "base/threads.h"

#include "base/status.h"

#include <signal.h>
#include <stdatomic.h>

enum { MOST_THREADS = 256 };

static _Atomic int32_t chosen;

/* The new thread inherits the mask. */
bool pc_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return !failed;
}

int32_t pc_threads_chosen(void) {
    return atomic_load_explicit(&chosen, memory_order_relaxed);
}

pcil_status pcil_set_threads(int32_t threads) {
    if (threads < 0 || threads > MOST_THREADS)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%d threads; expected 0 ... %d", threads, MOST_THREADS);
    atomic_store_explicit(&chosen, threads, memory_order_relaxed);
    return PCIL_OK;
}

int32_t pcil_threads(void) {
    int32_t threads = pc_threads_chosen();
    return threads > 0 ? threads : 1;
}
