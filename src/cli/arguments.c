#include "arguments.h"

#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 32, HELP = 'h', FIRST = 1000 };

bool cli_parse_integer(const char *text, int64_t least, int64_t most, int64_t *value) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0') return false;
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno || number < least || number > most) return false;
    *value = number;
    return true;
}

/* getopt_long's table; an option's value is FIRST plus its place, so that the answer leads back to it. */
static int make_table(const struct cli_option *options, struct option *table) {
    int count = 0;
    for (; options && options[count].name; count++)
        table[count] = (struct option){options[count].name, options[count].argument ? required_argument : no_argument,
                                       NULL, FIRST + count};
    table[count] = (struct option){"help", no_argument, NULL, HELP};
    table[count + 1] = (struct option){0};
    return count;
}

static int unknown_option(const char *path, const struct option *table, const char *text) {
    char *names[MOST_OPTIONS + 2] = {0};
    char *wanted = cli_copy(text), *noun = cli_format("option of 'pcil %s'", path);
    wanted[strcspn(wanted, "=")] = '\0';
    for (int i = 0; table[i].name; i++) names[i] = cli_format("--%s", table[i].name);
    int code = cli_unknown(noun, wanted, (const char *const *)names);
    for (int i = 0; names[i]; i++) free(names[i]);
    free(noun);
    free(wanted);
    return code;
}

/* Why getopt_long answered '?' or ':'. */
static int complain(const char *path, const struct option *table, int answer, char **argv) {
    const char *text = argv[optind - 1];
    if (answer == ':' && optopt >= FIRST)
        return cli_wrong_use("option '--%s' needs a value", table[optopt - FIRST].name);
    if (optopt >= FIRST || optopt == HELP) return cli_wrong_use("option '%s' takes no value", text);
    if (optopt != 0) return cli_wrong_use("unknown option '-%c'; see 'pcil %s --help'", optopt, path);
    return unknown_option(path, table, text);
}

static int take(struct cli_arguments *arguments, const struct cli_option *option, const char *value) {
    int64_t number;
    bool whole = option->least != 0 || option->most != 0;
    if (whole && !cli_parse_integer(value, option->least, option->most, &number))
        return cli_wrong_use("option '--%s' is a whole number from %lld to %lld, not '%s'", option->name,
                             (long long)option->least, (long long)option->most, value);
    arguments->given[arguments->givens++] = (struct cli_given){option, value ? value : ""};
    return CLI_DONE;
}

int cli_arguments_read(struct cli_arguments *arguments, const struct cli_command *command, const char *path, int argc,
                       char **argv) {
    struct option table[MOST_OPTIONS + 2];
    int code = CLI_DONE, answer;
    make_table(command->options, table);
    *arguments = (struct cli_arguments){.given = cli_allocate((size_t)argc, sizeof(struct cli_given))};
    opterr = 0;
    optind = 0;
    while (code == CLI_DONE && (answer = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
        if (answer == HELP)
            arguments->help = true;
        else if (answer >= FIRST)
            code = take(arguments, &command->options[answer - FIRST], optarg);
        else
            code = complain(path, table, answer, argv);
    }
    arguments->rest = (const char *const *)argv + optind;
    arguments->rests = argc - optind;
    return code;
}

void cli_arguments_free(struct cli_arguments *arguments) {
    free(arguments->given);
    *arguments = (struct cli_arguments){0};
}

const char *cli_get(const struct cli_arguments *arguments, const char *name) {
    for (int i = arguments->givens - 1; i >= 0; i--)
        if (strcmp(arguments->given[i].option->name, name) == 0) return arguments->given[i].value;
    return NULL;
}

bool cli_has(const struct cli_arguments *arguments, const char *name) {
    return cli_get(arguments, name) != NULL;
}

int64_t cli_get_integer(const struct cli_arguments *arguments, const char *name, int64_t otherwise) {
    const char *text = cli_get(arguments, name);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

int cli_check_rest(const struct cli_arguments *arguments, const char *what, int least, int most) {
    if (arguments->rests < least) return cli_wrong_use("%s is missing; --help tells more", what);
    if (arguments->rests > most)
        return cli_wrong_use("'%s' is one argument too many; --help tells more", arguments->rest[most]);
    return CLI_DONE;
}
