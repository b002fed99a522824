/* The readers, one row each. */
#include "dataset/dataset.h"

static const struct pc_kind *const readers[] = {&pc_cifar10.kind, &pc_cifar100.kind, &pc_svhn.kind,
                                                &pc_tiny.kind,    &pc_idx.kind,      &pc_digits.kind};

const struct pc_family pc_dataset_family = {
    .name = "dataset",
    .noun = "data set",
    .kinds = readers,
    .count = sizeof readers / sizeof readers[0],
};
