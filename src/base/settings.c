#include "base/settings.h"

#include "base/memory.h"
#include "base/unknown.h"

#include <string.h>

static const struct pc_option *option_at(const struct pc_settings *settings, int32_t index) {
    int32_t own = index - settings->common.count;
    return own < 0 ? &settings->common.options[index] : &settings->own.options[own];
}

static int32_t option_count(const struct pc_settings *settings) {
    return settings->common.count + settings->own.count;
}

static void assign(struct pc_settings *settings, int32_t index, double value) {
    settings->value[index] = value;
    if (!option_at(settings, index)->each) return;
    for (int32_t e = 0; e < settings->elements; e++) settings->each[index * settings->elements + e] = value;
}

pcil_status pc_settings_create(struct pc_settings *settings, struct pc_error *own, const struct pc_family *family,
                               const struct pc_kind *kind, int32_t elements) {
    *settings = (struct pc_settings){.common = family->common, .own = kind->own, .elements = elements};
    int32_t count = option_count(settings);
    if (count > PC_MOST_OPTIONS)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "%s '%s' has more than %d options", family->noun, kind->name,
                       PC_MOST_OPTIONS);
    settings->each = pc_allocate((size_t)count * (size_t)elements, sizeof(double));
    if (!settings->each) return pc_fail_memory(own, "options");
    for (int32_t i = 0; i < count; i++) assign(settings, i, option_at(settings, i)->initial);
    return PCIL_OK;
}

void pc_settings_free(struct pc_settings *settings) {
    pc_release(settings->each);
    settings->each = NULL;
}

static pcil_status unknown_option(const struct pc_settings *settings, struct pc_error *own, const char *name) {
    struct pc_unknown unknown = {.name = name};
    for (int32_t i = 0; i < option_count(settings); i++) pc_unknown_add(&unknown, option_at(settings, i)->name);
    return pc_unknown_fail(&unknown, own, "option");
}

/* The element that "name.element" names. */
static pcil_status find_element(const struct pc_settings *settings, struct pc_error *own,
                                const struct pc_option *option, const char *text, int32_t *element) {
    double number;
    if (!option->each)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s' is one for all: leave out '.%s'", option->name, text);
    bool good = pc_parse_number(text, &number) && number >= 0 && number < settings->elements &&
                number == (double)(int32_t)number;
    struct pc_quote quote;
    if (!good)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "option '%s.%s': after the point stands 0 ... %d", option->name,
                       pc_quote(&quote, text), settings->elements - 1);
    *element = (int32_t)number;
    return PCIL_OK;
}

/* Finds the option and, behind a point, the element; element -1 means all. */
static pcil_status find(const struct pc_settings *settings, struct pc_error *own, const char *name, int32_t *index,
                        int32_t *element) {
    if (!name) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the option's name is NULL");
    size_t length = strcspn(name, ".");
    *element = -1;
    for (int32_t i = 0; i < option_count(settings); i++) {
        const struct pc_option *option = option_at(settings, i);
        if (strlen(option->name) != length || memcmp(option->name, name, length) != 0) continue;
        *index = i;
        return name[length] ? find_element(settings, own, option, name + length + 1, element) : PCIL_OK;
    }
    return unknown_option(settings, own, name);
}

static void put(struct pc_settings *settings, int32_t index, int32_t element, double value) {
    if (element < 0)
        assign(settings, index, value);
    else
        settings->each[index * settings->elements + element] = value;
}

pcil_status pc_settings_set(struct pc_settings *settings, struct pc_error *own, const char *name, double value) {
    int32_t index = 0, element = -1;
    pcil_status status = find(settings, own, name, &index, &element);
    if (status == PCIL_OK) status = pc_option_check(option_at(settings, index), own, value);
    if (status == PCIL_OK) put(settings, index, element, value);
    return status;
}

pcil_status pc_settings_set_text(struct pc_settings *settings, struct pc_error *own, const char *name,
                                 const char *text) {
    int32_t index = 0, element = -1;
    double value;
    if (!text) return pc_fail(own, PCIL_ERROR_ARGUMENT, "the option's value is NULL");
    pcil_status status = find(settings, own, name, &index, &element);
    if (status == PCIL_OK) status = pc_option_parse(option_at(settings, index), own, text, &value);
    if (status == PCIL_OK) put(settings, index, element, value);
    return status;
}

pcil_status pc_settings_get(const struct pc_settings *settings, const char *name, double *value) {
    int32_t index = 0, element = -1;
    if (!value) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the place for the option's value is NULL");
    pcil_status status = find(settings, NULL, name, &index, &element);
    if (status == PCIL_OK)
        *value = element < 0 ? settings->value[index] : settings->each[index * settings->elements + element];
    return status;
}

double pc_setting(const struct pc_settings *settings, int32_t index) {
    return settings->value[index];
}

double pc_own_setting(const struct pc_settings *settings, int32_t index) {
    return settings->value[settings->common.count + index];
}

double pc_setting_at(const struct pc_settings *settings, int32_t index, int32_t element) {
    return settings->each[index * settings->elements + element];
}

void pc_put_setting_at(struct pc_settings *settings, int32_t index, int32_t element, double value) {
    settings->each[index * settings->elements + element] = value;
}
