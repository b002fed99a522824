#include "file/npy.h"

#include <string.h>

static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

uint32_t pc_npy_length(const unsigned char begin[PC_NPY_BEGIN]) {
    if (memcmp(begin, magic, sizeof magic) != 0) return 0;
    return begin[8] | (uint32_t)begin[9] << 8;
}

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, const char *word) {
    size_t length = strlen(word);
    while (cursor->at < cursor->end && *cursor->at == ' ') cursor->at++;
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0) return false;
    cursor->at += length;
    return true;
}

/* An integer as Python writes it: no zeros before it. */
static bool take_integer(struct cursor *cursor, int64_t *value) {
    const char *begin = cursor->at;
    *value = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && *value <= INT32_MAX; cursor->at++)
        *value = *value * 10 + (*cursor->at - '0');
    return cursor->at > begin && *value <= INT32_MAX && (*begin != '0' || cursor->at == begin + 1);
}

static const char no_tuple[] = "shape is not a tuple of integers, such as (3,) or (3, 4)";

/* "()", "(3,)", "(3, 4)"; "(3)" is a number in brackets. */
static const char *parse_shape(struct cursor *cursor, struct pc_npy *npy) {
    bool separated = true;
    if (!take(cursor, "(")) return no_tuple;
    while (!take(cursor, ")")) {
        int64_t value;
        if (!separated) return no_tuple;
        if (npy->rank == PC_MOST_RANK) return "shape has more than 4 dimensions";
        if (!take_integer(cursor, &value)) return "a dimension is not an integer from 0 to 2147483647";
        npy->shape[npy->rank++] = value;
        separated = take(cursor, ",");
    }
    return npy->rank == 1 && !separated ? no_tuple : NULL;
}

static const char *parse_order(struct cursor *cursor, struct pc_npy *npy) {
    npy->reversed = take(cursor, "True");
    return npy->reversed || take(cursor, "False") ? NULL : "fortran_order is neither True nor False";
}

static const char *parse_type(struct cursor *cursor, struct pc_npy *npy) {
    (void)npy;
    return take(cursor, "'<f4'") ? NULL : "the dtype is not '<f4': save .astype('float32')";
}

const char *pc_npy_parse(const char *text, size_t size, struct pc_npy *npy) {
    enum { KEYS = 3 };
    static const char *const keys[KEYS] = {"'descr'", "'fortran_order'", "'shape'"};
    static const char *(*const parse[KEYS])(struct cursor *, struct pc_npy *) = {parse_type, parse_order, parse_shape};
    struct cursor cursor = {text, text + size};
    bool seen[KEYS] = {false};
    *npy = (struct pc_npy){0};
    if (!take(&cursor, "{")) return "its header is not a dictionary";
    for (int count = 0; count < KEYS; count++) {
        int key = 0;
        while (key < KEYS && (seen[key] || !take(&cursor, keys[key]))) key++;
        if (key == KEYS || !take(&cursor, ":")) return "its header has not exactly descr, fortran_order, shape";
        const char *problem = parse[key](&cursor, npy);
        if (problem) return problem;
        seen[key] = true;
        if (!take(&cursor, ",") && count < KEYS - 1) return "its header has not exactly descr, fortran_order, shape";
    }
    if (!take(&cursor, "}") || !take(&cursor, "\n") || cursor.at != cursor.end) return "its header does not end in '}'";
    return NULL;
}

void pc_npy_print(int32_t rank, const int64_t *shape, struct pc_text *text) {
    enum { ALIGNMENT = 64 };
    struct pc_text dictionary = {0};
    pc_text_append(&dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int32_t d = 0; d < rank; d++)
        pc_text_append(&dictionary, "%s%lld%s", d ? " " : "", (long long)shape[d],
                       d < rank - 1 || rank == 1 ? "," : "");
    pc_text_append(&dictionary, "), }");
    size_t whole = (PC_NPY_BEGIN + dictionary.length + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    unsigned length = (unsigned)(whole - PC_NPY_BEGIN);
    if (dictionary.failed) text->failed = true;
    /* a zero byte cannot be printed as part of a format */
    pc_text_append(text, "%.6s%c%c%c%c%-*s\n", (const char *)magic, 1, 0, (int)(length & 255), (int)(length >> 8),
                   (int)length - 1, dictionary.bytes ? dictionary.bytes : "");
    pc_text_free(&dictionary);
}
