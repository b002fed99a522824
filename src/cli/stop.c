#include "stop.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static volatile sig_atomic_t caught;

/* A terminal that is closed is told by the shell and by the system: SIGHUP may come twice and ends nothing at once. */
static void catch_signal(int number) {
    if (caught == 0) {
        caught = number;
    } else if (number != SIGHUP) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

/* What was ignored at the start stays ignored: SIGHUP by nohup, SIGINT by a shell that runs a command behind `&`. */
void cli_stop_begin(void) {
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++) sigaddset(&action.sa_mask, signals[i]);
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

void cli_stop_end(void) {
    struct sigaction now;
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == catch_signal) signal(signals[i], SIG_DFL);
}

void cli_stop_left_to_parent(void) {
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

void cli_stop_not_for_size(void) {
    signal(SIGXFSZ, SIG_IGN);
}

int cli_stop_signal(void) {
    return caught;
}
