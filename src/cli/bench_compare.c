/* A bench next to an earlier one. */
#include "bench.h"
#include "output.h"

#include <math.h>

/* What must be the same for two times to be comparable. */
static const char *const identity[] = {"recipe", "network", "inference", "iterations", "optimizer", "batch"};

static bool is_same(const json_t *a, const json_t *b) {
    for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
        json_t *one = json_object_get(a, identity[i]), *other = json_object_get(b, identity[i]);
        if ((one || other) && !json_equal(one, other)) return false;
    }
    return true;
}

const json_t *cli_bench_earlier(const char *path, const json_t *benches, const json_t *result) {
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(benches); i++)
        if (is_same(json_array_get(benches, i), result)) found = json_array_get(benches, i);
    if (!found) cli_message("'%s' holds no bench of the same recipe, network, schedule, optimizer and batch", path);
    return found;
}

static void show_row(const char *name, const json_t *before, const json_t *now) {
    if (!json_is_number(before) || !json_is_number(now)) return;
    double a = json_number_value(before), b = json_number_value(now);
    double ratio = a > 0 ? b / a : 0;
    if (fmax(a, b) < 1e5)
        printf("%-22s %9.3f %9.3f %9.3f\n", name, a, b, ratio);
    else
        printf("%-22s %9.4g %9.4g %9.4g\n", name, a, b, ratio);
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
