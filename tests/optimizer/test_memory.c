/* Every request for memory refused in turn: a status, nothing leaked, nothing half made. */
#include "optimizer/rules.h"

/* The library's only source of memory, replaced: request number `refused` fails, and those after it unless `once`. */
static int requests, refused = -1;
static bool once;

void *aligned_alloc(size_t alignment, size_t size) {
    void *memory = NULL;
    int number = requests++;
    if (refused >= 0 && (once ? number == refused : number >= refused)) return NULL;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void refuse(int first) {
    requests = 0;
    refused = first;
}

static void refuse_creation(void) {
    static const char *const kinds[] = {"sgd", "adam", "mq"};
    static const int expected[] = {4, 4, 5};
    pcil_network *network = make_network();
    for (int k = 0; k < 3; k++) {
        int failures = 0;
        pcil_optimizer *optimizer = NULL;
        for (pcil_status status = PCIL_ERROR_MEMORY; status != PCIL_OK; failures += status != PCIL_OK) {
            refuse(failures);
            status = pcil_optimizer_create(&optimizer, network, kinds[k]);
            refuse(-1);
            if (status == PCIL_OK) continue;
            assert_int_equal(status, PCIL_ERROR_MEMORY);
            assert_non_null(strstr(pcil_last_error(), "no memory for"));
            assert_null(optimizer);
        }
        assert_int_equal(failures, expected[k]);
        pcil_optimizer_free(optimizer);
    }
    pcil_network_free(network);
}

static void test_creation(void **state) {
    (void)state;
    refuse_creation();
    once = true;
    refuse_creation();
    once = false;
}

static void test_clip_norm_stays_as_it_was(void **state) {
    (void)state;
    double value = -1;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = NULL;
    check_ok(pcil_optimizer_create(&optimizer, network, "sgd"));
    refuse(0);
    check_fails(pcil_optimizer_set(optimizer, "clip_norm", 2), PCIL_ERROR_MEMORY, "clip_norm");
    check_fails(pcil_optimizer_set_text(optimizer, "clip_norm", "2"), PCIL_ERROR_MEMORY, "clip_norm");
    refuse(-1);
    assert_string_equal(pcil_optimizer_error(optimizer), pcil_last_error());
    check_ok(pcil_optimizer_get(optimizer, "clip_norm", &value));
    assert_true(value == 0);
    assert_null(pc_optimizer_whole(optimizer));
    check_ok(pcil_optimizer_set(optimizer, "clip_norm", 2));
    assert_non_null(pc_optimizer_whole(optimizer));
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

/* Steps, measuring, other options and a reset work where no memory is left. */
static void test_steps_allocate_nothing(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    float gradient[76] = {1};
    pcil_network *network = make_network();
    for (int k = 0; k < 7; k++) {
        pcil_optimizer *optimizer = NULL;
        check_ok(pcil_optimizer_create(&optimizer, network, kinds[k]));
        refuse(0);
        check_ok(pcil_optimizer_measure(optimizer, 1));
        check_ok(pcil_optimizer_set(optimizer, "weight_decay", .1));
        pc_optimizer_begin(optimizer);
        pc_optimizer_begin_block(optimizer, 1, 1);
        pc_optimizer_apply(optimizer, 1, 0, 76, gradient);
        check_ok(pc_optimizer_end_block(optimizer, 1));
        check_ok(pcil_optimizer_reset(optimizer));
        assert_int_equal(requests, 0);
        refuse(-1);
        pcil_optimizer_free(optimizer);
    }
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_creation),
        cmocka_unit_test(test_clip_norm_stays_as_it_was),
        cmocka_unit_test(test_steps_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
