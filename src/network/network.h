/* What the floors above see of a network: blocks and nodes, never operations. */
#ifndef PC_NETWORK_NETWORK_H
#define PC_NETWORK_NETWORK_H

#include "base/kinds.h"

extern const struct pc_family pc_operation_family;
extern const struct pc_family pc_initialisation_family;

bool pc_network_is_finished(const pcil_network *network);

/* A block's learned numbers, [weights][bias] in one piece; NULL and 0 if it has none. */
float *pc_network_block_parameters(const pcil_network *network, int32_t block, int64_t *count);

#endif
