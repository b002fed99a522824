/* An optimizer's options, values, memory and failures. */
#include "optimizer/rules.h"

static pcil_optimizer *make(pcil_network *network, const char *kind) {
    pcil_optimizer *optimizer = NULL;
    check_ok(pcil_optimizer_create(&optimizer, network, kind));
    return optimizer;
}

/* One training iteration with the same gradient everywhere. */
static pcil_status step(pcil_optimizer *optimizer, float value) {
    static float gradient[2048];
    pcil_status status = PCIL_OK;
    pc_optimizer_begin(optimizer);
    for (int32_t l = 0; l < BLOCKS && status == PCIL_OK; l++) {
        pc_optimizer_begin_block(optimizer, l, 1);
        for (int64_t i = 0; i < sizes[l]; i++) gradient[i] = value;
        pc_optimizer_apply(optimizer, l, 0, sizes[l], gradient);
        status = pc_optimizer_end_block(optimizer, l);
    }
    return status;
}

static void test_creation_refuses(void **state) {
    (void)state;
    pcil_network *network = make_network(), *unfinished = NULL;
    pcil_optimizer *optimizer = (pcil_optimizer *)&network;
    check_fails(
        pcil_optimizer_create(&optimizer, network, "adma"), PCIL_ERROR_ARGUMENT,
        "unknown optimizer 'adma', did you mean 'adam'?; known: sgd, momentum, nesterov, nlms, adam, adamw, mq");
    check_fails(pcil_optimizer_create(&optimizer, network, NULL), PCIL_ERROR_ARGUMENT, "name is NULL");
    check_fails(pcil_optimizer_create(&optimizer, NULL, "sgd"), PCIL_ERROR_ARGUMENT, "network is NULL");
    check_fails(pcil_optimizer_create(NULL, network, "sgd"), PCIL_ERROR_ARGUMENT, "place for the optimizer is NULL");
    check_ok(pcil_network_create(&unfinished));
    check_fails(pcil_optimizer_create(&optimizer, unfinished, "sgd"), PCIL_ERROR_STATE, "pcil_network_finish");
    assert_ptr_equal(optimizer, &network);
    pcil_network_free(unfinished);
    pcil_network_free(network);
}

