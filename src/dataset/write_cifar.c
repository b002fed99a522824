/* CIFAR-10's and CIFAR-100's binary files (the layout is in cifar.c). */
#include "base/memory.h"
#include "dataset/write.h"

#include <stdio.h>

enum { PLANE = 32 * 32, PIXELS = 3 * PLANE, TRAIN_FILES = 5, MOST_RECORDS = 1 << 20, FINE_PER_COARSE = 5 };

static void put_record(const uint8_t *pixels, int32_t label, bool coarse, uint8_t *record) {
    if (coarse) *record++ = (uint8_t)(label / FINE_PER_COARSE);
    *record++ = (uint8_t)label;
    for (int32_t c = 0; c < 3; c++)
        for (int32_t i = 0; i < PLANE; i++) *record++ = pixels[3 * i + c];
}

static pcil_status write_range(const struct pcil_dataset *set, int64_t first, int64_t count, bool coarse,
                               const char *folder, const char *name) {
    size_t record = PIXELS + (coarse ? 2 : 1);
    uint8_t *records = pc_allocate((size_t)count, record), *pixels = pc_allocate((size_t)count, PIXELS);
    pcil_status status = records && pixels ? PCIL_OK : pc_fail_memory(NULL, "a data set's images");
    if (status == PCIL_OK) status = pc_write_collect(set, first, count, pixels);
    for (int64_t i = 0; i < count && status == PCIL_OK; i++)
        put_record(pixels + i * PIXELS, pc_dataset_label(set, first + i), coarse, records + (size_t)i * record);
    if (status == PCIL_OK) status = pc_write_file(folder, name, records, (uint64_t)count * record);
    pc_release(records);
    pc_release(pixels);
    return status;
}

/* As equal as can be. */
static pcil_status write_train10(const struct pcil_dataset *set, const char *folder) {
    int64_t first = 0;
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < TRAIN_FILES && status == PCIL_OK; i++) {
        char name[32];
        int64_t count = set->count / TRAIN_FILES + (i < set->count % TRAIN_FILES);
        snprintf(name, sizeof name, "data_batch_%d.bin", i + 1);
        status = write_range(set, first, count, false, folder, name);
        first += count;
    }
    return status;
}

pcil_status pc_write_cifar10(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    const struct pcil_dataset *train = parts[PC_TRAIN], *test = parts[PC_TEST];
    struct pc_limits many = {3, 32, 32, 10, TRAIN_FILES, TRAIN_FILES * (int64_t)MOST_RECORDS};
    struct pc_limits one = {3, 32, 32, 10, 1, MOST_RECORDS};
    pcil_status status = pc_write_check(train, &many, "cifar10");
    if (status == PCIL_OK) status = pc_write_check(test, &one, "cifar10");
    if (status == PCIL_OK) status = pc_file_make_folder(NULL, folder);
    if (status == PCIL_OK) status = write_train10(train, folder);
    if (status == PCIL_OK) status = write_range(test, 0, test->count, false, folder, "test_batch.bin");
    return status == PCIL_OK ? pc_write_names(train, 10, folder, "batches.meta.txt") : status;
}

/* There are no coarse classes to tell: five fine ones in a row are put into one. */
pcil_status pc_write_cifar100(const struct pcil_dataset *const parts[PC_PARTS], const char *folder) {
    const struct pcil_dataset *train = parts[PC_TRAIN], *test = parts[PC_TEST];
    struct pc_limits one = {3, 32, 32, 100, 1, MOST_RECORDS};
    pcil_status status = pc_write_check(train, &one, "cifar100");
    if (status == PCIL_OK) status = pc_write_check(test, &one, "cifar100");
    if (status == PCIL_OK) status = pc_file_make_folder(NULL, folder);
    if (status == PCIL_OK) status = write_range(train, 0, train->count, true, folder, "train.bin");
    if (status == PCIL_OK) status = write_range(test, 0, test->count, true, folder, "test.bin");
    return status == PCIL_OK ? pc_write_names(train, 100, folder, "fine_label_names.txt") : status;
}
