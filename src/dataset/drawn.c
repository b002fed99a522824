/* Kind "digits": images drawn at opening and kept in memory. */
#include "base/memory.h"
#include "dataset/dataset.h"
#include "dataset/digits.h"

enum { TRAIN_COUNT = 10000, TEST_COUNT = 2000, MOST_COUNT = 10000000, TRAIN_SEED = 1, TEST_SEED = 2, CLASSES = 10 };

static pcil_status draw(struct pcil_dataset *set, int64_t count, uint64_t seed) {
    static const int32_t shape[] = {3, PC_DIGITS_SIDE, PC_DIGITS_SIDE};
    pcil_status status = pc_dataset_reserve(set, count, shape, CLASSES, true);
    for (int64_t i = 0; i < count && status == PCIL_OK; i++)
        pc_digits_draw(seed, i, set->bytes + i * PC_DIGITS_BYTES, &set->own_labels[i]);
    return status == PCIL_OK ? pc_dataset_number_names(set) : status;
}

static pcil_status open_digits(struct pcil_dataset *set, const char *folder, enum pc_part part) {
    (void)folder;
    return part == PC_TRAIN ? draw(set, TRAIN_COUNT, TRAIN_SEED) : draw(set, TEST_COUNT, TEST_SEED);
}

const struct pc_reader pc_digits = {
    .kind = {.name = "digits", .help = "street-style digits drawn by the library, 32 x 32 in colour; needs no folder"},
    .open = open_digits,
    .read = pc_read_memory,
};

pcil_status pcil_dataset_digits(pcil_dataset **dataset, int64_t count, uint64_t seed) {
    if (!dataset) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the data set's handle is NULL");
    if (count < 1 || count > MOST_COUNT)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%lld digits are wanted; 1 ... %d can be drawn", (long long)count,
                       MOST_COUNT);
    struct pcil_dataset *set = pc_dataset_new(&pc_digits);
    if (!set) return pc_fail_memory(NULL, "a data set");
    pcil_status status = draw(set, count, seed);
    if (status == PCIL_OK)
        *dataset = set;
    else
        pcil_dataset_free(set);
    return status;
}
