/* The registry of output kinds. */
#include "network/output.h"

static const struct pc_kind *const kinds[] = {&pc_linear.kind, &pc_softmax.kind, &pc_logistic.kind};

const struct pc_family pc_output_family = {
    "output", "output kind", kinds, (int32_t)(sizeof kinds / sizeof kinds[0]), {NULL, 0}};
