/* What may come next on a command line, from the tables and registries; the shells' completions ask for it by
 * `pcil help --complete WORD...`. Nothing means: a file. */
#include "help.h"

#include <string.h>

/* One candidate, if it goes on with the word begun. */
static void offer(const char *begun, const char *before, const char *name, const char *after) {
    size_t lead = strlen(before), length = strlen(begun);
    if (strncmp(before, begun, length < lead ? length : lead) != 0) return;
    if (length > lead && strncmp(name, begun + lead, length - lead) != 0) return;
    printf("%s%s%s\n", before, name, after);
}

static void offer_kinds(const char *begun, const char *family) {
    for (int32_t i = 0; i < pcil_kind_count(family); i++) offer(begun, "", pcil_kind_name(family, i), "");
}

static void offer_families(const char *begun) {
    for (int32_t i = 0; i < pcil_family_count(); i++) offer(begun, "", pcil_family_name(i), "");
}

/* The names that --set knows, of the run and of every kind of its parts; a name of several kinds comes several times,
 * which the shells do not mind. */
static void offer_settings(const char *begun) {
    static const char *const families[] = {"run", "inference", "optimizer"};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (int32_t k = 0; k < pcil_kind_count(families[f]); k++) {
            const char *kind = pcil_kind_name(families[f], k);
            for (int32_t i = 0; i < pcil_option_count(families[f], kind); i++)
                offer(begun, "", pcil_option_name(families[f], kind, i), "=");
        }
    }
}

static void offer_words(const char *begun, const char *option) {
    const char *words = "";
    pcil_option_describe("run", "run", option, NULL, NULL, NULL, NULL, &words, NULL);
    while (*words) {
        char word[64];
        int length = (int)strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", length, words);
        offer(begun, "", word, "");
        words += length + (words[length] == ' ');
    }
}

/* The values of an option: kinds where its name is that of a family or of a setting that chooses one. */
static void offer_values(const char *begun, const struct cli_option *option) {
    if (strcmp(option->name, "set") == 0 || strcmp(option->name, "vary") == 0)
        offer_settings(begun);
    else if (strcmp(option->name, "from") == 0 || strcmp(option->name, "to") == 0)
        offer_kinds(begun, "format");
    else if (pcil_kind_count(option->name) >= 0)
        offer_kinds(begun, option->name);
    else
        offer_words(begun, option->name);
}

static void offer_options(const char *begun, const struct cli_option *options) {
    for (; options && options->name; options++) offer(begun, "--", options->name, "");
    offer(begun, "--", "help", "");
}

static void offer_commands(const char *begun, const struct cli_command *const *commands) {
    for (; *commands; commands++) offer(begun, "", (*commands)->name, "");
}

static const struct cli_command *find_command(const struct cli_command *const *commands, const char *name) {
    for (; commands && *commands; commands++)
        if (strcmp((*commands)->name, name) == 0) return *commands;
    return NULL;
}

/* The option that the word before takes the value of, or NULL. */
static const struct cli_option *awaiting(const struct cli_command *command, const char *word) {
    const struct cli_option *option = command->options;
    if (strncmp(word, "--", 2) != 0) return NULL;
    while (option && option->name && strcmp(option->name, word + 2) != 0) option++;
    return option && option->name && option->argument ? option : NULL;
}

/* What is no option: names for the commands that take them, else files. */
static void offer_rest(const char *begun, const struct cli_command *command, int before, char *const *words) {
    bool kinds = strcmp(command->name, "kinds") == 0, recipes = strcmp(command->name, "recipes") == 0;
    if (recipes && before == 0) offer_kinds(begun, "recipe");
    if (kinds && before == 0) offer_families(begun);
    if (kinds && before == 1) offer_kinds(begun, words[0]);
}

void cli_complete(const struct cli_command *command, int count, char *const *words) {
    const struct cli_command *sub;
    while (count > 1 && (sub = find_command(command->commands, words[0]))) {
        command = sub;
        words++;
        count--;
    }
    if (count < 1) return;
    const char *begun = words[count - 1];
    const struct cli_option *option = count > 1 ? awaiting(command, words[count - 2]) : NULL;
    if (option)
        offer_values(begun, option);
    else if (*begun == '-')
        offer_options(begun, command->options);
    else if (command->commands && count == 1)
        offer_commands(begun, command->commands);
    else
        offer_rest(begun, command, count - 1, words);
}
