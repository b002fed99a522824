/* Memory and texts. The command has nothing to save when memory ends, so it ends too. */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory) {
    if (memory) return memory;
    cli_message("no memory");
    exit(CLI_FAILED);
}

void *cli_allocate(size_t count, size_t size) {
    return checked(calloc(count ? count : 1, size));
}

char *cli_copy(const char *text) {
    return checked(strdup(text));
}

char *cli_format(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return checked(length < 0 ? NULL : text);
}

char *cli_join(const char *folder, const char *name) {
    size_t length = strlen(folder);
    return cli_format("%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
}
