/*
 * How many bytes training asks for: images stay bytes, and all else is known beforehand. With CIFAR-10's 60,000 images
 * of 3072 bytes the rest must leave the whole below 250 MiB.
 */
#include "test.h"

#include "pcil.h"

/* The library's only source of memory, replaced by one that counts what was ever asked for. */
static int64_t asked;

void *aligned_alloc(size_t alignment, size_t size) {
    void *memory = NULL;
    asked += (int64_t)size;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

enum { IMAGE = 3 * 32 * 32, FEW = 128, MORE = 3 * FEW };

/* Bytes asked for from drawing the images to the last of two steps and its scoring. */
static int64_t train(const char *recipe, int64_t images, const char *batch) {
    pcil_trainer *trainer;
    pcil_dataset *set;
    asked = 0;
    check_ok(pcil_dataset_digits(&set, images, 1));
    check_ok(pcil_trainer_create(&trainer));
    check_ok(pcil_trainer_set_text(trainer, "recipe", recipe));
    check_ok(pcil_trainer_set_text(trainer, "steps", "2"));
    check_ok(pcil_trainer_set_text(trainer, "prefetch", "1"));
    check_ok(pcil_trainer_set_text(trainer, "drop_last", "0"));
    check_ok(pcil_trainer_set_text(trainer, "batch", batch));
    check_ok(pcil_trainer_data(trainer, set, set));
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    pcil_dataset_free(set);
    return asked;
}

/* Of a data set's image no more than its bytes, label and places in the order of an epoch and of the scoring. */
static void check_recipe(const char *recipe, int64_t most) {
    int64_t few = train(recipe, FEW, "64"), more = train(recipe, MORE, "64");
    if (more - few > (MORE - FEW) * (IMAGE + 64))
        fail_msg("%s: %lld bytes of an image", recipe, (long long)((more - few) / (MORE - FEW)));
    if (few - FEW * IMAGE > most) fail_msg("%s: %lld bytes beside the images", recipe, (long long)(few - FEW * IMAGE));
}

static void test_training_fits(void **state) {
    (void)state;
    const int64_t whole = 250 << 20, images = (int64_t)60000 * (IMAGE + 64), programs = 8 << 20;
    check_recipe("cifar10-mlp-seqil-mq", whole - images - programs);
}

/* As much as the largest batch that there can be, whatever was asked for. */
static void test_a_batch_of_all_samples_takes_no_more(void **state) {
    (void)state;
    int64_t all = train("cifar10-mlp-seqil-mq", FEW, "128");
    assert_int_equal(train("cifar10-mlp-seqil-mq", FEW, "1000000"), all);
}

/* Bytes asked for to score a network on the images, `batch` at a time. */
static int64_t evaluate(int32_t batch) {
    pcil_network *network;
    pcil_inference *inference;
    pcil_dataset *set;
    pcil_batches *batches;
    double loss;
    check_ok(pcil_network_parse(&network, "3x32x32; dense 10; softmax"));
    check_ok(pcil_inference_create(&inference, network, "backprop", FEW));
    check_ok(pcil_dataset_digits(&set, FEW, 1));
    asked = 0;
    check_ok(pcil_batches_create(&batches, set, batch, 1));
    check_ok(pcil_batches_set(batches, "prefetch", 1));
    check_ok(pcil_batches_begin(batches, 0, 0));
    check_ok(pcil_evaluate(inference, batches, &loss, NULL, NULL));
    pcil_batches_free(batches);
    pcil_dataset_free(set);
    pcil_inference_free(inference);
    pcil_network_free(network);
    return asked;
}

static void test_scoring_takes_no_more(void **state) {
    (void)state;
    assert_int_equal(evaluate(1000000), evaluate(FEW));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_training_fits),
                                       cmocka_unit_test(test_a_batch_of_all_samples_takes_no_more),
                                       cmocka_unit_test(test_scoring_takes_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
