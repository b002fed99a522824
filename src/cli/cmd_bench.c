/* pcil bench: a training step's time next to that of its matrix products alone. */
#include "bench.h"
#include "output.h"
#include "reading.h"

/* Prints what was measured, beside the earlier run that belongs to it if earlier ones were given. */
static int print(const struct bench *bench, const struct cli_arguments *arguments, const json_t *benches) {
    const char *recipe = cli_has(arguments, "network") ? NULL : cli_get(arguments, "recipe");
    json_t *result = cli_bench_json(bench, recipe);
    bool as_json = cli_has(arguments, "json");
    if (!as_json) cli_bench_show(bench, result);
    const json_t *earlier = benches ? cli_bench_earlier(cli_get(arguments, "compare"), benches, result) : NULL;
    if (earlier && !as_json) cli_bench_compare(earlier, result);
    if (earlier && as_json) cli_json_set(result, "earlier", json_deep_copy(earlier));
    int code = benches && !earlier ? CLI_FAILED : CLI_DONE;
    if (as_json) return cli_print_json(result) == CLI_DONE ? code : CLI_FAILED;
    json_decref(result);
    return code;
}

/* The file of earlier runs is read first: it may be missing, and measuring takes long. */
static int run(const struct cli_arguments *arguments) {
    struct bench bench = {.repetitions = (int)cli_get_integer(arguments, "repetitions", 20)};
    const char *compare = cli_get(arguments, "compare");
    json_t *benches = NULL;
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code == CLI_DONE && compare) code = cli_read_sequence(compare, &benches);
    if (code == CLI_DONE) code = cli_bench_measure(&bench, arguments);
    if (code == CLI_DONE) code = print(&bench, arguments, benches);
    json_decref(benches);
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
    {"compare", "FILE", "shows the times beside those of an earlier run, whose --json output FILE holds", 0, 0},
    CLI_THREADS,
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_bench = {.name = "bench",
                                      .help = "times a training step next to its matrix products alone",
                                      .usage = "--recipe NAME [OPTION]...\n--network TEXT [OPTION]...",
                                      .options = options,
                                      .run = run};
