/* The registry of operations, and their text. */
#include "network/operation.h"

#include "base/text.h"
#include "network/network.h"

#include <stdio.h>
#include <string.h>

/* Large enough for a product to run at full speed, small enough to stay in a cache until the optimizer has read it. */
enum { LARGEST_PANEL = 256 };

static const struct pc_kind *const kinds[] = {
    &pc_dense.kind, &pc_conv.kind,       &pc_max_pool.kind, &pc_avg_pool.kind, &pc_identity.kind,
    &pc_relu.kind,  &pc_leaky_relu.kind, &pc_tanh.kind,     &pc_sigmoid.kind,  &pc_gelu.kind,
};

const struct pc_family pc_operation_family = {
    "operation", "operation", kinds, (int32_t)(sizeof kinds / sizeof kinds[0]), {NULL, 0}};

int64_t pc_shape_size(struct pc_shape shape) {
    int32_t plane, size;
    if (__builtin_mul_overflow(shape.height, shape.width, &plane)) return -1;
    if (__builtin_mul_overflow(plane, shape.channels, &size)) return -1;
    return size;
}

int64_t pc_operation_panel(const struct pc_operation *operation) {
    return operation->kind->whole_gradient || operation->rows < LARGEST_PANEL ? operation->rows : LARGEST_PANEL;
}

bool pc_read_size(const char *word, size_t length, int32_t *size) {
    int64_t value = 0;
    if (length == 0 || length > 10) return false;
    for (size_t i = 0; i < length; i++) {
        if (word[i] < '0' || word[i] > '9') return false;
        value = value * 10 + (word[i] - '0');
    }
    if (value < 1 || value > INT32_MAX) return false;
    *size = (int32_t)value;
    return true;
}

/* The next word from *text on, up to `end`; false if there is none. */
static bool next_word(const char **text, const char *end, const char **word, size_t *length) {
    while (*text < end && strchr(" \t\r\n", **text)) ++*text;
    *word = *text;
    while (*text < end && !strchr(" \t\r\n", **text)) ++*text;
    *length = (size_t)(*text - *word);
    return *length > 0;
}

enum { LONGEST_WORD = 64 };

/* Copies a word to be terminated; one that is too long to be any name stays recognisably wrong. */
static const char *terminated(char copy[LONGEST_WORD], const char *word, size_t length) {
    snprintf(copy, LONGEST_WORD, "%.*s", (int)(length < LONGEST_WORD ? length : LONGEST_WORD), word);
    return copy;
}

static pcil_status read_option(struct pc_operation *operation, struct pc_error *own, const char *word, size_t length) {
    char copy[LONGEST_WORD];
    struct pc_quote quote;
    if (length >= LONGEST_WORD)
        return pc_fail(own, PCIL_ERROR_FORMAT, "an option of more than %d bytes: '%s'", LONGEST_WORD - 1,
                       pc_quote_bytes(&quote, word, length));
    terminated(copy, word, length);
    char *equals = strchr(copy, '=');
    *equals = '\0';
    const struct pc_kind *kind = &operation->kind->kind;
    const struct pc_option *option = pc_option_find(kind->own, copy);
    if (option) return pc_option_parse(option, own, equals + 1, &operation->options[option - kind->own.options]);
    struct pc_text known = {0};
    pc_option_list(kind->own, &known);
    pcil_status status = pc_fail(own, PCIL_ERROR_FORMAT, "%s has no option '%s'; known: %s", kind->name,
                                 pc_quote(&quote, copy), known.bytes ? known.bytes : "(none)");
    pc_text_free(&known);
    return status;
}

static pcil_status read_words(struct pc_operation *operation, struct pc_error *own, const char *text, const char *end,
                              const char **where) {
    const char *word;
    size_t length;
    struct pc_quote quote;
    const struct pc_operation_kind *kind = operation->kind;
    for (int32_t place = 0; next_word(&text, end, &word, &length);) {
        *where = word;
        if (memchr(word, '=', length < LONGEST_WORD ? length : LONGEST_WORD - 1)) {
            pcil_status status = read_option(operation, own, word, length);
            if (status != PCIL_OK) return status;
        } else if (!kind->read(operation, place++, word, length)) {
            return pc_fail(own, PCIL_ERROR_FORMAT, "'%s' makes no sense here; expected: %s%s%s",
                           pc_quote_bytes(&quote, word, length), kind->kind.name, *kind->usage ? " " : "", kind->usage);
        }
    }
    return PCIL_OK;
}

pcil_status pc_operation_read(struct pc_operation *operation, struct pc_error *own, const char *text, size_t length,
                              const char **where) {
    const char *word, *end = text + length;
    size_t word_length;
    char name[LONGEST_WORD];
    const struct pc_kind *kind;
    *operation = (struct pc_operation){0};
    *where = text;
    if (!next_word(&text, end, &word, &word_length)) return pc_fail(own, PCIL_ERROR_FORMAT, "an operation is missing");
    *where = word;
    pcil_status status = pc_family_choose(&pc_operation_family, own, terminated(name, word, word_length), &kind);
    if (status != PCIL_OK) return status == PCIL_ERROR_ARGUMENT ? PCIL_ERROR_FORMAT : status;
    operation->kind = (const struct pc_operation_kind *)kind;
    for (int32_t i = 0; i < kind->own.count; i++) operation->options[i] = kind->own.options[i].initial;
    status = read_words(operation, own, text, end, where);
    return status == PCIL_ERROR_ARGUMENT ? PCIL_ERROR_FORMAT : status;
}

void pc_operation_print(const struct pc_operation *operation, struct pc_text *text) {
    const struct pc_kind *kind = &operation->kind->kind;
    pc_text_append(text, "%s", kind->name);
    operation->kind->print(operation, text);
    for (int32_t i = 0; i < kind->own.count; i++) {
        const struct pc_option *option = &kind->own.options[i];
        struct pc_option_text value;
        if (operation->options[i] == option->initial) continue;
        pc_text_append(text, " %s=%s", option->name, pc_option_format(option, operation->options[i], &value));
    }
}
