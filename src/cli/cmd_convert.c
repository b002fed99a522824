/* pcil convert: models from and to other programs' files. */
#include "model.h"
#include "plain.h"
#include "reading.h"
#include "textfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* A conversion: files, formats, and what is read of them. */
struct conversion {
    const char *from, *to, *source, *target;
    const char *description, *like; /* of the network; at most one, none for a model */
    const char *map;                /* the file of names; NULL: ours */
    char *names;                    /* its text */
    pcil_network *network;
    json_t *metadata; /* of the file that is read or, for a model, of --like; NULL: npz, which has none */
};

static bool is_model(const char *format) {
    return strcmp(format, model_format) == 0;
}

static int check_description(const struct conversion *conversion) {
    bool model = is_model(conversion->source);
    if (model && (conversion->description || conversion->like))
        return cli_wrong_use("'%s' is read as a model, which describes itself; --from names another format for "
                             "--network or --like",
                             conversion->from);
    if (conversion->description && conversion->like)
        return cli_wrong_use("both --network and --like describe the network: give one");
    if (!model && !conversion->description && !conversion->like)
        return cli_wrong_use("a file of format '%s' holds no description: give --network, or --like with a model",
                             conversion->source);
    return CLI_DONE;
}

static int read_names(struct conversion *conversion) {
    const char *path = conversion->map;
    if (!path) return CLI_DONE;
    if (is_model(conversion->source) && is_model(conversion->target))
        return cli_wrong_use(
            "--names translates for other programs' files, and '%s' and '%s' are both models: leave it "
            "out, or give --from or --to",
            conversion->from, conversion->to);
    return cli_read_file(path, CLI_TEXT_MOST, &conversion->names);
}

/* The library knows the map's text alone. */
static int status_with_names(const struct conversion *conversion, pcil_status status) {
    if (!conversion->map || status != PCIL_ERROR_ARGUMENT) return cli_status(status);
    return cli_wrong_use("with the names of '%s': %s", conversion->map, pcil_last_error());
}

static int read_network(struct conversion *conversion) {
    bool model = is_model(conversion->source);
    const char *path = model ? conversion->from : conversion->like;
    int code = cli_status(path ? pcil_network_load(&conversion->network, path)
                               : pcil_network_parse(&conversion->network, conversion->description));
    if (code != CLI_DONE || model) return code;
    return status_with_names(conversion, pcil_network_load_arrays(conversion->network, conversion->from,
                                                                  conversion->source, conversion->names));
}

static int read_metadata(struct conversion *conversion) {
    bool like = conversion->like && is_model(conversion->target);
    if (!like && strcmp(conversion->source, "npz") == 0) return CLI_DONE;
    return cli_model_metadata(like ? conversion->like : conversion->from, &conversion->metadata);
}

/* The library's own metadata say nothing of a file of weights alone, and are written anew into a model. */
static void drop_own(struct conversion *conversion) {
    static const char *const own[] = {"pcil_format", "pcil_version", "data_crc32"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) json_object_del(conversion->metadata, own[i]);
    if (is_model(conversion->target)) json_object_del(conversion->metadata, "description");
}

static bool is_same_file(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Weights alone in the place of the file that told more of them: it would be lost for good. */
static int check_place(const struct conversion *conversion) {
    const char *to = conversion->to, *like = conversion->like;
    bool lost = (json_object_size(conversion->metadata) > 0 && is_same_file(conversion->from, to)) ||
                (like && is_same_file(like, to));
    if (!lost || is_model(conversion->target)) return CLI_DONE;
    return cli_wrong_use(
        "'%s' is read, and in its place a file of format '%s' would lose its metadata: write another file", to,
        conversion->target);
}

/* Each shortened: the file may be hostile. */
static char *list_keys(json_t *metadata) {
    enum { SHOWN = 20 };
    const char *key;
    json_t *value;
    struct cli_text list;
    int count = 0;
    cli_text_begin(&list);
    json_object_foreach (metadata, key, value) {
        if (count == SHOWN) {
            fputs(", ...", list.stream);
            break;
        }
        if (count++ > 0) fputs(", ", list.stream);
        cli_put_plain(list.stream, key, CLI_PLAIN_MOST);
    }
    fclose(list.stream);
    return list.bytes;
}

static void tell_lost(const struct conversion *conversion) {
    if (json_object_size(conversion->metadata) == 0) return;
    char *keys = list_keys(conversion->metadata);
    bool model = json_object_get(conversion->metadata, "description");
    cli_message("'%s' holds weights alone; left out: %s%s%s%s", conversion->to, keys, model ? "; --like '" : "",
                model ? conversion->from : "", model ? "' gives them back" : "");
    free(keys);
}

static int write_model(const struct conversion *conversion) {
    if (!conversion->metadata) return cli_status(pcil_network_save(conversion->network, conversion->to, NULL));
    char *metadata = json_dumps(conversion->metadata, JSON_COMPACT);
    if (!metadata) return cli_failed("no memory for the metadata of '%s'", conversion->to);
    int code = cli_status(pcil_network_save(conversion->network, conversion->to, metadata));
    free(metadata);
    return code;
}

static int write_arrays(const struct conversion *conversion) {
    int code = status_with_names(conversion, pcil_network_save_arrays(conversion->network, conversion->to,
                                                                      conversion->target, conversion->names));
    if (code == CLI_DONE) tell_lost(conversion);
    return code;
}

static int convert(struct conversion *conversion) {
    int code = check_description(conversion);
    if (code == CLI_DONE) code = read_names(conversion);
    if (code == CLI_DONE) code = read_network(conversion);
    if (code == CLI_DONE) code = read_metadata(conversion);
    if (code != CLI_DONE) return code;
    drop_own(conversion);
    code = check_place(conversion);
    if (code != CLI_DONE) return code;
    return is_model(conversion->target) ? write_model(conversion) : write_arrays(conversion);
}

static int run(const struct cli_arguments *arguments) {
    int code = cli_check_rest(arguments, "a file to read and one to write", 2, 2);
    if (code != CLI_DONE) return code;
    const char *from = arguments->rest[0], *to = arguments->rest[1];
    struct conversion conversion = {.from = from,
                                    .to = to,
                                    .source = choose(arguments, "from", from),
                                    .target = choose(arguments, "to", to),
                                    .description = cli_get(arguments, "network"),
                                    .like = cli_get(arguments, "like"),
                                    .map = cli_get(arguments, "names")};
    code = check_format(conversion.source);
    if (code == CLI_DONE) code = check_format(conversion.target);
    if (code == CLI_DONE) code = convert(&conversion);
    pcil_network_free(conversion.network);
    json_decref(conversion.metadata);
    free(conversion.names);
    return code;
}

static const struct cli_option options[] = {
    {"network", "TEXT", "the network of a file that does not describe it", 0, 0},
    {"like", "MODEL", "in its place: a model that describes it; its metadata go into a model that is written", 0, 0},
    {"from", "FORMAT", "pcil, npz, safetensors, torch (by the ending: .npz, else pcil)", 0, 0},
    {"to", "FORMAT", "the same for the file to write", 0, 0},
    {"names", "FILE", "a JSON object of the other program's names to ours", 0, 0},
    {0}};

const struct cli_command cli_convert = {.name = "convert",
                                        .help = "turns models into other programs' files, and back",
                                        .usage = "FROM TO [OPTION]...",
                                        .options = options,
                                        .run = run};
