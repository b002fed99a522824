/* Settings out of JSON files and into them. */
#include "base/memory.h"
#include "base/text.h"
#include "file/file.h"
#include "file/json.h"
#include "training/choices.h"
#include "training/recipes.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIG_MOST = 1 << 20 };

static const char version_key[] = "pcil_version";

/* A JSON value as the text of an option; NULL if no option is written so. */
static const char *value_text(const json_t *value, struct pc_number *number) {
    if (json_is_string(value)) return json_string_value(value);
    if (json_is_boolean(value)) return json_is_true(value) ? "1" : "0";
    if (json_is_real(value)) return pc_format_number(number, json_real_value(value));
    if (!json_is_integer(value)) return NULL;
    snprintf(number->text, sizeof number->text, "%lld", (long long)json_integer_value(value));
    return number->text;
}

static pcil_status take_value(struct pc_choices *choices, struct pc_error *own, const char *name, const json_t *value) {
    struct pc_number number;
    const char *text = value_text(value, &number);
    struct pc_quote quote;
    if (text) return pc_choices_set(choices, own, name, text, false);
    return pc_fail(own, PCIL_ERROR_ARGUMENT, "'%s' is neither number, text, true nor false", pc_quote(&quote, name));
}

static pcil_status take_array(struct pc_choices *choices, struct pc_error *own, const char *key, json_t *array) {
    size_t index;
    json_t *value;
    pcil_status status = PCIL_OK;
    struct pc_quote quote;
    if (json_array_size(array) == 0)
        return pc_fail(own, PCIL_ERROR_ARGUMENT, "'%s' is an empty array", pc_quote(&quote, key));
    json_array_foreach (array, index, value) {
        struct pc_text name = {0};
        pc_text_append(&name, "%s.%zu", key, index);
        status = name.failed ? pc_fail_memory(own, "a setting") : take_value(choices, own, name.bytes, value);
        pc_text_free(&name);
        if (status != PCIL_OK) break;
    }
    return status;
}

static pcil_status take_key(struct pc_choices *choices, struct pc_error *own, const char *key, json_t *value) {
    if (strcmp(key, "recipe") == 0) return PCIL_OK;
    if (strcmp(key, version_key) != 0)
        return json_is_array(value) ? take_array(choices, own, key, value) : take_value(choices, own, key, value);
    return json_is_string(value) ? PCIL_OK : pc_fail(own, PCIL_ERROR_ARGUMENT, "'%s' is not a text", version_key);
}

/* The recipe first, whatever its place, so that the file's other settings stand over it. */
static pcil_status take_recipe(struct pc_choices *choices, struct pc_error *own, json_t *root) {
    json_t *recipe = json_object_get(root, "recipe");
    if (!recipe) return PCIL_OK;
    if (!json_is_string(recipe)) return pc_fail(own, PCIL_ERROR_ARGUMENT, "'recipe' is not a text");
    return *json_string_value(recipe) ? pc_recipe_take(choices, own, json_string_value(recipe)) : PCIL_OK;
}

static pcil_status take_all(struct pc_choices *choices, struct pc_error *own, json_t *root) {
    const char *key;
    json_t *value;
    pcil_status status = take_recipe(choices, own, root);
    json_object_foreach (root, key, value) {
        if (status == PCIL_OK) status = take_key(choices, own, key, value);
    }
    return status;
}

pcil_status pc_choices_load(struct pc_choices *choices, struct pc_error *own, const char *path) {
    struct pc_bytes bytes;
    struct pc_quote quote;
    pcil_status status = pc_file_read(own, path, CONFIG_MOST, &bytes);
    if (status != PCIL_OK) return status;
    char what[sizeof quote.text + 2];
    snprintf(what, sizeof what, "'%s'", pc_quote(&quote, path));
    status = pc_choices_parse(choices, own, what, (const char *)bytes.bytes, (size_t)bytes.size);
    pc_bytes_free(&bytes);
    return status;
}

pcil_status pc_choices_parse(struct pc_choices *choices, struct pc_error *own, const char *what, const char *text,
                             size_t size) {
    const struct pc_json_limits limits = {.depth = 2, .values = 100000};
    struct pc_choices fresh = {0};
    json_t *root = NULL;
    pcil_status status = pc_json_parse(own, what, text, size, limits, &root);
    if (status == PCIL_OK) status = pc_choices_copy(&fresh, own, choices);
    if (status == PCIL_OK) status = take_all(&fresh, own, root);
    if (status == PCIL_ERROR_ARGUMENT && root)
        status = pc_fail(own, PCIL_ERROR_FORMAT, "%s: %s", what, pcil_last_error());
    json_decref(root);
    if (status != PCIL_OK) {
        pc_choices_free(&fresh);
        return status;
    }
    pc_choices_free(choices);
    *choices = fresh;
    return PCIL_OK;
}

static void write_text(struct pc_text *json, const char *text) {
    json_t *string = json_string(text);
    char *quoted = string ? pc_json_dump(string, JSON_ENCODE_ANY) : NULL;
    if (quoted)
        pc_text_append(json, "%s", quoted);
    else
        json->failed = true;
    free(quoted);
    json_decref(string);
}

static void write_setting(struct pc_text *json, const char *name, const struct pc_option *option, const char *value) {
    pc_text_append(json, ",\n  \"%s\": ", name);
    bool word = option->type == PC_INTEGER && option->words && strcmp(value, option->words) == 0;
    if (option->type == PC_TEXT || option->type == PC_WORD || word)
        write_text(json, value);
    else if (option->type == PC_FLAG)
        pc_text_append(json, "%s", strcmp(value, "0") == 0 ? "false" : "true");
    else
        pc_text_append(json, "%s", value);
}

/* The settings per block or node that stand beside an option's one for all. */
static void write_indexed(const struct pc_choices *choices, struct pc_text *json, const struct pc_option *option) {
    size_t length = strlen(option->name);
    for (int32_t i = 0; i < choices->count; i++) {
        const struct pc_choice *choice = &choices->list[i];
        if (strncmp(choice->name, option->name, length) == 0 && choice->name[length] == '.')
            write_setting(json, choice->name, option, choice->value);
    }
}

void pc_choices_write(const struct pc_choices *choices, struct pc_text *json, bool with_out) {
    struct pc_owned_option owned;
    pc_text_append(json, "{\n  \"%s\": ", version_key);
    write_text(json, pcil_version());
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++) {
        struct pc_option_text space;
        const char *value = pc_choices_find(choices, owned.option->name);
        if (!pc_option_applies(&owned, pc_chosen_kind(choices, owned.family))) continue;
        if (!with_out && strcmp(owned.option->name, "out") == 0) continue;
        if (!value || (owned.option->type == PC_TEXT && !*value)) value = pc_option_default(owned.option, &space);
        write_setting(json, owned.option->name, owned.option, value);
        write_indexed(choices, json, owned.option);
    }
    pc_text_append(json, "\n}\n");
}