static void test_options_refuse(void **state) {
    (void)state;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = make(network, "mq");
    double value = -1;
    check_fails(pcil_optimizer_set(optimizer, "learning_rat", 1), PCIL_ERROR_ARGUMENT,
                "unknown option 'learning_rat', did you mean 'learning_rate'?; known: learning_rate, weight_decay, "
                "clip_value, clip_norm, rate_decay, decay_rate, decay_steps, decay_factor, alpha_min, r, rho, v_start");
    assert_string_equal(pcil_optimizer_error(optimizer), pcil_last_error());
    check_fails(pcil_optimizer_set(optimizer, "momentum", .9), PCIL_ERROR_ARGUMENT, "unknown option 'momentum'");
    check_fails(pcil_optimizer_set(optimizer, "learning_rate", -1), PCIL_ERROR_ARGUMENT, "from 0 to 1000000, not -1");
    check_fails(pcil_optimizer_set(optimizer, "learning_rate.3", 1), PCIL_ERROR_ARGUMENT, "0 ... 2");
    check_fails(pcil_optimizer_set(optimizer, "rho", 1.5), PCIL_ERROR_ARGUMENT, "'rho' is a number from 0 to 1");
    check_fails(pcil_optimizer_set(optimizer, "r", 0), PCIL_ERROR_ARGUMENT, "'r' is a number from 1e-12");
    check_fails(pcil_optimizer_set(optimizer, "clip_norm", NAN), PCIL_ERROR_ARGUMENT, "clip_norm");
    check_fails(pcil_optimizer_set(optimizer, "decay_steps", 0), PCIL_ERROR_ARGUMENT, "decay_steps");
    check_fails(pcil_optimizer_set(optimizer, "decay_steps", 2.5), PCIL_ERROR_ARGUMENT, "an integer");
    check_fails(pcil_optimizer_set_text(optimizer, "rate_decay", "cosin"), PCIL_ERROR_ARGUMENT,
                "one of: none inverse_time step cosine; not 'cosin'");
    check_fails(pcil_optimizer_set(NULL, "rho", 1), PCIL_ERROR_ARGUMENT, "optimizer is NULL");
    check_fails(pcil_optimizer_set_text(NULL, "rho", "1"), PCIL_ERROR_ARGUMENT, "optimizer is NULL");
    check_fails(pcil_optimizer_get(NULL, "rho", &value), PCIL_ERROR_ARGUMENT, "optimizer is NULL");
    check_fails(pcil_optimizer_get(optimizer, "beta1", &value), PCIL_ERROR_ARGUMENT, "unknown option 'beta1'");
    assert_true(value == -1);
    check_ok(pcil_optimizer_get(optimizer, "learning_rate.2", &value));
    assert_true(value == .01);
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

static void test_adam_ranges(void **state) {
    (void)state;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = make(network, "adamw");
    double value;
    check_fails(pcil_optimizer_set(optimizer, "beta1", 1), PCIL_ERROR_ARGUMENT,
                "'beta1' is a number from 0 to 0.999999");
    check_fails(pcil_optimizer_set(optimizer, "beta2", 1), PCIL_ERROR_ARGUMENT, "'beta2' is a number from 0 to");
    check_fails(pcil_optimizer_set(optimizer, "epsilon", 0), PCIL_ERROR_ARGUMENT, "'epsilon' is a number from 1e-10");
    check_ok(pcil_optimizer_set_text(optimizer, "beta1", "0.5"));
    check_ok(pcil_optimizer_get(optimizer, "beta1", &value));
    assert_true(value == .5);
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

static void test_values(void **state) {
    (void)state;
    pcil_network *network = make_network();
    pcil_optimizer *sgd = make(network, "sgd"), *mq = make(network, "mq");
    double value = -1;
    check_fails(pcil_optimizer_value(sgd, "rate", 0, &value), PCIL_ERROR_STATE, "block 0 has no 'rate' yet");
    check_fails(pcil_optimizer_value(sgd, "magnitude", 1, &value), PCIL_ERROR_STATE, "pcil_optimizer_measure");
    check_fails(pcil_optimizer_value(sgd, "v", 0, &value), PCIL_ERROR_ARGUMENT, "optimizer 'sgd' has no 'v'");
    check_fails(pcil_optimizer_value(sgd, "w", 0, &value), PCIL_ERROR_ARGUMENT, "known: v, rate, magnitude");
    check_fails(pcil_optimizer_value(sgd, "rate", 3, &value), PCIL_ERROR_ARGUMENT, "no block 3: blocks are 0 ... 2");
    check_fails(pcil_optimizer_value(sgd, "rate", -1, &value), PCIL_ERROR_ARGUMENT, "no block -1");
    check_fails(pcil_optimizer_value(sgd, NULL, 0, &value), PCIL_ERROR_ARGUMENT, "is NULL");
    check_fails(pcil_optimizer_measure(sgd, 2), PCIL_ERROR_ARGUMENT, "not 2");
    assert_true(value == -1);
    check_ok(pcil_optimizer_set(mq, "learning_rate.1", .25));
    check_ok(pcil_optimizer_value(mq, "v", 1, &value));
    assert_true(value == .25); /* where it will start */
    check_ok(pcil_optimizer_set(mq, "v_start", 1));
    check_ok(pcil_optimizer_value(mq, "v", 1, &value));
    assert_true(value == 1);
    pcil_optimizer_free(sgd);
    pcil_optimizer_free(mq);
    pcil_network_free(network);
}

static void test_memory(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "nlms", "momentum", "nesterov", "adam", "adamw", "mq"};
    static const int arrays[] = {0, 0, 1, 1, 2, 2, 0};
    pcil_network *network = make_network();
    int64_t weights = (sizes[0] + sizes[1]) * 4;
    for (int k = 0; k < 7; k++) {
        pcil_optimizer *optimizer = make(network, kinds[k]);
        int64_t own = k == 6 ? BLOCKS * 8 : 0;
        assert_int_equal(pcil_optimizer_memory(optimizer), arrays[k] * weights + own);
        assert_null(pc_optimizer_whole(optimizer));
        check_ok(pcil_optimizer_set(optimizer, "clip_norm", 1));
        assert_non_null(pc_optimizer_whole(optimizer));
        assert_int_equal(pcil_optimizer_memory(optimizer), arrays[k] * weights + own + sizes[0] * 4);
        check_ok(pcil_optimizer_set(optimizer, "clip_norm", 0));
        assert_null(pc_optimizer_whole(optimizer));
        pcil_optimizer_free(optimizer);
    }
    pcil_optimizer_free(NULL);
    assert_int_equal(pcil_optimizer_memory(NULL), -1);
    assert_int_equal(pcil_optimizer_iterations(NULL), -1);
    assert_string_equal(pcil_optimizer_error(NULL), "");
    pcil_network_free(network);
}

/* After a reset, or with the state of another optimizer, the same steps lead to the same bits. */
static void test_reset_and_resume(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
    for (int k = 0; k < 7; k++) {
        float start[76], once[76];
        pcil_network *network = make_network();
        pcil_optimizer *optimizer = make(network, kinds[k]), *other = make(network, kinds[k]);
        float *w = pc_network_block_parameters(network, 1, NULL);
        check_ok(pcil_optimizer_set(optimizer, "weight_decay", .1));
        check_ok(pcil_optimizer_set(other, "weight_decay", .1));
        memcpy(start, w, sizeof start);
        for (int i = 0; i < 3; i++) check_ok(step(optimizer, .5F));
        memcpy(once, w, sizeof once);
        check_ok(pcil_optimizer_reset(optimizer));
        assert_int_equal(pcil_optimizer_iterations(optimizer), 0);
        memcpy(w, start, sizeof start);
        for (int i = 0; i < 2; i++) check_ok(step(optimizer, .5F));
        assert_int_equal(pc_optimizer_arrays(optimizer), pc_optimizer_arrays(other));
        for (int32_t i = 0; i < pc_optimizer_arrays(optimizer); i++) {
            struct pc_optimizer_array from = pc_optimizer_array(optimizer, i), to = pc_optimizer_array(other, i);
            assert_string_equal(from.name, to.name);
            memcpy(to.data, from.data, (size_t)to.count * (size_t)to.bytes);
        }
        pc_optimizer_resume(other, pcil_optimizer_iterations(optimizer));
        check_ok(step(other, .5F));
        assert_memory_equal(w, once, sizeof once);
        pcil_optimizer_free(optimizer);
        pcil_optimizer_free(other);
        pcil_network_free(network);
    }
}

static void test_divergence_is_told(void **state) {
    (void)state;
    static const char *const kinds[] = {"sgd", "adam", "mq"};
    for (int k = 0; k < 3; k++) {
        pcil_network *network = make_network();
        pcil_optimizer *optimizer = make(network, kinds[k]);
        float *w = pc_network_block_parameters(network, 0, NULL), before[8];
        check_ok(step(optimizer, 1));
        check_ok(pcil_optimizer_set(optimizer, "clip_norm", 1));
        memcpy(before, w, sizeof before);
        check_fails(step(optimizer, INFINITY), PCIL_ERROR_DIVERGED,
                    "the gradient of block 0 is not finite in training iteration 2");
        assert_string_equal(pcil_optimizer_error(optimizer), pcil_last_error());
        assert_memory_equal(w, before, sizeof before); /* a whole gradient is looked at before the step */
        check_ok(pcil_optimizer_set(optimizer, "clip_norm", 0));
        check_fails(step(optimizer, NAN), PCIL_ERROR_DIVERGED, "block 0");
        pcil_optimizer_free(optimizer);
        pcil_network_free(network);
    }
}

static void test_v_survives_divergence(void **state) {
    (void)state;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = make(network, "mq");
    double before, after;
    check_ok(step(optimizer, 1));
    check_ok(pcil_optimizer_value(optimizer, "v", 0, &before));
    assert_int_equal(step(optimizer, NAN), PCIL_ERROR_DIVERGED);
    check_ok(pcil_optimizer_value(optimizer, "v", 0, &after));
    assert_true(before == after && before > 0);
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

static bool direct(pcil_optimizer *optimizer, struct pc_direct_step *step) {
    pc_optimizer_begin(optimizer);
    pc_optimizer_begin_block(optimizer, 1, 3);
    return pc_optimizer_is_direct(optimizer, 1, step);
}

static void test_direct_steps(void **state) {
    (void)state;
    struct pc_direct_step step;
    pcil_network *network = make_network();
    pcil_optimizer *sgd = make(network, "sgd"), *nlms = make(network, "nlms"), *mq = make(network, "mq");
    check_ok(pcil_optimizer_set(sgd, "weight_decay", .5));
    assert_true(direct(sgd, &step) && step.rate == .01F && step.keep == .995F && !step.magnitudes);
    check_ok(pcil_optimizer_set(nlms, "learning_rate", 1));
    assert_true(direct(nlms, &step) && step.rate == .25F && step.keep == 1 && !step.magnitudes);
    assert_true(direct(mq, &step) && step.magnitudes);
    assert_true(pc_optimizer_needs_mean_square(nlms) && !pc_optimizer_needs_mean_square(sgd));
    static const char *const others[] = {"momentum", "nesterov", "adam", "adamw"};
    for (int k = 0; k < 4; k++) {
        pcil_optimizer *other = make(network, others[k]);
        assert_false(direct(other, &step));
        pcil_optimizer_free(other);
    }
    check_ok(pcil_optimizer_set(nlms, "clip_value", 1));
    assert_false(direct(nlms, &step));
    check_ok(pcil_optimizer_measure(mq, 1));
    assert_true(direct(mq, &step));                           /* measuring changes no bit of a step */
    check_ok(pcil_optimizer_set(sgd, "weight_decay", 99.95)); /* what it took could not be told from what is left */
    assert_false(direct(sgd, &step));
    check_ok(pcil_optimizer_set(sgd, "weight_decay", .5));
    check_ok(pcil_optimizer_set(sgd, "clip_norm", 1));
    assert_false(direct(sgd, &step));
    assert_ptr_equal(pc_optimizer_network(sgd), network);
    pcil_optimizer_free(sgd);
    pcil_optimizer_free(nlms);
    pcil_optimizer_free(mq);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_creation_refuses),
        cmocka_unit_test(test_options_refuse),
        cmocka_unit_test(test_adam_ranges),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_reset_and_resume),
        cmocka_unit_test(test_divergence_is_told),
        cmocka_unit_test(test_v_survives_divergence),
        cmocka_unit_test(test_direct_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
