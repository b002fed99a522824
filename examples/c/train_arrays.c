/* Trains a network on arrays of one's own: points inside and outside a ring. Introduces: parse, create, set, train
 * step, predict. */
#include <math.h>
#include <pcil.h>
#include <stdio.h>

enum { BATCH = 64, STEPS = 2000, TESTS = 1000 };

static void draw(float *points, int32_t *labels, int32_t count, uint64_t *state) {
    for (int32_t i = 0; i < 2 * count; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        points[i] = (float)(*state >> 40) / 8388608.0f - 1.0f;
        if (i % 2) labels[i / 2] = hypotf(points[i - 1], points[i]) > 0.7f;
    }
}

int main(void) {
    static float points[2 * TESTS], outputs[2 * TESTS];
    static int32_t labels[TESTS];
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    pcil_optimizer *optimizer = NULL;
    uint64_t state = 1;
    pcil_status status = pcil_network_parse(&network, "2; dense 32; relu, dense 32; relu, dense 2; softmax");
    if (!status) status = pcil_inference_create(&inference, network, "sequential", BATCH);
    if (!status) status = pcil_optimizer_create(&optimizer, network, "adam");
    if (!status) status = pcil_optimizer_set(optimizer, "learning_rate", 0.003);
    for (int step = 0; step < STEPS && !status; step++) {
        draw(points, labels, BATCH, &state);
        status = pcil_train_step_labels(inference, optimizer, points, labels, BATCH, NULL);
    }
    draw(points, labels, TESTS, &state);
    if (!status) status = pcil_predict(inference, points, TESTS, outputs);
    if (status) return fprintf(stderr, "%s\n", pcil_last_error()), 1;
    int32_t right = 0;
    for (int32_t i = 0; i < TESTS; i++) right += (outputs[2 * i + 1] > outputs[2 * i]) == labels[i];
    printf("accuracy %.3f\n", (double)right / TESTS);
    pcil_optimizer_free(optimizer), pcil_inference_free(inference), pcil_network_free(network);
    return right < TESTS * 9 / 10;
}
