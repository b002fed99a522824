#include "training/choices.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static size_t base_length(const char *name) {
    return strcspn(name, ".");
}

static bool is_base(const char *name, const char *option) {
    size_t length = base_length(name);
    return strlen(option) == length && memcmp(name, option, length) == 0;
}

static void release_choice(struct pc_choice *choice) {
    pc_release(choice->name);
    pc_release(choice->value);
}

void pc_choices_free(struct pc_choices *choices) {
    for (int32_t i = 0; i < choices->count; i++) release_choice(&choices->list[i]);
    pc_release(choices->list);
    pc_release(choices->rows);
    *choices = (struct pc_choices){0};
}

/* The row of a name, by FNV-1a: a hostile file has thousands of settings, each of which is looked for. */
static int32_t *row_of(const struct pc_choices *choices, const char *name) {
    uint32_t hash = 0x811c9dc5u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 0x01000193u;
    return &choices->rows[hash % (uint32_t)choices->capacity];
}

static void link_choice(struct pc_choices *choices, int32_t place) {
    int32_t *row = row_of(choices, choices->list[place].name);
    choices->list[place].next = *row;
    *row = place;
}

static void link_all(struct pc_choices *choices) {
    for (int32_t i = 0; i < choices->capacity; i++) choices->rows[i] = -1;
    for (int32_t i = 0; i < choices->count; i++) link_choice(choices, i);
}

static struct pc_choice *find(const struct pc_choices *choices, const char *name) {
    int32_t place = choices->count > 0 ? *row_of(choices, name) : -1;
    while (place >= 0 && strcmp(choices->list[place].name, name) != 0) place = choices->list[place].next;
    return place >= 0 ? &choices->list[place] : NULL;
}

static bool make_room(struct pc_choices *choices) {
    if (choices->count < choices->capacity) return true;
    int32_t capacity = choices->capacity * 2 + 16;
    int32_t *rows = pc_allocate((size_t)capacity, sizeof *rows);
    struct pc_choice *list =
        rows ? pc_reallocate(choices->list, (size_t)choices->count * sizeof *list, (size_t)capacity, sizeof *list)
             : NULL;
    if (!list) {
        pc_release(rows);
        return false;
    }
    pc_release(choices->rows);
    choices->rows = rows;
    choices->list = list;
    choices->capacity = capacity;
    link_all(choices);
    return true;
}

/* Forgets name.0, name.1, ... */
static void forget_indexed(struct pc_choices *choices, const char *name) {
    int32_t kept = 0, count = choices->count;
    for (int32_t i = 0; i < count; i++) {
        struct pc_choice *choice = &choices->list[i];
        if (is_base(choice->name, name) && strcmp(choice->name, name) != 0)
            release_choice(choice);
        else
            choices->list[kept++] = *choice;
    }
    choices->count = kept;
    if (kept < count) link_all(choices);
}

static pcil_status put(struct pc_choices *choices, struct pc_error *own, const char *name, const char *value,
                       bool lapses) {
    struct pc_choice choice = {.name = pc_copy_text(name), .value = pc_copy_text(value), .lapses = lapses};
    if (!choice.name || !choice.value || !make_room(choices)) {
        release_choice(&choice);
        return pc_fail_memory(own, "a setting");
    }
    if (!name[base_length(name)]) forget_indexed(choices, name);
    struct pc_choice *old = find(choices, name);
    if (old) {
        choice.next = old->next;
        release_choice(old);
        *old = choice;
    } else {
        choices->list[choices->count] = choice;
        link_choice(choices, choices->count++);
    }
    return PCIL_OK;
}

pcil_status pc_choices_copy(struct pc_choices *to, struct pc_error *own, const struct pc_choices *from) {
    struct pc_choices copy = {0};
    pcil_status status = PCIL_OK;
    for (int32_t i = 0; i < from->count && status == PCIL_OK; i++)
        status = put(&copy, own, from->list[i].name, from->list[i].value, from->list[i].lapses);
    if (status == PCIL_OK)
        *to = copy;
    else
        pc_choices_free(&copy);
    return status;
}

/* Settings are written as JSON, so their texts are UTF-8. */
static pcil_status check_utf8(struct pc_error *own, const char *name, const char *text) {
    errno = 0;
    json_t *string = json_string(text);
    json_decref(string);
    if (string) return PCIL_OK;
    return errno == ENOMEM ? pc_fail_memory(own, "a setting")
                           : pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s': the text is not UTF-8", name);
}

