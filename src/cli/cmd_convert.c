/* pcil convert: models from and to other programs' files. */
#include "cli.h"
#include "textfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char model_format[] = "pcil";

static const char *const formats[] = {"pcil", "npz", "safetensors", "torch", NULL};

/* The format that an option names; without it the one of the file's ending. */
static const char *choose(const struct cli_arguments *arguments, const char *option, const char *path) {
    const char *given = cli_get(arguments, option);
    size_t length = strlen(path);
    if (given) return given;
    return length > 4 && strcmp(path + length - 4, ".npz") == 0 ? "npz" : model_format;
}

static int check_format(const char *format) {
    for (int i = 0; formats[i]; i++)
        if (strcmp(formats[i], format) == 0) return CLI_DONE;
    return cli_unknown("format", format, formats);
}

/* The text of the file of names; NULL and CLI_DONE if none is given. */
static int read_names(const struct cli_arguments *arguments, char **names) {
    const char *path = cli_get(arguments, "names");
    *names = NULL;
    if (path) *names = cli_read_file(path);
    return path && !*names ? cli_failed("cannot read '%s': %s", path, strerror(errno)) : CLI_DONE;
}

static int open_source(const struct cli_arguments *arguments, const char *path, const char *format, const char *names,
                       pcil_network **network) {
    const char *description = cli_get(arguments, "network");
    bool model = strcmp(format, model_format) == 0;
    if (model && description)
        return cli_wrong_use(
            "'%s' is read as a model, which describes itself; --from names another format for --network", path);
    if (!model && !description)
        return cli_wrong_use("a file of format '%s' holds no description: give --network", format);
    if (model) return cli_status(pcil_network_load(network, path));
    int code = cli_status(pcil_network_parse(network, description));
    return code == CLI_DONE ? cli_status(pcil_network_load_arrays(*network, path, format, names)) : code;
}

/* A model's own metadata go along into a model. */
static char *kept_metadata(const char *path) {
    static const char *const written[] = {"description", "pcil_format", "pcil_version", "data_crc32", NULL};
    int64_t length = 0;
    if (pcil_network_metadata(path, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = cli_allocate((size_t)length + 1, 1);
    json_t *metadata = NULL;
    if (pcil_network_metadata(path, text, length + 1, &length) == PCIL_OK) metadata = json_loads(text, 0, NULL);
    free(text);
    for (int i = 0; written[i]; i++) json_object_del(metadata, written[i]);
    text = metadata ? json_dumps(metadata, JSON_COMPACT) : NULL;
    json_decref(metadata);
    return text;
}

static int write_target(const pcil_network *network, const char *from, const char *to, const char *format,
                        const char *names) {
    if (strcmp(format, model_format) != 0) return cli_status(pcil_network_save_arrays(network, to, format, names));
    char *metadata = kept_metadata(from);
    int code = cli_status(pcil_network_save(network, to, metadata));
    free(metadata);
    return code;
}

static int run(const struct cli_arguments *arguments) {
    int code = cli_check_rest(arguments, "a file to read and one to write", 2, 2);
    if (code != CLI_DONE) return code;
    const char *from = arguments->rest[0], *to = arguments->rest[1];
    const char *source = choose(arguments, "from", from), *target = choose(arguments, "to", to);
    pcil_network *network = NULL;
    char *names = NULL;
    code = check_format(source);
    if (code == CLI_DONE) code = check_format(target);
    if (code == CLI_DONE) code = read_names(arguments, &names);
    if (code == CLI_DONE) code = open_source(arguments, from, source, names, &network);
    if (code == CLI_DONE) code = write_target(network, from, to, target, names);
    pcil_network_free(network);
    free(names);
    return code;
}

static const struct cli_option options[] = {
    {"network", "TEXT", "the network of a file that does not describe it", 0, 0},
    {"from", "FORMAT", "pcil, npz, safetensors, torch (by the ending: .npz, else pcil)", 0, 0},
    {"to", "FORMAT", "the same for the file to write", 0, 0},
    {"names", "FILE", "a JSON object of the other program's names to ours", 0, 0},
    {0}};

const struct cli_command cli_convert = {.name = "convert",
                                        .help = "turns models into other programs' files, and back",
                                        .usage = "FROM TO [OPTION]...",
                                        .options = options,
                                        .run = run};
