#include "training/feed.h"

#include "base/memory.h"

#include <string.h>

static int64_t output_size(const pcil_network *network) {
    return pcil_network_node_size(network, pcil_network_nodes(network) - 1);
}

/* Binary cross-entropy is reported as the mean over units, as the paper's figures have it; other losses as they are. */
static double loss_scale_of(const pcil_network *network) {
    const char *output = pcil_network_output_kind(network);
    return output && strcmp(output, "sigmoid") == 0 ? 1 / (double)output_size(network) : 1;
}

/* An input of plain features takes images of as many numbers. */
static pcil_status check_input(struct pc_error *own, const pcil_network *network, const pcil_dataset *set) {
    int32_t c, h, w, channels, height, width;
    pcil_network_node_shape(network, 0, &c, &h, &w);
    pcil_dataset_shape(set, &channels, &height, &width);
    int64_t pixels = (int64_t)channels * height * width;
    bool flat = h == 1 && w == 1;
    if ((c == channels && h == height && w == width) || (flat && c == pixels)) return PCIL_OK;
    if (flat)
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "the network's input is %d features, the data set's images are %dx%dx%d = %lld: begin the "
                       "network with \"%dx%dx%d\"",
                       c, channels, height, width, (long long)pixels, channels, height, width);
    return pc_fail(own, PCIL_ERROR_ARGUMENT,
                   "the network's input is %dx%dx%d, the data set's images are %dx%dx%d (channels x height x width): "
                   "begin the network with \"%dx%dx%d\"",
                   c, h, w, channels, height, width, channels, height, width);
}

/* A softmax may have outputs to spare, for a data set that lacks some of the classes: they learn to stay small. */
static bool takes_labels(const pcil_network *network, int64_t outputs, int32_t classes) {
    bool softmax = strcmp(pcil_network_output_kind(network), "softmax") == 0;
    return outputs == classes || (softmax && outputs > classes);
}

static pcil_status check_target(struct pc_error *own, const pcil_network *network, const pcil_dataset *set,
                                enum pc_target target) {
    long long outputs = output_size(network);
    int32_t classes = pcil_dataset_classes(set), size = pcil_dataset_target_size(set);
    if (target == PC_TARGET_INPUT && outputs != pcil_network_node_size(network, 0))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "target=input: the network has %lld outputs for %lld inputs", outputs,
                       (long long)pcil_network_node_size(network, 0));
    if (target == PC_TARGET_GIVEN && size == 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "target=given: the data set gives no targets");
    if (target == PC_TARGET_GIVEN && outputs != size)
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "target=given: the network has %lld outputs, the data set's targets have %d numbers", outputs,
                       size);
    if (target == PC_TARGET_LABEL && classes == 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT,
                       "target=label: the data set has no labels; target=given or target=input may be meant");
    if (target == PC_TARGET_LABEL && !takes_labels(network, outputs, classes))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "the network has %lld outputs, the data set %d classes", outputs,
                       classes);
    return PCIL_OK;
}

pcil_status pc_feed_check(struct pc_error *own, const pcil_network *network, const pcil_dataset *set,
                          enum pc_target target) {
    pcil_status status = check_input(own, network, set);
    return status == PCIL_OK ? check_target(own, network, set, target) : status;
}

pcil_status pc_feed_create(struct pc_feed *feed, struct pc_error *own, const pcil_network *network,
                           const pcil_dataset *set, int32_t batch, enum pc_target target) {
    pcil_status status = pc_feed_check(own, network, set, target);
    if (status != PCIL_OK) return status;
    struct pc_feed made = {.target = target, .outputs = output_size(network), .loss_scale = loss_scale_of(network)};
    made.room.inputs = pc_allocate_floats(batch, pcil_network_node_size(network, 0));
    if (target == PC_TARGET_LABEL) made.room.labels = pc_allocate((size_t)batch, sizeof *made.room.labels);
    if (target == PC_TARGET_GIVEN) made.room.targets = pc_allocate_floats(batch, made.outputs);
    bool lacks = !made.room.inputs || (target == PC_TARGET_LABEL && !made.room.labels) ||
                 (target == PC_TARGET_GIVEN && !made.room.targets);
    if (lacks) {
        pc_feed_free(&made);
        return pc_fail_memory(own, "a batch");
    }
    *feed = made;
    return PCIL_OK;
}

void pc_feed_free(struct pc_feed *feed) {
    pc_release(feed->room.inputs);
    pc_release(feed->room.labels);
    pc_release(feed->room.targets);
    *feed = (struct pc_feed){.outputs = 0};
}

pcil_status pc_feed_next(struct pc_feed *feed, pcil_batches *batches, int32_t *count) {
    feed->now = feed->room;
    pcil_status status = pc_batches_take(batches, &feed->now);
    if (status == PCIL_OK) *count = feed->now.count;
    return status;
}

pcil_status pc_feed_clamp(const struct pc_feed *feed, pcil_inference *inference, int32_t count) {
    const struct pc_batch *now = &feed->now;
    if (feed->target == PC_TARGET_LABEL) return pcil_clamp_labels(inference, now->inputs, now->labels, count);
    return pcil_clamp(inference, now->inputs, feed->target == PC_TARGET_INPUT ? now->inputs : now->targets, count);
}
