/* pcil bench: a training step's time next to that of its matrix products alone. */
#include "bench.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct summary {
    double least, median, spread; /* spread: between the quartiles */
};

static struct summary summarise(const double *values, int count) {
    double *sorted = cli_allocate((size_t)count, sizeof *sorted);
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    struct summary summary = {sorted[0], sorted[count / 2], sorted[count * 3 / 4] - sorted[count / 4]};
    free(sorted);
    return summary;
}

/* The median of the ratios of neighbours in time, which share the machine's mood. */
static double paired_ratio(const struct bench *bench) {
    double *ratios = cli_allocate((size_t)bench->repetitions, sizeof *ratios);
    for (int i = 0; i < bench->repetitions; i++) ratios[i] = bench->step[i] / bench->alone[i];
    double ratio = summarise(ratios, bench->repetitions).median;
    free(ratios);
    return ratio;
}

static const char *build_info(const char *topic) {
    const char *text = pcil_build_info(topic);
    return text ? text : "";
}

/* Settings of the run as the library gives them. */
static void set_settings(json_t *object, const pcil_trainer *trainer) {
    static const char *const names[] = {"network", "inference", "iterations", "optimizer", "backend"};
    char *text = cli_trainer_settings(trainer);
    json_t *settings = text ? json_loads(text, 0, NULL) : NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = json_object_get(settings, names[i]);
        if (value) cli_json_set(object, names[i], json_incref(value));
    }
    json_decref(settings);
    free(text);
}

static void set_times(json_t *object, const char *name, struct summary summary) {
    const double values[] = {summary.least, summary.median, summary.spread};
    const char *const endings[] = {"_ms", "_median_ms", "_spread_ms"};
    for (int i = 0; i < 3; i++) {
        char *key = cli_format("%s%s", name, endings[i]);
        cli_json_set(object, key, cli_json_number(values[i]));
        free(key);
    }
}

static int show_json(const struct bench *bench, const char *recipe) {
    struct summary step = summarise(bench->step, bench->repetitions);
    struct summary alone = summarise(bench->alone, bench->repetitions);
    double flops = cli_products_flops(&bench->products);
    json_t *object = cli_json_object();
    cli_json_set(object, "recipe", recipe ? json_string(recipe) : json_null());
    set_settings(object, bench->trainer);
    cli_json_set(object, "batch", json_integer(bench->batch));
    cli_json_set(object, "repetitions", json_integer(bench->repetitions));
    cli_json_set(object, "products", json_integer(cli_products_count(&bench->products)));
    set_times(object, "step", step);
    set_times(object, "products", alone);
    cli_json_set(object, "ratio", cli_json_number(paired_ratio(bench)));
    cli_json_set(object, "step_gflops", cli_json_number(flops / step.least * 1e-6));
    cli_json_set(object, "products_gflops", cli_json_number(flops / alone.least * 1e-6));
    cli_json_set(object, "threads", json_integer(atoi(build_info("blas_threads"))));
    cli_json_set(object, "blas", json_string(build_info("blas")));
    cli_json_set(object, "vector", json_string(build_info("vector")));
    return cli_print_json(object);
}

static void show_times(const char *name, struct summary summary, double flops) {
    printf("%-22s %9.3f %9.3f %9.3f %9.1f\n", name, summary.least, summary.median, summary.spread,
           flops / summary.least * 1e-6);
}

static int show(const struct bench *bench, const char *recipe) {
    double flops = cli_products_flops(&bench->products);
    char *network = cli_trainer_text(bench->trainer, "network");
    printf("%s, batch %d, %lld products a step, %d repetitions\n",
           recipe    ? recipe
           : network ? network
                     : "",
           bench->batch, (long long)cli_products_count(&bench->products), bench->repetitions);
    printf("BLAS %s, threads %s, vector code %s\n\n", build_info("blas"), build_info("blas_threads"),
           build_info("vector"));
    printf("%-22s %9s %9s %9s %9s\n", "milliseconds", "least", "median", "quartiles", "GFLOP/s");
    show_times("training step", summarise(bench->step, bench->repetitions), flops);
    show_times("its products alone", summarise(bench->alone, bench->repetitions), flops);
    printf("ratio of the two, median of neighbours: %.3f\n", paired_ratio(bench));
    free(network);
    return CLI_DONE;
}

static int run(const struct cli_arguments *arguments) {
    struct bench bench = {.repetitions = (int)cli_get_integer(arguments, "repetitions", 20)};
    const char *recipe = cli_get(arguments, "recipe");
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code == CLI_DONE) code = cli_bench_measure(&bench, arguments);
    if (code == CLI_DONE) code = (cli_has(arguments, "json") ? show_json : show)(&bench, recipe);
    cli_bench_free(&bench);
    return code;
}

static const struct cli_option options[] = {
    {"recipe", "NAME", "the recipe whose training step is timed", 0, 0},
    {"network", "TEXT", "this network instead of the recipe's", 0, 0},
    {"batch", "N", "samples in a batch (as the recipe says, else 64)", 1, 1000000},
    {"inference", "KIND", "the schedule (as the recipe says, else sequential)", 0, 0},
    {"iterations", "T", "inference iterations", 0, 1000000},
    {"optimizer", "KIND", "the optimizer (as the recipe says, else sgd)", 0, 0},
    {"set", "KEY=VALUE", "any other setting of a run; may be repeated", 0, 0},
    {"repetitions", "N", "steps that are timed (20)", 1, 1000000},
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_bench = {.name = "bench",
                                      .help = "times a training step next to its matrix products alone",
                                      .usage = "--recipe NAME [OPTION]...\n--network TEXT [OPTION]...",
                                      .options = options,
                                      .run = run};
