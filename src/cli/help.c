#include "help.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

const struct cli_exit cli_exits[] = {{"0", "done"},
                                     {"1", "failed at work"},
                                     {"2", "wrong use"},
                                     {"3", "numbers that diverged"},
                                     {"128+N", "ended by signal N after saving"},
                                     {0}};

/* Columns of the screen that a stream goes to; 0: not known, or no screen. What is written to memory has none. */
static int screen_width(FILE *stream) {
    struct winsize size;
    int64_t columns;
    const char *told = getenv("COLUMNS");
    if (fileno(stream) < 0) return 0;
    if (told && cli_parse_integer(told, 20, 10000, &columns)) return (int)columns;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Words from `column` of the line on, which go on at `indent` of the next where the screen ends. */
static void put_words(FILE *stream, int indent, int column, const char *text) {
    int width = screen_width(stream);
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (width && column > indent && column + 1 + length > width) column = fprintf(stream, "\n%*s", indent, "") - 1;
        column += fprintf(stream, "%s%.*s", column ? " " : "", length, text);
        text += length + (text[length] == ' ');
    }
    fputc('\n', stream);
}

void cli_put_text(FILE *stream, const char *text) {
    put_words(stream, 0, 0, text);
}

void cli_put_row(FILE *stream, int indent, const char *lead, const char *name, const char *text) {
    put_words(stream, indent, fprintf(stream, "%s%-*s", lead, indent - (int)strlen(lead), name), text);
}

static void put_row(FILE *stream, int indent, const char *name, const char *text) {
    cli_put_row(stream, indent, "  ", name, text);
}

static void usage(FILE *stream, const char *path, const char *usage) {
    const char *lead = "usage: ";
    while (*usage) {
        int length = (int)strcspn(usage, "\n");
        fprintf(stream, "%spcil %s%s%.*s\n", lead, path, length ? " " : "", length, usage);
        usage += length + (usage[length] == '\n');
        lead = "       ";
    }
}

static void list_commands(FILE *stream, const struct cli_command *const *commands) {
    fputs("\ncommands:\n", stream);
    for (; *commands; commands++) put_row(stream, 12, (*commands)->name, (*commands)->help);
}

static void list_options(FILE *stream, const struct cli_option *options) {
    fputs("\noptions:\n", stream);
    for (; options && options->name; options++) {
        char *name = cli_format("--%s%s%s", options->name, options->argument ? " " : "",
                                options->argument ? options->argument : "");
        put_row(stream, 26, name, options->help);
        free(name);
    }
    put_row(stream, 26, "--help", "this text");
}

static void help_top(FILE *stream, const struct cli_command *command) {
    fprintf(stream, "pcil %s: ", pcil_version());
    cli_put_text(stream, command->help);
    fputs("\nusage: pcil COMMAND [OPTION]...\n       pcil COMMAND --help\n       pcil --version [--json]\n", stream);
    list_commands(stream, command->commands);
    char *codes = cli_copy("exit codes:");
    for (const struct cli_exit *exit = cli_exits; exit->code; exit++) {
        char *longer = cli_format("%s%s %s %s", codes, exit == cli_exits ? "" : ",", exit->code, exit->meaning);
        free(codes);
        codes = longer;
    }
    fputc('\n', stream);
    cli_put_text(stream, codes);
    free(codes);
}

void cli_help_command(FILE *stream, const struct cli_command *command, const char *path) {
    if (!*path) {
        help_top(stream, command);
        return;
    }
    usage(stream, path, command->usage);
    fputc('\n', stream);
    cli_put_text(stream, command->help);
    if (command->commands)
        list_commands(stream, command->commands);
    else
        list_options(stream, command->options);
    if (command->more) command->more(stream);
}

/* Whole numbers in full, others short. */
static char *format_bound(double value) {
    return cli_format(value == floor(value) && fabs(value) < 1e16 ? "%.0f" : "%.6g", value);
}

/* "number 0 to 1", "sgd mq", ... and the default. */
static char *values_of(const char *family, const char *kind, const char *option) {
    const char *type, *initial, *words;
    double least, most;
    if (pcil_option_describe(family, kind, option, &type, &initial, &least, &most, &words, NULL) != PCIL_OK)
        return cli_copy("");
    const char *otherwise = *initial ? "; default " : "";
    if (strcmp(type, "word") == 0) return cli_format("%s%s%s", words, otherwise, initial);
    if (strcmp(type, "flag") == 0) return cli_format("0 or 1%s%s", otherwise, initial);
    if (strcmp(type, "text") == 0) return cli_format("text%s%s", otherwise, initial);
    char *from = format_bound(least), *to = format_bound(most);
    const char * or = *words ? " or " : "";
    char *text = cli_format("%s %s to %s%s%s%s%s", type, from, to, or, words, otherwise, initial);
    free(from);
    free(to);
    return text;
}

void cli_help_option(FILE *stream, const char *family, const char *kind, const char *option) {
    const char *help = "";
    char *values = values_of(family, kind, option);
    pcil_option_describe(family, kind, option, NULL, NULL, NULL, NULL, NULL, &help);
    char *text = cli_format("%s (%s)", help, values);
    put_row(stream, 20, option, text);
    free(text);
    free(values);
}

void cli_help_options(FILE *stream, const char *family, const char *kind) {
    for (int32_t i = 0; i < pcil_option_count(family, kind); i++)
        cli_help_option(stream, family, kind, pcil_option_name(family, kind, i));
}
