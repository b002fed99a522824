#include "settings.h"

#include "help.h"
#include "output.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* Options of the command that are a run's option under another spelling. */
static const struct {
    const char *option, *setting;
} spellings[] = {{"data", "data"},
                 {"out", "out"},
                 {"seed", "seed"},
                 {"epochs", "epochs"},
                 {"limit-train", "limit_train"},
                 {"limit-test", "limit_test"},
                 {"network", "network"},
                 {"batch", "batch"},
                 {"inference", "inference"},
                 {"iterations", "iterations"},
                 {"optimizer", "optimizer"}};

static int set_pair(pcil_trainer *trainer, const char *pair) {
    const char *equals = strchr(pair, '=');
    if (!equals || equals == pair) return cli_wrong_use("--set needs KEY=VALUE, not '%s'", pair);
    char *key = cli_format("%.*s", (int)(equals - pair), pair);
    int code = cli_status(pcil_trainer_set_text(trainer, key, equals + 1));
    free(key);
    return code;
}

static int set_given(pcil_trainer *trainer, const struct cli_given *given) {
    if (strcmp(given->option->name, "set") == 0) return set_pair(trainer, given->value);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strcmp(given->option->name, spellings[i].option) == 0)
            return cli_status(pcil_trainer_set_text(trainer, spellings[i].setting, given->value));
    return CLI_DONE;
}

/* A recipe's settings over the run's own would change them unasked, its epochs among them. */
static int check_resume(const struct cli_arguments *arguments) {
    static const char *const others[] = {"recipe", "config"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_get(arguments, "resume") && cli_get(arguments, others[i]))
            return cli_wrong_use("--resume goes on by the run's own settings: leave out --%s; --epochs N makes the run "
                                 "longer, --set changes one setting",
                                 others[i]);
    return CLI_DONE;
}

int cli_settings_apply(pcil_trainer *trainer, const struct cli_arguments *arguments) {
    const char *recipe = cli_get(arguments, "recipe"), *config = cli_get(arguments, "config");
    const char *resume = cli_get(arguments, "resume");
    int code = check_resume(arguments);
    if (code == CLI_DONE && resume) code = cli_status(pcil_trainer_resume(trainer, resume));
    if (code == CLI_DONE && recipe) code = cli_status(pcil_trainer_recipe(trainer, recipe));
    if (code == CLI_DONE && config) code = cli_status(pcil_trainer_load(trainer, config));
    for (int i = 0; code == CLI_DONE && i < arguments->givens; i++) code = set_given(trainer, &arguments->given[i]);
    char *dataset = cli_trainer_text(trainer, "dataset");
    if (code == CLI_DONE) code = cli_check_drawn(arguments, dataset);
    free(dataset);
    return code;
}

int cli_settings_trainer(pcil_trainer **trainer, const struct cli_arguments *arguments) {
    int code = cli_status(pcil_trainer_create(trainer));
    return code == CLI_DONE ? cli_settings_apply(*trainer, arguments) : code;
}

int cli_settings_spare(const struct cli_arguments *arguments, const char *const *own) {
    for (int i = 0; i < arguments->givens; i++) {
        const struct cli_given *given = &arguments->given[i];
        size_t length = strcspn(given->value, "=");
        if (strcmp(given->option->name, "set") != 0) continue;
        for (const char *const *name = own; *name; name++)
            if (strlen(*name) == length && strncmp(given->value, *name, length) == 0)
                return cli_wrong_use("--set %s: this command sets '%s' by itself; --help tells its options",
                                     given->value, *name);
    }
    return CLI_DONE;
}

/* Whether the run's description of its network is what failed. */
static bool network_is_wrong(const pcil_trainer *trainer) {
    pcil_network *network = NULL;
    char *text = cli_trainer_text(trainer, "network");
    bool wrong = text && pcil_network_parse(&network, text) != PCIL_OK;
    pcil_network_free(network);
    free(text);
    return wrong;
}

int cli_settings_prepare(pcil_trainer *trainer) {
    pcil_status status = pcil_trainer_prepare(trainer);
    int code = cli_status(status);
    return status == PCIL_ERROR_FORMAT && network_is_wrong(trainer) ? CLI_WRONG_USE : code;
}

static bool has_option(const char *family, const char *kind, const char *option) {
    return pcil_option_describe(family, kind, option, NULL, NULL, NULL, NULL, NULL, NULL) == PCIL_OK;
}

static bool in_every_kind(const char *family, const char *option) {
    for (int32_t i = 0; i < pcil_kind_count(family); i++)
        if (!has_option(family, pcil_kind_name(family, i), option)) return false;
    return true;
}

static void help_common(FILE *stream, const char *family) {
    const char *kind = pcil_kind_name(family, 0);
    bool any = false;
    for (int32_t i = 0; i < pcil_option_count(family, kind); i++) {
        const char *option = pcil_option_name(family, kind, i);
        if (!in_every_kind(family, option)) continue;
        if (!any) fprintf(stream, "\nof every %s:\n", family);
        any = true;
        cli_help_option(stream, family, kind, option);
    }
}

/* The kinds that have an option, from `first` on: "adam, adamw"; "" if an earlier one has it; to be freed. */
static char *kinds_with(const char *family, int32_t first, const char *option) {
    char *names = cli_copy("");
    for (int32_t i = 0; i < pcil_kind_count(family); i++) {
        const char *kind = pcil_kind_name(family, i);
        if (!has_option(family, kind, option)) continue;
        if (i < first) return names;
        char *longer = cli_format("%s%s%s", names, *names ? ", " : "", kind);
        free(names);
        names = longer;
    }
    return names;
}

/* The options that a kind is the first to have but not all, under the names of those that have them. */
static void help_kind(FILE *stream, const char *family, int32_t index) {
    const char *kind = pcil_kind_name(family, index);
    char *header = cli_copy("");
    for (int32_t i = 0; i < pcil_option_count(family, kind); i++) {
        const char *option = pcil_option_name(family, kind, i);
        char *kinds = in_every_kind(family, option) ? cli_copy("") : kinds_with(family, index, option);
        if (*kinds && strcmp(kinds, header) != 0) fprintf(stream, "\nof %s %s:\n", family, kinds);
        if (*kinds) cli_help_option(stream, family, kind, option);
        free(header);
        header = kinds;
    }
    free(header);
}

static void help_family(FILE *stream, const char *family) {
    help_common(stream, family);
    for (int32_t i = 0; i < pcil_kind_count(family); i++) help_kind(stream, family, i);
}

void cli_settings_help(FILE *stream) {
    fputs("\nsettings for --set and configuration files, of the run:\n", stream);
    cli_help_options(stream, "run", "run");
    help_family(stream, "inference");
    help_family(stream, "optimizer");
}
