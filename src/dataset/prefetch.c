/*
 * Prefetch: one thread makes the next batch while the caller works on the last. It takes no signals, and a failure is
 * handed to the call that wants the batch. What it makes is what pc_batch_make makes without it.
 */
#include "base/memory.h"
#include "base/threads.h"
#include "dataset/batches.h"

#include <unistd.h>

/* The handle and the buffer are the thread's while WANTED, the caller's otherwise. */
enum state { RESTING, WANTED, READY, ENDING };

struct pc_prefetch {
    struct pcil_batches *batches;
    pthread_t thread;
    pid_t process; /* in which it runs */
    bool alone;    /* it could not be started in this process: a batch is made when it is asked for */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum state state;
    int64_t index;               /* of the batch wanted or ready */
    struct pc_batch batch, lent; /* being made, or ready; with the caller */
    pcil_status status;
    struct pc_error error;
};

static void make(struct pc_prefetch *prefetch) {
    prefetch->status = pc_batch_make(prefetch->batches, prefetch->index, &prefetch->batch);
    if (prefetch->status != PCIL_OK) pc_fail_again(&prefetch->error, prefetch->status);
}

static void *run(void *argument) {
    struct pc_prefetch *prefetch = argument;
    pthread_mutex_lock(&prefetch->mutex);
    while (prefetch->state != ENDING) {
        if (prefetch->state != WANTED) {
            pthread_cond_wait(&prefetch->changed, &prefetch->mutex);
            continue;
        }
        pthread_mutex_unlock(&prefetch->mutex);
        make(prefetch);
        pthread_mutex_lock(&prefetch->mutex);
        prefetch->state = READY;
        pthread_cond_broadcast(&prefetch->changed);
    }
    pthread_mutex_unlock(&prefetch->mutex);
    return NULL;
}

static bool start(struct pc_prefetch *prefetch) {
    pthread_mutex_init(&prefetch->mutex, NULL);
    pthread_cond_init(&prefetch->changed, NULL);
    prefetch->process = getpid();
    return pc_thread_start(&prefetch->thread, run, prefetch);
}

static void make_wanted(struct pc_prefetch *prefetch) {
    if (prefetch->state != WANTED) return;
    make(prefetch);
    prefetch->state = READY;
}

/* After a fork the thread stayed with the parent: the child starts its own, which makes again what was being made. */
static void renew(struct pc_prefetch *prefetch) {
    if (prefetch->process == getpid()) return;
    prefetch->alone = !start(prefetch);
    if (prefetch->alone) make_wanted(prefetch);
}

/* Waits for the thread to finish what it makes, then changes the state. */
static void change(struct pc_prefetch *prefetch, enum state state) {
    renew(prefetch);
    pthread_mutex_lock(&prefetch->mutex);
    while (prefetch->state == WANTED) pthread_cond_wait(&prefetch->changed, &prefetch->mutex);
    prefetch->state = state;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
}

static bool reserve(const struct pcil_batches *batches, struct pc_batch *room) {
    const struct pcil_dataset *set = batches->set;
    int64_t batch = pc_batches_most(batches);
    room->inputs = pc_allocate_floats(batch, pc_dataset_image_size(set));
    if (set->classes > 0) room->labels = pc_allocate((size_t)batch, sizeof(int32_t));
    if (set->target_size > 0) room->targets = pc_allocate_floats(batch, set->target_size);
    return room->inputs && (set->classes == 0 || room->labels) && (set->target_size == 0 || room->targets);
}

static void release_batch(struct pc_batch *batch) {
    pc_release(batch->inputs);
    pc_release(batch->labels);
    pc_release(batch->targets);
}

static void release(struct pc_prefetch *prefetch) {
    release_batch(&prefetch->batch);
    release_batch(&prefetch->lent);
    pc_release(prefetch);
}

pcil_status pc_prefetch_create(struct pc_prefetch **prefetch, struct pcil_batches *batches) {
    struct pc_prefetch *made = pc_allocate(1, sizeof *made);
    if (!made) return pc_fail_memory(&batches->error, "a batch made ahead");
    made->batches = batches;
    pcil_status status = PCIL_OK;
    if (!reserve(batches, &made->batch) || !reserve(batches, &made->lent))
        status = pc_fail_memory(&batches->error, "a batch made ahead");
    else if (!start(made))
        status = pc_fail(&batches->error, PCIL_ERROR_MEMORY,
                         "the thread of option 'prefetch' cannot be started; prefetch=0 needs none");
    if (status == PCIL_OK)
        *prefetch = made;
    else
        release(made);
    return status;
}

void pc_prefetch_free(struct pc_prefetch *prefetch) {
    if (!prefetch) return;
    if (prefetch->process == getpid()) {
        change(prefetch, ENDING);
        if (!prefetch->alone) pthread_join(prefetch->thread, NULL);
        pthread_cond_destroy(&prefetch->changed);
        pthread_mutex_destroy(&prefetch->mutex);
    }
    release(prefetch);
}

void pc_prefetch_rest(struct pc_prefetch *prefetch) {
    change(prefetch, RESTING);
}

void pc_prefetch_ask(struct pc_prefetch *prefetch, int64_t index) {
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->index = index;
    prefetch->state = WANTED;
    if (prefetch->alone) make_wanted(prefetch);
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->mutex);
}

pcil_status pc_prefetch_take(struct pc_prefetch *prefetch, struct pc_error *own, struct pc_batch *batch) {
    pc_prefetch_rest(prefetch);
    if (prefetch->status != PCIL_OK) return pc_fail(own, prefetch->status, "%s", prefetch->error.text);
    struct pc_batch made = prefetch->batch;
    prefetch->batch = prefetch->lent;
    *batch = prefetch->lent = made;
    return PCIL_OK;
}