static pcil_status check_text(struct pc_error *own, const char *name, const char *value) {
    pcil_status status = check_utf8(own, name, value);
    const struct pc_family *family = pc_run_option_family(name);
    const struct pc_kind *kind;
    if (status != PCIL_OK) return status;
    if (!family || !*value) return PCIL_OK;
    return pc_family_choose(family, own, value, &kind);
}

/* Behind the point stands an index; whether the network has as many blocks or nodes shows later. */
static pcil_status check_index(struct pc_error *own, const struct pc_option *option, const char *name) {
    const char *index = name + base_length(name);
    struct pc_quote quote;
    if (!*index) return PCIL_OK;
    if (!option->each)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is one for all: leave out '%s'", option->name,
                       pc_quote(&quote, index));
    size_t digits = strspn(index + 1, "0123456789");
    bool plain = digits == 1 || index[1] != '0';
    if (plain && digits > 0 && digits <= 4 && index[1 + digits] == '\0') return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_ARGUMENT,
                   "option '%s': after the point stands a block's or node's number, 0 to 9999, without zeros before it",
                   pc_quote(&quote, name));
}

/* Checks one value by one option, and writes it as the library would. */
static pcil_status read_value(struct pc_error *own, const struct pc_option *option, const char *name, const char *value,
                              struct pc_option_text *space, const char **read) {
    double number;
    *read = value;
    pcil_status status = check_index(own, option, name);
    if (status != PCIL_OK) return status;
    if (option->type == PC_TEXT) return check_text(own, option->name, value);
    status = pc_option_parse(option, own, value, &number);
    if (status == PCIL_OK) *read = pc_option_format(option, number, space);
    return status;
}

/* An option that several kinds have must be right for one of them; for which shows when the run is prepared. */
pcil_status pc_choices_set(struct pc_choices *choices, struct pc_error *own, const char *name, const char *value,
                           bool lapses) {
    struct pc_owned_option owned;
    bool known = false;
    pcil_status status = PCIL_OK;
    if (!name || !value) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the option's %s is NULL", name ? "value" : "name");
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++) {
        struct pc_option_text space;
        const char *read;
        if (!is_base(name, owned.option->name)) continue;
        known = true;
        status = read_value(own, owned.option, name, value, &space, &read);
        if (status == PCIL_OK) return put(choices, own, name, read, lapses);
    }
    return known ? status : pc_unknown_run_option(own, name);
}

const char *pc_choices_find(const struct pc_choices *choices, const char *name) {
    const struct pc_choice *found = find(choices, name);
    return found ? found->value : NULL;
}

static const struct pc_option *run_option(const char *name) {
    return pc_option_find(pc_run_family.kinds[0]->own, name);
}

const char *pc_choice_text(const struct pc_choices *choices, const char *name) {
    const char *chosen = pc_choices_find(choices, name);
    return chosen && *chosen ? chosen : run_option(name)->words;
}

double pc_choice_number(const struct pc_choices *choices, const char *name) {
    const struct pc_option *option = run_option(name);
    const char *chosen = pc_choices_find(choices, name);
    double value = option->initial;
    if (chosen) pc_option_parse(option, NULL, chosen, &value);
    return value;
}

const struct pc_kind *pc_chosen_kind(const struct pc_choices *choices, const struct pc_family *family) {
    if (family == &pc_run_family) return family->kinds[0];
    return pc_family_find(family, pc_choice_text(choices, family->name));
}

pcil_status pc_choices_get(const struct pc_choices *choices, const char *name, struct pc_option_text *space,
                           const char **value) {
    struct pc_owned_option owned, best = {.option = NULL};
    if (!name) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the option's name is NULL");
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++) {
        if (!is_base(name, owned.option->name)) continue;
        if (!best.option || pc_option_applies(&owned, pc_chosen_kind(choices, owned.family))) best = owned;
    }
    if (!best.option) return pc_unknown_run_option(NULL, name);
    *value = pc_choices_find(choices, name);
    if (!*value) *value = pc_choices_find(choices, best.option->name);
    if (!*value || (best.option->type == PC_TEXT && !**value)) *value = pc_option_default(best.option, space);
    return PCIL_OK;
}
