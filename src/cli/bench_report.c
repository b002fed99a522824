/* What a bench found, as JSON and for people. */
#include "bench.h"
#include "output.h"
#include "plain.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct summary cli_summarise(const double *values, int count) {
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
    double ratio = cli_summarise(ratios, bench->repetitions).median;
    free(ratios);
    return ratio;
}

static const char *build_info(const char *topic) {
    const char *text = pcil_build_info(topic);
    return text ? text : "";
}

/* Settings of the run as the library gives them. */
static void set_settings(json_t *object, const pcil_trainer *trainer) {
    static const char *const names[] = {"network", "inference", "iterations", "optimizer"};
    char *text = cli_trainer_settings(trainer);
    json_t *settings = text ? json_loads(text, 0, NULL) : NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = json_object_get(settings, names[i]);
        if (value) cli_json_set(object, names[i], json_incref(value));
    }
    json_decref(settings);
    free(text);
}

static void set_times(json_t *object, const char *name, const double *values, int count) {
    struct summary summary = cli_summarise(values, count);
    const double numbers[] = {summary.least, summary.median, summary.spread};
    const char *const endings[] = {"_ms", "_median_ms", "_spread_ms"};
    for (int i = 0; i < 3; i++) {
        char *key = cli_format("%s%s", name, endings[i]);
        cli_json_set(object, key, cli_json_number(numbers[i]));
        free(key);
    }
}

static void set_phases(json_t *object, const struct bench *bench) {
    json_t *least = cli_json_object(), *median = cli_json_object();
    for (int i = 0; i < BENCH_PHASES; i++) {
        struct summary summary = cli_summarise(bench->phases[i], bench->repetitions);
        cli_json_set(least, cli_bench_phases[i], cli_json_number(summary.least));
        cli_json_set(median, cli_bench_phases[i], cli_json_number(summary.median));
    }
    cli_json_set(object, "phases", least);
    cli_json_set(object, "phases_median", median);
}

static void set_memory(json_t *object, const struct bench *bench) {
    static const char *const purposes[] = {"weights", "activities", "workspace"};
    json_t *bytes = cli_json_object();
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        cli_json_set(bytes, purposes[i],
                     json_integer(pcil_inference_memory(pcil_trainer_inference(bench->trainer), purposes[i])));
    cli_json_set(bytes, "optimizer", json_integer(pcil_optimizer_memory(pcil_trainer_optimizer(bench->trainer))));
    cli_json_set(object, "bytes", bytes);
    cli_json_set(object, "allocations", json_integer(bench->requests));
    cli_json_set(object, "page_faults", cli_json_number((double)bench->faults / bench->repetitions));
}

static void set_build(json_t *object, const struct bench *bench) {
    char *backend = cli_trainer_text(bench->trainer, "backend");
    cli_json_set(object, "threads", json_integer(atoi(build_info("blas_threads"))));
    cli_json_set(object, "pcil_threads", json_integer(pcil_threads()));
    cli_json_set(object, "blas", json_string(build_info("blas")));
    cli_json_set(object, "vector", json_string(build_info("vector")));
    cli_json_set(object, "backend", json_string(backend && *backend ? backend : "blas"));
    free(backend);
}

json_t *cli_bench_json(const struct bench *bench, const char *recipe) {
    double flops = cli_products_flops(&bench->products);
    double step = cli_summarise(bench->step, bench->repetitions).least;
    double alone = cli_summarise(bench->alone, bench->repetitions).least;
    json_t *object = cli_json_object();
    cli_json_set(object, "recipe", recipe ? json_string(recipe) : json_null());
    set_settings(object, bench->trainer);
    cli_json_set(object, "batch", json_integer(bench->batch));
    cli_json_set(object, "repetitions", json_integer(bench->repetitions));
    cli_json_set(object, "products", json_integer(cli_products_count(&bench->products)));
    set_times(object, "step", bench->step, bench->repetitions);
    set_times(object, "products", bench->alone, bench->repetitions);
    cli_json_set(object, "ratio", cli_json_number(paired_ratio(bench)));
    cli_json_set(object, "ratio_of_least", cli_json_number(step / alone));
    cli_json_set(object, "step_gflops", cli_json_number(flops / step * 1e-6));
    cli_json_set(object, "products_gflops", cli_json_number(flops / alone * 1e-6));
    set_phases(object, bench);
    set_memory(object, bench);
    set_build(object, bench);
    return object;
}

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static void show_times(const char *name, const double *values, int count) {
    struct summary summary = cli_summarise(values, count);
    printf("%-22s %9.3f %9.3f %9.3f", name, summary.least, summary.median, summary.spread);
}

static void show_head(const struct bench *bench, const json_t *result) {
    const char *recipe = text(result, "recipe");
    cli_put_line(stdout, "%s, batch %d, %.0f products a step, %d repetitions",
                 *recipe ? recipe : text(result, "network"), bench->batch, number(result, "products"),
                 bench->repetitions);
    printf("BLAS %s, threads %.0f, own threads %.0f, vector code %s, backend %s\n\n", text(result, "blas"),
           number(result, "threads"), number(result, "pcil_threads"), text(result, "vector"), text(result, "backend"));
    printf("%-22s %9s %9s %9s %9s\n", "milliseconds", "least", "median", "quartiles", "GFLOP/s");
}

static void show_memory(const json_t *result) {
    struct cli_size size;
    const char *purpose;
    json_t *bytes;
    printf("memory:");
    json_object_foreach (json_object_get(result, "bytes"), purpose, bytes)
        printf(" %s %s,", purpose, cli_bytes(&size, json_integer_value(bytes)));
    printf(" %.0f requests and %.1f page faults a step\n", number(result, "allocations"),
           number(result, "page_faults"));
}

void cli_bench_show(const struct bench *bench, const json_t *result) {
    show_head(bench, result);
    show_times("training step", bench->step, bench->repetitions);
    printf(" %9.1f\n", number(result, "step_gflops"));
    show_times("its products alone", bench->alone, bench->repetitions);
    printf(" %9.1f\n", number(result, "products_gflops"));
    for (int i = 0; i < BENCH_PHASES; i++) {
        char *name = cli_format("  %s", cli_bench_phases[i]);
        show_times(name, bench->phases[i], bench->repetitions);
        putchar('\n');
        free(name);
    }
    printf("ratio of the two, median of neighbours: %.3f; of the least times: %.3f\n", number(result, "ratio"),
           number(result, "ratio_of_least"));
    show_memory(result);
}
