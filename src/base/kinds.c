#include "base/kinds.h"

#include "base/unknown.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct pc_kind *pc_family_find(const struct pc_family *family, const char *name) {
    for (int32_t i = 0; i < family->count; i++)
        if (strcmp(family->kinds[i]->name, name) == 0) return family->kinds[i];
    return NULL;
}

pcil_status pc_family_choose(const struct pc_family *family, struct pc_error *own, const char *name,
                             const struct pc_kind **kind) {
    if (!name) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the %s's name is NULL", family->noun);
    const struct pc_kind *found = pc_family_find(family, name);
    if (found) {
        *kind = found;
        return PCIL_OK;
    }
    struct pc_unknown unknown = {.name = name};
    for (int32_t i = 0; i < family->count; i++) pc_unknown_add(&unknown, family->kinds[i]->name);
    return pc_unknown_fail(&unknown, own, family->noun);
}

const struct pc_option *pc_option_find(struct pc_option_table table, const char *name) {
    for (int32_t i = 0; i < table.count; i++)
        if (strcmp(table.options[i].name, name) == 0) return &table.options[i];
    return NULL;
}

const char *pc_option_type_name(enum pc_option_type type) {
    static const char *const names[] = {"number", "integer", "flag", "word", "text"};
    return names[type];
}

/* Finds word `index` of a list separated by spaces; false if there are fewer. */
static bool word_at(const char *words, int index, const char **begin, size_t *length) {
    while (*words) {
        *begin = words;
        *length = strcspn(words, " ");
        if (index-- == 0) return true;
        words += *length;
        words += strspn(words, " ");
    }
    return false;
}

pcil_status pc_option_check(const struct pc_option *option, struct pc_error *own, double value) {
    struct pc_number number, least, most;
    const char *begin;
    size_t length;
    pc_format_number(&number, value);
    bool whole = isfinite(value) && value == floor(value);
    switch (option->type) {
    case PC_TEXT:
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is a text, not a number", option->name);
    case PC_WORD:
        if (whole && value >= 0 && value < 1000 && word_at(option->words, (int)value, &begin, &length)) return PCIL_OK;
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is one of: %s; not the number %s", option->name,
                       option->words, number.text);
    case PC_FLAG:
        if (value == 0 || value == 1) return PCIL_OK;
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is 0 or 1, not %s", option->name, number.text);
    case PC_INTEGER:
    case PC_NUMBER:
        break;
    }
    bool integer = option->type == PC_INTEGER;
    if (isfinite(value) && (whole || !integer) && value >= option->least && value <= option->most) return PCIL_OK;
    return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is %s from %s to %s%s%s, not %s", option->name,
                   integer ? "an integer" : "a number", pc_format_number(&least, option->least),
                   pc_format_number(&most, option->most), integer && option->words ? " or " : "",
                   integer && option->words ? option->words : "", number.text);
}

static bool find_word(const struct pc_option *option, const char *text, double *value) {
    const char *begin;
    size_t length;
    for (int i = 0; word_at(option->words, i, &begin, &length); i++) {
        if (strlen(text) != length || memcmp(text, begin, length) != 0) continue;
        *value = i;
        return true;
    }
    return false;
}

pcil_status pc_option_parse(const struct pc_option *option, struct pc_error *own, const char *text, double *value) {
    struct pc_quote quote;
    double number;
    if (option->type == PC_WORD) {
        if (find_word(option, text, value)) return PCIL_OK;
        bool refused = option->refused && strcmp(text, option->refused) == 0;
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is one of: %s; not '%s'%s%s", option->name, option->words,
                       pc_quote(&quote, text), refused ? ": " : "", refused ? option->why : "");
    }
    if (option->type == PC_INTEGER && option->words && strcmp(text, option->words) == 0) {
        *value = -1;
        return PCIL_OK;
    }
    if (option->type == PC_FLAG && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        *value = text[0] == 't';
        return PCIL_OK;
    }
    if (!pc_parse_number(text, &number))
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' needs %s, not '%s'", option->name,
                       option->type == PC_FLAG ? "0 or 1" : "a number", pc_quote(&quote, text));
    pcil_status status = pc_option_check(option, own, number);
    if (status == PCIL_OK) *value = number;
    return status;
}

const char *pc_option_format(const struct pc_option *option, double value, struct pc_option_text *text) {
    const char *begin;
    size_t length;
    struct pc_number number;
    if (option->type == PC_WORD && word_at(option->words, (int)value, &begin, &length))
        snprintf(text->text, sizeof text->text, "%.*s", (int)length, begin);
    else if (option->type == PC_INTEGER && option->words && value == -1)
        snprintf(text->text, sizeof text->text, "%s", option->words);
    else
        snprintf(text->text, sizeof text->text, "%s", pc_format_number(&number, value));
    return text->text;
}

void pc_option_list(struct pc_option_table table, struct pc_text *names) {
    for (int32_t i = 0; i < table.count; i++)
        pc_text_append(names, "%s%s", names->length ? ", " : "", table.options[i].name);
}
