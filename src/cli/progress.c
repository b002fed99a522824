#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const double REFRESH_SECONDS = .1;
enum { LONGEST_LINE = 200, USUAL_WIDTH = 80 };

double cli_trainer_value(const pcil_trainer *trainer, const char *name) {
    double value;
    return pcil_trainer_value(trainer, name, &value) == PCIL_OK ? value : NAN;
}

double cli_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return USUAL_WIDTH;
    return size.ws_col < LONGEST_LINE ? size.ws_col : LONGEST_LINE;
}

/* "1:02:03", "2:03" */
static void format_seconds(char *text, size_t size, double seconds) {
    if (!(seconds >= 0 && seconds < 1e8)) {
        snprintf(text, size, "?");
        return;
    }
    long whole = lround(seconds), hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0)
        snprintf(text, size, "%ld:%02ld:%02ld", hours, minutes, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld", minutes, whole % 60);
}

void cli_progress_begin(struct cli_progress *progress, bool quiet) {
    *progress = (struct cli_progress){.live = isatty(STDERR_FILENO) && !quiet, .evaluations = !quiet};
}

void cli_progress_end(struct cli_progress *progress) {
    if (progress->shown) fprintf(stderr, "\r%*s\r", terminal_width() - 1, "");
    progress->shown = false;
}

static void put_line(struct cli_progress *progress, const char *line) {
    int width = terminal_width() - 1;
    fprintf(stderr, "\r%-*.*s", width, width, line);
    fflush(stderr);
    progress->shown = true;
}

void cli_progress_phase(struct cli_progress *progress, const char *format, ...) {
    char line[LONGEST_LINE + 1];
    va_list arguments;
    if (!progress->live) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put_line(progress, line);
}

static void draw(struct cli_progress *progress, const pcil_trainer *trainer) {
    char line[LONGEST_LINE + 1], left[32];
    format_seconds(left, sizeof left, cli_trainer_value(trainer, "seconds_left"));
    snprintf(line, sizeof line, "epoch %.0f/%.0f  batch %.0f/%.0f  loss %.4f  %.0f samples/s  %s left",
             cli_trainer_value(trainer, "epoch"), cli_trainer_value(trainer, "epochs"),
             cli_trainer_value(trainer, "batch"), cli_trainer_value(trainer, "batches"),
             cli_trainer_value(trainer, "batch_loss"), cli_trainer_value(trainer, "samples_per_second"), left);
    put_line(progress, line);
}

static void show(const char *label, double value, int digits) {
    if (isfinite(value)) printf("  %s %.*f", label, digits, value);
}

static void show_evaluation(const pcil_trainer *trainer) {
    double done = cli_trainer_value(trainer, "batch") / cli_trainer_value(trainer, "batches");
    printf("epoch %.4g/%.0f", cli_trainer_value(trainer, "epoch") - 1 + done, cli_trainer_value(trainer, "epochs"));
    show("train loss", cli_trainer_value(trainer, "train_loss"), 4);
    show("energy", cli_trainer_value(trainer, "train_energy"), 4);
    show("test loss", cli_trainer_value(trainer, "test_loss"), 4);
    show("accuracy", cli_trainer_value(trainer, "test_accuracy"), 4);
    show("top5", cli_trainer_value(trainer, "test_top5"), 4);
    show("samples/s", cli_trainer_value(trainer, "samples_per_second"), 0);
    putchar('\n');
    fflush(stdout);
}

void cli_progress_event(struct cli_progress *progress, const pcil_trainer *trainer, pcil_event event) {
    if (event == PCIL_EVENT_EVALUATION && progress->evaluations) {
        cli_progress_end(progress);
        show_evaluation(trainer);
    }
    if (event != PCIL_EVENT_BATCH || !progress->live || cli_now() - progress->last < REFRESH_SECONDS) return;
    draw(progress, trainer);
    progress->last = cli_now();
}
