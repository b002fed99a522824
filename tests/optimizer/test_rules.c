/* Every kind of optimizer, over several steps, against its formula in double. */
#include "base/random.h"
#include "optimizer/rules.h"

static const char *const kinds[] = {"sgd", "momentum", "nesterov", "nlms", "adam", "adamw", "mq"};
enum { KINDS = 7, STEPS = 6 };

static void set(pcil_optimizer *optimizer, const char *name, double value) {
    check_ok(pcil_optimizer_set(optimizer, name, value));
}

static bool has_option(const pcil_optimizer *optimizer, const char *name) {
    double value;
    return pcil_optimizer_get(optimizer, name, &value) == PCIL_OK;
}

static void set_if_known(pcil_optimizer *optimizer, const char *name, double value) {
    if (has_option(optimizer, name)) set(optimizer, name, value);
}

static pcil_optimizer *make_optimizer(pcil_network *network, const struct rule *rule) {
    pcil_optimizer *optimizer = NULL;
    check_ok(pcil_optimizer_create(&optimizer, network, rule->kind));
    set(optimizer, "learning_rate", rule->learning_rate);
    set(optimizer, "weight_decay", rule->weight_decay);
    set(optimizer, "clip_value", rule->clip_value);
    set(optimizer, "clip_norm", rule->clip_norm);
    check_ok(pcil_optimizer_set_text(optimizer, "rate_decay", rule->rate_decay));
    set(optimizer, "decay_rate", rule->decay_rate);
    set(optimizer, "decay_steps", rule->decay_steps);
    set(optimizer, "decay_factor", rule->decay_factor);
    set_if_known(optimizer, "momentum", rule->momentum);
    set_if_known(optimizer, "beta1", rule->beta1);
    set_if_known(optimizer, "beta2", rule->beta2);
    set_if_known(optimizer, "epsilon", rule->epsilon);
    set_if_known(optimizer, "alpha_min", rule->alpha_min);
    set_if_known(optimizer, "r", rule->r);
    set_if_known(optimizer, "rho", rule->rho);
    set_if_known(optimizer, "v_start", rule->v_start);
    return optimizer;
}

/* Gives a block's gradient as learning does: whole where that is asked for, in panels elsewhere. NULL stays NULL. */
static void apply(pcil_optimizer *optimizer, int32_t l, const float *gradient, int64_t panel) {
    static float scratch[2048];
    float *whole = pc_optimizer_whole(optimizer);
    if (whole) panel = sizes[l];
    for (int64_t i = 0; i < sizes[l]; i += panel) {
        int64_t count = sizes[l] - i < panel ? sizes[l] - i : panel;
        float *memory = whole ? whole : scratch;
        if (gradient) memcpy(memory, gradient + i, (size_t)count * sizeof(float));
        pc_optimizer_apply(optimizer, l, i, count, gradient ? memory : NULL);
    }
}

/* Random gradients of very different sizes per block; the second block's third gradient is exactly 0. */
static void draw(struct pc_random *random, int step, int l, float *gradient, double *copy) {
    for (int64_t i = 0; i < sizes[l]; i++) {
        gradient[i] = step == 2 && l == 1 ? 0 : (float)(pc_random_normal(random) * (l ? 3 : .05));
        copy[i] = (double)gradient[i];
    }
}

static void check_values(const pcil_optimizer *optimizer, const struct rule *rule, int l) {
    double value = -1;
    check_ok(pcil_optimizer_value(optimizer, "rate", l, &value));
    check_close(&value, &rule->rate[l], 1, 1e-6);
    check_ok(pcil_optimizer_value(optimizer, "magnitude", l, &value));
    check_close(&value, &rule->magnitude[l], 1, 1e-5);
    if (!is(rule, "mq")) return;
    check_ok(pcil_optimizer_value(optimizer, "v", l, &value));
    check_close(&value, &rule->v[l], 1, 1e-6);
}

static void step_both(pcil_optimizer *optimizer, struct rule *rule, struct pc_random *random, int64_t panel) {
    static float gradient[2048];
    static double copy[2048];
    pc_optimizer_begin(optimizer);
    for (int l = 0; l < BLOCKS; l++) {
        double mean_square = 2.5 + l;
        draw(random, rule->steps, l, gradient, copy);
        pc_optimizer_begin_block(optimizer, l, mean_square);
        apply(optimizer, l, rule->steps == 2 && l == 1 ? NULL : gradient, panel);
        check_ok(pc_optimizer_end_block(optimizer, l));
        if (!sizes[l]) continue;
        step_rule(rule, l, copy, mean_square);
        check_values(optimizer, rule, l);
    }
    rule->steps++;
}

