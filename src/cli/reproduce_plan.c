/* Which runs an item of the paper needs. */
#include "reproduce.h"

#include <stdlib.h>
#include <string.h>

static const char *const item_names[] = {"table2", "fig1", "fig2",        "fig3", "fig4",
                                         "fig5",   "time", "error-delay", "all",  NULL};
static const unsigned item_bits[] = {ITEM_TABLE2, ITEM_FIG1, ITEM_FIG2,  ITEM_FIG3, ITEM_FIG4,
                                     ITEM_FIG5,   ITEM_TIME, ITEM_DELAY, ITEM_ALL};
static const char *const datasets[] = {"cifar10", "svhn", "tiny", "digits", NULL};
static const char *const algorithms[] = {"bp", "bp-adam", "seqil", "seqil-mq", "seqil-adam"};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0], LONGEST_T = 5 };

int rp_items(const char *name, unsigned *items) {
    for (int i = 0; item_names[i]; i++) {
        *items = item_bits[i];
        if (strcmp(item_names[i], name) == 0) return CLI_DONE;
    }
    return cli_unknown("item", name, item_names);
}

int rp_check_dataset(const char *dataset) {
    for (int i = 0; datasets[i]; i++)
        if (strcmp(datasets[i], dataset) == 0) return CLI_DONE;
    return cli_unknown("data set", dataset, datasets);
}

/* A name that two items ask for is one group, run once. Gives up `recipe` and `settings`. */
static void add(struct rp_plan *plan, struct rp_group group, const char *ending, unsigned items) {
    char *name = cli_format("%s%s", group.recipe, ending);
    for (int i = 0; i < plan->count; i++) {
        if (strcmp(plan->groups[i].name, name) != 0) continue;
        plan->groups[i].items |= items;
        free(name);
        free(group.recipe);
        free(group.settings);
        return;
    }
    struct rp_group *more = cli_allocate((size_t)plan->count + 1, sizeof *more);
    if (plan->count) memcpy(more, plan->groups, (size_t)plan->count * sizeof *more);
    free(plan->groups);
    plan->groups = more;
    group.name = name;
    group.items = items;
    group.available = pcil_kind_help("recipe", group.recipe) != NULL;
    group.results = cli_allocate((size_t)plan->options.seeds, sizeof *group.results);
    plan->groups[plan->count++] = group;
}

/* All five algorithms on a network. */
static void add_algorithms(struct rp_plan *plan, const char *dataset, const char *network, unsigned items) {
    items &= plan->options.items;
    for (int a = 0; items && a < ALGORITHMS; a++) {
        struct rp_group group = {.dataset = dataset, .network = network, .algorithm = algorithms[a]};
        group.recipe = cli_format("%s-%s-%s", dataset, network, algorithms[a]);
        add(plan, group, "", items);
    }
}

/* Inference learning with T = 15, for update magnitudes and times. */
static void add_long(struct rp_plan *plan, const char *dataset) {
    unsigned items = (ITEM_FIG2 | ITEM_TIME) & plan->options.items;
    for (int a = 2; items && a < ALGORITHMS; a++) {
        struct rp_group group = {.dataset = dataset, .network = "mlp", .algorithm = algorithms[a], .iterations = 15};
        group.recipe = cli_format("%s-mlp-%s", dataset, algorithms[a]);
        group.settings = cli_copy("iterations=15");
        add(plan, group, "-t15", items);
    }
}

/* The paper's figure 4: T = 1 ... 5 with Adam, both schedules. */
static void add_sweep(struct rp_plan *plan, const char *dataset) {
    static const char *const schedules[] = {"seqil-adam", "simil-adam"};
    unsigned items = ITEM_FIG4 & plan->options.items;
    for (int s = 0; items && s < 2; s++)
        for (int t = 1; t <= LONGEST_T; t++) {
            struct rp_group group = {.dataset = dataset, .network = "mlp4", .algorithm = schedules[s], .iterations = t};
            group.recipe = cli_format("%s-mlp4-%s-t%d", dataset, schedules[s], t);
            add(plan, group, "", items);
        }
}

