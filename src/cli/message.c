/* Messages on stderr and the exit codes that go with them. */
#include "cli.h"
#include "plain.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_colours(FILE *stream) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (none && *none) return false;
    return isatty(fileno(stream)) && terminal && strcmp(terminal, "dumb") != 0;
}

/* Line by line, so that lines stay lines. */
static void put_safely(char *text) {
    for (char *line; (line = strsep(&text, "\n"));) {
        cli_put_plain(stderr, line, SIZE_MAX);
        fputc('\n', stderr);
    }
}

static void message(const char *format, va_list arguments) {
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) return;
    bool colours = cli_colours(stderr);
    fflush(stdout);
    fprintf(stderr, "%spcil:%s ", colours ? "\033[1;31m" : "", colours ? "\033[0m" : "");
    put_safely(text);
    free(text);
}

void cli_message(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(format, arguments);
    va_end(arguments);
}

int cli_wrong_use(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(format, arguments);
    va_end(arguments);
    return CLI_WRONG_USE;
}

int cli_failed(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    message(format, arguments);
    va_end(arguments);
    return CLI_FAILED;
}

int cli_output_lost(void) {
    if (errno == EPIPE) return 128 + SIGPIPE;
    return cli_failed("cannot write to standard output: %s", strerror(errno));
}

int cli_status(pcil_status status) {
    if (status == PCIL_OK) return CLI_DONE;
    cli_message("%s", pcil_last_error());
    if (status == PCIL_ERROR_DIVERGED) return CLI_DIVERGED;
    return status == PCIL_ERROR_ARGUMENT ? CLI_WRONG_USE : CLI_FAILED;
}
