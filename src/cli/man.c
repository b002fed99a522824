/* Manual pages, written from the tables that the help is made of, in the mdoc language. */
#include "help.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char released[] = "November 25, 2026"; /* the day that version 0.1.0 carries */

/* Text between macros: a dash stays a dash, and no line begins with what would be taken for a request. */
static void put_text(FILE *stream, const char *text, int length) {
    if (length > 0 && (*text == '.' || *text == '\'')) fputs("\\&", stream);
    for (int i = 0; i < length; i++) {
        if (text[i] == '\\')
            fputs("\\e", stream);
        else if (text[i] == '-')
            fputs("\\-", stream);
        else
            fputc(text[i], stream);
    }
    fputc('\n', stream);
}

static void put_line(FILE *stream, const char *text) {
    put_text(stream, text, (int)strlen(text));
}

/* The words that a page is called by: "pcil-data" of "data verify". */
static char *page_name(const char *path) {
    int length = (int)strcspn(path, " ");
    return cli_format("pcil%s%.*s", length ? "-" : "", length, path);
}

static void put_head(FILE *stream, const char *path, const char *help) {
    char *name = page_name(path), *title = cli_copy(name);
    for (char *letter = title; *letter; letter++) *letter = (char)toupper((unsigned char)*letter);
    fprintf(stream, ".Dd %s\n.Dt %s 1\n.Os libpcil %s\n.Sh NAME\n.Nm %s\n.Nd %s\n", released, title, pcil_version(),
            name, help);
    free(title);
    free(name);
}

static void put_usage(FILE *stream, const char *path, const char *usage) {
    while (*usage) {
        int length = (int)strcspn(usage, "\n");
        fprintf(stream, ".Nm pcil %s\n", path);
        put_text(stream, usage, length);
        usage += length + (usage[length] == '\n');
    }
}

static void put_options(FILE *stream, const struct cli_option *options) {
    fputs("The options are:\n.Bl -tag -width Ds\n", stream);
    for (; options && options->name; options++) {
        fprintf(stream, ".It Fl -%s%s%s\n", options->name, options->argument ? " Ar " : "",
                options->argument ? options->argument : "");
        put_line(stream, options->help);
    }
    fputs(".It Fl -help\nprints this in short\n.El\n", stream);
}

/* A line of help such as "  name   what it is": the name, or nothing. */
static int name_length(const char *line) {
    if (strncmp(line, "  ", 2) != 0 || line[2] == ' ') return 0;
    int length = (int)strcspn(line + 2, " \n");
    return strncmp(line + 2 + length, "  ", 2) == 0 || line[2 + length] == ' ' ? length : 0;
}

/* What the registries add to the help: rows of names become a list, other lines the paragraph before it. */
static void put_more(FILE *stream, char *text) {
    bool listing = false;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        int length = name_length(line);
        if (length && !listing) fputs(".Bl -tag -width Ds\n", stream);
        if (!length) fputs(listing ? ".El\n.Pp\n" : ".Pp\n", stream);
        listing = length > 0;
        if (listing) fprintf(stream, ".It Cm %.*s\n", length, line + 2);
        line += listing ? 2 + length : 0;
        put_line(stream, line + strspn(line, " "));
    }
    if (listing) fputs(".El\n", stream);
}

static void put_registries(FILE *stream, const struct cli_command *command) {
    char *text = NULL;
    size_t length;
    FILE *memory = command->more ? open_memstream(&text, &length) : NULL;
    if (!memory) return;
    command->more(memory);
    if (fclose(memory) == 0) put_more(stream, text);
    free(text);
}

/* Commands of commands, each with its use and its options, under one page. */
static void put_commands(FILE *stream, const struct cli_command *const *commands, const char *path) {
    for (; *commands; commands++) {
        char *longer = cli_format("%s %s", path, (*commands)->name);
        fprintf(stream, ".Ss %s\n", longer);
        put_line(stream, (*commands)->help);
        fputs(".Pp\n.Bd -ragged -offset indent -compact\n", stream);
        fprintf(stream, ".Ic pcil %s\n", longer);
        put_line(stream, (*commands)->usage);
        fputs(".Ed\n.Pp\n", stream);
        put_options(stream, (*commands)->options);
        put_registries(stream, *commands);
        free(longer);
    }
}

