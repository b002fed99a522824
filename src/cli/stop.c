#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void catch_signal(int number) {
    caught = number;
}

void cli_stop_begin(void) {
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void cli_stop_not_for_size(void) {
    signal(SIGXFSZ, SIG_IGN);
}

int cli_stop_signal(void) {
    return caught;
}
