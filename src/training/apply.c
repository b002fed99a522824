/* From choices to the options of chosen kinds. */
#include "base/text.h"
#include "training/trainer.h"

#include <string.h>

static bool is_of(const struct pc_choice *choice, const struct pc_option *option) {
    size_t length = strcspn(choice->name, ".");
    return strlen(option->name) == length && memcmp(option->name, choice->name, length) == 0;
}

/* Whether a choice names an option of the chosen kind of a family; `other` receives another kind that has it. */
static bool belongs(const struct pc_choice *choice, const struct pc_choices *choices, const struct pc_family *family,
                    struct pc_owned_option *other) {
    struct pc_owned_option owned;
    const struct pc_kind *kind = pc_chosen_kind(choices, family);
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++) {
        if (owned.family != family || !is_of(choice, owned.option)) continue;
        if (pc_option_applies(&owned, kind)) return true;
        *other = owned;
    }
    return false;
}

static pcil_status fail_other_kind(struct pc_error *own, const struct pc_choice *choice, const struct pc_family *family,
                                   const char *chosen) {
    struct pc_text owners = {0};
    struct pc_owned_option owned;
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++)
        if (owned.family == family && owned.kind && is_of(choice, owned.option))
            pc_text_append(&owners, "%s%s", owners.length ? ", " : "", owned.kind->name);
    pcil_status status =
        pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' belongs to %s=%s, but the run has %s=%s: leave it out",
                choice->name, family->name, owners.bytes && !owners.failed ? owners.bytes : "?", family->name, chosen);
    pc_text_free(&owners);
    return status;
}

static pcil_status check_choice(const struct pc_choices *choices, struct pc_error *own,
                                const struct pc_choice *choice) {
    struct pc_owned_option other = {.family = &pc_run_family};
    for (int32_t f = 0; f < PC_RUN_FAMILIES; f++)
        if (belongs(choice, choices, pc_run_families[f], &other)) return PCIL_OK;
    if (choice->lapses) return PCIL_OK;
    return fail_other_kind(own, choice, other.family, pc_chosen_kind(choices, other.family)->name);
}

pcil_status pc_choices_check_kinds(const struct pc_choices *choices, struct pc_error *own) {
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < choices->count && status == PCIL_OK; i++)
        status = check_choice(choices, own, &choices->list[i]);
    return status;
}

pcil_status pc_choices_apply(const struct pc_choices *choices, struct pc_error *own, const struct pc_family *family,
                             void *handle, pc_take_option take) {
    struct pc_owned_option other;
    for (int32_t i = 0; i < choices->count; i++) {
        const struct pc_choice *choice = &choices->list[i];
        if (!belongs(choice, choices, family, &other)) continue;
        pcil_status status = take(handle, choice->name, choice->value);
        if (status != PCIL_OK) return pc_fail_again(own, status);
    }
    return PCIL_OK;
}
