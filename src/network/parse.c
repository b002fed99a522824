/* Networks from text: "3x32x32; dense 1024; relu, dense 10; softmax". Stands on the builder calls. */
#include "base/text.h"
#include "network/output.h"
#include "network/structure.h"

#include <string.h>

enum { LONGEST_DESCRIPTION = 65536, SHOWN_BEFORE = 40, SHOWN_AFTER = 36 };

/* A piece of the description without the spaces around it. */
struct piece {
    const char *begin;
    size_t length;
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct piece trimmed(const char *begin, const char *end) {
    while (begin < end && is_space(*begin)) begin++;
    while (begin < end && is_space(end[-1])) end--;
    return (struct piece){begin, (size_t)(end - begin)};
}

/* Cuts the text up to the next `separator` or `end` off *text, which then is behind it, or NULL after the last piece.
 */
static struct piece cut(const char **text, const char *end, char separator) {
    const char *begin = *text;
    const char *found = memchr(begin, separator, (size_t)(end - begin));
    *text = found ? found + 1 : NULL;
    return trimmed(begin, found ? found : end);
}

/* Fails with `why`, the line around the mistake and a caret under it. */
static pcil_status point_at(const char *description, const char *where, pcil_status status, const char *why) {
    const char *begin = where - description > SHOWN_BEFORE ? where - SHOWN_BEFORE : description;
    size_t after = strlen(where) < SHOWN_AFTER ? strlen(where) : SHOWN_AFTER;
    struct pc_text line = {0};
    for (const char *c = begin; c < where + after; c++)
        pc_text_append(&line, "%c", *c >= 32 && *c < 127 ? *c : *c == '\n' || *c == '\t' ? ' ' : '?');
    struct pc_error reason;
    strncpy(reason.text, why, sizeof reason.text - 1);
    reason.text[sizeof reason.text - 1] = '\0';
    status = pc_fail(NULL, status, "network description, character %lld: %s\n  %s%s%s\n  %s%*s^",
                     (long long)(where - description) + 1, reason.text, begin > description ? "..." : "",
                     line.bytes ? line.bytes : "", where[after] ? "..." : "", begin > description ? "   " : "",
                     (int)(where - begin), "");
    pc_text_free(&line);
    return status;
}

/* Reads "3072" or "3x32x32". */
static bool read_input(struct piece piece, int32_t size[3]) {
    const char *text = piece.begin, *end = piece.begin + piece.length;
    int count = 0;
    size[1] = size[2] = 1;
    while (text && count < 3) {
        struct piece number = cut(&text, end, 'x');
        if (!pc_read_size(number.begin, number.length, &size[count++])) return false;
    }
    return !text && (count == 1 || count == 3);
}

static pcil_status add_input(pcil_network *network, const char *description, struct piece piece) {
    int32_t size[3];
    if (!read_input(piece, size))
        return point_at(description, piece.begin, PCIL_ERROR_FORMAT,
                        "the input's shape comes first, CHANNELSxHEIGHTxWIDTH or a number of features");
    pcil_status status = pcil_network_input(network, size[0], size[1], size[2]);
    return status == PCIL_OK ? status : point_at(description, piece.begin, status, pcil_last_error());
}

/* Reads "from 3". */
static bool read_from(struct piece piece, int32_t *from) {
    if (piece.length < 6 || memcmp(piece.begin, "from ", 5) != 0) return false;
    struct piece number = trimmed(piece.begin + 5, piece.begin + piece.length);
    bool zero = number.length == 1 && number.begin[0] == '0';
    if (zero) *from = 0;
    return zero || pc_read_size(number.begin, number.length, from);
}

static pcil_status add_operations(pcil_network *network, struct piece piece, const char **where) {
    const char *text = piece.begin, *end = piece.begin + piece.length;
    pcil_status status = PCIL_OK;
    while (status == PCIL_OK && text) {
        struct pc_operation operation;
        struct piece one = cut(&text, end, ',');
        status = pc_operation_read(&operation, NULL, one.begin, one.length, where);
        if (status == PCIL_OK) status = pc_network_add(network, &operation);
    }
    return status;
}

/* One more block to the newest node: "from 3: dense 10", or "from 3" for a plain copy. */
static pcil_status add_joined(pcil_network *network, struct piece piece, const char **where) {
    int32_t from;
    const char *text = piece.begin, *end = piece.begin + piece.length;
    *where = piece.begin;
    if (!read_from(cut(&text, end, ':'), &from))
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "after '+' comes another block of the node: from NODE[: OPERATIONS]");
    pcil_status status = pcil_network_join(network, from);
    if (status == PCIL_OK && text) status = add_operations(network, trimmed(text, end), where);
    if (status == PCIL_OK && !text) status = pcil_network_operation(network, "identity");
    return status == PCIL_OK ? pc_network_check_newest(network) : status;
}

