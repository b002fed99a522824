/* Scoring: the mean loss, and how often the label is among the largest outputs. */
#include "base/memory.h"
#include "dataset/batches.h"
#include "inference/inference.h"
#include "training/scores.h"

#include <math.h>

/* How many outputs stand before the label's; of equal ones the first counts as larger. */
static int64_t place_of(const float *outputs, int64_t count, int32_t label) {
    int64_t place = 0;
    for (int64_t i = 0; i < count; i++)
        place += outputs[i] > outputs[label] || (outputs[i] == outputs[label] && i < label);
    return place;
}

struct sums {
    double loss;
    int64_t samples, first, five;
};

static void count_places(struct sums *sums, const struct pc_feed *feed, const float *outputs, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        int64_t place = place_of(outputs + i * feed->outputs, feed->outputs, feed->now.labels[i]);
        sums->first += place == 0;
        sums->five += place < 5;
    }
}

static pcil_status score_batch(struct sums *sums, pcil_inference *inference, const struct pc_feed *feed, float *outputs,
                               int32_t count) {
    double loss;
    pcil_status status = pc_feed_clamp(feed, inference, count);
    if (status == PCIL_OK) status = pcil_loss(inference, &loss);
    if (status == PCIL_OK && feed->room.labels)
        status = pcil_inference_prediction(inference, outputs, count * feed->outputs);
    if (status != PCIL_OK) return status;
    if (feed->room.labels) count_places(sums, feed, outputs, count);
    sums->loss += loss * feed->loss_scale * count;
    sums->samples += count;
    return PCIL_OK;
}

pcil_status pc_score(struct pc_error *own, pcil_inference *inference, pcil_batches *batches, struct pc_feed *feed,
                     float *outputs, struct pc_scores *scores) {
    struct sums sums = {0};
    int32_t count = 0;
    pcil_status status = pc_feed_next(feed, batches, &count);
    while (status == PCIL_OK && count > 0) {
        status = score_batch(&sums, inference, feed, outputs, count);
        if (status == PCIL_OK) status = pc_feed_next(feed, batches, &count);
    }
    if (status != PCIL_OK) return pc_fail_again(own, status);
    double samples = (double)sums.samples;
    bool labels = feed->room.labels && sums.samples > 0;
    scores->loss = sums.samples > 0 ? sums.loss / samples : NAN;
    scores->accuracy = labels ? (double)sums.first / samples : NAN;
    scores->top5 = labels ? (double)sums.five / samples : NAN;
    return PCIL_OK;
}

/* What a network that fits the data set learns of it: the labels if it has an output for each. */
static enum pc_target guess_target(const pcil_network *network, const pcil_dataset *set) {
    int64_t outputs = pcil_network_node_size(network, pcil_network_nodes(network) - 1);
    int32_t classes = pcil_dataset_classes(set), size = pcil_dataset_target_size(set);
    if (classes > 0 && outputs == classes) return PC_TARGET_LABEL;
    if (size > 0 && outputs == size) return PC_TARGET_GIVEN;
    if (outputs == pcil_network_node_size(network, 0)) return PC_TARGET_INPUT;
    return classes > 0 ? PC_TARGET_LABEL : PC_TARGET_GIVEN;
}

pcil_status pcil_evaluate(pcil_inference *inference, pcil_batches *batches, double *loss, double *accuracy,
                          double *top5) {
    struct pc_feed feed = {.outputs = 0};
    struct pc_scores scores = {0};
    if (!inference || !batches)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s NULL", inference ? "batches are" : "inference is");
    const pcil_network *network = inference->network;
    enum pc_target target = guess_target(network, batches->set);
    int32_t most = pc_batches_most(batches);
    pcil_status status = pc_feed_create(&feed, NULL, network, batches->set, most, target);
    if (status != PCIL_OK) return status;
    float *outputs = pc_allocate_floats(most, feed.outputs);
    status = outputs ? pc_score(NULL, inference, batches, &feed, outputs, &scores) : pc_fail_memory(NULL, "outputs");
    pc_release(outputs);
    pc_feed_free(&feed);
    if (status != PCIL_OK) return status;
    if (loss) *loss = scores.loss;
    if (accuracy) *accuracy = scores.accuracy;
    if (top5) *top5 = scores.top5;
    return PCIL_OK;
}