/* The paper's figure 1: networks after 1,000 steps of plain inference learning and MQ, T and step size as there. */
static void add_proximal(struct rp_plan *plan, const char *dataset) {
    static const struct {
        const char *algorithm, *schedule, *rate;
    } rows[] = {{"seqil", "iterations=5 step_size=0.04", "1"},
                {"seqil-mq", "iterations=5 step_size=0.04", "3e-5"},
                {"simil", "iterations=20 step_size=0.01", "0.1"},
                {"simil-mq", "iterations=20 step_size=0.01", "3e-5"}};
    bool of_paper = strcmp(dataset, "digits") != 0; /* other data keep the rates of their recipes */
    unsigned items = ITEM_FIG1 & plan->options.items;
    for (size_t r = 0; items && r < sizeof rows / sizeof rows[0]; r++) {
        struct rp_group group = {.dataset = dataset, .network = "mlp4", .algorithm = rows[r].algorithm, .steps = 1000};
        group.measure = "proximal";
        group.recipe = cli_format("%s-mlp4-%s", dataset, rows[r].algorithm);
        group.settings = cli_format("steps=1000 epochs=1000 %s%s%s", rows[r].schedule,
                                    of_paper ? " learning_rate=" : "", of_paper ? rows[r].rate : "");
        add(plan, group, "-fig1", items);
    }
}

/* The supplement's error-propagation delay: both schedules, untrained and after 5,000 steps. */
static void add_delay(struct rp_plan *plan, const char *dataset) {
    static const char *const schedules[] = {"seqil-adam", "simil-adam"};
    unsigned items = ITEM_DELAY & plan->options.items;
    for (int s = 0; items && s < 2; s++) {
        struct rp_group group = {.dataset = dataset, .network = "mlp4", .algorithm = schedules[s], .steps = 5000};
        group.measure = "delay";
        group.recipe = cli_format("%s-mlp4-%s", dataset, schedules[s]);
        group.settings = cli_copy("steps=5000 epochs=1000 iterations=8 step_size=0.02 step_decay=0");
        add(plan, group, "-delay", items);
    }
}

static void add_dataset(struct rp_plan *plan, const char *dataset) {
    const unsigned scored = ITEM_TABLE2 | ITEM_FIG3;
    bool tiny = strcmp(dataset, "tiny") == 0, digits = strcmp(dataset, "digits") == 0;
    if (!tiny) add_algorithms(plan, dataset, "mlp", scored | ITEM_TIME);
    if (!tiny) add_algorithms(plan, dataset, "conv", scored);
    if (tiny || digits) add_algorithms(plan, dataset, "conv-tiny", scored);
    if (!tiny) add_algorithms(plan, dataset, "autoencoder", ITEM_FIG5);
    if (!tiny) add_long(plan, dataset);
    if (!tiny) add_sweep(plan, dataset);
    if (!tiny) add_proximal(plan, dataset);
    if (!tiny) add_delay(plan, dataset);
}

void rp_plan_make(struct rp_plan *plan, const char *dataset) {
    static const char *const of_paper[] = {"cifar10", "svhn", "tiny"};
    for (int i = 0; datasets[i]; i++)
        if (dataset && strcmp(datasets[i], dataset) == 0) add_dataset(plan, datasets[i]);
    for (int i = 0; !dataset && i < 3; i++) add_dataset(plan, of_paper[i]);
}

void rp_plan_free(struct rp_plan *plan) {
    for (int i = 0; i < plan->count; i++) {
        struct rp_group *group = &plan->groups[i];
        for (int s = 0; s < plan->options.seeds; s++) {
            json_decref(group->results[s].rows);
            json_decref(group->results[s].measures);
            json_decref(group->results[s].settings);
            free(group->results[s].diverged);
            free(group->results[s].magnitudes);
        }
        free(group->results);
        free(group->name);
        free(group->recipe);
        free(group->settings);
    }
    free(plan->groups);
    json_decref(plan->drawn);
    free(plan->options.signature);
}
