/* Data sets with every request for memory refused in turn, once and for good: a status, or the same result by another
 * way; nothing lost. */
#include "dataset/files.h"

#include <stdatomic.h>

/* The library's only source of memory, replaced: request number `refused` fails, and those after it unless `once`. */
static atomic_int requests, refused = -1;
static atomic_bool once;

void *aligned_alloc(size_t alignment, size_t size) {
    void *memory = NULL;
    int number = atomic_fetch_add(&requests, 1), first = atomic_load(&refused);
    if (first >= 0 && (atomic_load(&once) ? number == first : number >= first)) return NULL;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

typedef pcil_status (*job)(const char *kind);

/* Refuses each request that the work makes when nothing is refused, and a few more. */
static void refuse_each(job work, const char *kind) {
    atomic_store(&requests, 0);
    check_ok(work(kind));
    int count = atomic_load(&requests), failures = 0;
    for (int i = 0; i < 2 * count; i++) {
        atomic_store(&once, i % 2);
        atomic_store(&requests, 0);
        atomic_store(&refused, i / 2);
        pcil_status status = work(kind);
        atomic_store(&refused, -1);
        if (status != PCIL_OK && status != PCIL_ERROR_MEMORY)
            fail_msg("%s, request %d: %s: %s", kind, i / 2, pcil_status_name(status), pcil_last_error());
        failures += status != PCIL_OK;
    }
    assert_true(failures > count / 2);
}

static struct parts parts;

/* Checks are left to the end, so that a failing one finds memory. */
static pcil_status open_set(const char *kind) {
    pcil_dataset *set = NULL;
    pcil_status status = pcil_dataset_open(&set, kind, at(kind), "test");
    int32_t classes = pcil_dataset_classes(set), expected = strcmp(kind, "cifar100") == 0 ? 100 : 10;
    int64_t count = pcil_dataset_count(set);
    pcil_dataset_free(set);
    if (status == PCIL_OK && (classes != expected || count != 4))
        fail_msg("%s: %d classes, %d images", kind, classes, (int)count);
    return status;
}

static pcil_status write_set(const char *kind) {
    run("rm -rf '%s'", at("written"));
    return pcil_dataset_write(parts.part[0], parts.part[1], kind, at("written"));
}

static pcil_status verify_set(const char *kind) {
    int64_t length;
    return pcil_dataset_verify(kind, at(kind), NULL, 0, &length);
}

static pcil_status view_set(const char *kind) {
    (void)kind;
    pcil_dataset *first = NULL, *second = NULL, *view = NULL;
    pcil_status status = pcil_dataset_split(parts.part[0], 0.5, 1, &first, &second);
    if (status == PCIL_OK) status = pcil_dataset_limit(first, 1, &view);
    pcil_dataset_free(view);
    pcil_dataset_free(first);
    pcil_dataset_free(second);
    return status;
}

static pcil_status walk_set(const char *prefetch) {
    static float inputs[4 * 3 * 32 * 32];
    pcil_batches *batches = NULL;
    int32_t count;
    pcil_status status = pcil_batches_create(&batches, parts.part[0], 4, 1);
    if (status == PCIL_OK) status = pcil_batches_set_text(batches, "prefetch", prefetch);
    if (status == PCIL_OK) status = pcil_batches_set_text(batches, "normalise", "standard");
    if (status == PCIL_OK) status = pcil_batches_begin(batches, 0, 0);
    if (status == PCIL_OK) status = pcil_batches_next(batches, inputs, NULL, NULL, &count);
    pcil_batches_free(batches);
    return status;
}

static void test_opening_writing_verifying(void **state) {
    (void)state;
    static const char *const kinds[] = {"cifar10", "cifar100", "idx", "svhn"};
    parts = make_parts(10, 4, 3, 32, 10);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!is_supported(kinds[i])) continue;
        check_ok(write_parts(&parts, kinds[i], kinds[i]));
        refuse_each(open_set, kinds[i]);
        refuse_each(write_set, kinds[i]);
        refuse_each(verify_set, kinds[i]);
    }
    free_parts(&parts);
}

static void test_views_and_batches(void **state) {
    (void)state;
    parts = make_parts(10, 4, 3, 32, 10);
    refuse_each(view_set, "view");
    refuse_each(walk_set, "0");
    refuse_each(walk_set, "1");
    free_parts(&parts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_opening_writing_verifying, make_folder, remove_folder),
        cmocka_unit_test(test_views_and_batches),
    };
    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
