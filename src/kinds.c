/* The listing of all families, their kinds and their options. */
#include "base/kinds.h"

#include "base/text.h"
#include "dataset/dataset.h"
#include "energy/energy.h"
#include "file/formats.h"
#include "inference/inference.h"
#include "linalg/backend.h"
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "training/recipes.h"

#include <string.h>

static const struct pc_family *const families[] = {
    &pc_operation_family, &pc_output_family,  &pc_initialisation_family, &pc_inference_family,
    &pc_optimizer_family, &pc_dataset_family, &pc_recipe_family,         &pc_run_family,
    &pc_format_family,    &pc_backend_family,
};

int32_t pcil_family_count(void) {
    return (int32_t)(sizeof families / sizeof families[0]);
}

const char *pcil_family_name(int32_t index) {
    return index >= 0 && index < pcil_family_count() ? families[index]->name : NULL;
}

static const struct pc_family *find_family(const char *name) {
    for (int32_t i = 0; name && i < pcil_family_count(); i++)
        if (strcmp(families[i]->name, name) == 0) return families[i];
    return NULL;
}

static const struct pc_kind *find_kind(const struct pc_family *family, const char *name) {
    return family && name ? pc_family_find(family, name) : NULL;
}

int32_t pcil_kind_count(const char *family) {
    const struct pc_family *found = find_family(family);
    return found ? found->count : -1;
}

const char *pcil_kind_name(const char *family, int32_t index) {
    const struct pc_family *found = find_family(family);
    return found && index >= 0 && index < found->count ? found->kinds[index]->name : NULL;
}

const char *pcil_kind_help(const char *family, const char *kind) {
    const struct pc_kind *found = find_kind(find_family(family), kind);
    return found ? found->help : NULL;
}

int32_t pcil_option_count(const char *family, const char *kind) {
    const struct pc_family *of = find_family(family);
    const struct pc_kind *found = find_kind(of, kind);
    return found ? of->common.count + found->own.count : -1;
}

/* The family's options come first. */
static const struct pc_option *option_at(const struct pc_family *family, const struct pc_kind *kind, int32_t index) {
    if (index < 0) return NULL;
    if (index < family->common.count) return &family->common.options[index];
    index -= family->common.count;
    return index < kind->own.count ? &kind->own.options[index] : NULL;
}

const char *pcil_option_name(const char *family, const char *kind, int32_t index) {
    const struct pc_family *of = find_family(family);
    const struct pc_kind *found = find_kind(of, kind);
    const struct pc_option *option = found ? option_at(of, found, index) : NULL;
    return option ? option->name : NULL;
}

static pcil_status find_option(const char *family, const char *kind, const char *name,
                               const struct pc_option **option) {
    const struct pc_family *of = find_family(family);
    const struct pc_kind *found = NULL;
    struct pc_quote quote;
    if (!of)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "unknown family '%s'", family ? pc_quote(&quote, family) : "NULL");
    pcil_status status = pc_family_choose(of, NULL, kind, &found);
    if (status != PCIL_OK) return status;
    *option = name ? pc_option_find(of->common, name) : NULL;
    if (name && !*option) *option = pc_option_find(found->own, name);
    if (*option) return PCIL_OK;
    return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "%s '%s' has no option '%s'", of->noun, kind,
                   name ? pc_quote(&quote, name) : "NULL");
}

/* Defaults are numbers in the tables; each thread has one place for the latest as text. */
static const char *initial_text(const struct pc_option *option) {
    static _Thread_local struct pc_option_text text;
    return option->type == PC_TEXT ? option->words : pc_option_format(option, option->initial, &text);
}

pcil_status pcil_option_describe(const char *family, const char *kind, const char *option, const char **type,
                                 const char **initial, double *least, double *most, const char **words,
                                 const char **help) {
    const struct pc_option *found;
    pcil_status status = find_option(family, kind, option, &found);
    if (status != PCIL_OK) return status;
    bool ranged = found->type == PC_NUMBER || found->type == PC_INTEGER;
    if (type) *type = pc_option_type_name(found->type);
    if (initial) *initial = initial_text(found);
    if (least) *least = ranged ? found->least : 0;
    if (most) *most = ranged ? found->most : 0;
    if (words) *words = found->words && found->type != PC_TEXT ? found->words : "";
    if (help) *help = found->help;
    return PCIL_OK;
}