/* The changes since the start agree to float accuracy, but for half a unit in the last place of a weight per step. */
static void check_weights(const pcil_network *network, const struct rule *rule, const double *start) {
    static double got[2048], expected[2048];
    for (int l = 0; l < 2; l++) {
        double largest = 1e-30;
        const float *w = pc_network_block_parameters(network, l, NULL);
        for (int64_t i = 0; i < sizes[l]; i++) {
            got[i] = (double)w[i] - start[l * 2048 + i];
            expected[i] = rule->w[l][i] - start[l * 2048 + i];
            largest = fmax(largest, fabs(expected[i]));
        }
        check_close(got, expected, sizes[l], 1e-5 + STEPS * 3e-8 / largest);
    }
}

static void compare(struct rule rule, int64_t panel) {
    static double start[2 * 2048];
    struct pc_random random;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = make_optimizer(network, &rule);
    start_rule(&rule, network);
    for (int l = 0; l < 2; l++) memcpy(start + l * 2048, rule.w[l], (size_t)sizes[l] * sizeof(double));
    pc_random_seed(&random, 1, "test", 0);
    check_ok(pcil_optimizer_measure(optimizer, 1));
    for (int step = 0; step < STEPS; step++) step_both(optimizer, &rule, &random, panel);
    check_weights(network, &rule, start);
    assert_int_equal(pcil_optimizer_iterations(optimizer), STEPS);
    end_rule(&rule);
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

static void test_kinds(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) compare(make_rule(kinds[k]), 2048);
}

static void test_panels(void **state) {
    (void)state;
    static const int64_t panels[] = {1, 7, 300, 512, 513};
    for (int k = 0; k < KINDS; k++)
        for (int p = 0; p < 5; p++) compare(make_rule(kinds[k]), panels[p]);
}

static void test_weight_decay(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct rule rule = make_rule(kinds[k]);
        rule.weight_decay = .3;
        compare(rule, 300);
    }
}

static void test_clipping(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct rule rule = make_rule(kinds[k]);
        rule.clip_value = .06;
        compare(rule, 300);
        rule.clip_norm = .5;
        rule.weight_decay = .1;
        compare(rule, 300);
        rule.clip_value = 0;
        compare(rule, 300);
        rule.clip_norm = 1e4; /* above every norm: nothing is clipped */
        compare(rule, 300);
    }
}

static void test_rate_decay(void **state) {
    (void)state;
    static const char *const decays[] = {"inverse_time", "step", "cosine"};
    for (int k = 0; k < KINDS; k++) {
        struct rule rule = make_rule(kinds[k]);
        rule.decay_rate = .7;
        rule.decay_steps = 4; /* fewer than the steps made */
        rule.decay_factor = .25;
        rule.weight_decay = .1;
        for (int d = 0; d < 3; d++) {
            rule.rate_decay = decays[d];
            compare(rule, 300);
        }
    }
}

static void test_own_options(void **state) {
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct rule rule = make_rule(kinds[k]);
        rule.learning_rate = .03;
        rule.momentum = .5;
        rule.beta1 = .8;
        rule.beta2 = .95;
        rule.epsilon = .01;
        rule.alpha_min = .02;
        rule.r = .1;
        rule.rho = .6; /* smaller than b / (b + 1) from b = 2 on */
        rule.v_start = 1;
        compare(rule, 300);
    }
}

static void test_each_block_has_its_rate(void **state) {
    (void)state;
    pcil_network *network = make_network();
    pcil_optimizer *optimizer = NULL;
    check_ok(pcil_optimizer_create(&optimizer, network, "sgd"));
    set(optimizer, "learning_rate", .5);
    set(optimizer, "learning_rate.1", .25);
    pc_optimizer_begin(optimizer);
    for (int32_t l = 0; l < 2; l++) {
        float gradient[1] = {1}, *w = pc_network_block_parameters(network, l, NULL), before = w[3];
        pc_optimizer_begin_block(optimizer, l, 0);
        pc_optimizer_apply(optimizer, l, 3, 1, gradient);
        check_ok(pc_optimizer_end_block(optimizer, l));
        assert_true(w[3] == before - (l ? .25F : .5F));
    }
    pcil_optimizer_free(optimizer);
    pcil_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_panels),
        cmocka_unit_test(test_weight_decay),
        cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_rate_decay),
        cmocka_unit_test(test_own_options),
        cmocka_unit_test(test_each_block_has_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
