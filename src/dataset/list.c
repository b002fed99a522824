#include "dataset/list.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

pcil_status pc_list_open(struct pc_list *list, const char *path) {
    list->content = (struct pc_bytes){0};
    list->path = path;
    list->next = 0;
    list->number = 0;
    return pc_file_read(NULL, path, PC_LIST_MOST, &list->content);
}

void pc_list_close(struct pc_list *list) {
    pc_bytes_free(&list->content);
}

pcil_status pc_list_fail(const struct pc_list *list, const char *expected) {
    struct pc_quote path, line;
    return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s', line %lld: '%s'; expected %s", pc_quote(&path, list->path),
                   (long long)list->number, pc_quote(&line, list->line), expected);
}

/* The length of the UTF-8 character at `text` by its first byte; 0 if it is none or a control character, of which
 * U+0080 to U+009F are some that terminals obey, too. */
static int character_length(const unsigned char *text) {
    unsigned char first = text[0];
    if (first == '\t' || (first >= 32 && first < 127)) return 1;
    int length = first >= 0xc2 && first < 0xe0   ? 2
                 : first >= 0xe0 && first < 0xf0 ? 3
                 : first >= 0xf0 && first < 0xf5 ? 4
                                                 : 0;
    for (int i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    bool overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    bool beyond = (first == 0xed && text[1] >= 0xa0) || (first == 0xf4 && text[1] >= 0x90);
    bool control = first == 0xc2 && text[1] < 0xa0;
    return overlong || beyond || control ? 0 : length;
}

/* The text ends with a zero byte, which ends every incomplete character. */
static bool is_clean(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int length = character_length(at);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

static pcil_status take_line(struct pc_list *list) {
    const char *begin = (const char *)list->content.bytes + list->next;
    uint64_t left = list->content.size - list->next;
    const char *end = memchr(begin, '\n', left);
    uint64_t length = end ? (uint64_t)(end - begin) : left;
    list->next += length + (end ? 1 : 0);
    list->number++;
    uint64_t kept = length < PC_LINE ? length : PC_LINE;
    memcpy(list->line, begin, kept);
    list->line[kept] = '\0';
    if (length > PC_LINE) return pc_list_fail(list, "a line of at most 4096 bytes");
    if (memchr(begin, '\0', length)) return pc_list_fail(list, "text without zero bytes");
    if (kept > 0 && list->line[kept - 1] == '\r') list->line[kept - 1] = '\0';
    return is_clean(list->line) ? PCIL_OK : pc_list_fail(list, "UTF-8 text without control characters");
}

pcil_status pc_list_next(struct pc_list *list, bool *more) {
    pcil_status status = PCIL_OK;
    list->line[0] = '\0';
    while (status == PCIL_OK && !list->line[0] && list->next < list->content.size) status = take_line(list);
    *more = status == PCIL_OK && list->line[0];
    return status;
}

static pcil_status take_names(struct pc_list *list, int32_t classes, char **names) {
    bool more = true;
    struct pc_quote quote;
    for (int32_t i = 0; i <= classes; i++) {
        pcil_status status = pc_list_next(list, &more);
        if (status != PCIL_OK) return status;
        if (more != (i < classes))
            return pc_fail(NULL, PCIL_ERROR_FORMAT, "'%s' holds %s than %d class names", pc_quote(&quote, list->path),
                           more ? "more" : "fewer", classes);
        if (more && !(names[i] = pc_copy_text(list->line))) return pc_fail_memory(NULL, "class names");
    }
    return PCIL_OK;
}

pcil_status pc_list_names(const char *path, int32_t classes, char ***names) {
    struct pc_list list;
    pcil_status status = pc_list_open(&list, path);
    if (status != PCIL_OK) return status;
    char **made = pc_allocate((size_t)classes, sizeof *made);
    status = made ? take_names(&list, classes, made) : pc_fail_memory(NULL, "class names");
    pc_list_close(&list);
    for (int32_t i = 0; made && status != PCIL_OK && i < classes; i++) pc_release(made[i]);
    if (status != PCIL_OK) pc_release(made);
    if (status == PCIL_OK) *names = made;
    return status;
}
