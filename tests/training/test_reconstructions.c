/* Pictures of what an autoencoder makes of its input. */
#include "small.h"

#include <stdbool.h>
#include <unistd.h>

static pcil_dataset *set;

static int begin(void **state) {
    set = small_data();
    return small_begin(state);
}

static int end(void **state) {
    pcil_dataset_free(set);
    return small_end(state);
}

static pcil_trainer *autoencoder(const char *out, double reconstructions) {
    pcil_trainer *trainer = small_trainer(set, out);
    check_ok(pcil_trainer_set_text(trainer, "network", "3x2x2; dense 5; relu, dense 12; sigmoid"));
    check_ok(pcil_trainer_set_text(trainer, "target", "input"));
    check_ok(pcil_trainer_set_text(trainer, "normalise", "shrink"));
    check_ok(pcil_trainer_set(trainer, "reconstructions", reconstructions));
    return trainer;
}

#ifdef PCIL_WITH_PNG

static bool exists(const char *name) {
    return access(small_path(name).text, F_OK) == 0;
}

static void test_a_picture_per_evaluation(void **state) {
    (void)state;
    pcil_trainer *trainer = autoencoder("run", 4);
    check_ok(pcil_trainer_set(trainer, "drop_last", 0));
    check_ok(pcil_trainer_set(trainer, "batch", 6));
    check_ok(pcil_trainer_set(trainer, "evaluations", 2));
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
    assert_true(exists("run/reconstructions-0.5.png"));
    assert_true(exists("run/reconstructions-1.png"));
    assert_true(exists("run/reconstructions-1.5.png"));
    assert_true(exists("run/reconstructions-2.png"));
}

/* At the first pair's left stands image 0 as it is, at its right what the network makes of it. */
static void test_pairs_are_input_and_output(void **state) {
    (void)state;
    enum { MARGIN = 8, GAP = 6, SCALE = 16, SIDE = 2 * SCALE, TITLE = 400 };
    float output[SMALL_PIXELS], input[SMALL_PIXELS];
    pcil_trainer *trainer = autoencoder("run", 1);
    check_ok(pcil_trainer_run(trainer));
    for (int i = 0; i < SMALL_PIXELS; i++) input[i] = small_inputs[i] * .99f + .005f;
    check_ok(pcil_predict(pcil_trainer_inference(trainer), input, 1, output));
    uint64_t size;
    char *file = small_read("run/reconstructions-2.png", &size);
    const uint8_t *header = (const uint8_t *)file + 16;
    int32_t width = header[2] << 8 | header[3], height = header[6] << 8 | header[7];
    free(file);
    uint8_t *sheet = malloc((size_t)width * (size_t)height * 3);
    check_ok(pcil_image_read(small_path("run/reconstructions-2.png").text, sheet, 3, height, width));
    const int top = height - MARGIN - SIDE;
    for (int channel = 0; channel < 3; channel++) {
        const uint8_t *row = sheet + (size_t)(top * width) * 3 + channel;
        assert_in_range(row[(MARGIN)*3] + 1 - (int)(small_inputs[channel] * 255 + .5f), 0, 2);
        float made = (output[channel] - .005f) / .99f;
        assert_in_range(row[(MARGIN + SIDE + GAP) * 3] + 1 - (int)(made * 255 + .5f), 0, 2);
    }
    free(sheet);
    pcil_trainer_free(trainer);
}

static void test_pictures_change_no_number(void **state) {
    (void)state;
    const char *const outs[] = {"with", "without"};
    for (int i = 0; i < 2; i++) {
        pcil_trainer *trainer = autoencoder(outs[i], i == 0 ? 9 : 0);
        check_ok(pcil_trainer_run(trainer));
        pcil_trainer_free(trainer);
    }
    check_same_file("with/model.safetensors", "without/model.safetensors");
    assert_true(exists("with/reconstructions-1.png"));
    assert_false(exists("without/reconstructions-1.png"));
}

static void expect(pcil_trainer *trainer, const char *message) {
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_ARGUMENT, message);
    pcil_trainer_free(trainer);
}

static void test_what_has_no_reconstruction(void **state) {
    (void)state;
    pcil_trainer *trainer = small_trainer(set, "run");
    check_ok(pcil_trainer_set(trainer, "reconstructions", 3));
    expect(trainer, "reconstructions=3 needs an autoencoder: set target=input");
    expect(autoencoder("run", 61), "reconstructions=61 is more than the 60 images that are scored");
    pcil_dataset *pairs = NULL;
    check_ok(pcil_dataset_memory(&pairs, small_inputs, small_labels, NULL, SMALL_COUNT, 2, 3, 2, SMALL_CLASSES, 0));
    trainer = autoencoder("run", 3);
    check_ok(pcil_trainer_set_text(trainer, "network", "2x3x2; dense 5; relu, dense 12; sigmoid"));
    check_ok(pcil_trainer_data(trainer, pairs, pairs));
    expect(trainer, "reconstructions=3: the images have 2 channels");
    pcil_dataset_free(pairs);
    assert_false(exists("run"));
    /* Without a folder there is nowhere to draw. */
    trainer = autoencoder(NULL, 3);
    check_ok(pcil_trainer_run(trainer));
    pcil_trainer_free(trainer);
}

#else

static void test_a_build_without_png_says_so(void **state) {
    (void)state;
    pcil_trainer *trainer = autoencoder("run", 3);
    check_fails(pcil_trainer_prepare(trainer), PCIL_ERROR_UNSUPPORTED, "PCIL_PNG=ON");
    pcil_trainer_free(trainer);
}

#endif

#define in_its_folder(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef PCIL_WITH_PNG
        in_its_folder(test_a_picture_per_evaluation),
        in_its_folder(test_pairs_are_input_and_output),
        in_its_folder(test_pictures_change_no_number),
        in_its_folder(test_what_has_no_reconstruction),
#else
        in_its_folder(test_a_build_without_png_says_so),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
