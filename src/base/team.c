#include "base/team.h"

#include "base/memory.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

struct pc_team {
    int32_t helpers; /* threads beside the caller */
    pid_t process;   /* in which they run */
    pthread_mutex_t mutex;
    pthread_cond_t begun, done;
    /* of the present task; under the mutex but for `next` */
    bool open, ending;
    int64_t round, count;
    int32_t working; /* helpers that took it up */
    pc_piece piece;
    void *task;
    _Atomic int64_t next;
    pthread_t threads[];
};

static void work(struct pc_team *team, int64_t count, pc_piece piece, void *task) {
    for (int64_t i; (i = atomic_fetch_add(&team->next, 1)) < count;) piece(task, i);
}

/* A helper that wakes too late finds the task closed and sleeps on: nobody waits for it. */
static void *help(void *argument) {
    struct pc_team *team = argument;
    int64_t seen = 0;
    pthread_mutex_lock(&team->mutex);
    while (!team->ending) {
        if (!team->open || team->round == seen) {
            pthread_cond_wait(&team->begun, &team->mutex);
            continue;
        }
        seen = team->round;
        team->working++;
        int64_t count = team->count;
        pc_piece piece = team->piece;
        void *task = team->task;
        pthread_mutex_unlock(&team->mutex);
        work(team, count, piece, task);
        pthread_mutex_lock(&team->mutex);
        if (--team->working == 0) pthread_cond_signal(&team->done);
    }
    pthread_mutex_unlock(&team->mutex);
    return NULL;
}

static void prepare(struct pc_team *team) {
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->done, NULL);
    team->process = getpid();
    team->open = team->ending = false;
    team->round = team->working = 0;
}

/* As many as can be started; the caller can do all alone. */
static int32_t start(struct pc_team *team, int32_t wanted) {
    int32_t started = 0;
    while (started < wanted && pc_thread_start(&team->threads[started], help, team)) started++;
    return started;
}

pcil_status pc_team_create(struct pc_team **team, int32_t threads) {
    *team = NULL;
    if (threads < 2) return PCIL_OK;
    struct pc_team *made = pc_allocate(1, sizeof *made + (size_t)(threads - 1) * sizeof made->threads[0]);
    if (!made) return pc_fail_memory(NULL, "a team of threads");
    prepare(made);
    made->helpers = start(made, threads - 1);
    *team = made;
    if (made->helpers == threads - 1) return PCIL_OK;
    pc_team_free(made);
    *team = NULL;
    return pc_fail(NULL, PCIL_ERROR_MEMORY, "%d threads cannot be started; pcil_set_threads asks for fewer",
                   threads - 1);
}

void pc_team_free(struct pc_team *team) {
    if (!team) return;
    if (team->process == getpid()) {
        pthread_mutex_lock(&team->mutex);
        team->ending = true;
        pthread_cond_broadcast(&team->begun);
        pthread_mutex_unlock(&team->mutex);
        for (int32_t i = 0; i < team->helpers; i++) pthread_join(team->threads[i], NULL);
        pthread_cond_destroy(&team->done);
        pthread_cond_destroy(&team->begun);
        pthread_mutex_destroy(&team->mutex);
    }
    pc_release(team);
}

static void open_task(struct pc_team *team, int64_t count, pc_piece piece, void *task) {
    pthread_mutex_lock(&team->mutex);
    team->count = count;
    team->piece = piece;
    team->task = task;
    team->round++;
    team->open = true;
    atomic_store(&team->next, 0);
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->mutex);
}

static void close_task(struct pc_team *team) {
    pthread_mutex_lock(&team->mutex);
    team->open = false;
    while (team->working > 0) pthread_cond_wait(&team->done, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}

void pc_team_run(struct pc_team *team, int64_t count, pc_piece piece, void *task) {
    if (!team || count < 2) {
        for (int64_t i = 0; i < count; i++) piece(task, i);
        return;
    }
    if (team->process != getpid()) {
        prepare(team);
        team->helpers = start(team, team->helpers);
    }
    open_task(team, count, piece, task);
    work(team, count, piece, task);
    close_task(team);
}
