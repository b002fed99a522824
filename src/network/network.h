/* Networks as the floors above see them: nodes and the blocks between them, never operations. */
#ifndef PC_NETWORK_NETWORK_H
#define PC_NETWORK_NETWORK_H

#include "base/kinds.h"

extern const struct pc_family pc_operation_family;
extern const struct pc_family pc_initialisation_family;

/*
 * pcil_network_parse for descriptions out of files: before the weights are reserved, a network of more than
 * `most_parameters` learned numbers is refused (PCIL_ERROR_FORMAT), so that no file gets more memory than it holds.
 */
pcil_status pc_network_parse_bounded(pcil_network **network, const char *description, int64_t most_parameters);

bool pc_network_is_finished(const pcil_network *network);

/* A block's learned numbers, [weights][bias] in one piece; NULL and 0 if it has none. */
float *pc_network_block_parameters(const pcil_network *network, int32_t block, int64_t *count);

/* The first weight or bias of a block that is not finite; false if all are. */
struct pc_bad_weight {
    const char *tensor;
    int64_t place; /* within the tensor */
    double value;
};
bool pc_network_bad_weight(const pcil_network *network, int32_t block, struct pc_bad_weight *bad);

/* The numbers of tensor `index` where they lie. */
const float *pc_network_tensor_numbers(const pcil_network *network, int32_t index, int64_t *count);

#endif
