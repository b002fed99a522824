#include "report.h"

#include "output.h"

#include <stdlib.h>

static struct cli_plan block_plan(const pcil_inference *inference, int32_t block) {
    struct cli_plan plan = {0};
    pcil_inference_plan(inference, block, &plan.forward, &plan.backward, &plan.gradient);
    return plan;
}

struct cli_plan cli_plan_total(const pcil_inference *inference, int32_t blocks) {
    struct cli_plan total = {0};
    for (int32_t i = 0; i < blocks; i++) {
        struct cli_plan plan = block_plan(inference, i);
        total.forward += plan.forward;
        total.backward += plan.backward;
        total.gradient += plan.gradient;
    }
    return total;
}

const char *cli_node_shape(struct cli_shape *shape, const pcil_network *network, int32_t node) {
    int32_t channels = 0, height = 0, width = 0;
    pcil_network_node_shape(network, node, &channels, &height, &width);
    bool plain = height == 1 && width == 1;
    snprintf(shape->text, sizeof shape->text, plain ? "%d" : "%dx%dx%d", channels, height, width);
    return shape->text;
}

static void show_row(const char *block, const char *operations, const char *shapes, int64_t parameters,
                     struct cli_plan plan) {
    printf("%5s  %-24s %-20s %11lld %8lld %8lld %8lld %6lld\n", block, operations, shapes, (long long)parameters,
           (long long)plan.forward, (long long)plan.backward, (long long)plan.gradient,
           (long long)(plan.forward + plan.backward + plan.gradient));
}

static void show_block(const pcil_network *network, const pcil_inference *inference, int32_t block) {
    int32_t from = 0, to = 0;
    int64_t parameters = 0, length;
    pcil_network_block_info(network, block, &from, &to, &parameters, NULL, 0, &length);
    struct cli_shape before, after;
    char *operations = cli_block_text(network, block), *number = cli_format("%d", block);
    char *shapes = cli_format("%s -> %s", cli_node_shape(&before, network, from), cli_node_shape(&after, network, to));
    show_row(number, operations ? operations : "", shapes, parameters, block_plan(inference, block));
    free(operations);
    free(number);
    free(shapes);
}

void cli_report_network(const pcil_network *network, const pcil_inference *inference) {
    int32_t blocks = pcil_network_blocks(network);
    char *description = cli_network_text(network);
    printf("network  %s\n\n", description ? description : "");
    printf("%5s  %-24s %-20s %11s %8s %8s %8s %6s\n", "block", "operations", "shapes", "parameters", "forward",
           "backward", "gradient", "sum");
    for (int32_t i = 0; i < blocks; i++) show_block(network, inference, i);
    show_row("all", "", "", pcil_network_parameters(network), cli_plan_total(inference, blocks));
    printf("       (forward, backward, gradient: matrix products of one training step)\n");
    free(description);
}

static json_t *plan_json(struct cli_plan plan) {
    json_t *object = cli_json_object();
    cli_json_set(object, "forward", json_integer(plan.forward));
    cli_json_set(object, "backward", json_integer(plan.backward));
    cli_json_set(object, "gradient", json_integer(plan.gradient));
    cli_json_set(object, "sum", json_integer(plan.forward + plan.backward + plan.gradient));
    return object;
}

static json_t *shape_json(const pcil_network *network, int32_t node) {
    int32_t channels = 0, height = 0, width = 0;
    json_t *array = cli_json_array();
    pcil_network_node_shape(network, node, &channels, &height, &width);
    cli_json_append(array, json_integer(channels));
    cli_json_append(array, json_integer(height));
    cli_json_append(array, json_integer(width));
    return array;
}

static json_t *block_json(const pcil_network *network, const pcil_inference *inference, int32_t block) {
    int32_t from = 0, to = 0;
    int64_t parameters = 0, length;
    json_t *object = cli_json_object();
    char *operations = cli_block_text(network, block);
    pcil_network_block_info(network, block, &from, &to, &parameters, NULL, 0, &length);
    cli_json_set(object, "operations", json_string(operations ? operations : ""));
    cli_json_set(object, "from", json_integer(from));
    cli_json_set(object, "to", json_integer(to));
    cli_json_set(object, "input", shape_json(network, from));
    cli_json_set(object, "output", shape_json(network, to));
    cli_json_set(object, "parameters", json_integer(parameters));
    cli_json_set(object, "products", plan_json(block_plan(inference, block)));
    free(operations);
    return object;
}

json_t *cli_report_json(const pcil_network *network, const pcil_inference *inference) {
    int32_t blocks = pcil_network_blocks(network);
    json_t *object = cli_json_object(), *array = cli_json_array();
    char *description = cli_network_text(network);
    for (int32_t i = 0; i < blocks; i++) cli_json_append(array, block_json(network, inference, i));
    cli_json_set(object, "network", json_string(description ? description : ""));
    cli_json_set(object, "output", json_string(pcil_network_output_kind(network)));
    cli_json_set(object, "parameters", json_integer(pcil_network_parameters(network)));
    cli_json_set(object, "blocks", array);
    cli_json_set(object, "products", plan_json(cli_plan_total(inference, blocks)));
    free(description);
    return object;
}