static void put_exits(FILE *stream) {
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n", stream);
    for (const struct cli_exit *exit = cli_exits; exit->code; exit++)
        fprintf(stream, ".It %s\n%s\n", exit->code, exit->meaning);
    fputs(".El\n", stream);
}

static void put_environment(FILE *stream) {
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
          ".It Ev OPENBLAS_NUM_THREADS\nthreads of OpenBLAS; with 1, runs repeat bit by bit on one machine.\n"
          "Another BLAS has a variable of its own.\n"
          ".It Ev PCIL_VECTOR\n.Cm baseline ,\n.Cm avx2\nor\n.Cm avx512 :\n"
          "the most that element-wise work may use of the processor.\n"
          ".It Ev PCIL_BACKEND\nwhat the option backend=auto stands for.\n"
          ".It Ev PCIL_CACHE\nthe folder for decoded pictures of Tiny ImageNet; without it their own tree,\nelse a "
          "folder in\n"
          ".Ev XDG_CACHE_HOME ,\nelse in\n.Pa .cache\nbelow\n.Ev HOME .\n"
          ".It Ev PCIL_DATA\nthe folder of data sets that\n.Xr pcil-doctor 1\nlooks into.\n"
          ".It Ev TMPDIR\nthe folder of an unnamed file for those pictures where none of these can be written;\nelse\n"
          ".Pa /var/tmp .\n"
          ".It Ev NO_COLOR , TERM\nwith any value of the first, or\n.Cm dumb\nas the second, there are no colours.\n"
          ".It Ev COLUMNS\nthe width that help is broken to, in place of the terminal's.\n"
          ".It Ev PATH\nwhere gnuplot is looked for.\n"
          ".El\n",
          stream);
}

static void put_top(FILE *stream, const struct cli_command *top) {
    fputs(
        ".Sh SYNOPSIS\n.Nm pcil\n.Ar COMMAND\n.Op Ar OPTION ...\n.Nm pcil\n.Ar COMMAND\n.Fl -help\n"
        ".Nm pcil\n.Fl -version\n.Op Fl -json\n.Sh DESCRIPTION\n.Nm\n"
        "trains, scores and draws predictive coding networks.\n"
        "Every layer of such a network predicts the next, the output is held at its target, and the activities settle\n"
        "where the predictions err least; then each layer learns from its two neighbours alone.\n.Pp\n"
        "The commands, each with a page of its own, are:\n.Bl -tag -width Ds\n",
        stream);
    for (const struct cli_command *const *command = top->commands; *command; command++) {
        fprintf(stream, ".It Xr pcil-%s 1\n", (*command)->name);
        put_line(stream, (*command)->help);
    }
    fputs(".El\n", stream);
    put_environment(stream);
    put_exits(stream);
    fputs(".Sh EXAMPLES\nTrain on digits that the program draws itself, score the best model, look at what it sees:\n"
          ".Bd -literal -offset indent\n"
          "pcil train \\-\\-recipe digits\\-mlp\\-seqil\\-mq \\-\\-out run\n"
          "pcil eval run/best.safetensors\n"
          "pcil predict run/best.safetensors \\-\\-count 60 \\-\\-sheet sheet.png\n.Ed\n"
          ".Sh SEE ALSO\n.Xr libpcil 3\n",
          stream);
}

static void put_command(FILE *stream, const struct cli_command *command, const char *path) {
    fputs(".Sh SYNOPSIS\n", stream);
    put_usage(stream, path, command->usage);
    fprintf(stream, ".Sh DESCRIPTION\n.Nm pcil %s\n%s.\n.Pp\n", path, command->help);
    if (command->commands) {
        fputs("Its commands follow.\n", stream);
        put_commands(stream, command->commands, path);
    } else {
        put_options(stream, command->options);
        put_registries(stream, command);
    }
    put_exits(stream);
    fputs(".Sh SEE ALSO\n.Xr pcil 1\n", stream);
}

void cli_man(FILE *stream, const struct cli_command *command, const char *path) {
    put_head(stream, path, command->help);
    if (*path)
        put_command(stream, command, path);
    else
        put_top(stream, command);
}
