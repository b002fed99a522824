/* Taking a recipe: its settings, one by one, over those that stand. */
#include "training/recipes.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

/* One "name=value" of a list. */
static pcil_status take_setting(struct pc_choices *choices, struct pc_error *own, const char *setting, size_t length) {
    char text[64];
    if (length >= sizeof text) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a recipe's setting is too long");
    memcpy(text, setting, length);
    text[length] = '\0';
    char *value = strchr(text, '=');
    if (!value) return pc_fail(own, PCIL_ERROR_ARGUMENT, "a recipe's setting '%s' lacks '='", text);
    *value = '\0';
    return pc_choices_set(choices, own, text, value + 1, true);
}

static pcil_status take_list(struct pc_choices *choices, struct pc_error *own, const char *list) {
    pcil_status status = PCIL_OK;
    while (*list && status == PCIL_OK) {
        size_t length = strcspn(list, " ");
        status = take_setting(choices, own, list, length);
        list += length;
        list += strspn(list, " ");
    }
    return status;
}

static pcil_status take_recipe(struct pc_choices *choices, struct pc_error *own, const struct pc_recipe *recipe) {
    pcil_status status = pc_choices_set(choices, own, "recipe", recipe->kind.name, false);
    if (status == PCIL_OK) status = pc_choices_set(choices, own, "network", recipe->network, true);
    if (status == PCIL_OK) status = pc_choices_set(choices, own, "initialisation", "fan_in", true);
    return status == PCIL_OK ? take_list(choices, own, recipe->settings) : status;
}

pcil_status pc_recipe_take(struct pc_choices *choices, struct pc_error *own, const char *name) {
    const struct pc_kind *kind;
    struct pc_choices fresh = {0};
    pcil_status status = pc_family_choose(&pc_recipe_family, own, name, &kind);
    if (status == PCIL_OK) status = pc_choices_copy(&fresh, own, choices);
    if (status == PCIL_OK) status = take_recipe(&fresh, own, (const struct pc_recipe *)kind);
    if (status != PCIL_OK) {
        pc_choices_free(&fresh);
        return status;
    }
    pc_choices_free(choices);
    *choices = fresh;
    return PCIL_OK;
}
