/* pcil info: what a network is made of and what a training step of it costs. */
#include "output.h"
#include "report.h"

#include <stdlib.h>

static const char *const purposes[] = {"weights", "activities", "workspace"};
enum { PURPOSES = sizeof purposes / sizeof purposes[0] };

/* A description that does not parse is wrong use of the command; a file that does not is not. */
static int open_network(const struct cli_arguments *arguments, pcil_network **network) {
    const char *text = cli_get(arguments, "network");
    if (text) return cli_status(pcil_network_parse(network, text)) == CLI_DONE ? CLI_DONE : CLI_WRONG_USE;
    return cli_status(pcil_network_load(network, arguments->rest[0]));
}

/* What an inference of a whole batch would take may be more than there is, whatever the file's size. */
static int fail_memory(const struct cli_arguments *arguments) {
    const char *file = cli_has(arguments, "network") ? "the network" : arguments->rest[0];
    cli_message("'%s': %s; choose a smaller --batch", file, pcil_last_error());
    return CLI_FAILED;
}

static int open_inference(const struct cli_arguments *arguments, pcil_network *network, pcil_inference **inference) {
    const char *kind = cli_get(arguments, "inference");
    int32_t batch = (int32_t)cli_get_integer(arguments, "batch", 64);
    pcil_status status = pcil_inference_create(inference, network, kind ? kind : "sequential", batch);
    int code = status == PCIL_ERROR_MEMORY ? fail_memory(arguments) : cli_status(status);
    if (code != CLI_DONE || !cli_has(arguments, "iterations")) return code;
    return cli_status(
        pcil_inference_set(*inference, "iterations", (double)cli_get_integer(arguments, "iterations", 0)));
}

/* Bytes of an optimizer's state; -1 if it cannot be made. */
static int64_t optimizer_bytes(pcil_network *network, const char *kind) {
    pcil_optimizer *optimizer = NULL;
    if (pcil_optimizer_create(&optimizer, network, kind) != PCIL_OK) return -1;
    int64_t bytes = pcil_optimizer_memory(optimizer);
    pcil_optimizer_free(optimizer);
    return bytes;
}

static void show_memory(pcil_network *network, const pcil_inference *inference) {
    struct cli_size size;
    printf("\nmemory\n");
    for (int i = 0; i < PURPOSES; i++)
        printf("  %-20s %12s\n", purposes[i], cli_bytes(&size, pcil_inference_memory(inference, purposes[i])));
    for (int32_t i = 0; i < pcil_kind_count("optimizer"); i++) {
        const char *kind = pcil_kind_name("optimizer", i);
        int64_t bytes = optimizer_bytes(network, kind);
        printf("  optimizer %-10s %12s\n", kind, bytes < 0 ? "too large" : cli_bytes(&size, bytes));
    }
}

static json_t *memory_json(pcil_network *network, const pcil_inference *inference) {
    json_t *object = cli_json_object(), *optimizers = cli_json_object();
    for (int i = 0; i < PURPOSES; i++)
        cli_json_set(object, purposes[i], json_integer(pcil_inference_memory(inference, purposes[i])));
    for (int32_t i = 0; i < pcil_kind_count("optimizer"); i++) {
        const char *kind = pcil_kind_name("optimizer", i);
        int64_t bytes = optimizer_bytes(network, kind);
        cli_json_set(optimizers, kind, bytes < 0 ? json_null() : json_integer(bytes));
    }
    cli_json_set(object, "optimizer", optimizers);
    return object;
}

static int show(const struct cli_arguments *arguments, pcil_network *network, const pcil_inference *inference) {
    const char *kind = cli_get(arguments, "inference");
    int32_t batch = (int32_t)cli_get_integer(arguments, "batch", 64);
    double iterations = 0;
    pcil_inference_get(inference, "iterations", &iterations);
    if (cli_has(arguments, "json")) {
        json_t *object = cli_report_json(network, inference);
        cli_json_set(object, "inference", json_string(kind ? kind : "sequential"));
        cli_json_set(object, "iterations", json_integer((json_int_t)iterations));
        cli_json_set(object, "batch", json_integer(batch));
        cli_json_set(object, "bytes", memory_json(network, inference));
        return cli_print_json(object);
    }
    cli_report_network(network, inference);
    printf("\ninference %s, %.0f iterations, batch %d\n", kind ? kind : "sequential", iterations, batch);
    show_memory(network, inference);
    return CLI_DONE;
}

static int run(const struct cli_arguments *arguments) {
    bool described = cli_has(arguments, "network");
    int code = cli_check_rest(arguments, "a model file or --network", described ? 0 : 1, described ? 0 : 1);
    if (code != CLI_DONE) return code;
    pcil_network *network = NULL;
    pcil_inference *inference = NULL;
    code = open_network(arguments, &network);
    if (code == CLI_DONE) code = open_inference(arguments, network, &inference);
    if (code == CLI_DONE) code = show(arguments, network, inference);
    pcil_inference_free(inference);
    pcil_network_free(network);
    return code;
}

static const struct cli_option options[] = {
    {"network", "TEXT", "describe this network instead of a model file's", 0, 0},
    {"inference", "KIND", "count the products of this schedule (sequential)", 0, 0},
    {"iterations", "T", "inference iterations of a training step", 0, 1000000},
    {"batch", "N", "samples in a batch (64)", 1, 1000000},
    {"json", NULL, "print as JSON", 0, 0},
    {0}};

const struct cli_command cli_info = {.name = "info",
                                     .help = "describes a network: blocks, shapes, parameters, products, memory",
                                     .usage = "MODEL [OPTION]...\n--network TEXT [OPTION]...",
                                     .options = options,
                                     .run = run};
