/* Other programs' arrays, pictures, reports, and the small questions, with every request for memory refused in turn. */
#include "faults/walks.h"

static bool is_kept[3];

static void walk_arrays(struct walk *w) {
    static const char *const files[] = {"a.npz", "a.plain", "a.torch"}, *const formats[] = {"npz", "safetensors",
                                                                                            "torch"};
    STEP(pcil_network_parse(&w->network, "2x4x3; conv 3 3x3 padding=1, relu; dense 5; tanh, dense 2; softmax"));
    STEP(pcil_network_initialise(w->network, "fan_in", 3));
    STEP(pcil_network_parse(&w->other, "2x4x3; conv 3 3x3 padding=1, relu; dense 5; tanh, dense 2; softmax"));
    for (int i = 0; i < 3; i++) {
        STEP(pcil_network_save_arrays(w->network, small_path(files[i]).text, formats[i],
                                      "{\"first\": \"block0.conv.weight\"}"));
        STEP(pcil_network_load_arrays(w->other, small_path(files[i]).text, formats[i],
                                      "{\"first\": \"block0.conv.weight\"}"));
        STEP(pcil_network_get(w->other, "block0.conv.weight", numbers, 54));
        find(w, numbers, 54 * sizeof *numbers);
    }
}

#ifdef PCIL_WITH_PNG
static void walk_pictures(struct walk *w) {
    static const char *const captions[] = {"one", "!two", "three"};
    static uint8_t pixels[3 * 4 * 5 * 3], read[4 * 5 * 3];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37);
    STEP(pcil_image_write(small_path("a.png").text, pixels, 3, 4, 5));
    STEP(pcil_image_read(small_path("a.png").text, read, 3, 4, 5));
    find(w, read, sizeof read);
    STEP(pcil_image_sheet(small_path("a.png").text, pixels, captions, 3, 3, 4, 5, 2, 2, "a title"));
    STEP(pcil_image_read(small_path("a.png").text, read, 1, 4, 5));
    find(w, read, 4 * 5);
#ifdef PCIL_WITH_JPEG
    STEP(pcil_image_read(small_path("kept.jpeg").text, read, 3, 4, 5));
    find(w, read, sizeof read);
#endif
}
#endif

/* The readers that this build has. */
static void walk_sets(struct walk *w) {
    static const char *const kinds[] = {"idx", "svhn", "tiny-imagenet"};
    for (int i = 0; i < 3; i++) {
        const int64_t index = 1;
        int32_t label;
        if (!is_kept[i]) continue;
        unlink(small_path("tiny-imagenet/pcil-test.cache").text);
        STEP(pcil_dataset_open(&w->set, kinds[i], small_path(kinds[i]).text, "test"));
        STEP(pcil_dataset_read(w->set, &index, 1, numbers, &label, NULL));
        find(w, numbers, 28 * 28 * sizeof *numbers);
        find(w, &label, sizeof label);
        pcil_dataset_free(w->set);
        w->set = NULL;
    }
}

static void walk_reports(struct walk *w) {
    int64_t length = 0;
    const char *type, *initial;
    STEP(pcil_dataset_verify("cifar10", small_path("set").text, text, MOST, &length));
    find(w, text, (size_t)length);
    STEP(pcil_option_describe("optimizer", "adam", "beta1", &type, &initial, NULL, NULL, NULL, NULL));
    find(w, initial, strlen(initial));
    STEP(pcil_dataset_open(&w->set, "cifar10", small_path("set").text, "test"));
    STEP(pcil_batches_create(&w->batches, w->set, 4, 1));
    STEP(pcil_batches_normalise_like(w->batches, w->set));
    const int64_t per_epoch = pcil_batches_per_epoch(w->batches);
    find(w, &per_epoch, sizeof per_epoch);
    assert_non_null(pcil_batches_error(w->batches));
}

/* Questions that need no memory are answered without any. */
static void walk_questions(struct walk *w) {
    int32_t c, height, width, from, to, rank;
    int64_t length = 0, parameters, shape[4] = {0};
    STEP(pcil_network_create(&w->other));
    STEP(pcil_network_input(w->other, 1, 1, 4));
    STEP(pcil_network_block(w->other));
    STEP(pcil_network_dense(w->other, 4));
    STEP(pcil_network_join(w->other, 0));
    STEP(pcil_network_operation(w->other, "identity"));
    STEP(pcil_network_parse(&w->network, description));
    STEP(pcil_network_node_shape(w->network, 0, &c, &height, &width));
    STEP(pcil_network_block_info(w->network, 1, &from, &to, &parameters, text, MOST, &length));
    find(w, text, (size_t)length);
    const char *name = pcil_network_tensor_name(w->network, 0);
    STEP(pcil_network_tensor_shape(w->network, name, &rank, shape));
    STEP(pcil_network_set(w->network, name, numbers, shape[0] * shape[1]));
    const int64_t counts[] = {c,
                              height,
                              width,
                              from,
                              to,
                              parameters,
                              rank,
                              pcil_network_blocks(w->network),
                              pcil_network_nodes(w->network),
                              pcil_network_node_size(w->network, 1),
                              pcil_network_parameters(w->network),
                              pcil_network_tensors(w->network)};
    find(w, counts, sizeof counts);
    find(w, pcil_network_output_kind(w->network), 4);
    assert_non_null(pcil_network_error(w->network));
}

