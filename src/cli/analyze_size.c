/* Double precision is for small networks; of others one is told beforehand how long it will take. */
#include "analyze.h"

#include <math.h>
#include <stdlib.h>

static const double LONG = 20; /* seconds */

/* The least of three: the first one takes its memory too, and a busy machine may hold up any. */
static int time_gradient(const struct an_subject *subject, int64_t count, double *seconds) {
    double *gradient = cli_allocate((size_t)count, sizeof *gradient);
    int code = CLI_DONE;
    *seconds = INFINITY;
    for (int i = 0; code == CLI_DONE && i < 3; i++) {
        double begin = cli_now();
        code = cli_status(pcil_loss_gradient(subject->network, subject->samples.inputs, subject->samples.targets,
                                             subject->samples.count, NULL, gradient, count, NULL));
        *seconds = fmin(*seconds, cli_now() - begin);
    }
    free(gradient);
    return code;
}

int an_warn_of_size(const struct an_subject *subject, int64_t gradients) {
    int64_t count = pcil_network_parameters(subject->network);
    double seconds = 0;
    int code = time_gradient(subject, count, &seconds);
    seconds *= (double)gradients;
    if (code == CLI_DONE && seconds > LONG)
        cli_message("warning: %lld weights in double precision: this takes some %.0f %s; a smaller network, or "
                    "fewer --samples, shows the same",
                    (long long)count, seconds < 120 ? seconds : seconds / 60, seconds < 120 ? "seconds" : "minutes");
    return code;
}
