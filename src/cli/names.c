/* Names: the nearest known one, lists of them, the kinds of the registries. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 63 };

static int least(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Letters to change, add, drop or swap with a neighbour (optimal string alignment). */
static int distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    int table[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= n; i++) table[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++) table[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            table[i][j] = least(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && table[i - 2][j - 2] + 1 < table[i][j]) table[i][j] = table[i - 2][j - 2] + 1;
        }
    }
    return table[n][m];
}

static const char *nearest(const char *name, const char *const *known) {
    const char *best = NULL;
    int closest = LONGEST;
    for (; *known; known++) {
        int d = distance(name, *known);
        if (d < closest) best = *known;
        if (d < closest) closest = d;
    }
    size_t length = strlen(name);
    return best && closest <= 1 + (int)(length < strlen(best) ? length : strlen(best)) / 4 ? best : NULL;
}

static char *list(const char *const *names) {
    char *text = cli_copy("");
    for (; *names; names++) {
        char *longer = cli_format("%s%s%s", text, *text ? ", " : "", *names);
        free(text);
        text = longer;
    }
    return text;
}

int cli_unknown(const char *noun, const char *name, const char *const *known) {
    const char *near = nearest(name, known);
    char *names = list(known);
    cli_message("unknown %s '%.100s'%s%s%s; known: %s", noun, name, near ? ", did you mean '" : "", near ? near : "",
                near ? "'?" : "", names);
    free(names);
    return CLI_WRONG_USE;
}

static const char **kind_names(const char *family) {
    int32_t count = pcil_kind_count(family);
    const char **names = cli_allocate((size_t)(count < 0 ? 0 : count) + 1, sizeof *names);
    for (int32_t i = 0; i < count; i++) names[i] = pcil_kind_name(family, i);
    return names;
}

int cli_check_kind(const char *family, const char *noun, const char *kind) {
    if (pcil_kind_help(family, kind)) return CLI_DONE;
    const char **names = kind_names(family);
    int code = cli_unknown(noun, kind, names);
    free(names);
    return code;
}
