/* The pcil command: finds the command in the table, reads its arguments, runs it. */
#include "children.h"
#include "cli.h"
#include "help.h"
#include "output.h"
#include "stop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
    &cli_train, &cli_eval,   &cli_predict,   &cli_info,    &cli_data,    &cli_kinds,  &cli_recipes, &cli_plot,
    &cli_bench, &cli_search, &cli_reproduce, &cli_analyze, &cli_convert, &cli_doctor, NULL};

static const struct cli_command *find(const struct cli_command *const *table, const char *name) {
    for (; *table; table++)
        if (strcmp((*table)->name, name) == 0) return *table;
    return NULL;
}

static int unknown_command(const struct cli_command *const *table, const char *path, const char *name) {
    const char *names[32] = {0};
    for (int i = 0; table[i]; i++) names[i] = table[i]->name;
    char *noun = *path ? cli_format("command of 'pcil %s'", path) : cli_copy("command");
    int code = cli_unknown(noun, name, names);
    free(noun);
    return code;
}

static int take_threads(const struct cli_arguments *arguments) {
    if (!cli_has(arguments, "threads")) return CLI_DONE;
    return cli_status(pcil_set_threads((int32_t)cli_get_integer(arguments, "threads", 0)));
}

static int run(const struct cli_command *command, const char *path, int argc, char **argv) {
    struct cli_arguments arguments;
    int code = cli_arguments_read(&arguments, command, path, argc, argv);
    if (code == CLI_DONE && arguments.help) {
        cli_help_command(stdout, command, path);
    } else if (code == CLI_DONE) {
        code = take_threads(&arguments);
        if (code == CLI_DONE) code = command->run(&arguments);
    }
    cli_arguments_free(&arguments);
    return code;
}

/* argv[0] is the command's own name. */
static int dispatch(const struct cli_command *command, const char *path, int argc, char **argv) {
    if (!command->commands) return run(command, path, argc, argv);
    if (argc < 2) {
        cli_help_command(stderr, command, path);
        return CLI_WRONG_USE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_help_command(stdout, command, path);
        return CLI_DONE;
    }
    const struct cli_command *sub = find(command->commands, argv[1]);
    if (!sub) return unknown_command(command->commands, path, argv[1]);
    char *longer = cli_format("%s%s%s", path, *path ? " " : "", argv[1]);
    int code = dispatch(sub, longer, argc - 1, argv + 1);
    free(longer);
    return code;
}

static const char *const topics[] = {"blas", "blas_threads", "vector", "compiler", "readers", "libraries", NULL};

static int version_json(void) {
    json_t *object = cli_json_object();
    cli_json_set(object, "version", json_string(pcil_version()));
    for (int i = 0; topics[i]; i++) cli_json_set(object, topics[i], json_string(pcil_build_info(topics[i])));
    return cli_print_json(object);
}

static int version(int count, char **words) {
    if (count == 1 && strcmp(words[0], "--json") == 0) return version_json();
    if (count > 0) return cli_wrong_use("'pcil --version' takes no '%s', only --json", words[0]);
    printf("pcil %s\n", pcil_version());
    for (int i = 0; topics[i]; i++) printf("%-13s %s\n", topics[i], pcil_build_info(topics[i]));
    return CLI_DONE;
}

static int help_of(const struct cli_command *top, int count, char **names,
                   void (*write)(FILE *stream, const struct cli_command *command, const char *path)) {
    const struct cli_command *command = top;
    char *path = cli_copy("");
    int code = CLI_DONE;
    for (int i = 0; i < count && code == CLI_DONE; i++) {
        const struct cli_command *sub = command->commands ? find(command->commands, names[i]) : NULL;
        if (!sub) {
            code = command->commands ? unknown_command(command->commands, path, names[i])
                                     : cli_wrong_use("'%s' is no command of 'pcil %s'", names[i], path);
        } else {
            char *longer = cli_format("%s%s%s", path, *path ? " " : "", names[i]);
            free(path);
            path = longer;
            command = sub;
        }
    }
    if (code == CLI_DONE) write(stdout, command, path);
    free(path);
    return code;
}

/* `pcil help COMMAND` is `pcil COMMAND --help`; the build asks for manual pages (--man), shells for completions. */
static int help(const struct cli_command *top, int count, char **words) {
    if (count > 0 && strcmp(words[0], "--man") == 0) return help_of(top, count - 1, words + 1, cli_man);
    if (count == 0 || strcmp(words[0], "--complete") != 0) return help_of(top, count, words, cli_help_command);
    cli_complete(top, count - 1, words + 1);
    return CLI_DONE;
}

/* Standard streams that are closed: a file that is opened later must not take their numbers, or what is printed would
 * go there. The stand-ins are opened the wrong way round, so that printing fails as it did. */
static bool keep_streams_apart(void) {
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", modes[stream]) < 0) return false;
    return true;
}

int main(int argc, char **argv) {
    static const struct cli_command top = {
        .name = "pcil", .help = "predictive coding networks trained by inference learning", .commands = commands};
    int code;
    if (!keep_streams_apart()) return cli_failed("a standard stream is closed, and /dev/null cannot be opened for it");
    cli_child_follow();
    cli_stop_not_for_size();
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        code = version(argc - 2, argv + 2);
    else if (argc > 1 && strcmp(argv[1], "help") == 0)
        code = help(&top, argc - 2, argv + 2);
    else
        code = dispatch(&top, "", argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_DONE) code = cli_output_lost();
    return code;
}
