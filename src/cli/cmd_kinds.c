/* pcil kinds: what can be chosen by name, and the options each has. */
#include "help.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static int check_family(const char *family) {
    if (pcil_kind_count(family) >= 0) return CLI_DONE;
    int32_t count = pcil_family_count();
    const char **names = cli_allocate((size_t)count + 1, sizeof *names);
    for (int32_t i = 0; i < count; i++) names[i] = pcil_family_name(i);
    int code = cli_unknown("family", family, names);
    free(names);
    return code;
}

static json_t *option_json(const char *family, const char *kind, const char *option) {
    const char *type, *initial, *words, *help;
    double least, most;
    json_t *object = cli_json_object();
    pcil_option_describe(family, kind, option, &type, &initial, &least, &most, &words, &help);
    bool number = strcmp(type, "number") == 0 || strcmp(type, "integer") == 0;
    cli_json_set(object, "name", json_string(option));
    cli_json_set(object, "type", json_string(type));
    cli_json_set(object, "default", json_string(initial));
    if (number) cli_json_set(object, "least", cli_json_number(least));
    if (number) cli_json_set(object, "most", cli_json_number(most));
    if (*words) cli_json_set(object, "words", json_string(words));
    cli_json_set(object, "help", json_string(help));
    return object;
}

static json_t *kind_json(const char *family, const char *kind) {
    json_t *object = cli_json_object(), *options = cli_json_array();
    cli_json_set(object, "name", json_string(kind));
    cli_json_set(object, "help", json_string(pcil_kind_help(family, kind)));
    for (int32_t i = 0; i < pcil_option_count(family, kind); i++)
        cli_json_append(options, option_json(family, kind, pcil_option_name(family, kind, i)));
    cli_json_set(object, "options", options);
    return object;
}

static json_t *family_json(const char *family) {
    json_t *object = cli_json_object(), *kinds = cli_json_array();
    for (int32_t i = 0; i < pcil_kind_count(family); i++)
        cli_json_append(kinds, kind_json(family, pcil_kind_name(family, i)));
    cli_json_set(object, "family", json_string(family));
    cli_json_set(object, "kinds", kinds);
    return object;
}

static json_t *all_json(void) {
    json_t *array = cli_json_array();
    for (int32_t i = 0; i < pcil_family_count(); i++) cli_json_append(array, family_json(pcil_family_name(i)));
    return array;
}

static void show_family(const char *family) {
    printf("%s\n", family);
    for (int32_t i = 0; i < pcil_kind_count(family); i++) {
        const char *kind = pcil_kind_name(family, i);
        cli_put_row(stdout, 34, "  ", kind, pcil_kind_help(family, kind));
    }
}

static void show_kind(const char *family, const char *kind) {
    char *title = cli_format("%s %s: %s", family, kind, pcil_kind_help(family, kind));
    cli_put_text(stdout, title);
    free(title);
    if (pcil_option_count(family, kind) > 0)
        cli_help_options(stdout, family, kind);
    else
        printf("  (no options)\n");
}

static void show(const char *family, const char *kind) {
    if (kind)
        show_kind(family, kind);
    else if (family)
        show_family(family);
    for (int32_t i = 0; !family && i < pcil_family_count(); i++) {
        if (i > 0) putchar('\n');
        show_family(pcil_family_name(i));
    }
}

static int run(const struct cli_arguments *arguments) {
    const char *family = arguments->rests > 0 ? arguments->rest[0] : NULL;
    const char *kind = arguments->rests > 1 ? arguments->rest[1] : NULL;
    int code = cli_check_rest(arguments, "a family", 0, 2);
    if (code == CLI_DONE && family) code = check_family(family);
    if (code == CLI_DONE && kind) code = cli_check_kind(family, family, kind);
    if (code != CLI_DONE) return code;
    if (!cli_has(arguments, "json"))
        show(family, kind);
    else
        return cli_print_json(kind ? kind_json(family, kind) : family ? family_json(family) : all_json());
    return CLI_DONE;
}

static void families(FILE *stream) {
    fputs("\nfamilies:", stream);
    for (int32_t i = 0; i < pcil_family_count(); i++) fprintf(stream, " %s", pcil_family_name(i));
    fputc('\n', stream);
}

static const struct cli_option options[] = {{"json", NULL, "print as JSON", 0, 0}, {0}};

const struct cli_command cli_kinds = {.name = "kinds",
                                      .help = "lists what can be chosen by name, with its options",
                                      .usage = "[FAMILY [KIND]] [--json]",
                                      .options = options,
                                      .more = families,
                                      .run = run};
