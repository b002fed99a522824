/*
 * Drives each phase by hand: clamps a batch, infers one iteration at a time, learns, and prints the free energy as it
 * falls. Introduces: clamp, infer, energy by node, learn.
 */
#include <pcil.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 8, INPUTS = 16, CLASSES = 4, ITERATIONS = 8, STEPS = 60 };

static void check(pcil_status status) {
    if (status == PCIL_OK) return;
    fprintf(stderr, "%s: %s\n", pcil_status_name(status), pcil_last_error());
    exit(1);
}

/* Each class lights a quarter of the inputs of its own; every sample a little differently. */
static void fill(float *inputs, int32_t *labels) {
    for (int32_t i = 0; i < BATCH * INPUTS; i++) {
        int32_t sample = i / INPUTS, feature = i % INPUTS;
        labels[sample] = sample % CLASSES;
        inputs[i] = (feature / 4 == sample % CLASSES ? 0.8f : 0.1f) + 0.02f * (float)((i * 7) % 5);
    }
}

/* Prints the energy, and the hidden nodes' shares of it, before and after every iteration; returns 1 if it ever rose.
 */
static int infer(pcil_inference *inference) {
    double before, after;
    int rose = 0;
    check(pcil_energy(inference, &before));
    printf("iteration  free energy      node 1      node 2\n%9d  %11.6f  %10.3g  %10.3g\n", 0, before, 0.0, 0.0);
    for (int iteration = 1; iteration <= ITERATIONS; iteration++, before = after) {
        double first, second;
        check(pcil_infer(inference, 1, &after));
        check(pcil_energy_node(inference, 1, &first, NULL, NULL));
        check(pcil_energy_node(inference, 2, &second, NULL, NULL));
        printf("%9d  %11.6f  %10.3g  %10.3g\n", iteration, after, first, second);
        if (after > before) rose = 1;
    }
    return rose;
}

int main(void) {
    static float inputs[BATCH * INPUTS];
    static int32_t labels[BATCH];
    pcil_network *network;
    pcil_inference *inference;
    pcil_optimizer *optimizer;
    double first, last;
    fill(inputs, labels);
    check(pcil_network_parse(&network, "16; dense 24; tanh, dense 24; tanh, dense 4; softmax"));
    check(pcil_inference_create(&inference, network, "sequential", BATCH));
    check(pcil_inference_set(inference, "step_size", 0.1));
    check(pcil_optimizer_create(&optimizer, network, "mq"));
    check(pcil_optimizer_set(optimizer, "learning_rate", 0.003));

    check(pcil_clamp_labels(inference, inputs, labels, BATCH));
    check(pcil_loss(inference, &first));
    int rose = infer(inference);
    for (int step = 0; step < STEPS; step++) {
        check(pcil_clamp_labels(inference, inputs, labels, BATCH));
        check(pcil_infer(inference, ITERATIONS, NULL));
        check(pcil_learn(inference, optimizer));
    }
    check(pcil_clamp_labels(inference, inputs, labels, BATCH));
    check(pcil_loss(inference, &last));
    printf("loss before learning %.4f, after %d steps %.4f\n", first, STEPS, last);

    pcil_optimizer_free(optimizer);
    pcil_inference_free(inference);
    pcil_network_free(network);
    return rose || !(last < 0.5 * first);
}
