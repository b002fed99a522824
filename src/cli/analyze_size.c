/* Double precision is for small networks; of others one is told beforehand how long it will take. */
#include "analyze.h"

#include <stdlib.h>

static const double LONG = 20; /* seconds */

int an_warn_of_size(struct an_subject *subject, int64_t gradients) {
    int64_t count = pcil_network_parameters(subject->network);
    double *gradient = cli_allocate((size_t)count, sizeof *gradient);
    double begin = cli_now();
    int code = cli_status(pcil_loss_gradient(subject->network, subject->samples.inputs, subject->samples.targets,
                                             subject->samples.count, NULL, gradient, count, NULL));
    double seconds = (cli_now() - begin) * (double)gradients;
    free(gradient);
    if (code == CLI_DONE && seconds > LONG)
        cli_message("warning: %lld weights in double precision: this takes some %.0f %s; a smaller network, or "
                    "fewer --samples, shows the same",
                    (long long)count, seconds < 120 ? seconds : seconds / 60, seconds < 120 ? "seconds" : "minutes");
    return code;
}
