/* The same training in six languages: this one in C. Each prints the same accuracy and saves the same bytes. */
#include <pcil.h>
#include <stdio.h>

enum { BATCH = 50, EPOCHS = 4, FEATURES = 3 * 32 * 32 };

static pcil_status open_batches(pcil_batches **batches, pcil_dataset *digits, double shuffle) {
    pcil_status status = pcil_batches_create(batches, digits, BATCH, 1);
    if (!status) status = pcil_batches_set_text(*batches, "normalise", "centre");
    if (!status) status = pcil_batches_set(*batches, "shuffle", shuffle);
    return status;
}

static pcil_status train(pcil_inference *inference, pcil_optimizer *optimizer, pcil_batches *batches, int64_t epoch) {
    static float inputs[BATCH * FEATURES];
    static int32_t labels[BATCH];
    int32_t count = 1;
    pcil_status status = pcil_batches_begin(batches, epoch, 0);
    while (!status && (status = pcil_batches_next(batches, inputs, labels, NULL, &count)) == PCIL_OK && count > 0)
        status = pcil_train_step_labels(inference, optimizer, inputs, labels, count, NULL);
    return status;
}

int main(int count, char **words) {
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    pcil_optimizer *optimizer = NULL;
    pcil_dataset *seen = NULL, *unseen = NULL;
    pcil_batches *batches = NULL, *scoring = NULL;
    double accuracy = 0;
    pcil_status status = pcil_network_parse(&network, "3x32x32; dense 64; relu, dense 10; softmax");
    if (!status) status = pcil_inference_create(&inference, network, "sequential", BATCH);
    if (!status) status = pcil_optimizer_create(&optimizer, network, "adam");
    if (!status) status = pcil_optimizer_set(optimizer, "learning_rate", 0.001);
    if (!status) status = pcil_dataset_digits(&seen, 2000, 1);
    if (!status) status = pcil_dataset_digits(&unseen, 500, 2);
    if (!status) status = open_batches(&batches, seen, 1);
    if (!status) status = open_batches(&scoring, unseen, 0);
    for (int64_t epoch = 0; epoch < EPOCHS && !status; epoch++) status = train(inference, optimizer, batches, epoch);
    if (!status) status = pcil_batches_begin(scoring, 0, 0);
    if (!status) status = pcil_evaluate(inference, scoring, NULL, &accuracy, NULL);
    if (!status) status = pcil_network_save(network, count > 1 ? words[1] : "digits.safetensors", NULL);
    if (status) return fprintf(stderr, "%s\n", pcil_last_error()), 1;
    printf("accuracy %.3f\n", accuracy);
    pcil_batches_free(scoring), pcil_batches_free(batches), pcil_dataset_free(unseen), pcil_dataset_free(seen);
    pcil_optimizer_free(optimizer), pcil_inference_free(inference), pcil_network_free(network);
    return 0;
}
