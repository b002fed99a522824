/* What a network costs: blocks, shapes, parameters, products per training step, bytes. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli.h"

struct cli_plan {
    int64_t forward, backward, gradient;
};

/* The products of a whole training step. */
struct cli_plan cli_plan_total(const pcil_inference *inference, int32_t blocks);

/* "3x32x32", or "1024" for plain features. */
struct cli_shape {
    char text[48];
};
const char *cli_node_shape(struct cli_shape *shape, const pcil_network *network, int32_t node);

void cli_report_network(const pcil_network *network, const pcil_inference *inference);
json_t *cli_report_json(const pcil_network *network, const pcil_inference *inference);

#endif
