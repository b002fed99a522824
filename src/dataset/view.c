/* Views: some of the images of a data set, by index. A view of a view looks at the whole set directly. */
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "dataset/dataset.h"

#include <math.h>

/* A view with room for `count` indices, all still 0. */
static struct pcil_dataset *make_view(const struct pcil_dataset *set, int64_t count) {
    struct pcil_dataset *view = pc_allocate(1, sizeof *view);
    if (!view) return NULL;
    *view = (struct pcil_dataset){
        .reader = set->reader,
        .count = count,
        .channels = set->channels,
        .height = set->height,
        .width = set->width,
        .classes = set->classes,
        .target_size = set->target_size,
        .names = set->names,
        .file.descriptor = -1,
        .whole = set->whole ? set->whole : set,
        .chosen = pc_allocate((size_t)count, sizeof(int64_t)),
    };
    if (view->chosen) return view;
    pcil_dataset_free(view);
    return NULL;
}

static int64_t index_in_whole(const struct pcil_dataset *set, int64_t index) {
    return set->whole ? set->chosen[index] : index;
}

pcil_status pcil_dataset_limit(pcil_dataset *dataset, int64_t count, pcil_dataset **view) {
    if (!dataset || !view)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%s is NULL", dataset ? "the place for the view" : "the data set");
    if (count < 1 || count > dataset->count)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld images are wanted; the data set has %lld", (long long)count,
                       (long long)dataset->count);
    struct pcil_dataset *made = make_view(dataset, count);
    if (!made) return pc_fail_memory(NULL, "a view of a data set");
    int64_t step = dataset->count / count, rest = dataset->count % count, index = 0, carry = 0;
    for (int64_t i = 0; i < count; i++) {
        made->chosen[i] = index_in_whole(dataset, index);
        index += step;
        carry += rest;
        if (carry < count) continue;
        carry -= count;
        index++;
    }
    *view = made;
    return PCIL_OK;
}

/* Gives each image to one view, each view in the set's order: `taken` of the images, drawn one by one with the
 * probability that leaves the right number for the rest, go to the second. */
static void deal(const struct pcil_dataset *set, uint64_t seed, struct pcil_dataset *first,
                 struct pcil_dataset *second) {
    struct pc_random random;
    pc_random_seed(&random, seed, "split", 0);
    int64_t left = set->count, wanted = second->count, a = 0, b = 0;
    for (int64_t i = 0; i < set->count; i++, left--) {
        bool taken = (int64_t)pc_random_below(&random, (uint64_t)left) < wanted;
        if (taken)
            second->chosen[b++] = index_in_whole(set, i);
        else
            first->chosen[a++] = index_in_whole(set, i);
        wanted -= taken;
    }
}

static pcil_status check_split(const struct pcil_dataset *dataset, double fraction, struct pcil_dataset **first,
                               struct pcil_dataset **second) {
    struct pc_number number;
    if (!dataset) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the data set is NULL");
    if (!first || !second) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for a view is NULL");
    if (!(fraction > 0 && fraction < 1))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the second view's share is %s; it lies between 0 and 1",
                       isfinite(fraction) ? pc_format_number(&number, fraction) : "not finite");
    if (dataset->count < 2) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "a data set of one image cannot be split in two");
    return PCIL_OK;
}

pcil_status pcil_dataset_split(pcil_dataset *dataset, double fraction, uint64_t seed, pcil_dataset **first,
                               pcil_dataset **second) {
    pcil_status status = check_split(dataset, fraction, first, second);
    if (status != PCIL_OK) return status;
    int64_t share = llround(fraction * (double)dataset->count);
    if (share < 1) share = 1;
    if (share > dataset->count - 1) share = dataset->count - 1;
    struct pcil_dataset *a = make_view(dataset, dataset->count - share);
    struct pcil_dataset *b = make_view(dataset, share);
    if (!a || !b) {
        pcil_dataset_free(a);
        pcil_dataset_free(b);
        return pc_fail_memory(NULL, "a view of a data set");
    }
    deal(dataset, seed, a, b);
    *first = a;
    *second = b;
    return PCIL_OK;
}
