/* pcil recipes: the complete settings of runs, by name. */
#include "help.h"
#include "output.h"

#include <stdlib.h>

/* All settings of a recipe, as the library's JSON; NULL after a complaint. */
static char *settings_of(const char *recipe, int *code) {
    pcil_trainer *trainer = NULL;
    pcil_status status = pcil_trainer_create(&trainer);
    if (status == PCIL_OK) status = pcil_trainer_recipe(trainer, recipe);
    char *text = status == PCIL_OK ? cli_trainer_settings(trainer) : NULL;
    *code = status == PCIL_OK && !text ? cli_status(PCIL_ERROR_MEMORY) : cli_status(status);
    pcil_trainer_free(trainer);
    return text;
}

static int show(const char *recipe, bool json) {
    int code;
    char *text = settings_of(recipe, &code);
    if (!text) return code;
    if (!json) printf("%s: %s\n", recipe, pcil_kind_help("recipe", recipe));
    printf("%s\n", text);
    free(text);
    return CLI_DONE;
}

static int list(void) {
    for (int32_t i = 0; i < pcil_kind_count("recipe"); i++) {
        const char *name = pcil_kind_name("recipe", i);
        cli_put_row(stdout, 32, "", name, pcil_kind_help("recipe", name));
    }
    return CLI_DONE;
}

static int list_json(void) {
    json_t *array = cli_json_array();
    for (int32_t i = 0; i < pcil_kind_count("recipe"); i++) {
        json_t *object = cli_json_object();
        const char *name = pcil_kind_name("recipe", i);
        cli_json_set(object, "name", json_string(name));
        cli_json_set(object, "help", json_string(pcil_kind_help("recipe", name)));
        cli_json_append(array, object);
    }
    return cli_print_json(array);
}

static int run(const struct cli_arguments *arguments) {
    bool json = cli_has(arguments, "json");
    int code = cli_check_rest(arguments, "a recipe", 0, 1);
    if (code != CLI_DONE) return code;
    if (arguments->rests == 0) return json ? list_json() : list();
    return show(arguments->rest[0], json);
}

static const struct cli_option options[] = {{"json", NULL, "print as JSON", 0, 0}, {0}};

const struct cli_command cli_recipes = {.name = "recipes",
                                        .help = "lists the recipes, or shows all settings of one",
                                        .usage = "[NAME] [--json]",
                                        .options = options,
                                        .run = run};
