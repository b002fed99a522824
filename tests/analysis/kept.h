/* The reference's weights and optimizer before an update that is to be taken back. */
#ifndef TESTS_ANALYSIS_KEPT_H
#define TESTS_ANALYSIS_KEPT_H

#include "reference/pair.h"

enum { KEPT_PARAMETERS = 2048 };

/* What the reference's step changes, kept to be put back. */
struct kept {
    struct ref_optimizer optimizer;
    double parameter[REF_MOST_BLOCKS][KEPT_PARAMETERS], first[REF_MOST_BLOCKS][KEPT_PARAMETERS],
        second[REF_MOST_BLOCKS][KEPT_PARAMETERS];
};

static inline void kept_copy(double *to, const double *from, int count) {
    assert_true(count <= KEPT_PARAMETERS);
    if (from && to) memcpy(to, from, (size_t)count * sizeof *to);
}

static inline void keep(const struct pair *pair, struct kept *kept) {
    kept->optimizer = pair->ref_optimizer;
    for (int l = 0; l < pair->ref_network.blocks; l++) {
        int count = pair->ref_network.block[l].parameters;
        kept_copy(kept->parameter[l], pair->ref_network.block[l].parameter, count);
        kept_copy(kept->first[l], pair->ref_optimizer.first[l], count);
        kept_copy(kept->second[l], pair->ref_optimizer.second[l], count);
    }
}

static inline void put_back(struct pair *pair, const struct kept *kept) {
    pair->ref_optimizer = kept->optimizer;
    for (int l = 0; l < pair->ref_network.blocks; l++) {
        int count = pair->ref_network.block[l].parameters;
        kept_copy(pair->ref_network.block[l].parameter, kept->parameter[l], count);
        kept_copy(pair->ref_optimizer.first[l], kept->first[l], count);
        kept_copy(pair->ref_optimizer.second[l], kept->second[l], count);
    }
}

#endif
