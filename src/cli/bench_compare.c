/* A bench next to an earlier one. */
#include "bench.h"
#include "output.h"
#include "reading.h"

/* What must be the same for two times to be comparable. */
static const char *const identity[] = {"recipe", "network", "inference", "iterations", "optimizer", "batch"};

static bool is_same(const json_t *a, const json_t *b) {
    for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
        json_t *one = json_object_get(a, identity[i]), *other = json_object_get(b, identity[i]);
        if ((one || other) && !json_equal(one, other)) return false;
    }
    return true;
}

json_t *cli_bench_earlier(const char *path, const json_t *result) {
    json_t *benches, *bench, *found = NULL;
    size_t index;
    if (cli_read_sequence(path, &benches) != CLI_DONE) {
        json_decref(benches);
        return NULL;
    }
    json_array_foreach (benches, index, bench) {
        if (is_same(bench, result)) found = bench;
    }
    if (!found) cli_message("'%s' holds no bench of the same recipe, network, schedule, optimizer and batch", path);
    json_incref(found);
    json_decref(benches);
    return found;
}

static void show_row(const char *name, const json_t *before, const json_t *now) {
    if (!json_is_number(before) || !json_is_number(now)) return;
    double a = json_number_value(before), b = json_number_value(now);
    printf("%-22s %9.3f %9.3f %9.3f\n", name, a, b, a > 0 ? b / a : 0);
}

void cli_bench_compare(const json_t *earlier, const json_t *result) {
    static const char *const keys[] = {"step_ms", "products_ms", "ratio", "step_gflops", "products_gflops"};
    const char *phase;
    json_t *time;
    printf("\n%-22s %9s %9s %9s\n", "compared", "earlier", "now", "now/then");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        show_row(keys[i], json_object_get(earlier, keys[i]), json_object_get(result, keys[i]));
    json_object_foreach (json_object_get(result, "phases"), phase, time)
        show_row(phase, json_object_get(json_object_get(earlier, "phases"), phase), time);
}