/* All blocks to one node, joined by '+'. */
static pcil_status add_node(pcil_network *network, const char *description, struct piece piece) {
    const char *text = piece.begin, *end = piece.begin + piece.length, *where = piece.begin;
    pcil_status status = pcil_network_block(network);
    if (status == PCIL_OK) status = add_operations(network, cut(&text, end, '+'), &where);
    while (status == PCIL_OK && text) status = add_joined(network, cut(&text, end, '+'), &where);
    return status == PCIL_OK ? status : point_at(description, where, status, pcil_last_error());
}

/* The output kind that the piece names; NULL if it is a block. */
static const struct pc_kind *find_output(struct piece piece) {
    for (int32_t i = 0; i < pc_output_family.count; i++) {
        const char *name = pc_output_family.kinds[i]->name;
        if (strlen(name) == piece.length && memcmp(name, piece.begin, piece.length) == 0)
            return pc_output_family.kinds[i];
    }
    return NULL;
}

/* Before the weights are reserved: no more of them than the caller can prove. */
static pcil_status check_parameters(const pcil_network *network, int64_t most) {
    int64_t total = 0;
    for (int32_t b = 0; b < network->block_count; b++)
        if (__builtin_add_overflow(total, network->blocks[b].parameter_count, &total) || total > most)
            return pc_fail(NULL, PCIL_ERROR_FORMAT, "it describes more than %lld learned numbers", (long long)most);
    return PCIL_OK;
}

static pcil_status build(pcil_network *network, const char *description, int64_t most) {
    const char *text = description, *end = description + strlen(description);
    pcil_status status = add_input(network, description, cut(&text, end, ';'));
    while (status == PCIL_OK && text) {
        struct piece piece = cut(&text, end, ';');
        const struct pc_kind *output = text ? NULL : find_output(piece);
        status = output ? pcil_network_output(network, output->name) : add_node(network, description, piece);
    }
    if (status != PCIL_OK) return status;
    if (pcil_network_blocks(network) == 0)
        return point_at(description, end, PCIL_ERROR_FORMAT, "a network needs at least one block");
    status = check_parameters(network, most);
    return status == PCIL_OK ? pcil_network_finish(network) : status;
}

pcil_status pcil_network_parse(pcil_network **network, const char *description) {
    return pc_network_parse_bounded(network, description, INT64_MAX);
}

pcil_status pc_network_parse_bounded(pcil_network **network, const char *description, int64_t most_parameters) {
    if (!network || !description)
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the %s is NULL", network ? "description" : "place for the network");
    if (strnlen(description, LONGEST_DESCRIPTION + 1) > LONGEST_DESCRIPTION)
        return pc_fail(NULL, PCIL_ERROR_FORMAT, "a network description has at most %d bytes", LONGEST_DESCRIPTION);
    pcil_network *fresh;
    pcil_status status = pcil_network_create(&fresh);
    if (status != PCIL_OK) return status;
    status = build(fresh, description, most_parameters);
    if (status == PCIL_OK)
        *network = fresh;
    else
        pcil_network_free(fresh);
    return status;
}