static void ask_of_all(struct walk *w) {
    const char *family = pcil_family_name(0), *kind = pcil_kind_name("optimizer", 0);
    const char *option = pcil_option_name("optimizer", kind, 0);
    const int64_t counts[] = {pcil_version_number(), pcil_family_count(), pcil_kind_count("optimizer"),
                              pcil_option_count("optimizer", kind)};
    find(w, counts, sizeof counts);
    find(w, family, strlen(family));
    find(w, option, strlen(option));
    find(w, pcil_kind_help("optimizer", kind), 8);
    find(w, pcil_version(), 3);
    assert_non_null(pcil_build_info("compiler"));
    assert_non_null(pcil_status_name(PCIL_OK));
    assert_true(pcil_memory_requests() >= 0);
}

static int32_t never_stop(void *user, const pcil_trainer *trainer, pcil_event event) {
    (void)user, (void)trainer, (void)event;
    return 0;
}

static void walk_trainer(struct walk *w) {
    STEP(pcil_dataset_memory(&w->set, small_inputs, small_labels, NULL, SMALL_COUNT, 3, 2, 2, CLASSES, 0));
    STEP(pcil_trainer_create(&w->trainer));
    STEP(pcil_trainer_set_text(w->trainer, "network", description));
    STEP(pcil_trainer_set(w->trainer, "measure_interval", 2));
    STEP(pcil_trainer_set(w->trainer, "batch", 20));
    STEP(pcil_trainer_data(w->trainer, w->set, w->set));
    STEP(pcil_trainer_watch(w->trainer, never_stop, NULL));
    STEP(pcil_trainer_prepare(w->trainer));
    STEP(pcil_trainer_value(w->trainer, "batches", doubles));
    find(w, doubles, sizeof *doubles);
    ask_of_all(w);
    const pcil_dataset *train = pcil_trainer_train_data(w->trainer), *test = pcil_trainer_test_data(w->trainer);
    int32_t channels, height, width;
    STEP(pcil_dataset_shape(train, &channels, &height, &width));
    const int64_t counts[] = {pcil_dataset_count(train),
                              pcil_dataset_classes(test),
                              pcil_dataset_target_size(train),
                              channels,
                              height,
                              width,
                              pcil_dataset_class_name(train, 0) == NULL};
    find(w, counts, sizeof counts);
    assert_true(pcil_trainer_optimizer(w->trainer) && pcil_trainer_traces(w->trainer));
    assert_true(pcil_trainer_error(w->trainer) && pcil_trainer_warning(w->trainer));
}

static void test_refusals(void **state) {
    (void)state;
    /* libjpeg-turbo 2.1.5 loses a piece where a decoder cannot be made whole. */
    static const struct walk_row walks[] = {
        {"arrays", walk_arrays, false, 0},
#ifdef PCIL_WITH_PNG
        {"pictures", walk_pictures, false, 1},
#endif
        {"data sets", walk_sets, false, 1},      {"reports", walk_reports, false, 0},
        {"questions", walk_questions, false, 0}, {"a trainer", walk_trainer, false, 0}};
    refuse_all(walks, sizeof walks / sizeof walks[0]);
}

/* Three pictures of a kind; false if this build does not write it. */
static bool write_set(const char *kind, int32_t channels, int32_t side) {
    static float pixels[3 * 64 * 64 * 3];
    static const int32_t labels[3] = {0, 1, 0};
    pcil_dataset *set = NULL;
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) pixels[i] = (float)(i * 7 % 256) / 255;
    check_ok(pcil_dataset_memory(&set, pixels, labels, NULL, 3, channels, side, side, 2, 0));
    pcil_status status = pcil_dataset_write(set, set, kind, small_path(kind).text);
    if (status != PCIL_ERROR_UNSUPPORTED) check_ok(status);
    pcil_dataset_free(set);
    return status == PCIL_OK;
}

/* Files that the walks read. */
static int begin(void **state) {
    pcil_dataset *set = NULL;
    if (small_begin(state) != 0) return -1;
    pcil_dataset_free(small_data()); /* fills the inputs */
    check_ok(pcil_dataset_digits(&set, 20, 1));
    check_ok(pcil_dataset_write(set, set, "cifar10", small_path("set").text));
    pcil_dataset_free(set);
    /* A cache of pictures is kept beside them or nowhere. */
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    is_kept[0] = write_set("idx", 1, 28);
    is_kept[1] = write_set("svhn", 3, 32);
    is_kept[2] = write_set("tiny-imagenet", 3, 64);
    char command[512];
    snprintf(command, sizeof command, "tail -c +2 '%s/tests/fuzz/corpus/picture/jpeg' > '%s/kept.jpeg'",
             PCIL_SOURCE_DIR, small_folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_refusals, begin, small_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
