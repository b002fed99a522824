/*
 * Walks through the interface with every request for memory refused in turn. Once: the call fails with a status,
 * the same call made again succeeds, and the walk ends with the numbers of an undisturbed one, so every object was as
 * before. For good: the call fails, and all that was made can be freed. Nothing is lost either way.
 *
 * Each request in turn with PCIL_FAULTS=all, else a sample.
 */
#ifndef TESTS_FAULTS_WALKS_H
#define TESTS_FAULTS_WALKS_H

#include "faults/allocations.h"
#include "file/checksum.h"
#include "training/small.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { BATCH = 4, INPUTS = 12, CLASSES = 3, PARAMETERS = 8 * 13 + 6 * 9 + 3 * 7, MOST = 1 << 16 };

static const char description[] = "3x2x2; dense 8; relu, dense 6; relu, dense 3; softmax";

/* All that a walk makes, and what it found. */
struct walk {
    pcil_network *network, *other;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    pcil_dataset *set, *view, *rest, *opened;
    pcil_batches *batches;
    pcil_trainer *trainer;
    pcil_traces *traces;
    uint32_t found;
};

__attribute__((unused)) static float numbers[MOST];
__attribute__((unused)) static double doubles[MOST];
__attribute__((unused)) static char text[MOST];

static void find(struct walk *walk, const void *bytes, size_t size) {
    walk->found = pc_checksum(walk->found, bytes, size);
}

__attribute__((unused)) static void find_file(struct walk *walk, const char *name) {
    static unsigned char bytes[1 << 18];
    FILE *file;
    memory.at = -1; /* the test's own */
    file = fopen(small_path(name).text, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    find(walk, bytes, size);
}

static void check_refused(pcil_status status, const char *call) {
    if (memory.struck == 0) fail_msg("%s: %s", call, pcil_last_error());
    if (status != PCIL_ERROR_MEMORY && status != PCIL_ERROR_IO)
        fail_msg("%s: %s: %s", call, pcil_status_name(status), pcil_last_error());
}

/* One call of a walk. */
#define STEP(call)                                                                                                     \
    do {                                                                                                               \
        pcil_status status_ = (call);                                                                                  \
        if (status_ == PCIL_OK) break;                                                                                 \
        check_refused(status_, #call);                                                                                 \
        if (!memory.once) return;                                                                                      \
        status_ = (call);                                                                                              \
        if (status_ != PCIL_OK) fail_msg("again %s: %s", #call, pcil_last_error());                                    \
    } while (0)

/* --- the loop --- */

static void remove_made(void) {
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s/run' '%s/again' '%s/a.safetensors'", small_folder, small_folder,
             small_folder);
    assert_int_equal(system(command), 0);
}

typedef void (*walk_function)(struct walk *walk);

static void end(struct walk *w) {
    memory.at = -1;
    pcil_trainer_free(w->trainer);
    pcil_traces_free(w->traces);
    pcil_batches_free(w->batches);
    pcil_dataset_free(w->opened);
    pcil_dataset_free(w->rest);
    pcil_dataset_free(w->view);
    pcil_dataset_free(w->set);
    pcil_optimizer_free(w->optimizer);
    pcil_inference_free(w->inference);
    pcil_network_free(w->other);
    pcil_network_free(w->network);
}

struct walk_row {
    const char *name;
    walk_function function;
    bool whole; /* it comes to its end in any case */
    int lost;   /* pieces that a library may lose */
};

/* One walk with one refusal; returns how many there were. */
static int64_t walk_once(const struct walk_row *row, int64_t at, bool once, uint32_t *found) {
    struct walk walk = {.found = 0};
    int64_t live = memory.live;
    memory_arm(at, once);
    row->function(&walk);
    int64_t struck = memory.struck;
    end(&walk);
    if (at >= 0 && (memory.live < live || memory.live > live + row->lost))
        fail_msg("request %lld: %lld pieces were lost", (long long)at, (long long)(memory.live - live));
    *found = walk.found;
    remove_made();
    return struck;
}

static int64_t stride(int64_t requests) {
    const char *faults = getenv("PCIL_FAULTS");
    return (faults && strcmp(faults, "all") == 0) || requests < 60 ? 1 : requests / 60;
}

static void refuse_each(const struct walk_row *row) {
    uint32_t undisturbed, found;
    int64_t tried = 0;
    walk_once(row, -1, true, &undisturbed); /* what libraries keep from their first use */
    walk_once(row, -1, true, &undisturbed);
    int64_t requests = memory.requests;
    for (int k = 0; k < 2; k++)
        for (int64_t at = 0; at < requests; at += stride(requests), tried++) {
            int64_t struck = walk_once(row, at, k == 0, &found);
            if (struck > 0 && (k == 0 || row->whole) && found != undisturbed)
                fail_msg("%s: request %lld changed the result", row->name, (long long)at);
        }
    print_message("%s: %lld requests, %lld refusals, all survived\n", row->name, (long long)requests, (long long)tried);
}

static inline void refuse_all(const struct walk_row *walks, size_t count) {
    for (size_t i = 0; i < count; i++) refuse_each(&walks[i]);
}

#endif
